"""Creating child items of a type exactly once, and deleting them while nobody has touched them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.jira.answers import UNDERSTOOD
from integrations.jira.changes.created.items import CreatedItems
from integrations.jira.changes.created.required import required_values
from integrations.jira.items import PROPERTY, marker_of
from integrations.jira.search import issue_path
from integrations.jira.subtasks import summary_line
from integrations.tracker import Invalid, Missing, Plan, Refused
from rules.changes import AddChildren

RECENT = 50
LEVEL = "security"
MISSES = 3  # so many numbers in a row that no issue has: there is nothing newer


class CreatedChildren(CreatedItems):
    """As for sub-tasks. An issue does not list its children, so those that were made are searched for.

    What the index may not know yet has a number above the newest at the time of the plan (`after["newest"]`), and is
    read directly. What is below an item with a security level has the same: sub-tasks have it by themselves.
    """

    kind = "children"
    fields = ("issuetype", LEVEL)

    def plan(self, key: str, change: AddChildren, fields: Mapping[str, Any], marker: str) -> Plan:
        with UNDERSTOOD:
            project = str(fields["project"]["key"])
            if fields["issuetype"].get("subtask"):
                raise Invalid("a sub-task has no children")
        kind = self._type(project, change.type)
        screen = self._reader.create_fields(project, kind)
        level = _level(fields.get(LEVEL), screen, project)
        screen = [field for field in screen if not level or _id(field) != LEVEL]
        values = required_values(screen, change.fields, self._rich)
        body = {
            "project": {"key": project},
            "issuetype": {"id": kind},
            **self._parent(key, screen),
            **values,
            **level,
        }
        summaries = [summary_line(summary) for summary in change.summaries]
        after = {"summaries": summaries, "fields": body, "newest": self._newest(project)}
        return Plan(key, self.kind, self.kind, marker, None, after)

    def marked(self, plan: Plan) -> dict[str, str]:
        with UNDERSTOOD:
            project, newest = str(plan.after["fields"]["project"]["key"]), int(plan.after["newest"])
        query = f'project = "{project}" AND creator = currentUser() ORDER BY created DESC'
        keys = dict.fromkeys(self._reader.found(query, RECENT))
        marked: dict[str, str] = {}
        for key in keys:
            self._note(key, marked)
        misses, number = 0, newest
        while misses < MISSES and number < newest + RECENT:
            number += 1
            key = f"{project}-{number}"
            misses = 0 if key in keys or self._note(key, marked) else misses + 1
        return marked

    def _note(self, key: str, marked: dict[str, str]) -> bool:
        """Reads one issue directly and notes its marker; False where there is no such issue."""
        params = {"fields": "summary", "properties": PROPERTY}
        try:
            issue = self._session.get(issue_path(key), params, needs=f"Browse Projects for {key}")
        except Missing:
            return False
        with UNDERSTOOD:
            marker = marker_of(issue.get("properties"))
            if marker is not None:
                marked.setdefault(marker, str(issue["key"]))
        return True

    def _newest(self, project: str) -> int:
        keys = self._reader.found(f'project = "{project}" ORDER BY created DESC', 1)
        return int(keys[0].rpartition("-")[2]) if keys else 0

    def _type(self, project: str, name: str) -> str:
        with UNDERSTOOD:
            for kind in self._reader.issue_types(project):
                if not kind.get("subtask") and str(kind["name"]).casefold() == name.strip().casefold():
                    return str(kind["id"])
        raise Invalid(f"{project} has no type of that name that the bot may create")

    def _parent(self, key: str, screen: list[Mapping[str, Any]]) -> dict[str, Any]:
        """How the create screen takes the parent: as a parent, else as an epic link."""
        with UNDERSTOOD:
            ids = {_id(field) for field in screen}
        if "parent" in ids:
            return {"parent": {"key": key}}
        epic_link = self._reader.extra().epic_link
        if epic_link and epic_link in ids:
            return {epic_link: key}
        raise Invalid("items of that type cannot be put below this one")


def _id(field: Mapping[str, Any]) -> str:
    return str(field.get("fieldId") or field["key"])


def _level(parent: Any, screen: list[Mapping[str, Any]], project: str) -> dict[str, Any]:
    """The parent's security level for a child, nothing where it has none. Raises Refused where it cannot be set.

    Without it the child's title would be open to people who may not see the parent.
    """
    if not parent:
        return {}
    with UNDERSTOOD:
        wanted = str(parent["id"])
        for field in screen:
            allowed = field.get("allowedValues") if _id(field) == LEVEL else ()
            if allowed is None or wanted in {str(one["id"]) for one in allowed}:
                return {LEVEL: {"id": wanted}}
    needs = f"Set Issue Security in {project}, with the parent's security level on the create screen"
    raise Refused(f"a child in {project} cannot have its parent's security level", needs)
