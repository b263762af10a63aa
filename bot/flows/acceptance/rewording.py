"""Pure: a drafted change in the words of the person who accepts it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rules.changes import (
    AddChildren,
    AddCriteria,
    AddLabel,
    AddSection,
    AddSubtasks,
    Change,
    CloseDuplicate,
    Criterion,
    LinkDuplicate,
    RewriteDescription,
    SetField,
    SetPriority,
)

LONGEST_SUMMARY = 250


def reworded(change: Change, lines: Sequence[str]) -> Change | None:
    """The change with these lines in place of the drafted ones; None where lines cannot stand for it."""
    first = lines[0].strip()
    match change:
        case AddCriteria():
            return AddCriteria(tuple(Criterion(line) for line in lines))
        case AddSection():
            return AddSection(change.heading, (), tuple(lines))
        case RewriteDescription():
            return RewriteDescription("\n".join(lines))
        case AddSubtasks() | AddChildren():
            return replace(change, summaries=tuple(line[:LONGEST_SUMMARY] for line in lines))
        case SetPriority():
            return SetPriority(change.old, first)
        case SetField(kind="summary" | "component" | "estimate" | "status"):
            return SetField(change.kind, change.old, first)
        case AddLabel():
            return AddLabel(first) if len(first.split()) == 1 else None
        case SetField() | LinkDuplicate() | CloseDuplicate():
            return None  # a person or an item is named by its key, not by words
