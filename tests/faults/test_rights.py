"""The right to decide is asked live, at the word and again before the write, and what is not known is no."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.store import inbox, proposals
from integrations.tracker import Invalid, Missing, Refused, Right, Throttled, TrackerError, Unintelligible, Unreachable
from tests.flavours import MOST
from tests.steps import proposed

STORY = ("Let buyers save their cart", "As a buyer I want to save my cart. The cart must be kept for 30 days.")


@pytest.fixture(params=MOST)
def world(request: pytest.FixtureRequest, make_world: Callable[..., Any]) -> Any:
    return make_world(request.param)


def states(world: Any, item: Any) -> set[str]:
    with world.db.read() as session:
        return {row.state for row in proposals.changes(session, "tracker", str(item.id))}


def untouched(world: Any, item: Any) -> bool:
    return bool(world.now(item).description == item.description and states(world, item) == {"open"})


def labelled_unheard(world: Any, who: str, item: Any) -> None:
    """The label is on the item, and nobody has told the bot."""
    world.mounted.webhooks.never = True
    world.edit(who, item, labels=(*world.now(item).labels, "steward-accept"))
    world.mounted.webhooks.never = False


def test_fault_37_a_label_counts_no_more_once_its_author_may_no_longer_edit(world: Any) -> None:
    item = proposed(world, STORY)
    labelled_unheard(world, "lee", item)
    world.tracker.set_role(world.project, "lee", None)
    world.edit("dana", item, assignee="dana")
    world.work()
    assert untouched(world, item)
    assert "steward-accept" not in world.now(item).labels
    assert "Lee" in world.answer(item)
    assert "Nothing was changed" in world.answer(item)


class Troubled:
    """A People port whose question about rights fails, once `answers` have been given."""

    def __init__(self, people: Any, error: TrackerError, answers: int) -> None:
        self._people, self._error, self.left = people, error, answers

    def may_edit(self, *_: Any) -> Right:
        self.left -= 1
        if self.left >= 0:
            return Right(True)
        raise self._error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._people, name)


@pytest.mark.parametrize("answers", [0, 1], ids=["at the word", "before the write"])
def test_fault_37_a_question_about_rights_that_fails_is_no(make_world: Callable[..., Any], answers: int) -> None:
    world = make_world()
    item = proposed(world, STORY)
    for error in (Refused("403"), Missing("404"), Invalid("400")):
        world.rewire("acceptance", people=Troubled(world.wired.client.people, error, answers))
        world.say("dana", item, "steward accept 1")
        world.work(leap=False)
        assert untouched(world, item), repr(error)
        assert "Nothing was changed" in world.answer(item)
    for error in (Unreachable("502"), Unintelligible("<html>"), Throttled("429", 30.0)):
        world.rewire("acceptance", people=Troubled(world.wired.client.people, error, answers))
        world.say("dana", item, "steward accept 1")
        world.work(leap=False)
        assert world.now(item).description == item.description, repr(error)
        assert states(world, item) <= {"open", "accepting"}, "it is tried again until the tracker answers"
    with world.db.read() as session:
        assert list(inbox.dead_letters(session)) == []


def test_fault_37_a_label_is_enough_where_the_bot_may_not_ask(make_world: Callable[..., Any]) -> None:
    world = make_world(rights="plain")
    item = proposed(world, STORY)
    world.edit("dana", item, labels=(*world.now(item).labels, "steward-accept"))
    world.work()
    assert "accepted by Dana" in world.proposal(item)
