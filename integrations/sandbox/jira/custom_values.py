"""Values of a project's own fields: what Jira takes for each kind of them, and how it shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.sandbox.jira.calls import Call, Refusal
from integrations.sandbox.jira.scheme import CUSTOM, EPIC_LINK, Field, scheme_of
from integrations.sandbox.records import NotFound

SHORT = 255  # characters in a field of one line


def field_named(call: Call, name: str) -> Field | None:
    """The field of this id in any project's scheme."""
    for home in call.tracker.projects():
        for field in scheme_of(call.tracker, home.key).fields:
            if field.id == name:
                return field
    return None


def value_for(call: Call, field: Field, value: Any) -> Any:
    """The value as the tracker keeps it. Raises Refusal."""
    kind = field.schema.get("custom", "")
    if value is None:
        return None
    if kind == EPIC_LINK:
        return _epic(call, field, value)
    if kind == f"{CUSTOM}:textarea":
        return call.text(value, field.id)
    if field.schema["type"] == "number" and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise Refusal(400, errors={field.id: "Operation value must be a number"})
    if field.schema["type"] == "string":
        return _line(field, value)
    if field.schema["type"] == "option":
        return _option(field, value)
    if field.schema["type"] == "array" and field.options:
        if not isinstance(value, list):
            raise Refusal(400, errors={field.id: "data was not an array"})
        return [_option(field, one) for one in value]
    return value


def _line(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise Refusal(400, errors={field.id: "Operation value must be a string"})
    if len(value) > SHORT or "\n" in value:
        raise Refusal(400, errors={field.id: f"The entered text is too long. It exceeds {SHORT} characters."})
    return value


def _option(field: Field, value: Any) -> dict[str, str]:
    given = value if isinstance(value, Mapping) else {}
    for option in field.allowed():
        if option["id"] == given.get("id") or option["value"] == given.get("value"):
            return option
    raise Refusal(400, errors={field.id: "Specify a valid 'id' or 'name' for the field"})


def _epic(call: Call, field: Field, value: Any) -> int:
    try:
        return call.tracker.item(str(value), call.viewer).id
    except NotFound:
        raise Refusal(400, errors={field.id: f"Issue '{value}' does not exist."}) from None
