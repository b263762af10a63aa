"""Killed anywhere, answers lost, writes late: each write outside happens once, and a person's edit stands."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.store import proposals
from integrations.sandbox.records import Item
from integrations.tracker import Unreachable
from tests.flavours import MOST
from tests.steps import LARGE, proposed, tell

LOUD = "daily_budget = 1000\nbulk_items = 1000"
STORY = ("Let buyers save their cart", "As a buyer I want to save my cart. The cart must be kept for 30 days.")


@pytest.fixture(params=MOST)
def world(request: pytest.FixtureRequest, make_world: Callable[..., Any]) -> Any:
    return make_world(request.param)


@pytest.fixture(params=MOST)
def loud_world(request: pytest.FixtureRequest, make_world: Callable[..., Any]) -> Any:
    """A world in which the bot may speak as often as it likes."""
    return make_world(request.param, project=LOUD)


class Killed(BaseException):
    """The process is gone: nothing in the bot may catch this."""


class Mortal:
    """A port that is killed before or after its n-th call, counted over all ports that share `calls`."""

    def __init__(self, port: Any, calls: list[str], dies_at: tuple[int, str]) -> None:
        self._port, self._calls, self._dies_at = port, calls, dies_at

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self._calls.append(name)
            number, when = self._dies_at
            if len(self._calls) == number and when == "before":
                raise Killed
            result = method(*args, **kwargs)
            if len(self._calls) == number and when == "after":
                raise Killed
            return result

        return call


def mortal(world: Any, dies_at: tuple[int, str]) -> list[str]:
    """Wire the bot anew so that it dies at one of its requests; returns the list that counts them."""
    calls: list[str] = []
    ports = ("reader", "commenter", "applier", "people", "drafter")

    for name in ("triage", "acceptance"):
        desk = getattr(world.wired, name)
        held = {port: getattr(desk, port) for port in ports if getattr(desk, port, None) is not None}
        world.rewire(name, **{port: Mortal(each, calls, dies_at) for port, each in held.items()})
    return calls


class _DiesAfterPosting:
    """A Commenter whose process is killed once a comment is there."""

    def __init__(self, commenter: Any) -> None:
        self._commenter = commenter

    def post(self, *args: Any, **options: Any) -> str:
        self._commenter.post(*args, **options)
        raise Killed


def work_and_die(world: Any) -> None:
    """Work until done or dead; dead, the queue gives the job to the next process, which is wired anew."""
    try:
        world.work()
    except Killed:
        world.queue.give_back()
    world.wire()
    world.work()


Begin = Callable[[Item], None]
WRITES = {"post", "edit", "perform", "create"}


def killed_on_the_way(world: Any, when: str, begin: Begin = lambda item: None) -> Iterator[tuple[Item, str]]:
    """A new item for each death of the bot once `begin` is done: (item, where the bot was killed).

    On one tracker it dies at each of its requests; on the others, where the way is the same, at each write. One item
    is worked through without a death.
    """
    item, calls = worked_through(world, when, 0, begin)
    yield item, "nowhere"
    for number, name in enumerate(calls, 1):
        if world.flavour == "jira-cloud" or name in WRITES:
            item, told = worked_through(world, when, number, begin)
            yield item, f"killed {when} request {number} ({told})"


def worked_through(world: Any, when: str, dies_at: int, begin: Begin) -> tuple[Item, list[str]]:
    """A new item, and the requests that were made of it until the bot died at one (0: at none) and afterwards."""
    item = world.file(f"{STORY[0]} killed {when} {dies_at}", STORY[1])
    begin(item)
    calls = mortal(world, (dies_at, when))
    work_and_die(world)
    return item, calls


@pytest.mark.parametrize("when", ["before", "after"])
def test_fault_16_killed_on_the_way_of_triage_there_is_one_comment(loud_world: Any, when: str) -> None:
    deaths = list(killed_on_the_way(loud_world, when))
    for item, where in deaths:
        assert len(loud_world.own_comments(item)) == 1, where
    assert len(deaths) >= (4 if loud_world.flavour == "jira-cloud" else 2)


@pytest.mark.parametrize("when", ["before", pytest.param("after", marks=pytest.mark.thorough)])
def test_fault_16_killed_on_the_way_of_an_accept_it_is_applied_once(loud_world: Any, when: str) -> None:
    world = loud_world

    def accept(item: Item) -> None:
        world.work()
        world.say("dana", item, "steward accept 1")

    deaths = list(killed_on_the_way(world, when, accept))
    for item, where in deaths:
        assert world.description(item).count("Acceptance criteria") == 1, where
        assert "accepted by Dana" in world.proposal(item), where
        assert len(world.own_comments(item)) == 1, where
    assert len(deaths) >= (6 if world.flavour == "jira-cloud" else 3)


@pytest.mark.parametrize("word", ["steward accept 1", "steward accept all"])
def test_fault_16_a_word_to_a_comment_that_was_posted_and_not_recorded_counts(world: Any, word: str) -> None:
    item = world.file(*STORY)
    world.rewire("triage", commenter=_DiesAfterPosting(world.wired.triage.commenter))
    with pytest.raises(Killed):
        world.work()
    # The job comes back, but what a person has answered meanwhile may be read before.
    world.wire()
    world.say("dana", item, word)
    world.work()
    assert "Acceptance criteria" in world.description(item)
    assert "accepted by Dana" in world.proposal(item)
    assert len(world.own_comments(item)) == 1


def test_fault_24_a_lost_answer_makes_no_second_comment(world: Any) -> None:
    world.mounted.faults.lose_answer(method="POST", path="comment")
    item = proposed(world, STORY)
    assert len(world.own_comments(item)) == 1
    world.mounted.faults.lose_answer(method="POST", path="comment")
    answered_twice(world, item)


def answered_twice(world: Any, item: Item) -> None:
    """Somebody asks, and asks again: one comment beside the proposal answers both, whatever became of its posting."""
    tell(world, "dana", item, "steward explain 1")
    assert len(world.own_comments(item)) == 2
    tell(world, "lee", item, "steward help")
    assert len(world.own_comments(item)) == 2
    assert "Dana" in world.answer(item)
    assert "Lee" in world.answer(item)


def creation(world: Any) -> str:
    """The path (an expression) to which sub-tasks are posted."""
    return "workitems/.?(%24)?Task" if world.flavour == "azure-devops" else "/issue$"


def test_fault_24_a_lost_answer_makes_no_second_sub_task(world: Any) -> None:
    item = proposed(world, LARGE)
    world.mounted.faults.lose_answer(method="POST", path=creation(world))
    tell(world, "dana", item, f"steward accept {world.number(item, 'Split into 5')}")
    assert len(world.tracker.children(item.id)) == 5


def lands_late(world: Any, path: str) -> None:
    """The next POST to this path has no answer, and is done two seconds later by the clock that the bot goes by."""
    late, leap = list[tuple[datetime, Callable[[], object]]](), world.queue.leap

    def postpone(land: Callable[[], object], seconds: float) -> None:
        late.append((world.queue.now() + timedelta(seconds=seconds), land))

    def leap_and_land() -> bool:
        moved: bool = leap()
        if late and (not moved or world.queue.now() >= late[0][0]):
            late.pop()[1]()
            return True
        return moved

    world.queue.leap = leap_and_land
    world.mounted.faults.postpone = postpone
    world.mounted.faults.land_late(2.0, method="POST", path=path)


def test_fault_24_a_comment_that_lands_late_is_waited_for_and_not_made_twice(world: Any) -> None:
    lands_late(world, "comment")
    item = proposed(world, STORY)
    assert len(world.own_comments(item)) == 1
    lands_late(world, "comment")
    answered_twice(world, item)


def test_fault_24_a_sub_task_that_lands_late_is_waited_for_and_not_made_twice(world: Any) -> None:
    item = proposed(world, LARGE)
    lands_late(world, creation(world))
    tell(world, "dana", item, f"steward accept {world.number(item, 'Split into 5')}")
    assert len(world.tracker.children(item.id)) == 5


def test_fault_25_five_sub_tasks_with_a_failure_after_three_are_five_in_the_end(world: Any) -> None:
    item = proposed(world, LARGE)
    create, made = world.wired.client.applier.perform, []

    def failing(plan: Any) -> Any:
        if made:
            return create(plan)
        made.append(1)
        shorter = replace(plan, after=_first(plan.after, 3))
        create(shorter)
        raise Unreachable("no answer after the third")

    world.rewire("acceptance", applier=_With(world.wired.client.applier, failing))
    tell(world, "dana", item, f"steward accept {world.number(item, 'Split into 5')}")
    assert len(world.tracker.children(item.id)) == 5
    assert "accepted by Dana" in world.proposal(item)


class _With:
    """An Applier with another `perform`."""

    def __init__(self, applier: Any, perform: Any) -> None:
        self._applier, self.perform = applier, perform

    def __getattr__(self, name: str) -> Any:
        return getattr(self._applier, name)


def _first(after: Any, count: int) -> Any:
    """The native value of a plan for sub-tasks, cut to its first entries."""
    if isinstance(after, list):
        return after[:count]
    return {name: value[:count] if isinstance(value, list) else value for name, value in after.items()}


def test_fault_26_an_edit_between_proposal_and_accept_is_never_overwritten(world: Any) -> None:
    item = proposed(world, STORY)
    edited = world.edit("lee", item, description="As a buyer I want something else. It must be quick.")
    world.say("dana", item, "steward accept 1")
    world.work(leap=False)
    assert world.now(item).description == edited.description
    assert "not applied" in world.proposal(item)
    assert "steward expand" in world.proposal(item)


def test_fault_26_an_edit_between_rights_check_and_write_is_never_overwritten(world: Any) -> None:
    item = proposed(world, STORY)
    perform = world.wired.client.applier.perform

    def late(plan: Any) -> Any:
        world.edit("lee", item, description="As a buyer I want something else. It must be quick.")
        return perform(plan)

    world.rewire("acceptance", applier=_With(world.wired.client.applier, late))
    world.say("dana", item, "steward accept 1")
    world.work(leap=False)
    assert "something else" in world.description(item)
    assert "Acceptance criteria" not in world.description(item)
    assert "not applied" in world.proposal(item)


def stored(world: Any, item: Item) -> Any:
    """The proposal of an item as the bot keeps it."""
    with world.db.read() as session:
        proposal = proposals.get(session, "tracker", str(item.id))
    assert proposal is not None
    return proposal


def test_fault_27_a_deleted_item_closes_its_proposal_with_the_reason(world: Any) -> None:
    item = proposed(world, STORY)
    world.tracker.delete_item(world.tracker.user("ada"), item.id)
    world.work()
    proposal = stored(world, item)
    assert proposal.state == "closed"
    assert "deleted" in (proposal.held_because or "")


def test_fault_27_an_item_hidden_from_the_bot_closes_its_proposal(world: Any) -> None:
    item = proposed(world, STORY)
    world.tracker.set_role(world.project, "steward", None)
    world.tracker.set_user("steward", is_administrator=False)
    world.tracker.set_private(world.project, True)
    tell(world, "dana", item, "steward accept 1")
    assert stored(world, item).state == "closed"


ACCEPT = """
import os, sys, time
from datetime import UTC, datetime
from pathlib import Path
from bot import wiring
from bot.flows import applying
from bot.logs import configure
from bot.settings import load
from bot.store.database import Database
from rules.model import Person

