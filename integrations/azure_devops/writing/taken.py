"""Pure: values that come with a change by the names that people read, and which of them a field does not take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from integrations.azure_devops.organisation.process import TypeField
from integrations.tracker import Invalid, WrongValue
from rules.changes import FieldValue, name_key


def told_of(known: Mapping[str, TypeField], given: Iterable[FieldValue]) -> dict[str, str]:
    """The values by the reference names of their fields; others are not the type's."""
    told = {name_key(one.field): one.value for one in given if one.value.strip()}
    named = {name: told.get(name_key(one.label)) or told.get(name_key(name)) for name, one in known.items()}
    return {name: value for name, value in named.items() if value}


def wrong_value(error: Invalid, known: Mapping[str, TypeField], sent: Mapping[str, Any]) -> Invalid:
    """Why the product refused a write: a value that is none of those that its field lists, else the error itself.

    Asked only then: a list may be one of suggestions.
    """
    for name, value in sent.items():
        field = known.get(name)
        if field and field.allowed and name_key(str(value)) not in map(name_key, field.allowed):
            return WrongValue(str(error), field.label, str(value), field.allowed)
    return error
