"""An issue as Jira's REST gives it -> WorkItem, Comment, HistoryEntry. Pure.

A shape that Jira does not send ends as KeyError, TypeError or ValueError here; `client` turns it into Unintelligible.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from integrations.jira.extra import ExtraFields
from integrations.tracker import Comment, FieldEdit, HistoryEntry
from rules.model import Child, Link, Person, StatusCategory, WorkItem

PROPERTY = "steward"  # of an issue or a comment: {"write": marker}

NEEDED_FIELDS = (
    "summary",
    "description",
    "status",
    "issuetype",
    "project",
    "created",
    "updated",
    "priority",
    "labels",
    "components",
    "reporter",
    "assignee",
    "parent",
    "subtasks",
    "issuelinks",
    "security",
)

_DIGESTED = ("summary", "description", "priority", "labels", "components", "assignee", "status")

NOTHING_EXTRA = ExtraFields()

_DUPLICATE = re.compile("dupli[ckqz]|doublon", re.IGNORECASE)
_CLONE = re.compile(r"\b(?:clon|klon)", re.IGNORECASE)

_CATEGORIES: Mapping[str, StatusCategory] = {"new": "todo", "indeterminate": "doing", "done": "done"}

_FIELD_WORDS: Mapping[str, str] = {
    "issuetype": "type",
    "link": "links",
    "issuelinks": "links",
    "component": "components",
    "fix version": "fix_versions",
}


def says_duplicate(words: str) -> bool:
    """Whether the name of a link type, a status or a resolution speaks of duplicates, in the languages we speak."""
    return _DUPLICATE.search(words) is not None


def person(raw: Mapping[str, Any] | None) -> Person:
    """A person; the empty Person where Jira names none (a deleted account, an anonymous change)."""
    raw = raw or {}
    identity = raw.get("accountId") or raw.get("key") or raw.get("name") or ""
    return Person(str(identity), str(raw.get("displayName") or ""), raw.get("accountType") == "app")


def native(fields: Mapping[str, Any], name: str, extra: ExtraFields = NOTHING_EXTRA) -> Any:
    """The native value of what a change may touch, by its word, in the form that is compared and digested."""
    if name in {"estimate", "acceptance_criteria"}:
        return {field: fields[field] for field in extra.ids(name) if fields.get(field) is not None}
    value = fields.get(name)
    if name == "priority":
        return value["name"] if value else None
    if name == "labels":
        return sorted(value or [])
    if name == "components":
        return sorted(str(component.get("id") or component["name"]) for component in value or ())
    if name == "assignee":
        return person(value).id or None
    if name == "status":
        return str((value or {}).get("id") or (value or {})["name"])
    return value


def digest(value: Any) -> str:
    """SHA-256 (hex) of a native value's canonical JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def digests(fields: Mapping[str, Any], extra: ExtraFields) -> dict[str, str]:
    """The digests that a WorkItem carries; Jira leaves a custom field out of an issue that does not have it."""
    held = {word for word in ("estimate", "acceptance_criteria") if any(name in fields for name in extra.ids(word))}
    return {name: digest(native(fields, name, extra)) for name in (*_DIGESTED, *sorted(held))}


