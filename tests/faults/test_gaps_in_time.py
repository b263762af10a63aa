"""Gaps and jumps in time: a day without webhooks, a clock that is set, a look that comes too early, a lost engine."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.flows.desk import TryAgain
from bot.flows.intake import polling
from bot.flows.once import write_once
from bot.flows.outcome import guarded
from bot.jobs import Run
from bot.store import inbox, items
from bot.store.audit import AuditRow
from integrations.tracker import Event, Invalid, Page, Throttled, Unreachable
from rules.model import WorkItem
from tests.steps import night, proposed

STORY = ("Let buyers save their cart", "As a buyer I want to save my cart. The cart must be kept for 30 days.")
FLAVOURS = ["jira-cloud", "jira-data-center", "azure-devops"]
HOUR = timedelta(hours=1)


def letters(world: Any) -> list[str]:
    with world.db.read() as session:
        return [letter.reason for letter in inbox.dead_letters(session)]


def tick(world: Any, kind: str) -> None:
    """One tick of the clock, and all that follows."""
    world.queue.enqueue(kind, f"{kind}:{world.queue.now().isoformat()}", "tracker", "0")
    world.work()


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_fault_13_after_a_day_without_webhooks_the_poll_finds_all_of_it(
    make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour, project="daily_budget = 100\nbulk_items = 100")
    world.poll()
    spoken, edited = proposed(world, STORY), proposed(world, ("Search is slow", "Wait and see."))
    for hook in world.mounted.webhooks.hooks():
        world.mounted.webhooks.remove(hook.id)
    world.queue.offset += timedelta(hours=24)

    number = world.number(spoken, "Acceptance criteria")
    filed = [world.file(f"As a buyer I want cart number {number}", STORY[1]) for number in range(3, 33)]
    world.say("dana", spoken, f"steward accept {number}")
    world.edit("lee", edited, description="As a buyer I want to find an order. It must take a second at most.")
    world.work()
    assert not any(world.proposal(item) for item in filed), "nobody has told the bot"

    world.poll()
    assert [item.key for item in filed if not world.proposal(item)] == []
    assert "Acceptance criteria" in world.description(spoken)
    with world.db.read() as session:
        known = items.load(session, "tracker", str(edited.id))
    assert known is not None
    assert "find an order" in known.description
    assert letters(world) == []


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_fault_18_an_answer_lost_beside_a_jump_of_the_clock_makes_no_second_comment(
    make_world: Callable[..., Any], flavour: str, jump: timedelta
) -> None:
    world = make_world(flavour)
    world.mounted.faults.lose_answer(method="POST", path=r"comment", times=1)
    item = world.file(*STORY)
    world.work(leap=False)
    world.queue.offset += timedelta(minutes=6)
    world.work(leap=False)
    world.queue.offset += jump
    world.work()
    world.queue.offset += 2 * HOUR
    world.work()
    assert len(world.own_comments(item)) == 1


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_fault_18_an_accept_beside_a_jump_of_the_clock_is_applied_once(
    make_world: Callable[..., Any], jump: timedelta
) -> None:
    world = make_world("azure-devops")
    item = proposed(world, STORY)
    number = world.number(item, "Acceptance criteria")
    world.mounted.faults.lose_answer(method="PATCH", path=r"workitems", times=1)
    world.say("dana", item, f"steward accept {number}")
    world.work(leap=False)
    world.queue.offset += jump
    world.work()
    world.queue.offset += 2 * HOUR
    world.work()
    assert world.description(item).count("Acceptance criteria") == 1
    assert "accepted by Dana" in world.proposal(item)


def test_fault_18_a_look_that_the_engine_brings_an_hour_early_waits_for_its_time(
    make_world: Callable[..., Any],
) -> None:
    world = make_world()
    item = world.file(*STORY)
    world.work(leap=False)
    early = world.queue._waiting[0][0] - world.queue.now()
    assert early > timedelta(minutes=4), "the quiet wait"
    (_, count, run) = world.queue._waiting.pop()
    world.queue._waiting.append((world.queue.now(), count, run))
    world.work(leap=False)
    assert not world.proposal(item)
    world.work()
    assert world.proposal(item)


def test_what_was_kept_and_never_queued_is_queued_by_the_sweep(make_world: Callable[..., Any]) -> None:
    world = make_world(intake="poll")
    world.poll()
    item = world.file(*STORY)
    event = Event(kind="created", delivery="d-1", item=str(item.id), name="test", project=world.project)
    with world.db.write() as session:
        inbox.add(session, "tracker", event, "webhook", world.queue.now())
    tick(world, "sweep")
    assert not world.proposal(item), "it may be on its way"
    world.queue.offset += timedelta(seconds=11)
    tick(world, "sweep")
    assert world.proposal(item)


def test_what_an_engine_has_lost_with_its_tables_is_queued_again_at_the_start(make_world: Callable[..., Any]) -> None:
    world = make_world()
    item = world.file(*STORY)
    world.site.drain()
    assert world.keeper.settle()
    assert [run.kind for _, _, run in world.queue._waiting] == ["delivery"]
    world.queue._waiting.clear()
    world.queue._known.clear()
    world.queue.offset += timedelta(minutes=11)
    tick(world, "sweep")
    assert not world.proposal(item), "it may be waiting for its turn"
    world.queue.enqueue("sweep", "sweep:start", "tracker", "start")
    world.work()
    assert world.proposal(item)


def test_a_write_whose_answer_took_long_to_fail_is_waited_for_from_then_on(make_world: Callable[..., Any]) -> None:
    world = make_world()
    desk = world.wired.acceptance

    def slow(marker: str) -> str:
        world.queue.offset += timedelta(seconds=20)
        raise Unreachable("no answer")

    with pytest.raises(Unreachable):
        write_once(desk, "a write", "1", slow, lambda marker: None)
    with pytest.raises(TryAgain):
        write_once(desk, "a write", "1", lambda marker: "twice", lambda marker: None)
    world.queue.offset += timedelta(seconds=desk.settle)
    assert write_once(desk, "a write", "1", lambda marker: "twice", lambda marker: "late")[0] == "late"


def test_a_write_whose_preparation_took_long_is_waited_for_from_when_it_was_sent(
    make_world: Callable[..., Any],
) -> None:
    world = make_world()
    item, desk = world.file(*STORY), world.wired.triage
    seconds = desk.settle - 0.5

    def killed_while_it_is_sent(marker: str) -> str:
        world.queue.offset += timedelta(seconds=seconds)
        desk.commenter.post(item.key, (), marker)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_once(desk, "a write", str(item.id), killed_while_it_is_sent, lambda marker: None)
    world.queue.offset += timedelta(seconds=seconds)
    with pytest.raises(TryAgain):
        write_once(desk, "a write", str(item.id), lambda marker: "twice", lambda marker: None)


def test_a_tracker_that_asks_to_wait_wears_no_patience_out(make_world: Callable[..., Any]) -> None:
    world = make_world()
    world.file(*STORY)
    refusals = itertools.chain((Throttled("not now", 60.0) for _ in range(100)), [Unreachable("away"), Invalid("no")])

    def refused(run: Run) -> None:
        for refusal in refusals:
            raise refusal

    world.queue.jobs["triage"] = guarded(refused, world.wired.triage)
    world.work(rounds=500)
    assert next(refusals, None) is None
    assert letters(world) == []


def test_a_poll_that_is_cut_short_is_gone_on_with(make_world: Callable[..., Any]) -> None:
    world = make_world(intake="poll")
    world.poll()
    desk, asked = world.wired.acceptance, list[datetime]()
    item = desk.reader.fetch(str(world.file(*STORY).id))
    moved = [replace(item, updated=item.updated + number * HOUR) for number in range(5)]

    class Tired:
        """Answers with one page of two, and asks to wait before the next."""

        def moved(self, project: str, since: datetime, page: str | None) -> Page:
            if page is not None:
                raise Throttled("not now", 60.0)
            asked.append(since)
            found = [item for item in moved if item.updated >= since]
            return Page(tuple(found[:2]), "2" if found[2:] else None)

    world.rewire("acceptance", reader=Tired())
    for _ in range(4):
        tick(world, "poll")
    assert asked == [asked[0], *(item.updated - polling.OVERLAP for item in moved[1:4])]


def test_a_nightly_run_that_is_asked_to_wait_goes_on_with_the_item_it_came_to(
    make_world: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(project="daily_budget = 100\nbulk_items = 100")
    spoken = [proposed(world, (f"As a buyer I want cart number {number}", STORY[1])) for number in range(5)]
    monkeypatch.setattr("bot.flows.suggesting.hygiene.BATCH", 3)
    reader, fetched = world.wired.triage.reader, list[str]()

    class Slow:
        """Asks to wait before each second item."""

        def fetch(self, item: str) -> WorkItem:
            if len(fetched) % 2 and fetched[-1] != "wait":
                fetched.append("wait")
                raise Throttled("not now", 60.0)
            fetched.append(item)
            found: WorkItem = reader.fetch(item)
            return found

        def __getattr__(self, name: str) -> Any:
            return getattr(reader, name)

    world.rewire("triage", reader=Slow())
    night(world, "one")
    seen = [item for item in fetched if item != "wait"]
    assert sorted(seen) == sorted(str(item.id) for item in spoken), "each is asked for once"
    assert "wait" in fetched
    with world.db.read() as session:
        rows = session.scalars(sa.select(AuditRow).where(AuditRow.action == "hygiene")).all()
    assert len(rows) == 1, "the night has ended once"


def test_looks_that_an_engine_has_lost_are_taken_up_from_the_store(make_world: Callable[..., Any]) -> None:
    world = make_world()
    asked = proposed(world, STORY)
    scheduled = world.file("As a buyer I want vouchers", STORY[1])
    world.work(leap=False)
    world.say("dana", asked, "steward expand")
    world.site.drain()
    assert world.keeper.settle()
    (deliver,) = [entry for entry in world.queue._waiting if entry[2].kind == "delivery"]
    world.queue.jobs["delivery"](deliver[2])
    lost = [entry[2].id for entry in world.queue._waiting]
    world.queue._waiting.clear()
    world.queue._known -= set(lost)

    world.queue.offset += timedelta(minutes=10)
    tick(world, "sweep")

    assert world.proposal(scheduled)
    with world.db.read() as session:
        rows = [items.find(session, "tracker", str(item.id)) for item in (asked, scheduled)]
    assert [(row.asked, row.due, row.first_touch) for row in rows if row is not None] == [(None, None, None)] * 2


def test_a_dead_letter_is_worked_on_again_when_a_person_asks_for_it(make_world: Callable[..., Any]) -> None:
    world = make_world()
    item = proposed(world, STORY)
    number = world.number(item, "Acceptance criteria")

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a bug")

    reader = world.wired.acceptance.reader
    world.rewire("acceptance", reader=_Broken(reader, broken))
    world.say("dana", item, f"steward accept {number}")
    world.work()
    assert letters(world) == ["an internal error (RuntimeError)"]

    world.rewire("acceptance", reader=reader)
    with world.db.write() as session:
        (letter,) = inbox.dead_letters(session)
        assert inbox.ask_replay(session, [letter.id], world.queue.now()) == [letter.id]
    tick(world, "sweep")
    assert "accepted by Dana" in world.proposal(item)
    with world.db.read() as session:
        assert [letter.replayed is not None for letter in inbox.dead_letters(session)] == [True]
        row = session.get(inbox.Delivery, letter.delivery)
        assert row is not None
        assert row.state == "finished"


class _Broken:
    """A reader that fails at reading one item."""

    def __init__(self, inner: Any, fetch: Callable[..., Any]) -> None:
        self._inner, self.fetch = inner, fetch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def test_a_delivery_that_can_be_read_by_now_is_taken_in_from_its_letter(make_world: Callable[..., Any]) -> None:
    world = make_world(intake="poll")
    world.poll()
    item = world.file(*STORY)
    event = Event(kind="created", delivery="d-2", item=str(item.id), name="test", project=world.project)
    webhook = replace(world.wired.client, webhook=_Reads(event))
    world.wired = replace(world.wired, client=webhook)
    world.rewire("acceptance")
    with world.db.write() as session:
        inbox.bury(session, "tracker", "unknown event", world.queue.now(), headers={"x": "y"}, body=b"{}")
        (letter,) = inbox.dead_letters(session)
        inbox.ask_replay(session, [letter.id], world.queue.now())
    tick(world, "sweep")
    assert world.proposal(item)


class _Reads:
    def __init__(self, event: Event) -> None:
        self._event = event

    def read(self, headers: Any, body: bytes) -> Event:
        assert (headers, body) == ({"x": "y"}, b"{}")
        return self._event


def test_a_poll_beside_webhooks_hands_nothing_over_twice(make_world: Callable[..., Any]) -> None:
    world = make_world()
    item = proposed(world, STORY)
    before = list(world.queue.ran)
    polling.connect(world.wired.acceptance)
    world.poll()
    world.poll()
    assert len(world.own_comments(item)) == 1
    assert len(world.queue.ran) - len(before) <= 8
