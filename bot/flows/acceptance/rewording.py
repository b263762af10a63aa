"""Pure: a drafted change in the words of the person who accepts it."""

from __future__ import annotations

import re
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
    FieldValue,
    LinkDuplicate,
    RewriteDescription,
    SetField,
    SetPriority,
)

LONGEST_SUMMARY = 250
_VALUE = re.compile(r"(?P<field>[^\s=][^=]{0,79}?) = (?P<value>\S.{0,500})")


def reworded(change: Change, lines: Sequence[str]) -> Change | None:
    """The change with these lines in place of the drafted ones; None where lines cannot stand for it.

    Lines of the form "Name = value" give what the project requires beside them, and what has a value already another;
    alone they leave the rest of the draft as it is.
    """
    fields: tuple[FieldValue, ...] = ()
    if isinstance(change, AddSubtasks | AddChildren | SetField | CloseDuplicate):
        given, lines = _apart(lines)
        named = {one.field.casefold() for one in given}
        fields = (*(one for one in change.fields if one.field.casefold() not in named), *given)
        if not lines:
            return replace(change, fields=fields)
    first = lines[0].strip()
    match change:
        case AddCriteria():
            return replace(change, criteria=tuple(Criterion(line) for line in lines))
        case AddSection():
            return AddSection(change.heading, (), tuple(lines))
        case RewriteDescription():
            return RewriteDescription("\n".join(lines))
        case AddSubtasks() | AddChildren():
            summaries = tuple(line[:LONGEST_SUMMARY] for line in lines)
            return replace(change, summaries=summaries, fields=fields)
        case SetPriority():
            return SetPriority(change.old, first)
        case SetField(kind="summary" | "component" | "estimate" | "status"):
            return SetField(change.kind, change.old, first, fields=fields)
        case AddLabel():
            return AddLabel(first) if len(first.split()) == 1 else None
        case SetField() | LinkDuplicate() | CloseDuplicate():
            return None  # a person or an item is named by its key, not by words


def _apart(lines: Sequence[str]) -> tuple[tuple[FieldValue, ...], list[str]]:
    fields, others = [], []
    for line in lines:
        match = _VALUE.fullmatch(line.strip())
        if match is None:
            others.append(line)
        else:
            fields.append(FieldValue(match["field"], match["value"]))
    return tuple(fields), others
