"""The sandbox's records in Jira's JSON: users, issues, comments, changelogs, lists."""

from integrations.sandbox.jira.shapes.changelog import Changelogs
from integrations.sandbox.jira.shapes.issues import Issues
from integrations.sandbox.jira.shapes.words import STORY_POINTS

__all__ = ["STORY_POINTS", "Shapes"]


class Shapes(Issues, Changelogs):
    """JSON as one person of one tracker sees it."""
