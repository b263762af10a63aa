"""Every setting with its type, default and meaning, for the documentation and for `steward doctor`."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bot.settings.sentences import KINDS
from bot.settings.tree import (
    EngineSettings,
    ModelSettings,
    OperationsSettings,
    ProjectSettings,
    RetentionSettings,
    ServerSettings,
    Settings,
    TelemetrySettings,
)
from bot.settings.values import Reads

_PLAIN = {bool: "true or false", int: "whole number", float: "number", str: "text"}


class DocumentedSetting(NamedTuple):
    """One setting. `default` is as it is written in the file; "required" where there is none."""

    key: str
    type: str
    default: str
    meaning: str


def documented_settings() -> tuple[DocumentedSetting, ...]:
    """All settings in the order of the file; one of several kinds of connection is listed once."""
    tables: list[tuple[str, type[BaseModel]]] = [
        ("server.", ServerSettings),
        ("engine.", EngineSettings),
        ("operations.", OperationsSettings),
        ("retention.", RetentionSettings),
        ("telemetry.", TelemetrySettings),
        *(("connections.<name>.", kind) for kind in KINDS.values()),
        ("projects.<KEY>.", ProjectSettings),
        ("model.", ModelSettings),
    ]
    found: dict[str, DocumentedSetting] = {"data": _documented("data", Settings.model_fields["data"])}
    for prefix, table in tables:
        for name, field in table.model_fields.items():
            key = prefix + (field.alias or name)
            found.setdefault(key, _documented(key, field))
    kinds = " | ".join(f'"{kind}"' for kind in KINDS)
    found["connections.<name>.kind"] = found["connections.<name>.kind"]._replace(type=kinds)
    return tuple(found.values())


def _documented(key: str, field: FieldInfo) -> DocumentedSetting:
    default = "required" if field.is_required() else _written(field.get_default(call_default_factory=True))
    return DocumentedSetting(key, _type(field), default, field.description or "")


def _type(field: FieldInfo) -> str:
    for extra in field.metadata:
        if isinstance(extra, Reads):
            return extra.words
    for option in get_args(field.annotation):
        for extra in getattr(option, "__metadata__", ()):
            if isinstance(extra, Reads):
                return extra.words
    annotation: Any = field.annotation
    if get_origin(annotation) is Literal:
        return " | ".join(f'"{choice}"' for choice in get_args(annotation))
    if get_origin(annotation) is tuple:
        return "list of texts"
    if get_origin(annotation) is dict:
        return "table of texts"
    return _PLAIN.get(annotation, "date and time" if "datetime" in str(annotation) else "path")


def _written(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:g}" if value < 1_000_000 else str(int(value))
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, tuple):
        return "[" + ", ".join(f'"{entry}"' for entry in value) + "]"
    if hasattr(value, "strftime"):
        return f'"{value:%H:%M}"'
    return f'"{value}"'
