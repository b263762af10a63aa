"""What a model may answer: one closed model a prompt, every string and every list bounded.

A reply is always validated here, whatever the provider promised to enforce. A prompt names its reply by the key in
`REPLIES`. There is no field for a status, a target, a person or a link: what a model cannot say, it cannot do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field


class ReplyModel(BaseModel):
    """Base of all replies: no other fields, no conversions, frozen."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class DraftedCriterion(ReplyModel):
    """One acceptance criterion, in one sentence."""

    text: Annotated[str, Field(min_length=1, max_length=300)]
    is_assumption: bool


class AcceptanceCriteria(ReplyModel):
    """Up to eight criteria, and up to three questions where the item says too little; both may be empty."""

    criteria: Annotated[list[DraftedCriterion], Field(max_length=8)]
    questions: Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=3)]


REPLIES: Mapping[str, type[ReplyModel]] = MappingProxyType({"acceptance_criteria": AcceptanceCriteria})
"""Name in a prompt's front matter -> reply model."""


def unbounded(reply: type[BaseModel]) -> tuple[str, ...]:
    """Where a reply model lets a string, a list or an object grow without end; empty for a good one."""
    return tuple(_unbounded(reply.model_json_schema(), reply.__name__))


def _unbounded(node: Any, path: str) -> Iterator[str]:
    if isinstance(node, list):
        for number, entry in enumerate(node):
            yield from _unbounded(entry, f"{path}.{number}")
    if not isinstance(node, dict):
        return
    kind = node.get("type")
    if kind == "string" and not ("maxLength" in node or "enum" in node or "const" in node):
        yield f"{path}: a string without a longest length"
    if kind == "array" and "maxItems" not in node:
        yield f"{path}: a list without a largest size"
    if kind == "object" and node.get("additionalProperties") is not False:
        yield f"{path}: an object that takes other fields"
    for name, value in node.items():
        yield from _unbounded(value, f"{path}.{name}")
