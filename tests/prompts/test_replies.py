from typing import Annotated

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prompts.replies import REPLIES, AcceptanceCriteria, unbounded

GOOD = {"criteria": [{"text": "Given a, when b, then c", "is_assumption": False}], "questions": []}


@pytest.mark.parametrize("name", sorted(REPLIES))
def test_every_reply_is_closed_and_bounded(name: str) -> None:
    assert unbounded(REPLIES[name]) == ()


def test_a_reply_as_asked_for_is_taken() -> None:
    assert AcceptanceCriteria.model_validate(GOOD).criteria[0].text == "Given a, when b, then c"
    assert AcceptanceCriteria.model_validate({"criteria": [], "questions": []}).criteria == []


@pytest.mark.parametrize(
    "more",
    [
        {"priority": "Highest"},
        {"questions": ["?"] * 4},
        {"questions": ["x" * 201]},
        {"questions": [""]},
        {"questions": None},
        {"criteria": [{"text": "x" * 301, "is_assumption": False}]},
        {"criteria": [{"text": "x", "is_assumption": "false"}]},
        {"criteria": [{"text": "x"}]},
        {"criteria": [{"text": "x", "is_assumption": False, "accept": True}]},
        {"criteria": [GOOD["criteria"][0]] * 9},
    ],
)
def test_anything_else_is_refused(more: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AcceptanceCriteria.model_validate(GOOD | more)


def test_what_is_unbounded_is_named() -> None:
    class Inner(BaseModel):
        words: list[str]

    class Loose(BaseModel):
        model_config = ConfigDict(extra="forbid")
        title: str
        state: Annotated[str, Field(max_length=5)] | None
        inner: Inner

    assert [line.split(": ")[1] for line in unbounded(Loose)] == [
        "an object that takes other fields",
        "a list without a largest size",
        "a string without a longest length",
        "a string without a longest length",
    ]
