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
    missing = []
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
                missing.append(name)
    if missing:
        said = f"the project requires values for: {', '.join(missing)}"
        raise Incomplete(said, tuple(missing))
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
    listed = field.get("allowedValues") if not _PEOPLE & {kind, items} else ()
    if _custom(field).endswith(_SPRINT):
        raise NotToSet("what the bot creates never goes into a sprint", name)
    if kind == "string" and (_custom(field).endswith(TEXT_AREA) or field["schema"].get("system") in _RICH):
        return rich(tuple(Paragraph((Text(line),)) for line in value.splitlines() if line.strip()))
    if kind in {"string", "date", "datetime"}:
        return value
    if kind == "number":
        return _number(name, value)
    if kind == "array" and items == "string" and not field.get("allowedValues"):
        return value.replace(",", " ").split()
    if kind == "array" and listed:
        return [_allowed(field, name, one) for one in value.split(",")]
    if listed and kind != "option-with-child":
        return _allowed(field, name, value)
    raise NotToSet(f"the bot cannot set {name} by a name; give the field a default value in Jira", name)


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
