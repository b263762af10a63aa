"""Sub-tasks that can be found again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.jira.answers import UNDERSTOOD
from integrations.jira.items import PROPERTY, marker_of, property_list
from integrations.jira.reader import JiraReader
from integrations.jira.search import issue_path
from integrations.jira.session import JiraSession
from integrations.tracker import Invalid


class SubTasks:
    """Sub-tasks that carry a marker as an issue property, sent in the request that creates them."""

    def __init__(self, session: JiraSession, reader: JiraReader) -> None:
        self._session = session
        self._reader = reader

    def home(self, parent: str) -> dict[str, Any]:
        """The fields that make an issue a sub-task of `parent`. Raises Invalid where the project has no sub-tasks."""
        issue = self._session.get(issue_path(parent), {"fields": "project,issuetype"}, needs=_browse(parent))
        with UNDERSTOOD:
            project, parent_key = issue["fields"]["project"]["key"], issue["key"]
            is_subtask = bool(issue["fields"]["issuetype"].get("subtask"))
        if is_subtask:
            raise Invalid(f"{parent_key} is a sub-task itself")
        with UNDERSTOOD:
            types = [kind for kind in self._reader.issue_types(project) if kind.get("subtask")]
        if not types:
            raise Invalid(f"{project} has no type of sub-task that the bot may create")
        with UNDERSTOOD:
            return {
                "project": {"key": project},
                "parent": {"key": parent_key},
                "issuetype": {"id": str(types[0]["id"])},
            }

    def create_with(self, fields: Mapping[str, Any], marker: str) -> str:
        """Creates one issue with these fields and returns its key; its marker is sent along."""
        with UNDERSTOOD:
            project = fields["project"]["key"]
        body = {"fields": dict(fields), "properties": property_list(marker)}
        answer = self._session.post("issue", body, needs=f"Create Issues in {project}")
        with UNDERSTOOD:
            return str(answer["key"])

    def marked(self, parent: str) -> dict[str, str]:
        """Marker -> key, of the sub-tasks of `parent` that carry one; each read directly."""
        answer = self._session.get(issue_path(parent), {"fields": "subtasks"}, needs=_browse(parent))
        marked: dict[str, str] = {}
        with UNDERSTOOD:
            for child in answer["fields"].get("subtasks") or ():
                params = {"fields": "summary", "properties": PROPERTY}
                issue = self._session.get(issue_path(child["key"]), params, needs=_browse(child["key"]))
                marker = marker_of(issue.get("properties"))
                if marker is not None:
                    marked.setdefault(marker, str(issue["key"]))
        return marked


def summary_line(text: str) -> str:
    """A summary as Jira takes it: one line of at most 255 characters. Raises Invalid for an empty one."""
    line = " ".join(text.encode("utf-8", "replace").decode().split())
    if not line:
        raise Invalid("a sub-task needs a summary")
    return line if len(line) <= 250 else line[:249] + "…"


def _browse(key: str) -> str:
    return f"Browse Projects for {key}"
