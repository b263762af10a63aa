"""One reply model, two schemas for the wire.

Strict (OpenAI, Azure): every property required, no defaults, and none of the keywords that strict mode refuses.
https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
Bounded (llama.cpp, Ollama, vLLM): every length is kept, because a small model that is not stopped by its grammar
writes without end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

_BOUNDS = frozenset(
    {"minLength", "maxLength", "pattern", "format", "minItems", "maxItems", "uniqueItems", "minimum", "maximum"}
    | {"exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minProperties", "maxProperties"}
)
_SAID_ELSEWHERE = frozenset({"default", "title", "examples"})


def strict_schema(reply: type[BaseModel]) -> dict[str, Any]:
    """The reply's JSON schema without bounds and defaults; every property is required."""
    return _schema(reply, drop=_BOUNDS | _SAID_ELSEWHERE)


def bounded_schema(reply: type[BaseModel]) -> dict[str, Any]:
    """The reply's JSON schema with all its bounds; every property is required."""
    return _schema(reply, drop=_SAID_ELSEWHERE)


def _schema(reply: type[BaseModel], drop: frozenset[str]) -> dict[str, Any]:
    whole = reply.model_json_schema()
    definitions = whole.pop("$defs", {})
    # References are written out: some local servers do not follow them.
    schema: dict[str, Any] = _written_out(whole, definitions, drop)
    return schema


def _written_out(node: Any, definitions: Mapping[str, Any], drop: frozenset[str]) -> Any:
    if isinstance(node, list):
        return [_written_out(entry, definitions, drop) for entry in node]
    if not isinstance(node, dict):
        return node
    if reference := node.get("$ref"):
        return _written_out(definitions[reference.rsplit("/", 1)[1]], definitions, drop)
    schema = {name: _written_out(value, definitions, drop) for name, value in node.items() if name not in drop}
    if isinstance(node.get("properties"), dict):
        # The names of properties are the reply's own words, not keywords to drop.
        properties = {name: _written_out(value, definitions, drop) for name, value in node["properties"].items()}
        schema |= {"properties": properties, "required": list(properties), "additionalProperties": False}
    return schema