def work_item(
    raw: Mapping[str, Any],
    connection: str,
    read: Callable[[object], str],
    extra: ExtraFields,
    is_rewritable: Callable[[object], bool] | None = None,
) -> WorkItem:
    """An issue with the needed fields; `read` gives the reading of a native text."""
    fields = raw["fields"]
    status = fields["status"]
    kind = fields["issuetype"]
    points = [fields[name] for name in extra.estimates if isinstance(fields.get(name), int | float)]
    own_criteria = [read(fields.get(name)) for name in extra.criteria]
    return WorkItem(
        connection=connection,
        id=str(raw["id"]),
        key=raw["key"],
        project=fields["project"]["key"],
        type=kind["name"],
        summary=fields.get("summary") or "",
        description=read(fields.get("description")),
        status=status["name"],
        status_category=_CATEGORIES.get((status.get("statusCategory") or {}).get("key", ""), "todo"),
        created=datetime.fromisoformat(fields["created"]),
        updated=datetime.fromisoformat(fields["updated"]),
        version=fields["updated"],
        is_subtask=bool(kind.get("subtask")),
        priority=native(fields, "priority"),
        labels=tuple(fields.get("labels") or ()),
        components=tuple(component["name"] for component in fields.get("components") or ()),
        reporter=person(fields["reporter"]) if fields.get("reporter") else None,
        assignee=person(fields["assignee"]) if fields.get("assignee") else None,
        parent=(fields.get("parent") or {}).get("key"),
        children=tuple(Child(child["key"], child["fields"]["summary"]) for child in fields.get("subtasks") or ()),
        links=tuple(link for raw_link in fields.get("issuelinks") or () if (link := _link(raw_link))),
        story_points=float(points[0]) if points else None,
        acceptance_criteria="\n\n".join(text for text in own_criteria if text),
        restricted=bool(fields.get("security")),
        rewritable=is_rewritable is not None and is_rewritable(fields.get("description")),
        digests=digests(fields, extra),
    )


def _link(raw: Mapping[str, Any]) -> Link | None:
    kind = raw["type"]
    words = " ".join(str(kind.get(part, "")) for part in ("name", "outward", "inward"))
    sort = "duplicate" if says_duplicate(words) else "clone" if _CLONE.search(words) else "other"
    for end, phrase in (("outwardIssue", "outward"), ("inwardIssue", "inward")):
        if raw.get(end):
            return Link(str(kind.get(phrase, "")), raw[end]["key"], sort)  # type: ignore[arg-type] # one of the three
    return None  # the other end is not visible to the bot


def comment(raw: Mapping[str, Any], read: Callable[[object], str], marker: str | None) -> Comment:
    """A comment; `edited` where it was updated after it was created."""
    created = datetime.fromisoformat(raw["created"])
    updated = datetime.fromisoformat(raw.get("updated") or raw["created"])
    author = person(raw.get("author"))
    return Comment(str(raw["id"]), author, read(raw.get("body")), created, updated != created, marker, updated)


def marker_of(properties: object) -> str | None:
    """Our marker among an entity's properties: a list of {key, value}, or an object of them."""
    if isinstance(properties, Mapping):
        return _write(properties.get(PROPERTY))
    for entry in properties if isinstance(properties, list) else []:
        if isinstance(entry, Mapping) and entry.get("key") == PROPERTY:
            return _write(entry.get("value"))
    return None


def _write(value: object) -> str | None:
    if isinstance(value, str):
        try:
            value = json.loads(value)  # Data Center's own description of the bean has JSON in a string
        except ValueError:
            return None
    marker = value.get("write") if isinstance(value, Mapping) else None
    return marker if isinstance(marker, str) else None


def property_list(marker: str) -> list[dict[str, Any]]:
    """What makes a created comment or issue recognisable, sent in the request that creates it."""
    return [{"key": PROPERTY, "value": {"write": marker}}]


def history_entry(raw: Mapping[str, Any], extra: ExtraFields = NOTHING_EXTRA) -> HistoryEntry:
    """One changelog entry, with field names of rules.model where there is one."""
    edits = tuple(
        FieldEdit(_field_word(item, extra), str(item.get("fromString") or ""), str(item.get("toString") or ""))
        for item in raw.get("items") or ()
    )
    return HistoryEntry(str(raw["id"]), person(raw.get("author")), datetime.fromisoformat(raw["created"]), edits)


def _field_word(item: Mapping[str, Any], extra: ExtraFields) -> str:
    name = str(item.get("field") or item.get("fieldId") or "").casefold()
    identity = str(item.get("fieldId") or "").casefold()
    return extra.words.get(identity) or extra.words.get(name) or _FIELD_WORDS.get(name, name)
