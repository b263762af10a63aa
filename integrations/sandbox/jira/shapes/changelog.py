"""Histories of issues in Jira's JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.sandbox.jira.scheme import Field
from integrations.sandbox.jira.shapes.words import STORY_POINTS, Words
from integrations.sandbox.markup import to_plain
from integrations.sandbox.records import HistoryEntry

_CHANGELOG: Mapping[str, tuple[str, str, str]] = {
    "type": ("issuetype", "issuetype", "type"),
    "summary": ("summary", "summary", "text"),
    "description": ("description", "description", "rich"),
    "status": ("status", "status", "status"),
    "priority": ("priority", "priority", "priority"),
    "labels": ("labels", "labels", "labels"),
    "reporter": ("reporter", "reporter", "person"),
    "assignee": ("assignee", "assignee", "person"),
    "parent": ("IssueParentAssociation", "parent", "parent"),
    "resolution": ("resolution", "resolution", "resolution"),
    "project": ("project", "project", "text"),
    "key": ("Key", "", "text"),
    "security": ("security", "security", "security"),
}


class Changelogs(Words):
    """Changelogs as the viewer sees them."""

    def history(self, entry: HistoryEntry) -> dict[str, Any]:
        items = [part for edit in entry.edits for part in self._edit(edit.field, edit.before, edit.after)]
        return {"id": str(entry.id), "author": self.user(entry.actor), "created": self.time(entry.at), "items": items}

    def edits(self, entry: HistoryEntry) -> list[dict[str, Any]]:
        """The items of one entry."""
        return [part for edit in entry.edits for part in self._edit(edit.field, edit.before, edit.after)]

    def _edit(self, field: str, before: Any, after: Any) -> list[dict[str, Any]]:
        if field == "components":
            gone, come = [c for c in before if c not in after], [c for c in after if c not in before]
            return [self._line("Component", "components", c, None, "component") for c in gone] + [
                self._line("Component", "components", None, c, "component") for c in come
            ]
        if field == "link":
            return [self._line("Link", "issuelinks", before, after, "link")]
        name, field_id, kind = _CHANGELOG.get(field, (field, field, "text"))
        if field == STORY_POINTS:
            name, kind = "Story point estimate" if self.cloud else "Story Points", "number"
        elif field.startswith("customfield_"):
            own = next((known for known in self._own_fields() if known.id == field), None)
            name, kind = (own.name, "own") if own else (field, "text")
        return [self._line(name, field_id, before, after, kind)]

    def _own_fields(self) -> list[Field]:
        return [field for home in self.tracker.projects() for field in self.scheme(home.key).fields]

    def _line(self, name: str, field_id: str, before: Any, after: Any, kind: str) -> dict[str, Any]:
        old, old_text = self._value(before, kind)
        new, new_text = self._value(after, kind)
        own = {"fieldId": field_id} if self.cloud else {}
        field_type = "custom" if field_id.startswith("customfield_") else "jira"
        shown = {"field": name, "fieldtype": field_type, **own}
        return {**shown, "from": old, "fromString": old_text, "to": new, "toString": new_text}

    def _value(self, value: Any, kind: str) -> tuple[str | None, str | None]:
        """The id and the words of one side of a changelog item."""
        if kind == "labels":
            return ("", " ".join(value or ()))
        if value is None:
            return (None, None)
        if kind == "person":
            person = self.people_by_login[value]
            return (person.id, person.display_name)
        if kind in ("status", "priority", "type", "resolution", "component", "security"):
            return (str(self.terms_by_name[kind][value].id), value)
        if kind == "parent":
            return (str(value), self.tracker.item(value).key)
        if kind == "link":
            term = self.terms_by_name["link_type"][value["type"]]
            words = term.outward if value["direction"] == "outward" else term.inward
            return (value["key"], f"This issue {words} {value['key']}")
        if kind == "own":
            return self._own_value(value)
        if kind == "rich":
            return (None, to_plain(self.tracker.flavour, value))
        return (None, f"{value:g}" if isinstance(value, float) else str(value))

    def _own_value(self, value: Any) -> tuple[str | None, str]:
        if isinstance(value, dict) and "value" in value:
            return (value["id"], value["value"])
        rich = isinstance(value, dict) and value.get("type") == "doc"
        return (None, to_plain(self.tracker.flavour, value) if rich else str(value))
