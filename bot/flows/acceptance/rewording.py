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
    return isinstance(change, AddSubtasks | AddChildren | SetField | CloseDuplicate)


def may_give_values(lines: Sequence[str]) -> bool:
    """Whether a line could be a name and a value."""
    return any(_SIGN.search(line) for line in lines)


def reworded(change: Change, lines: Sequence[str], required: Collection[str] = ()) -> Change | None:
    """The change with these lines in place of the drafted ones; None where lines cannot stand for it.

    Lines of the form "Name = value" give what the project requires beside them, and what has a value already another;
    alone they leave the rest of the draft as it is. "Name: value" and "Name=value" do so too where the name is one of
    those `required`.
    """
    fields: tuple[FieldValue, ...] = ()
    if takes_values(change):
        given, lines = _apart(lines, frozenset(map(name_key, required)))
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


def _apart(lines: Sequence[str], required: Collection[str]) -> tuple[tuple[FieldValue, ...], list[str]]:
    fields, others = [], []
    for line in lines:
        value = _given(line.strip(), required)
        if value is None:
            others.append(line)
        else:
            fields.append(value)
    return tuple(fields), others


def _given(line: str, required: Collection[str]) -> FieldValue | None:
    for sign in _SIGN.finditer(line):
        name = line[: sign.start()].strip()
        if name_key(name) in required:
            return FieldValue(name, line[sign.end() :].strip()[:LONGEST_VALUE])
    match = _VALUE.fullmatch(line)
    return None if match is None else FieldValue(match["field"], match["value"])
