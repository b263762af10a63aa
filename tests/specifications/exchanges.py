"""What one request and its answer were, as they lay on the wire behind a sandbox tracker's name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Exchange:
    """`path` starts behind the tracker's mount, unquoted; content types are without parameters."""

    flavour: str
    method: str
    path: str
    query: str
    accept: str
    sent_type: str
    sent: bytes
    status: int
    answered_type: str
    answered: bytes

    @property
    def version(self) -> str:
        """The version of the interface that an Azure DevOps request asks for, empty if it says none."""
        met = re.search(r"api-version=([\d.]+)", f"{self.query};{self.accept}")
        return met.group(1) if met else ""


def shape(value: Any, enumerated: Mapping[str, frozenset[str]], texts: list[Any], name: str = "") -> Any:
    """What tells two bodies apart for a schema: names, types, and the words of properties that take only some words.

    Documents of Atlassian's editor are put into `texts`: they have a schema of their own.
    """
    if isinstance(value, dict):
        if value.get("type") == "doc" and "content" in value:
            texts.append(value)
            return "doc"
        return frozenset([(key, shape(one, enumerated, texts, key)) for key, one in value.items()])
    if isinstance(value, list):
        return ("list", *{shape(one, enumerated, texts, name) for one in value})
    if isinstance(value, str):
        if name not in enumerated:
            return "str"
        return ("str", value if value in enumerated[name] else None)
    return type(value).__name__
