"""Drafts decided on while processes die: each decision is carried out once, and what was begun is found again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.store.drafts import Draft
from integrations.sandbox.records import Item
from tests.faults.test_crashes import mortal, work_and_die
from tests.steps import LARGE, night

WRITES = {"discard", "withdraw", "remove_label", "edit", "post"}
SETTINGS = """draft_subtasks = true
daily_budget = 1000
bulk_items = 1000
disabled_rules = ["possible_duplicate", "missing_criteria"]"""


WHENEVER = pytest.mark.parametrize("when", ["before", pytest.param("after", marks=pytest.mark.thorough)])


@pytest.fixture
def world(make_world: Callable[..., Any]) -> Any:
    return make_world(project=SETTINGS)


def killed_at_writes(world: Any, when: str, begin: Callable[[Item], None]) -> Iterator[tuple[Item, str]]:
    """A new item with drafts for each death of the bot after `begin`: (item, where).

    It dies before the first write of each kind, or after the first and the last. One item is worked through without a
    death, to see which there are.
    """
    item, names = _worked_through(world, when, begin, 0)
    yield item, "nowhere"
    edges = (_first,) if when == "before" else (_first, _last)
    ends = {number(names, name) for name in WRITES & set(names) for number in edges}
    assert ends
    for number_of_call in sorted(ends):
        item, told = _worked_through(world, when, begin, number_of_call)
        yield item, f"killed {when} request {number_of_call} ({told})"


def _worked_through(world: Any, when: str, begin: Callable[[Item], None], dies_at: int) -> tuple[Item, list[str]]:
    item = world.file(f"{LARGE[0]} killed {when} {dies_at}", LARGE[1])
    world.work()
    assert len(world.tracker.children(item.id)) == 5
    begin(item)
    calls = mortal(world, (dies_at, when))
    work_and_die(world)
    return item, calls


def _first(names: list[str], name: str) -> int:
    return names.index(name) + 1


def _last(names: list[str], name: str) -> int:
    return len(names) - names[::-1].index(name)


def close(world: Any, who: str, item: Item) -> None:
    done = next(term for term in world.tracker.terms("status") if term.category == "done")
    world.edit(who, item, status=done.name)


def unlabel(world: Any, who: str, draft: Item) -> None:
    world.edit(who, draft, labels=())


def undecided(world: Any) -> list[str]:
    with world.db.read() as session:
        return list(session.scalars(sa.select(Draft.key).where(sa.or_(Draft.state == "open", Draft.leaving))))


@WHENEVER
def test_fault_16_killed_at_writes_all_that_was_decided_on_drafts_is_said_once(world: Any, when: str) -> None:
    def decide(item: Item) -> None:
        for number, draft in enumerate(world.tracker.children(item.id)):
            (unlabel if number else close)(world, "lee", draft)

    for item, where in killed_at_writes(world, when, decide):
        assert "accepted by Lee" in world.proposal(item), where
        assert "4 of 5 kept, 1 turned down" in world.proposal(item), where
        assert len(world.own_comments(item)) == 1, where
        assert undecided(world) == [], where


@WHENEVER
def test_fault_16_killed_at_writes_of_a_no_untouched_drafts_are_gone_and_others_stay(world: Any, when: str) -> None:
    def reject(item: Item) -> None:
        world.edit("lee", world.tracker.children(item.id)[0], summary="In other words")
        world.work()
        world.say("dana", item, f"steward reject {world.number(item, 'Split into 5')}")

    for item, where in killed_at_writes(world, when, reject):
        left = world.tracker.children(item.id)
        assert [(child.summary, child.labels) for child in left] == [("In other words", ())], where
        assert "rejected by Dana" in world.proposal(item), where
        assert world.answer(item).count("Not deleted") == 1, where
        assert undecided(world) == [], where


@WHENEVER
def test_fault_16_killed_at_writes_of_an_undo_kept_drafts_are_gone(world: Any, when: str) -> None:
    def undo(item: Item) -> None:
        number = world.number(item, "Split into 5")
        world.say("dana", item, f"steward accept {number}")
        world.work()
        world.say("dana", item, f"steward undo {number}")

    for item, where in killed_at_writes(world, when, undo):
        assert world.tracker.children(item.id) == [], where
        assert "undone by Dana" in world.proposal(item), where


@WHENEVER
def test_fault_16_killed_at_writes_of_a_night_old_drafts_are_withdrawn(world: Any, when: str) -> None:
    def wait(item: Item) -> None:
        world.queue.offset += timedelta(days=31)
        tonight = f"{world.queue.now():%Y-%m-%d}"
        world.queue.enqueue("hygiene", f"hygiene:{item.id}", "tracker", world.project, tonight)

    for item, where in killed_at_writes(world, when, wait):
        assert world.tracker.children(item.id) == [], where
        assert "withdrawn: nobody has taken up its drafts" in world.proposal(item), where
        assert undecided(world) == [], where
        close(world, "dana", item)
        world.work()


def test_fault_24_a_deletion_whose_answer_was_lost_withdraws_the_draft_all_the_same(world: Any) -> None:
    item = world.file(*LARGE)
    world.work()
    world.mounted.faults.lose_answer(method="DELETE", path="/issue/")
    world.queue.offset += timedelta(days=31)
    night(world, "late")
    assert world.tracker.children(item.id) == []
    assert undecided(world) == []
