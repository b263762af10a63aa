"""Pure: pydantic's list of errors -> sentences for the person who wrote the file. None repeats a value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from bot.settings.connections import (
    AzureDevOpsConnection,
    AzureDevOpsServerConnection,
    JiraCloudConnection,
    JiraDataCenterConnection,
)
from bot.settings.nearest import did_you_mean
from bot.settings.tree import ModelSettings, ProjectSettings, Settings

KINDS: dict[str, type[BaseModel]] = {
    "jira-cloud": JiraCloudConnection,
    "jira-data-center": JiraDataCenterConnection,
    "azure-devops": AzureDevOpsConnection,
    "azure-devops-server": AzureDevOpsServerConnection,
}

_WANTED = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": 'text in quotation marks ("...")',
    "tuple": 'a list (["..."])',
    "list": 'a list (["..."])',
    "dict": "a table",
    "model": "a table",
    "date": "a date such as 2026-12-31",
    "datetime": "a date and time such as 2026-12-01T12:00:00Z",
    "path": "a path in quotation marks",
}


def in_words(error: ValidationError) -> list[str]:
    """One sentence for each error, in the order of the settings."""
    listed = error.errors(include_url=False, include_input=False)
    said = (ended(_sentence(entry["type"], entry["loc"], entry.get("ctx", {}), entry["msg"])) for entry in listed)
    return list(dict.fromkeys(said))


def ended(sentence: str) -> str:
    """With a full stop, unless it is a question."""
    return sentence if sentence.endswith(("?", ".")) else sentence + "."


def table_of(place: tuple[str, ...], kind: str = "") -> type[BaseModel] | None:
    """The model of the table at a place ("projects", "SHOP"), or None where there is no such table."""
    match place:
        case ():
            return Settings
        case ("connections", _):
            return KINDS.get(kind)
        case ("projects", _):
            return ProjectSettings
        case ("model",):
            return ModelSettings
        case (name,) if name in Settings.model_fields:
            found = Settings.model_fields[name].annotation
            return found if isinstance(found, type) and issubclass(found, BaseModel) else None
    return None


def names_in(table: type[BaseModel]) -> list[str]:
    """The names of a table's settings, as they are written."""
    return [field.alias or name for name, field in table.model_fields.items()]


def _sentence(error: str, location: tuple[int | str, ...], context: dict[str, Any], message: str) -> str:
    kind = str(location[2]) if location[:1] == ("connections",) and len(location) > 2 and location[2] in KINDS else ""
    parts = tuple(str(part) for position, part in enumerate(location) if not (kind and position == 2))
    place = ".".join(parts)
    if error == "extra_forbidden":
        table = table_of(parts[:-1], kind)
        if kind and (others := [name for name, one in KINDS.items() if parts[-1] in names_in(one)]):
            return f"{place} is a setting of {_either(others)} only, and this is {kind}"
        return f"{place} is not a setting{did_you_mean(parts[-1], names_in(table)) if table else ''}"
    if error == "missing":
        return f"{place} is missing{_meaning(parts, kind)}"
    if error == "union_tag_not_found":
        return f"{place}.kind is missing; it is one of {_listed(KINDS)}"
    if error == "union_tag_invalid":
        return f"{place}.kind is not a known product; it is one of {_listed(KINDS)}"
    if error == "literal_error":
        return f"{place} must be one of {_listed(_literals(parts, kind))}"
    if error == "value_error":
        return f"{place} {message.removeprefix('Value error, ')}"
    return f"{place} {_simple(error, context)}"


def _simple(error: str, context: dict[str, Any]) -> str:
    for word, limit in (("greater_than_equal", "ge"), ("greater_than", "gt"), ("less_than_equal", "le")):
        if error == word:
            bound = {"ge": "at least", "gt": "more than", "le": "at most"}[limit]
            return f"must be {bound} {context[limit]:g}"
    if error == "string_too_short":
        return "must not be empty"
    if error == "string_too_long":
        return f"must not be longer than {context['max_length']} characters"
    wanted = _WANTED.get(error.split("_")[0])
    return f"must be {wanted}" if wanted else "cannot be read"


def _field(parts: tuple[str, ...], kind: str) -> Any:
    table = table_of(parts[:-1], kind)
    fields = {field.alias or name: field for name, field in table.model_fields.items()} if table else {}
    return fields.get(parts[-1])


def _meaning(parts: tuple[str, ...], kind: str) -> str:
    field = _field(parts, kind)
    described = (field.description or "").rstrip(".") if field is not None else ""
    return f": {described[:1].lower()}{described[1:]}" if described else ""


def _literals(parts: tuple[str, ...], kind: str) -> Iterable[str]:
    field = _field(parts, kind)
    return map(str, get_args(field.annotation)) if field is not None else ()


def _either(names: Iterable[str]) -> str:
    return " and ".join(names)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
