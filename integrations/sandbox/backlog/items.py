"""From a JSON object to one item of a backlog: Jira's REST shape (`key`, `fields`), or flat with the fields beside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from integrations.sandbox.records import Category

_DONE = frozenset(
    {"done", "closed", "resolved", "complete", "completed", "removed", "rejected", "verified", "cancelled"}
)
_DOING = frozenset({"in progress", "in review", "in development", "in testing", "active", "doing", "review", "testing"})
_SUBTASKS = frozenset({"sub-task", "subtask", "sub task", "technical task", "sub-bug"})
_TEXT_LIMIT = 1_000_000


class UnusableEntry(ValueError):
    """The object is not a ticket; the message says what lacks and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class BacklogComment:
    """`body` is wiki text, or an ADF document (dict) in an export of Jira Cloud."""

    author: str
    body: Any
    created: datetime


@dataclass(frozen=True, slots=True)
class BacklogLink:
    """This item <outward> `other` (or, where `inward_end`, `other` <outward> this item)."""

    type: str
    other: str
    outward: str
    inward: str
    inward_end: bool = False


@dataclass(frozen=True, slots=True)
class BacklogItem:
    """One ticket as the file has it. `description` is wiki text, or an ADF document (dict). Times are aware.

    `created` is None in a file that has no times; the order of the file is then the order of creation.
    """

    key: str
    project: str
    summary: str
    type: str = "Task"
    project_name: str = ""
    is_subtask: bool = False
    description: Any = None
    status: str = ""
    category: Category = "todo"
    resolution: str | None = None
    priority: str | None = None
    labels: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    created: datetime | None = None
    updated: datetime | None = None
    resolved: datetime | None = None
    reporter: str | None = None
    assignee: str | None = None
    parent: str | None = None
    story_points: float | None = None
    links: tuple[BacklogLink, ...] = ()
    comments: tuple[BacklogComment, ...] = field(default=())


def item_from(entry: Mapping[str, Any]) -> BacklogItem:
    """Raises UnusableEntry."""
    nested = entry.get("fields")
    fields: Mapping[str, Any] = nested if isinstance(nested, dict) else entry
    key = _word(entry.get("key"))
    if not key:
        raise UnusableEntry("no key")
    summary = " ".join(_word(fields.get("summary")).split())
    if not summary:
        raise UnusableEntry("no summary")
    type_name = _name(fields.get("issuetype")) or "Task"
    status = _name(fields.get("status")) or ""
    resolution = _name(fields.get("resolution"))
    created = _moment(fields.get("created"), "creation")
    epic = fields.get("epic")
    parent = fields.get("parent") or epic
    return BacklogItem(
        key=key,
        project=_project(fields, key),
        project_name=_word(fields["project"].get("name")) if isinstance(fields.get("project"), dict) else "",
        summary=summary[:255],
        type=type_name,
        is_subtask=_is_subtask(fields.get("issuetype"), type_name),
        description=_rich(fields.get("description")),
        status=status,
        category=_category(fields, status, resolution),
        resolution=resolution,
        priority=_name(fields.get("priority")),
        labels=tuple(dict.fromkeys("-".join(label.split()) for label in _names(fields.get("labels")))),
        components=_names(fields.get("components")),
        created=created,
        updated=_moment(fields.get("updated"), "the last change") or created,
        resolved=_moment(fields.get("resolutiondate"), "resolution"),
        reporter=_person(fields.get("reporter")) or _person(fields.get("creator")),
        assignee=_person(fields.get("assignee")),
        parent=_word(parent.get("key") if isinstance(parent, dict) else parent) or None,
        story_points=_number(fields.get("story_points")),
        links=tuple(_links(fields)),
        comments=tuple(_comments(fields)),
    )


def _word(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return _clean(str(value)).strip()[:_TEXT_LIMIT]


def _clean(text: str) -> str:
    """Without lone surrogates and NUL, which no tracker stores."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")


def _rich(value: Any) -> Any:
    if isinstance(value, dict):
        return value if value.get("type") == "doc" else None
    return _clean(value).replace("\r\n", "\n").replace("\r", "\n")[:_TEXT_LIMIT] if isinstance(value, str) else None


def _name(value: Any) -> str | None:
    return (_word(value.get("name") or value.get("value")) if isinstance(value, dict) else _word(value)) or None


def _names(value: Any) -> tuple[str, ...]:
    found = (_name(one) for one in value) if isinstance(value, list) else ()
    return tuple(dict.fromkeys(name for name in found if name))


def _number(value: Any) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and -1e6 < value < 1e6
    return float(value) if usable else None


def _person(value: Any) -> str | None:
    if isinstance(value, dict):
        value = value.get("name") or value.get("displayName") or value.get("accountId")
    return _word(value) or None


def _project(fields: Mapping[str, Any], key: str) -> str:
    project = fields.get("project")
    named = _word(project.get("key") if isinstance(project, dict) else project)
    prefix, dash, number = key.rpartition("-")
    return prefix.upper() if dash and number.isdigit() else named.upper() or "SHOP"


def _is_subtask(value: Any, name: str) -> bool:
    told = value.get("subtask") if isinstance(value, dict) else None
    return told if isinstance(told, bool) else name.casefold() in _SUBTASKS


def _category(fields: Mapping[str, Any], status: str, resolution: str | None) -> Category:
    value = fields.get("status_category")
    if value is None and isinstance(fields.get("status"), dict):
        category = fields["status"].get("statusCategory")
        value = category.get("key") if isinstance(category, dict) else None
    match value:
        case "done":
            return "done"
        case "indeterminate" | "doing":
            return "doing"
        case "new" | "todo" | "undefined":
            return "todo"
    if resolution or status.casefold() in _DONE:
        return "done"
    return "doing" if status.casefold() in _DOING else "todo"


def _moment(value: Any, what: str) -> datetime | None:
    if value in (None, ""):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise UnusableEntry(f"the time of {what} is not ISO 8601") from None


def _links(fields: Mapping[str, Any]) -> Iterator[BacklogLink]:
    for link in _list(fields.get("issuelinks")):
        kind = link.get("type") if isinstance(link, dict) else None
        if not isinstance(kind, dict):
            continue
        for end in ("outwardIssue", "inwardIssue"):
            other = link.get(end)
            if isinstance(other, dict) and _word(other.get("key")) and _word(kind.get("name")):
                name, outward, inward = (_word(kind.get(part)) for part in ("name", "outward", "inward"))
                yield BacklogLink(name, _word(other["key"]), outward or name, inward or name, end == "inwardIssue")
    for link in _list(fields.get("links")):
        if isinstance(link, list) and len(link) == 4 and all(isinstance(part, str) and part for part in link):
            name, direction, phrase, other_key = link
            inward_end = direction == "in"
            yield BacklogLink(name, other_key, "" if inward_end else phrase, phrase if inward_end else "", inward_end)


def _comments(fields: Mapping[str, Any]) -> Iterator[BacklogComment]:
    held = fields.get("comment")
    for comment in _list(held.get("comments") if isinstance(held, dict) else fields.get("comments")):
        if not isinstance(comment, dict):
            continue
        body = _rich(comment.get("body"))
        created = _moment(comment.get("created"), "a comment")
        if body and created:
            yield BacklogComment(_person(comment.get("author")) or "somebody", body, created)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
