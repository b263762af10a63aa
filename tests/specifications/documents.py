"""The vendors' specifications as they lie beside the checkout: operations by method and path."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.specifications.imprecisions import AMENDED
from tests.specifications.schemas import Dialect, Schemas

OPENAPI = Dialect("#/components/schemas", names_all=True)
SWAGGER = Dialect("#/definitions", null_objects=True, bare_object_is_anything=True, names_all=True, amended=AMENDED)

NESTED = 6
"""How deep a {path} of areas or iterations may be."""


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One method on one path. `name` is "GET /rest/api/3/issue/{issueIdOrKey}"; `bodies` and `answers` hold the schema
    by content type and by status, None where the specification has none."""

    name: str
    schemas: Schemas
    query: Mapping[str, Mapping[str, Any]]
    path: Mapping[str, Mapping[str, Any]]
    bodies: Mapping[str, Any] = field(default_factory=dict)
    needs_body: bool = False
    answers: Mapping[str, Any] = field(default_factory=dict)


class Document:
    """One specification. `prefix` stands before its paths; what is in `mount` is not part of a path here."""

    def __init__(self, path: Path, *, prefix: str = "", mount: str = "") -> None:
        self._path, self._prefix, self._mount = path, prefix, mount

    @cached_property
    def content(self) -> Mapping[str, Any]:
        raw = self._path.read_bytes()
        text = gzip.decompress(raw) if self._path.suffix == ".gz" else raw
        return json.loads(text.decode("utf-8-sig"))  # type: ignore[no-any-return]

    @cached_property
    def schemas(self) -> Schemas:
        return Schemas(self.content, SWAGGER if "swagger" in self.content else OPENAPI)

    def find(self, method: str, path: str) -> tuple[Operation, Mapping[str, str]] | None:
        """The operation, with what stands for each name of its path."""
        segments = path.strip("/").split("/")
        for pattern, operation in self._index.get((method, len(segments)), ()):
            met = pattern.fullmatch("/".join(segments))
            if met:
                return operation, met.groupdict()
        return None

    @cached_property
    def _index(self) -> Mapping[tuple[str, int], Sequence[tuple[re.Pattern[str], Operation]]]:
        found: dict[tuple[str, int], list[tuple[re.Pattern[str], Operation]]] = {}
        paths: list[tuple[str, str, Any]] = [
            (path, method, described)
            for path, methods in self._paths().items()
            for method, described in methods.items()
            if method != "parameters"
        ]
        # Words before names: /issue/createmeta is no issue.
        for path, method, described in sorted(paths, key=lambda one: one[0].replace("{", "~")):
            operation = self._operation(path, method, described)
            for template in _templates(path.removeprefix(self._mount), operation.path):
                nested = NESTED if template.endswith("/{path}") else 1
                for length in range(template.count("/"), template.count("/") + nested):
                    found.setdefault((method.upper(), length), []).append((_pattern(template), operation))
        return found

    def _paths(self) -> Mapping[str, Mapping[str, Any]]:
        """All paths; those that Azure DevOps tells apart by their query (x-ms-paths) add parameters to the others."""
        paths = {f"{self._prefix}{path}": dict(methods) for path, methods in self.content["paths"].items()}
        for long, methods in self.content.get("x-ms-paths", {}).items():
            known = paths.setdefault(long.partition("?")[0], {})
            for method, described in methods.items():
                base = known.get(method, described)
                both = [*described["parameters"], *base["parameters"]]
                known[method] = {**base, "parameters": [{**one, "required": one.get("in") == "path"} for one in both]}
        return paths

    def _operation(self, path: str, method: str, described: Mapping[str, Any]) -> Operation:
        parameters = [self._resolved(one) for one in described.get("parameters", ())]
        body, bodies = described.get("requestBody", {}), {}
        for media, content in body.get("content", {}).items():
            bodies[media] = content.get("schema")
        for one in parameters:
            if one["in"] == "body":
                bodies = dict.fromkeys(described.get("consumes", ["application/json"]), one["schema"])
        answers = {
            status: answer.get("schema", answer.get("content", {}).get("application/json", {}).get("schema"))
            for status, answer in described["responses"].items()
        }
        return Operation(
            f"{method.upper()} {path.removeprefix(self._mount)}",
            self.schemas,
            {one["name"]: one for one in parameters if one["in"] == "query"},
            {one["name"]: one for one in parameters if one["in"] == "path"},
            bodies,
            bool(body.get("required")) or any(one["in"] == "body" and one.get("required") for one in parameters),
            answers,
        )

    def _resolved(self, parameter: Mapping[str, Any]) -> Mapping[str, Any]:
        if "$ref" not in parameter:
            return parameter
        found: Any = self.content
        for part in parameter["$ref"].strip("#/").split("/"):
            found = found[part]
        return found  # type: ignore[no-any-return]


def _templates(path: str, parameters: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The path, with and without each part that Azure DevOps marks as not required."""
    optional = [name for name, one in parameters.items() if one.get("x-ms-required") is False and f"{{{name}}}" in path]
    yield path
    for at in range(len(optional)):
        # A team stands within a project: parts fall away from the right of those at the front.
        yield _without(path, optional[at:])
    for name in optional[:-1]:
        yield _without(path, [name])


def _without(path: str, names: Sequence[str]) -> str:
    for name in names:
        path = path.replace(f"/{{{name}}}", "")
    return path


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template.strip("/"))
    text = "".join(
        f"(?P<{part}>{'.+' if part == 'path' else '[^/]+'})" if at % 2 else re.escape(part)
        for at, part in enumerate(parts)
    )
    return re.compile(text, re.IGNORECASE)
