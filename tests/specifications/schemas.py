"""The vendors' dialects of schemas (OpenAPI 3.0, Swagger 2.0) as JSON Schema, for requests and for answers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from jsonschema import Draft7Validator, ValidationError
from referencing import Registry
from referencing.jsonschema import DRAFT7

JSON = Any


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one product's schemas are meant, beyond what they say. An answer may hold null where a value is described.

    `definitions` is where they lie. `null_objects`: null stands for an object too. `bare_object_is_anything`: an object
    without properties is any JSON. `names_all`: an answer holds no property that is not described. `amended` are
    definitions that stand in the place of the specification's own.
    """

    definitions: str
    null_objects: bool = False
    bare_object_is_anything: bool = False
    names_all: bool = False
    amended: Mapping[str, JSON] = field(default_factory=dict)


class Schemas:
    """The schemas of one specification: `validator` reads them as requests or as answers are to be read."""

    def __init__(self, document: Mapping[str, JSON], dialect: Dialect) -> None:
        self._dialect = dialect
        definitions = document
        for part in dialect.definitions.strip("#/").split("/"):
            definitions = definitions[part]
        self._definitions: Mapping[str, JSON] = {**definitions, **dialect.amended}
        self._registry: Registry[JSON] = Registry()
        self._known: set[str] = set()

    def validator(self, schema: JSON, *, asked: bool) -> Draft7Validator:
        """A validator of requests (`asked`) or of answers."""
        meant = self._meant(schema, asked)
        self._learn(meant)
        return Draft7Validator(meant, registry=self._registry)

    @cached_property
    def enumerated(self) -> Mapping[str, frozenset[str]]:
        """The names of properties that take one of some values -> those values, of all schemas together."""
        found: dict[str, set[str]] = {}
        for name, values in _enumerations(self._definitions):
            found.setdefault(name, set()).update(values)
        return {name: frozenset(values) for name, values in found.items()}

    def _learn(self, meant: JSON) -> None:
        """Put what a schema refers to, and what that refers to, into the registry."""
        found, waiting = [], list(_references(meant))
        while waiting:
            uri = waiting.pop()
            if uri in self._known:
                continue
            self._known.add(uri)
            way, _, name = uri.partition(":")
            schema = self._meant(self._definitions[name], way == "asked")
            found.append((uri, DRAFT7.create_resource(schema)))
            waiting += _references(schema)
        self._registry = self._registry.with_resources(found).crawl()

    def _meant(self, schema: JSON, asked: bool) -> JSON:
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            name = schema["$ref"].removeprefix(f"{self._dialect.definitions}/")
            return {"$ref": f"{'asked' if asked else 'answered'}:{name}"}
        if "properties" in schema and all("$ref" in base for base in schema.get("allOf", ())):
            schema = self._flat(schema)
        made = {word: value for word, value in schema.items() if word in _KEPT}
        for word in ("items", "additionalProperties"):
            if word in schema:
                made[word] = self._meant(schema[word], asked)
        for word in ("allOf", "anyOf", "oneOf"):
            if word in schema:
                made[word] = [self._meant(one, asked) for one in schema[word]]
        if "properties" in schema:
            made["properties"] = self._properties(schema["properties"], asked)
            # A request names nothing that is not described, even where the vendor would not mind.
            if asked and schema.get("additionalProperties") in (None, True, {}):
                made["additionalProperties"] = False
            elif self._dialect.names_all and "allOf" not in schema:
                made.setdefault("additionalProperties", False)
        return self._tolerant(schema, made, asked)

    def _properties(self, properties: Mapping[str, JSON], asked: bool) -> JSON:
        """What is only read is not to be sent."""
        return {
            name: {"not": {}} if asked and described.get("readOnly") else self._meant(described, asked)
            for name, described in properties.items()
        }

    def _tolerant(self, schema: Mapping[str, JSON], made: dict[str, JSON], asked: bool) -> JSON:
        is_bare = made.get("type") == "object" and not {"properties", "additionalProperties"} & schema.keys()
        if is_bare and self._dialect.bare_object_is_anything:
            del made["type"]
        forgotten = not asked and (
            self._dialect.null_objects or ("properties" not in schema and schema.get("type") != "array")
        )
        if isinstance(made.get("type"), str) and (schema.get("nullable") or forgotten):
            made["type"] = [made["type"], "null"]
            if "enum" in made:
                made["enum"] = [*made["enum"], None]
        return made

    def _flat(self, schema: Mapping[str, JSON]) -> JSON:
        """A schema together with those that it extends."""
        properties: dict[str, JSON] = {}
        for base in schema.get("allOf", ()):
            described = self._definitions[base["$ref"].rpartition("/")[2]]
            properties |= self._flat(described)["properties"]
        others = {word: value for word, value in schema.items() if word != "allOf"}
        return {**others, "properties": properties | schema.get("properties", {})}


_KEPT = frozenset(
    {"type", "enum", "required", "uniqueItems", "maxLength", "minLength", "maximum", "minimum", "pattern"}
)


def complaints(validator: Draft7Validator, value: JSON) -> Iterator[tuple[str, str]]:
    """(place, what is wrong with it) for each thing that does not fit; places in lists are not numbered."""
    for error in validator.iter_errors(value):
        yield (
            place(error),
            error.message if len(error.message) < 200 else f"{error.message[:90]} ... {error.message[-90:]}",
        )


def place(error: ValidationError) -> str:
    """Where in the value: fields/labels/[]."""
    return "/".join("[]" if isinstance(part, int) else str(part) for part in error.absolute_path)


def as_json(text: bytes) -> JSON:
    """A body, or None if it is empty or no JSON."""
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None


def _references(schema: JSON) -> Iterator[str]:
    if isinstance(schema, list):
        for one in schema:
            yield from _references(one)
    elif isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
        yield schema["$ref"]
    elif isinstance(schema, dict):
        for one in schema.values():
            yield from _references(one)


def _enumerations(schema: JSON) -> Iterator[tuple[str, list[str]]]:
    if isinstance(schema, list):
        for one in schema:
            yield from _enumerations(one)
    if not isinstance(schema, dict):
        return
    for name, described in schema.items():
        if isinstance(described, dict):
            inner = described.get("items") if isinstance(described.get("items"), dict) else described
            if isinstance(inner, dict) and isinstance(inner.get("enum"), list):
                yield name, [value for value in inner["enum"] if isinstance(value, str)]
        yield from _enumerations(described)
