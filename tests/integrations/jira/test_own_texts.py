"""Criteria in the project's own field, and sections of the description; on both flavours of the sandbox."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.sandbox.jira.scheme import CUSTOM, Field, Scheme, arrange
from integrations.tracker import Conflict, Invalid, Unreachable
from rules.changes import AddCriteria, AddSection, Criterion
from tests.integrations.jira.deeds import apply, expected, undo

OWN = "customfield_10050"
CRITERIA = AddCriteria((Criterion("the cart is kept"), Criterion("30 s", is_assumption=True)))
SECTION = AddSection("Scope", ("Only the web shop.",), ("cart", "checkout"))


def own_field(world: Any, kind: str = "textarea", name: str = "Acceptance Criteria", **more: Any) -> None:
    schema = {"type": "string", "custom": f"{CUSTOM}:{kind}", "customId": 10050}
    arrange(world.tracker, "SHOP", Scheme(fields=(Field(OWN, name, schema, **more),)))


@pytest.mark.parametrize("name", ["Acceptance Criteria", "Akzeptanzkriterien"])
@pytest.mark.parametrize("there", [None, "given by a person"])
def test_criteria_go_into_the_projects_own_field_behind_what_stands_there(
    world: Any, name: str, there: str | None
) -> None:
    own_field(world, name=name)
    before = None if there is None else world.text(there)
    key = world.file("A", world.text("words"), **({} if before is None else {OWN: before}))
    receipt = apply(world, key, CRITERIA)
    item = world.jira.reader.fetch(key)
    assert item.acceptance_criteria == f"{there}\n\n" * bool(there) + "- the cart is kept\n- assumption: 30 s"
    assert item.description == "words"
    assert (receipt.field, len(receipt.writes)) == ("acceptance_criteria", 1)
    undo(world, receipt)
    assert world.tracker.item(key).fields.get(OWN) == before


def test_a_field_of_one_line_takes_criteria_as_a_line_and_too_many_go_into_the_description(world: Any) -> None:
    own_field(world, "textfield")
    key = world.file("A", **{OWN: "by a person"})
    receipt = apply(world, key, CRITERIA)
    assert world.tracker.item(key).fields[OWN] == "by a person; the cart is kept; assumption: 30 s"
    undo(world, receipt)
    assert world.tracker.item(key).fields[OWN] == "by a person"
    receipt = apply(world, key, AddCriteria((Criterion("x" * 250),)))
    assert receipt.field == "description"


def test_an_item_whose_screen_lacks_the_field_gets_a_section_of_the_description(world: Any) -> None:
    own_field(world, types=("Story",))
    key = world.file("A", world.text("words"))
    assert "acceptance_criteria" not in world.jira.reader.fetch(key).digests
    receipt = apply(world, key, CRITERIA)
    assert receipt.field == "description"
    assert "### Acceptance criteria" in world.jira.reader.fetch(key).description


def test_fault_26_a_persons_edit_of_the_field_wins(world: Any) -> None:
    own_field(world)
    key = world.file("A")
    digests = expected(world, key, CRITERIA)
    plan = world.jira.applier.plan(key, CRITERIA, digests, "m")
    world.change(key, by="lee", **{OWN: world.text("theirs")})
    with pytest.raises(Conflict) as caught:
        world.jira.applier.perform(plan)
    assert (caught.value.field, caught.value.by) == ("acceptance_criteria", "Lee Lindqvist")
    with pytest.raises(Conflict):
        world.jira.applier.plan(key, CRITERIA, digests, "m")
    assert world.tracker.item(key).fields[OWN] == world.text("theirs")


def test_fault_24_criteria_whose_answer_was_lost_are_found_in_the_field(world: Any) -> None:
    own_field(world)
    key = world.file("A")
    plan = world.jira.applier.plan(key, CRITERIA, {}, "m")
    world.mounted.faults.lose_answer(method="PUT")
    with pytest.raises(Unreachable):
        world.jira.applier.perform(plan)
    receipt = world.jira.applier.perform(plan)
    assert len(receipt.writes) == 1
    undo(world, receipt)
    assert world.tracker.item(key).fields.get(OWN) is None


@pytest.mark.parametrize("first_goes_first", [True, False])
def test_two_sections_stand_side_by_side_and_each_is_taken_back_alone(world: Any, first_goes_first: bool) -> None:
    key = world.file("A", world.text("words"))
    receipts = [apply(world, key, CRITERIA), apply(world, key, SECTION, "m2")]
    reading = world.jira.reader.fetch(key).description
    assert reading.endswith("### Scope\n\nOnly the web shop.\n\n- cart\n- checkout")
    gone, kept = receipts if first_goes_first else receipts[::-1]
    undo(world, gone)
    left = world.jira.reader.fetch(key).description
    assert ("Scope" in left, "Acceptance" in left) == (first_goes_first, not first_goes_first)
    undo(world, kept)
    assert world.tracker.item(key).description == world.text("words")


def test_a_section_without_a_heading_is_refused(world: Any) -> None:
    key = world.file("A")
    with pytest.raises(Invalid):
        world.jira.applier.plan(key, AddSection(" ", ("x",)), {}, "m")