configure()
config, key, project, number, person, gate = sys.argv[1:]

def accept(cause):
    settings = load(Path(config))
    db = Database(wiring.database_url(settings))
    desk = wiring.wire(settings, db, lambda *_, **__: None, lambda: datetime.now(UTC))["tracker"].acceptance
    item = desk.reader.fetch(key)
    os.write(1, b"ready\\n")  # print writes in two pieces
    while not Path(gate).exists():
        time.sleep(0.01)
    said = applying.accept(desk, desk.projects[project], item, int(number), Person(person, "Dana"), cause)
    os.write(1, f"{said.outcome}\\n".encode())

children = []
for each in range(8):
    child = os.fork()
    if not child:
        try:
            accept(f"comment {each}")
        finally:
            os._exit(0)
    children.append(child)
for child in children:
    os.waitpid(child, 0)
"""


def test_fault_42_eight_processes_accept_one_change_and_it_is_applied_once(
    make_world: Callable[..., Any], tmp_path: Path
) -> None:
    world = make_world("jira-cloud")
    item = proposed(world, LARGE)
    gate = tmp_path / "gate"
    fixed = [str(world.config), item.key, world.project, str(world.number(item, "Split into 5"))]
    person = world.tracker.user("dana").id
    # One process imports the bot and becomes eight, because importing takes longer than all that they do.
    process = subprocess.Popen(
        [sys.executable, "-c", ACCEPT, *fixed, person, str(gate)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(8)] == ["ready\n"] * 8
        gate.touch()
        outcomes = process.communicate(timeout=60)[0].split()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert outcomes.count("applied") == 1, outcomes
    assert len(outcomes) == 8
    assert set(outcomes) <= {"applied", "busy", "already"}
    assert len(world.tracker.children(item.id)) == 5
