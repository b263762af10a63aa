"""Documents of Atlassian's editor (ADF), held against the vendor's schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator
from jsonschema.exceptions import best_match

FREE = frozenset({"text", "url", "href", "localId", "id", "title", "alt", "timestamp"})
"""What may hold any words."""


class Texts:
    """Documents against the schema in a file. A block of a shape that has been seen is not checked again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: set[Any] = set()

    def complaints(self, documents: Sequence[Any]) -> Iterator[str]:
        """What does not fit, block by block."""
        for document in documents:
            for block in document["content"] or [None]:
                like = (document.get("version"), frozenset(document), _shape(block))
                if like not in self._seen:
                    self._seen.add(like)
                    yield from self._wrong({**document, "content": [] if block is None else [block]})

    def _wrong(self, document: Any) -> Iterator[str]:
        error = best_match(self._validator.iter_errors(document))
        if error is not None:
            yield f"{error.json_path}: {error.message[:160]}"

    @cached_property
    def _validator(self) -> Draft4Validator:
        return Draft4Validator(json.loads(self._path.read_text("utf-8")))


def untyped(value: Any, place: str = "") -> Iterator[str]:
    """Where a text of Jira Cloud is no document: its specification lets such a field be anything."""
    if isinstance(value, list):
        for one in value:
            yield from untyped(one, f"{place}/[]")
    if not isinstance(value, dict) or value.get("type") == "doc":
        return
    for name, one in value.items():
        if name == "body" or (name in ("description", "environment") and place.endswith("/fields")):
            if isinstance(one, str) or (isinstance(one, dict) and one.get("type", "doc") != "doc"):
                yield f"{place}/{name}"
        else:
            yield from untyped(one, f"{place}/{name}")


def _shape(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return frozenset([(key, _shape(one, key)) for key, one in value.items()])
    if isinstance(value, list):
        return ("list", *{_shape(one) for one in value})
    return type(value).__name__ if name in FREE and value != "" else value
