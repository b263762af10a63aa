"""One issue as Jira's REST interface answers it, any version: `key` beside `fields`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from integrations.exports.fields import category_told, comments, item_of, list_of, word
from integrations.exports.records import ExportedItem, ExportedLink


def is_issue(entry: Mapping[str, Any]) -> bool:
    return isinstance(entry.get("fields"), dict)


def item_from(entry: Mapping[str, Any]) -> ExportedItem:
    """Raises UnusableEntry."""
    fields: Mapping[str, Any] = entry["fields"]
    item = item_of(word(entry.get("key")), fields)
    project, kind, status = (_object(fields.get(name)) for name in ("project", "issuetype", "status"))
    parent = fields.get("parent") or fields.get("epic")
    held = _object(fields.get("comment")).get("comments")
    return replace(
        item,
        project_name=word(project.get("name")),
        is_subtask=kind["subtask"] if isinstance(kind.get("subtask"), bool) else item.is_subtask,
        category=category_told(_object(status.get("statusCategory")).get("key")) or item.category,
        parent=word(parent.get("key") if isinstance(parent, dict) else parent) or None,
        links=tuple(_links(fields)),
        comments=comments(held if held is not None else fields.get("comments")),
    )


def _links(fields: Mapping[str, Any]) -> Iterator[ExportedLink]:
    for link in map(_object, list_of(fields.get("issuelinks"))):
        kind = _object(link.get("type"))
        for end in ("outwardIssue", "inwardIssue"):
            other = word(_object(link.get(end)).get("key"))
            if other and word(kind.get("name")):
                name, outward, inward = (word(kind.get(part)) for part in ("name", "outward", "inward"))
                yield ExportedLink(name, other, outward or name, inward or name, end == "inwardIssue")


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
