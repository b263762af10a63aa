"""What both JSON forms hold, read so that no value, however odd, fails: strings, or objects with a name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from integrations.exports.records import Category, ExportedComment, ExportedItem, UnusableEntry
from integrations.exports.words import TEXT_LIMIT, category_of, clean, is_subtask, long_text, title


def item_of(key: str, fields: Mapping[str, Any]) -> ExportedItem:
    """The item without what the forms hold each in their own way. Raises UnusableEntry."""
    if not key:
        raise UnusableEntry("no key")
    summary = title(word(fields.get("summary")))
    if not summary:
        raise UnusableEntry("no summary")
    type_name = name(fields.get("issuetype")) or "Task"
    status, resolution = name(fields.get("status")) or "", name(fields.get("resolution"))
    created = moment(fields.get("created"), "creation")
    return ExportedItem(
        key=key,
        project=_project(fields, key),
        summary=summary,
        type=type_name,
        is_subtask=is_subtask(type_name),
        description=rich(fields.get("description")),
        status=status,
        category="done" if resolution else category_of(status) or "todo",
        resolution=resolution,
        priority=name(fields.get("priority")),
        labels=tuple(dict.fromkeys("-".join(label.split()) for label in names(fields.get("labels")))),
        components=names(fields.get("components")),
        created=created,
        updated=moment(fields.get("updated"), "the last change") or created,
        resolved=moment(fields.get("resolutiondate"), "resolution"),
        reporter=person(fields.get("reporter")) or person(fields.get("creator")),
        assignee=person(fields.get("assignee")),
        story_points=_number(fields.get("story_points")),
    )


def word(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return clean(str(value)).strip()[:TEXT_LIMIT]


def rich(value: Any) -> Any:
    if isinstance(value, dict):
        return value if value.get("type") == "doc" else None
    return long_text(value) if isinstance(value, str) else None


def name(value: Any) -> str | None:
    return (word(value.get("name") or value.get("value")) if isinstance(value, dict) else word(value)) or None


def names(value: Any) -> tuple[str, ...]:
    found = (name(one) for one in value) if isinstance(value, list) else ()
    return tuple(dict.fromkeys(each for each in found if each))


def person(value: Any) -> str | None:
    if isinstance(value, dict):
        value = value.get("name") or value.get("displayName") or value.get("accountId")
    return word(value) or None


def category_told(value: Any) -> Category | None:
    """A category by its key: Jira's own, or that of the flat form."""
    match value:
        case "done":
            return "done"
        case "indeterminate" | "doing":
            return "doing"
        case "new" | "todo" | "undefined":
            return "todo"
    return None


def moment(value: Any, what: str) -> datetime | None:
    """Raises UnusableEntry where the value is no ISO 8601."""
    if value in (None, ""):
        return None
    try:
        found = datetime.fromisoformat(value)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise UnusableEntry(f"the time of {what} is not ISO 8601") from None


def comments(found: Any) -> tuple[ExportedComment, ...]:
    read = []
    for comment in list_of(found):
        body = rich(comment.get("body")) if isinstance(comment, dict) else None
        if body and (created := moment(comment.get("created"), "a comment")):
            read.append(ExportedComment(person(comment.get("author")) or "somebody", body, created))
    return tuple(read)


def list_of(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(value: Any) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and -1e6 < value < 1e6
    return float(value) if usable else None


def _project(fields: Mapping[str, Any], key: str) -> str:
    project = fields.get("project")
    named = word(project.get("key") if isinstance(project, dict) else project)
    prefix, dash, digits = key.rpartition("-")
    return prefix.upper() if dash and digits.isdigit() else named.upper() or "SHOP"
