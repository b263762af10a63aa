"""The values that a project requires of what is created in it, from the names that people read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from integrations.blocks import Blocks, Paragraph, Text
from integrations.jira.answers import UNDERSTOOD
from integrations.jira.extra import EPIC_LINK, TEXT_AREA
from integrations.numbers import number_in
from integrations.tracker import Incomplete, NoSuchField, NotToSet, WrongValue
from rules.changes import FieldValue, name_key

# Set by the bot itself.
_OURS = frozenset({"summary", "issuetype", "project", "parent"})
_SPRINT = ":gh-sprint"

Rich = Callable[[Blocks], Any]


def required_values(screen: Iterable[Mapping[str, Any]], given: tuple[FieldValue, ...], rich: Rich) -> dict[str, Any]:
    """Id of a field -> the value to send, for what of `given` is on the create screen; `rich` makes native text.

    Raises Incomplete where the screen requires more, Invalid for a value that its field does not take, and NotToSet for
    what a person has named and the screen does not have, or the bot itself fills in.
    """
    screen, wanted = list(screen), given_by_name(given)
    if unknown := not_on(screen, given):
        raise NoSuchField(unknown)
    spoken = given_by_name(one for one in given if one.spoken)
    values: dict[str, Any] = {}
    missing: dict[str, Mapping[str, Any]] = {}
    with UNDERSTOOD:
        for field in screen:
            identity, name = str(field.get("fieldId") or field["key"]), str(field["name"])
            value = wanted.get(name_key(name), wanted.get(name_key(identity)))
            if identity in _OURS or _custom(field).endswith(EPIC_LINK):
                if spoken.keys() & {name_key(name), name_key(identity)}:
                    raise NotToSet("the bot itself fills that in", name)
                continue
            if value is not None:
                values[identity] = native_value(field, name, value, rich)
            elif field.get("required") and not field.get("hasDefaultValue"):
                missing[name] = field
    if missing:
        said = f"the project requires values for: {', '.join(missing)}"
        raise wanting(said, missing)
    return values


def given_by_name(given: Iterable[FieldValue]) -> dict[str, str]:
    """What is given, by the key of the field's name; nothing is no value."""
    return {name_key(one.field): one.value for one in given if one.value.strip()}


def not_on(screen: Iterable[Mapping[str, Any]], given: Iterable[FieldValue]) -> tuple[str, ...]:
    """The names that a person has given a value for, and that no field of the screen has."""
    with UNDERSTOOD:
        names = {name_key(str(field.get(part) or "")) for field in screen for part in ("fieldId", "key", "name")}
    return tuple(one.field for one in given if one.spoken and name_key(one.field) not in names)


def _custom(field: Mapping[str, Any]) -> str:
    return str(field["schema"].get("custom") or "")


def native_value(field: Mapping[str, Any], name: str, value: str, rich: Rich) -> Any:
    """A value that people read, as a field of a screen takes it. Raises Invalid where it does not."""
    kind = str(field["schema"].get("type"))
    items = field["schema"].get("items")
    if _custom(field).endswith(_SPRINT):
        raise NotToSet("what the bot creates never goes into a sprint", name)
    if not can_be_named(field):
        raise NotToSet(f"the bot cannot set {name} by a name; give the field a default value in Jira", name)
    if kind == "string" and (_custom(field).endswith(TEXT_AREA) or field["schema"].get("system") in _RICH):
        return rich(tuple(Paragraph((Text(line),)) for line in value.splitlines() if line.strip()))
    if kind in {"string", "date", "datetime"}:
        return value
    if kind == "number":
        return _number(name, value)
    if kind == "array" and items == "string" and not field.get("allowedValues"):
        return value.replace(",", " ").split()
    if kind == "array":
        return [_allowed(field, name, one) for one in value.split(",")]
    return _allowed(field, name, value)


def can_be_named(field: Mapping[str, Any]) -> bool:
    """Whether a value that people read can be given for a field of a screen: not for people, sprints, and the like."""
    kind, items = str(field["schema"].get("type")), field["schema"].get("items")
    if _custom(field).endswith(_SPRINT) or _PEOPLE & {kind, items}:
        return False
    if kind in {"string", "date", "datetime", "number"} or (kind == "array" and items == "string"):
        return True
    return bool(field.get("allowedValues")) and kind != "option-with-child"


def wanting(message: str, fields: Mapping[str, Mapping[str, Any]]) -> Incomplete:
    """The error for fields, by name, without a value: of only those that the bot does not set, if any."""
    with UNDERSTOOD:
        barred = tuple(name for name, field in fields.items() if not can_be_named(field))
    return Incomplete(message, barred or tuple(fields), by_hand=bool(barred))


_RICH = frozenset({"description", "environment"})
_PEOPLE = frozenset({"user", "group"})


def _number(name: str, value: str) -> float:
    number = number_in(value)
    if number is None:
        raise WrongValue("a field takes a plain number", name, value, is_number=True)
    return int(number) if number.is_integer() else number


def _allowed(field: Mapping[str, Any], name: str, value: str) -> dict[str, str]:
    """The allowed value of this name, by its id."""
    allowed: list[str] = []
    for one in field["allowedValues"]:
        names = [str(one[part]) for part in ("value", "name") if one.get(part) is not None]
        if one.get("disabled") is True:
            continue
        if name_key(value) in map(name_key, names):
            return {"id": str(one["id"])}
        allowed += names[:1]
    raise WrongValue("a field has no such value in this project", name, value.strip(), tuple(allowed))
