"""The part of JQL that the sandbox answers, as a condition over its tables; anything else is refused in Jira's words.

Fields: project, key (id, issuekey), updated, created, status, statusCategory, type (issuetype), labels, parent,
assignee, reporter, priority. Operators: = != IN NOT IN IS IS NOT >= <= > <, joined by AND and OR, with parentheses;
ORDER BY updated, created, key, priority. Dates: "yyyy-MM-dd[ HH:mm]" in the asking user's zone, "-10m", "-3d", now().
"""

from integrations.sandbox.jira.jql.grammar import Query, read
from integrations.sandbox.jira.jql.words import JqlError

__all__ = ["JqlError", "Query", "read"]
