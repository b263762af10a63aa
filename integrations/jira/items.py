"""An issue as Jira's REST gives it -> WorkItem, Comment, HistoryEntry. Pure.

A shape that Jira does not send ends as KeyError, TypeError or ValueError here; `client` turns it into Unintelligible.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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

_CATEGORIES: Mapping[str, StatusCategory] = {"new": "todo", "indeterminate": "doing", "done": "done"}

_FIELD_WORDS: Mapping[str, str] = {
    "issuetype": "type",
    "link": "links",
    "issuelinks": "links",
    "story points": "story_points",
    "story point estimate": "story_points",
    "component": "components",
    "fix version": "fix_versions",
}


@dataclass(frozen=True, slots=True)
class ExtraFields:
    """Ids of the custom fields that hold story points and acceptance criteria; a site may have several."""

    story_points: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return self.story_points + self.criteria


def extra_fields(fields: Iterable[Mapping[str, Any]]) -> ExtraFields:
    """Finds the custom fields in the answer of /field."""
    points, criteria = [], []
    for field in fields:
        schema = field.get("schema") or {}
        name = str(field.get("name", "")).casefold()
        number = schema.get("type") == "number"
        if schema.get("custom", "").endswith(":jsw-story-points") or (
            number and name in {"story points", "story point estimate"}
        ):
            points.append(str(field["id"]))
        elif schema.get("type") == "string" and schema.get("custom") and name == "acceptance criteria":
            criteria.append(str(field["id"]))
    return ExtraFields(tuple(points), tuple(criteria))


def person(raw: Mapping[str, Any] | None) -> Person:
    """A person; the empty Person where Jira names none (a deleted account, an anonymous change)."""
    raw = raw or {}
    identity = raw.get("accountId") or raw.get("key") or raw.get("name") or ""
    return Person(str(identity), str(raw.get("displayName") or ""), raw.get("accountType") == "app")


def native(fields: Mapping[str, Any], name: str) -> Any:
    """The native value of a field that a change may touch, in the form that is compared and digested."""
    value = fields.get(name)
    if name == "priority":
        return value["name"] if value else None
    if name == "labels":
        return sorted(value or [])
    return value


def digest(value: Any) -> str:
    """SHA-256 (hex) of a native value's canonical JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def digests(fields: Mapping[str, Any]) -> dict[str, str]:
    """The digests that a WorkItem carries."""
    return {name: digest(native(fields, name)) for name in ("summary", "description", "priority", "labels")}


def work_item(raw: Mapping[str, Any], connection: str, read: Callable[[object], str], extra: ExtraFields) -> WorkItem:
    """An issue with the needed fields; `read` gives the reading of a native text."""
    fields = raw["fields"]
    status = fields["status"]
    kind = fields["issuetype"]
    points = [fields[name] for name in extra.story_points if isinstance(fields.get(name), int | float)]
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
        digests=digests(fields),
    )


def _link(raw: Mapping[str, Any]) -> Link | None:
    kind = raw["type"]
    name = str(kind.get("name", "")).casefold()
    sort = next((sort for word, sort in (("duplic", "duplicate"), ("clone", "clone")) if word in name), "other")
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


def history_entry(raw: Mapping[str, Any]) -> HistoryEntry:
    """One changelog entry, with field names of rules.model where there is one."""
    edits = tuple(
        FieldEdit(_field_word(item), str(item.get("fromString") or ""), str(item.get("toString") or ""))
        for item in raw.get("items") or ()
    )
    return HistoryEntry(str(raw["id"]), person(raw.get("author")), datetime.fromisoformat(raw["created"]), edits)


def _field_word(item: Mapping[str, Any]) -> str:
    name = str(item.get("field") or item.get("fieldId") or "").casefold()
    return _FIELD_WORDS.get(name, name)
