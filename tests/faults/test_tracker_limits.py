"""A tracker that asks to wait is not asked anything before the time it named has passed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from bot.store import inbox
from bot.store.pacing import StoredBoard
from integrations.azure_devops import client as azure_devops
from integrations.jira import client as jira
from integrations.sandbox.faults import RetryAfterForm
from tests.conftest import InlineRun
from tests.flavours import FEW, MOST

LOUD = "daily_budget = 1000\nbulk_items = 1000"
STORY = ("Let buyers save their cart", "As a buyer I want to save my cart. The cart must be kept for 30 days.")
WAITS = (4, 120)
"""Seconds: one that a client waits out by itself, and one that it leaves to the engine."""


@dataclass
class Pace:
    """The world's one clock, in seconds, and what was asked at which time; a wait of any length takes no time.

    The request of number `refused_at` is answered with 429.
    """

    world: Any = None
    refused_at: int = 0
    wait: int = 0
    form: RetryAfterForm = "seconds"
    asked: list[float] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)

    def now(self) -> float:
        return self.world.queue.offset.total_seconds() if self.world else 0.0

    def sleep(self, seconds: float) -> None:
        self.world.queue.offset += type(self.world.queue.offset)(seconds=seconds)

    def begin(self, refused_at: int, round_: int = 0) -> None:
        """Count from here on; short and long waits, in both forms of the header, take turns from round to round."""
        self.refused_at, self.wait = refused_at, WAITS[round_ % 2]
        self.form = "seconds" if round_ % 4 < 2 else "date"
        self.asked.clear()
        self.kinds.clear()

    def first_of_each_kind(self) -> list[int]:
        """The numbers of the requests that were the first of their kind (method, and path without ids)."""
        return [self.kinds.index(kind) + 1 for kind in dict.fromkeys(self.kinds)]

    def watch(self, world: Any) -> None:
        """Note each request of the world's bot as it comes in."""
        self.world = world
        faults = world.mounted.faults
        serve = faults._serve

        def noted(wire: Any, environ: Any, start_response: Any) -> Iterable[bytes]:
            self.asked.append(self.now())
            self.kinds.append(
                re.sub(r"[0-9a-f-]{36}|[0-9]+", "N", f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
            )
            if len(self.asked) == self.refused_at:
                faults.throttle(self.wait, form=self.form, times=1)
            answer: Iterable[bytes] = serve(wire, environ, start_response)
            return answer

        faults._serve = noted

    def too_early(self) -> list[float]:
        """How long after the refusal anything was asked that should have waited."""
        refused = self.asked[self.refused_at - 1]
        # A date has whole seconds, so up to one of them may be lost on the way.
        allowed = self.wait - (1.1 if self.form == "date" else 0.0)
        return [at - refused for at in self.asked[self.refused_at :] if at - refused < allowed]


@pytest.fixture
def pace(monkeypatch: pytest.MonkeyPatch) -> Pace:
    """A clock that the bot's clients go by."""
    pace = Pace()
    monkeypatch.setattr(jira, "JiraSession", _paced(jira.JiraSession, pace))
    monkeypatch.setattr(azure_devops, "Wire", _paced(azure_devops.Wire, pace))
    return pace


def _paced(client: Any, pace: Pace) -> Any:
    def build(*args: Any, **kwargs: Any) -> Any:
        positional = args[:2] if client is azure_devops_wire else args
        return partial(client, *positional)(**{**kwargs, "sleep": pace.sleep, "clock": pace.now})

    return build


azure_devops_wire = azure_devops.Wire


def letters(world: Any) -> list[str]:
    with world.db.read() as session:
        return [letter.reason for letter in inbox.dead_letters(session)]


def filed(world: Any, number: int) -> Any:
    item = world.file(f"{STORY[0]} number {number}", STORY[1])
    world.work()
    return item


@pytest.mark.parametrize("flavour", MOST)
def test_fault_23_no_request_of_triage_comes_before_the_wait_is_over(
    make_world: Callable[..., Any], pace: Pace, flavour: str
) -> None:
    world = make_world(flavour, project=LOUD)
    pace.watch(world)
    filed(world, 0)
    pace.begin(0)
    filed(world, 1)
    kinds = pace.first_of_each_kind()
    assert len(kinds) > 2
    for round_, number in enumerate(kinds):
        pace.begin(number, round_)
        item = filed(world, number + 1)
        assert pace.too_early() == [], f"request {number}"
        assert len(world.own_comments(item)) == 1, f"request {number}"
    assert not letters(world)


@pytest.mark.parametrize("flavour", FEW)
def test_fault_23_no_request_of_an_accept_comes_before_the_wait_is_over(
    make_world: Callable[..., Any], pace: Pace, flavour: str
) -> None:
    world = make_world(flavour, project=LOUD)
    pace.watch(world)

    def accept(item: Any) -> None:
        world.say("dana", item, f"steward accept {world.number(item, 'Acceptance criteria')}")
        world.work()

    accept(filed(world, 0))
    item = filed(world, 1)
    pace.begin(0)
    accept(item)
    kinds = pace.first_of_each_kind()
    assert len(kinds) > 4
    for round_, number in enumerate(kinds):
        item = filed(world, number + 1)
        pace.begin(number, round_)
        accept(item)
        assert pace.too_early() == [], f"request {number}"
        assert world.description(item).count("Acceptance criteria") == 1, f"request {number}"
        assert "accepted by Dana" in world.proposal(item), f"request {number}"
        assert len(world.own_comments(item)) == 1, f"request {number}"
        pace.begin(0)
    assert not letters(world)


@pytest.mark.parametrize("flavour", MOST)
def test_fault_23_other_items_wait_as_well(make_world: Callable[..., Any], pace: Pace, flavour: str) -> None:
    world = make_world(flavour, project=LOUD)
    pace.watch(world)
    pace.begin(2, 1)
    items = [world.file(f"{STORY[0]} number {number}", STORY[1]) for number in range(3)]
    world.work()
    assert pace.too_early() == []
    assert [len(world.own_comments(item)) for item in items] == [1, 1, 1]


def test_a_backfill_waits_and_new_tickets_and_people_do_not_where_the_budget_is_low(
    make_world: Callable[..., Any],
) -> None:
    world = make_world(project=LOUD)
    board = StoredBoard(world.db, "tracker", world.queue.now)
    world.reconnect()
    board.close("nightly", 90_000)
    later = world.queue.jobs["backfill"](InlineRun("backfill:now", "backfill", ("tracker", world.project), 0))
    assert later is not None
    assert 89_000 < later.seconds < 90_002
    assert not world.requests()
    item = filed(world, 1)
    board.close("ticket", 90_000)
    world.wire()
    world.say("dana", item, f"steward accept {world.number(item, 'Acceptance criteria')}")
    world.work(leap=False)
    assert "accepted by Dana" in world.proposal(item)
