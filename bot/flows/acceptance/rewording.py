"""Pure: a drafted change in the words of the person who accepts it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TypeGuard

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
    name_key,
)

LONGEST_SUMMARY = 250
LONGEST_VALUE = 500
_SIGN = re.compile("[:=\N{FULLWIDTH COLON}]")
_VALUE = re.compile(r"(?P<field>[^\s=][^=]{0,79}?) = (?P<value>\S.{0,500})")


def takes_values(change: Change) -> TypeGuard[AddSubtasks | AddChildren | SetField | CloseDuplicate]:
    """Whether values that the project requires can come beside the change."""
    is_move = isinstance(change, SetField) and change.kind == "status"
    return is_move or isinstance(change, AddSubtasks | AddChildren | CloseDuplicate)


def values_in(lines: Sequence[str]) -> tuple[FieldValue, ...]:
    """What the lines of the form "Name = value" could give."""
    return _apart(lines, (), whatever=True)[0]


def may_give_values(lines: Sequence[str]) -> bool:
    """Whether a line could be a name and a value."""
    return any(_SIGN.search(line) for line in lines)


def reworded(change: Change, lines: Sequence[str], known: Collection[str] = ()) -> Change | None:
    """The change with these lines in place of the drafted ones; None where lines cannot stand for it.

    "Name = value", "Name: value" and "Name=value" give what is required beside the change where the name is one of
    those `known`; alone they leave the rest of the draft as it is. So does any "Name = value" where no line can be
    anything else: beside a move, which is no text, and where all have that form.
    """
    fields: tuple[FieldValue, ...] = ()
    if takes_values(change):
        names = frozenset(map(name_key, known))
        given, others = _apart(lines, names, whatever=True)
        if others and isinstance(change, AddSubtasks | AddChildren):
            given, others = _apart(lines, names, whatever=False)
        lines = others
        named = {name_key(one.field) for one in given}
        fields = (*(one for one in change.fields if name_key(one.field) not in named), *given)
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


def _apart(lines: Sequence[str], known: Collection[str], *, whatever: bool) -> tuple[tuple[FieldValue, ...], list[str]]:
    fields, others = [], []
    for line in lines:
        value = _given(line.strip(), known, whatever=whatever)
        if value is None:
            others.append(line)
        else:
            fields.append(value)
    return tuple(fields), others


def _given(line: str, known: Collection[str], *, whatever: bool) -> FieldValue | None:
    for sign in _SIGN.finditer(line):
        name = line[: sign.start()].strip()
        if name_key(name) in known:
            return FieldValue(name, line[sign.end() :].strip()[:LONGEST_VALUE], spoken=True)
    match = _VALUE.fullmatch(line) if whatever else None
    return None if match is None else FieldValue(match["field"], match["value"], spoken=True)
