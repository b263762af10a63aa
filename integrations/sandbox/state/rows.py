"""Records as rows of the tables, and what differs between two states of an item."""

from __future__ import annotations

from dataclasses import fields as dataclass_fields
from datetime import datetime
from typing import Any

from integrations.sandbox import tables as t
from integrations.sandbox.records import Comment, Edit, Item

EDITABLE = frozenset(f.name for f in dataclass_fields(Item)) - {
    "id",
    "key",
    "project",
    "category",
    "created",
    "updated",
    "creator",
    "rev",
    "resolved",
    "updated_by",
    "fields",
    "formats",
}
_IN_ORDER = [f.name for f in dataclass_fields(Item) if f.name in EDITABLE]


def plain(value: Any) -> Any:
    """A field's value as JSON takes it."""
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def row_of(item: Item) -> dict[str, Any]:
    """The row of `tables.items` that holds this item."""
    row = {f.name: getattr(item, f.name) for f in dataclass_fields(Item)}
    row |= {"created": t.to_ms(item.created), "updated": t.to_ms(item.updated)}
    row["resolved"] = None if item.resolved is None else t.to_ms(item.resolved)
    row |= {"labels": list(item.labels), "components": list(item.components)}
    row |= {"fields": dict(item.fields), "formats": dict(item.formats)}
    row["number"] = int(item.key.rpartition("-")[2])
    return row


def comment_row(comment: Comment) -> dict[str, Any]:
    """The row of `tables.comments` that holds this comment."""
    row = {f.name: getattr(comment, f.name) for f in dataclass_fields(Comment)}
    row |= {"created": t.to_ms(comment.created), "updated": t.to_ms(comment.updated)}
    row["visibility"] = None if comment.visibility is None else dict(comment.visibility)
    return row


def differences(old: Item, new: Item) -> list[Edit]:
    """What an edit of `old` into `new` is, field by field."""
    names = [name for name in _IN_ORDER if getattr(old, name) != getattr(new, name)]
    edits = [Edit(name, plain(getattr(old, name)), plain(getattr(new, name))) for name in names]
    for name in sorted(old.fields.keys() | new.fields.keys()):
        if old.fields.get(name) != new.fields.get(name):
            edits.append(Edit(name, old.fields.get(name), new.fields.get(name)))
    return edits
