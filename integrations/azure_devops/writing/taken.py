"""Values that come with a change by the names that people read: as they are sent, and which a field does not take."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from integrations.azure_devops import parts
from integrations.azure_devops.markup import Markup, TextFormat
from integrations.azure_devops.organisation.process import LONG_TEXT, Processes, TypeField
from integrations.blocks import Paragraph, Text
from integrations.tracker import Incomplete, Invalid, NoSuchField, NotToSet, WrongValue
from rules.changes import FieldValue, name_key

FormatOf = Callable[[str], TextFormat]


def told_of(known: Mapping[str, TypeField], given: Collection[FieldValue], *, of_new: bool = False) -> dict[str, str]:
    """The values by the reference names of their fields. `of_new`: of what is created.

    Raises NoSuchField for what a person has named and the type does not have, NotToSet for the product's own fields:
    area, texts, history and people are no matter of a value beside a change, whose author was not asked for the rights
    that they take.
    """
    told = {name_key(one.field): one.value for one in given if one.value.strip()}
    named = {name: told.get(name_key(one.label)) or told.get(name_key(name)) for name, one in known.items()}
    found = {name: value for name, value in named.items() if value}
    names = {name_key(name) for one in known.values() for name in (one.label, one.name)}
    if unknown := tuple(one.field for one in given if one.spoken and name_key(one.field) not in names):
        raise NoSuchField(unknown)
    for name in found:
        if not _may_come_beside(known[name], of_new=of_new):
            raise NotToSet(f"the bot does not set {known[name].label}", known[name].label)
    return found


def as_sent(told: Mapping[str, str], processes: Processes, markup: Markup, format_of: FormatOf) -> dict[str, str]:
    """The values as their fields take them: in a long text each character is only itself, as in all that is written."""
    return {
        name: _long(markup, value, format_of(name)) if processes.kind(name) in LONG_TEXT else value
        for name, value in told.items()
    }


def wrong_value(
    error: Invalid, processes: Processes, known: Mapping[str, TypeField], sent: Mapping[str, Any]
) -> Invalid:
    """Why the product refused a write: a value that is none of those that its field lists, else the error itself.

    Asked only then: a list may be one of suggestions. People are not listed, who stand in the list of a person's field.
    """
    for name, value in sent.items():
        field = known.get(name)
        if field and field.allowed and name_key(str(value)) not in map(name_key, field.allowed):
            listed = () if processes.is_of_person(name) else field.allowed
            return WrongValue(str(error), field.label, str(value), listed)
    return error


def wanting(message: str, known: Mapping[str, TypeField], names: Iterable[str], *, of_new: bool = False) -> Incomplete:
    """The error for fields that have no value: of only those that the bot does not set, if any."""
    labels = {name: known[name].label if name in known else name for name in names}
    unset = [one for one in labels if one in known and not _may_come_beside(known[one], of_new=of_new)]
    barred = tuple(labels[one] for one in unset)
    return Incomplete(message, barred or tuple(labels.values()), by_hand=bool(barred))


def _may_come_beside(field: TypeField, *, of_new: bool) -> bool:
    if not field.name.startswith("System."):
        return True
    return of_new and (field.name == parts.TAGS or (field.name == parts.ASSIGNEE and field.required))


def _long(markup: Markup, value: str, text_format: TextFormat) -> str:
    lines = tuple(Paragraph((Text(line),)) for line in value.splitlines() if line.strip())
    return markup.render(lines, text_format)
