"""A duplicate linked and closed, and both taken back; on both flavours of the sandbox."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.sandbox.jira.scheme import Scheme, Step, arrange
from integrations.sandbox.records import Term
from integrations.tracker import Conflict, Incomplete, Invalid, Unreachable
from rules.changes import CloseDuplicate, LinkDuplicate
from tests.integrations.jira.deeds import apply, undo


def state(world: Any, key: str) -> tuple[str, str | None, list[str]]:
    item = world.tracker.item(key)
    return item.status, item.resolution, [link.key for link in world.jira.reader.fetch(key).links]


@pytest.fixture
def pair(world: Any) -> tuple[str, str]:
    screen = Step("Close", "Done", (), ("resolution",))
    arrange(world.tracker, "SHOP", Scheme(steps=(screen, Step("Again", "To Do"), Step("Go on", "In Progress"))))
    return world.file("A"), world.file("Old")


def test_a_duplicate_is_linked_and_closed_with_the_resolution_and_both_are_taken_back(
    world: Any, pair: tuple[str, str]
) -> None:
    key, old = pair
    receipt = apply(world, key, CloseDuplicate(old, "Old"))
    assert state(world, key) == ("Done", "Duplicate", [old])
    own = {entry.id for entry in world.jira.reader.history(key) if entry.actor == world.jira.people.me()}
    assert set(receipt.writes) == own
    undo(world, receipt)
    assert state(world, key) == ("To Do", None, [])


@pytest.mark.parametrize("lost", ["/issueLink$", "/transitions$"])
def test_fault_24_each_step_is_found_made_after_its_answer_was_lost(
    world: Any, pair: tuple[str, str], lost: str
) -> None:
    key, old = pair
    plan = world.jira.applier.plan(key, CloseDuplicate(old, "Old"), {}, "m")
    world.mounted.faults.lose_answer(method="POST", path=lost)
    with pytest.raises(Unreachable):
        world.jira.applier.perform(plan)
    receipt = world.jira.applier.perform(plan)
    assert [one.method for one in world.mounted.faults.requests].count("POST") == 2
    assert len(receipt.writes) == 2
    again = world.jira.applier.perform(plan)
    assert (again.details, again.writes) == (receipt.details, receipt.writes)
    undo(world, receipt)
    assert state(world, key) == ("To Do", None, [])


def test_fault_24_an_undo_that_breaks_off_between_its_steps_is_finished(world: Any, pair: tuple[str, str]) -> None:
    key, old = pair
    plan = world.jira.applier.plan_undo(apply(world, key, CloseDuplicate(old, "Old")), "u")
    world.mounted.faults.lose_answer(method="POST", path="/transitions$")
    with pytest.raises(Unreachable):
        world.jira.applier.perform(plan)
    world.jira.applier.perform(plan)
    world.jira.applier.perform(plan)
    assert state(world, key) == ("To Do", None, [])


def test_fault_24_an_undo_without_a_way_back_takes_the_link_away_and_is_found_made(
    world: Any, pair: tuple[str, str]
) -> None:
    key, old = pair
    receipt = apply(world, key, CloseDuplicate(old, "Old"))
    arrange(world.tracker, "SHOP", Scheme(steps=(Step("Go on", "In Progress"),)))
    plan = world.jira.applier.plan_undo(receipt, "u")
    for _ in range(2):
        assert world.jira.applier.perform(plan).details == {"left": ["status"]}
        assert state(world, key) == ("Done", "Duplicate", [])


def test_a_link_that_a_person_made_stays_when_the_closing_is_taken_back(world: Any, pair: tuple[str, str]) -> None:
    key, old = pair
    world.tracker.add_link(world.tracker.user("dana"), "Duplicate", world.id(key), world.id(old))
    undo(world, apply(world, key, CloseDuplicate(old, "Old")))
    assert state(world, key) == ("To Do", None, [old])


def test_fault_26_a_person_who_moved_the_item_meanwhile_wins_and_no_link_is_made(
    world: Any, pair: tuple[str, str]
) -> None:
    key, old = pair
    plan = world.jira.applier.plan(key, CloseDuplicate(old, "Old"), {}, "m")
    world.change(key, by="lee", status="In Progress")
    with pytest.raises(Conflict) as caught:
        world.jira.applier.perform(plan)
    assert caught.value.by == "Lee Lindqvist"
    assert state(world, key) == ("In Progress", None, [])


def test_undo_yields_to_a_person_who_moved_the_item_since_and_keeps_the_link(world: Any, pair: tuple[str, str]) -> None:
    key, old = pair
    receipt = apply(world, key, CloseDuplicate(old, "Old"))
    world.change(key, by="lee", status="In Progress")
    with pytest.raises(Conflict):
        world.jira.applier.plan_undo(receipt, "u")
    assert state(world, key)[2] == [old]


def test_an_item_that_is_closed_already_is_only_linked(world: Any, pair: tuple[str, str]) -> None:
    key, old = pair
    world.change(key, status="Done")
    receipt = apply(world, key, CloseDuplicate(old, "Old"))
    undo(world, receipt)
    assert state(world, key) == ("Done", "Done", [])


def test_the_status_whose_name_says_duplicate_is_taken_before_another_end(world: Any) -> None:
    world.tracker.add_term(Term("status", 0, "Als Duplikat geschlossen", "done"))
    steps = (Step("Fertig", "Done"), Step("Weg damit", "Als Duplikat geschlossen"))
    arrange(world.tracker, "SHOP", Scheme(steps=steps))
    key, old = world.file("A"), world.file("Old")
    apply(world, key, CloseDuplicate(old, "Old"))
    assert world.tracker.item(key).status == "Als Duplikat geschlossen"


def test_a_resolution_that_must_be_chosen_and_says_nothing_of_duplicates_is_asked_for(world: Any) -> None:
    with world.tracker.transaction():
        from sqlalchemy import delete

        from integrations.sandbox import tables

        world.tracker._run(delete(tables.terms).where(tables.terms.c.name == "Duplicate", tables.terms.c.id == 10002))
        world.tracker.add_term(Term("link_type", 10002, "Duplicate", outward="duplicates", inward="is duplicated by"))
    arrange(world.tracker, "SHOP", Scheme(steps=(Step("Close", "Done", (), ("!resolution",)),)))
    key, old = world.file("A"), world.file("Old")
    with pytest.raises(Incomplete) as caught:
        world.jira.applier.plan(key, CloseDuplicate(old, "Old"), {}, "m")
    assert caught.value.fields == ("Resolution",)


def test_a_workflow_that_does_not_close_from_here_is_refused_before_anything_is_linked(world: Any) -> None:
    arrange(world.tracker, "SHOP", Scheme(steps=(Step("Start", "In Progress"),)))
    key, old = world.file("A"), world.file("Old")
    with pytest.raises(Invalid, match="closes"):
        world.jira.applier.plan(key, CloseDuplicate(old, "Old"), {}, "m")


@pytest.mark.parametrize(
    ("outward", "inward"),
    [
        ("is duplicated by", "duplicates"),
        ("wird dupliziert von", "dupliziert"),
        ("est dupliqué par", "duplique"),
        ("has duplicate", "is a duplicate of"),
    ],
)
def test_the_direction_follows_the_words_of_the_site(world: Any, outward: str, inward: str) -> None:
    from sqlalchemy import update

    from integrations.sandbox import tables

    of_duplicates = (tables.terms.c.kind == "link_type") & (tables.terms.c.name == "Duplicate")
    with world.tracker.transaction():
        world.tracker._run(update(tables.terms).where(of_duplicates).values(outward=outward, inward=inward))
    key, old = world.file("A"), world.file("Old")
    apply(world, key, LinkDuplicate(old, "Old"))
    (link,) = world.jira.reader.fetch(key).links
    assert (link.phrase, link.key, link.kind) == (inward, old, "duplicate")
