"""Gaps and jumps in time: a day without webhooks, a clock that is set, a look that comes too early, a lost engine."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
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
from integrations.jira.session import JiraSession
from integrations.tracker import Event, Invalid, Page, Throttled, Unreachable
from rules.model import WorkItem
from tests.deliveries import post, signed
from tests.flavours import MOST
from tests.steps import night, proposed

STORY = ("Let buyers save their cart", "As a buyer I want to save my cart. The cart must be kept for 30 days.")
HOUR = timedelta(hours=1)


def letters(world: Any) -> list[str]:
    with world.db.read() as session:
        return [letter.reason for letter in inbox.dead_letters(session)]


def tick(world: Any, kind: str) -> None:
    """One tick of the clock, and all that follows."""
    world.queue.enqueue(kind, f"{kind}:{world.queue.now().isoformat()}", "tracker", "0")
    world.work()


@pytest.mark.parametrize("flavour", MOST)
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
@pytest.mark.parametrize("flavour", MOST)
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


def test_a_write_that_another_worker_has_taken_up_is_not_sent_by_one_that_slept(
    make_world: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world()
    item, desk = world.file(*STORY), world.wired.triage
    read = JiraSession.get

    def sleeps(session: JiraSession, *args: Any, **values: Any) -> Any:
        monkeypatch.setattr(JiraSession, "get", read)
        world.queue.offset += timedelta(seconds=desk.settle + 1)
        write_once(desk, "a write", str(item.id), partial(desk.commenter.post, item.key, ()), lambda marker: None)
        return read(session, *args, **values)

    def slept(marker: str) -> str:
        monkeypatch.setattr(JiraSession, "get", sleeps)
        world.wired.triage.reader.fetch(str(item.id))
        posted: str = desk.commenter.post(item.key, (), marker)
        return posted

    with pytest.raises(TryAgain):
        write_once(desk, "a write", str(item.id), slept, lambda marker: None)
    assert len(world.tracker.comments(item.id)) == 1


def let_pass(world: Any, seconds: float) -> None:
    """Let jobs run that come due within so many seconds, each at its time."""
    end = world.queue.now() + timedelta(seconds=seconds)
    while True:
        world.work(leap=False)
        if not world.queue._waiting or world.queue._waiting[0][0] > end:
            break
        world.queue.leap()
    world.queue.offset += max(timedelta(0), end - world.queue.now())


@pytest.mark.parametrize("edited_at", [30.0, 100.0, 200.0])
def test_a_delivery_that_is_tried_again_takes_no_look_from_a_later_one(
    make_world: Callable[..., Any], edited_at: float
) -> None:
    world = make_world(intake="poll")
    world.poll()
    item = world.file(*STORY)
    world.mounted.faults.answer(403, times=None, path=r"/comment")
    tick_alone(world, "poll")
    let_pass(world, edited_at)
    world.edit("lee", item, description="As a buyer I want to save my cart. It must be kept for 60 days.")
    tick_alone(world, "poll")
    let_pass(world, 420.0 - edited_at)
    world.mounted.faults.clear()
    for _ in range(3):
        let_pass(world, 600.0)
        tick_alone(world, "sweep")
    assert world.proposal(item)


def test_a_look_whose_time_was_noted_before_the_clock_was_set_back_does_not_wait_for_it(
    make_world: Callable[..., Any],
) -> None:
    world = make_world()
    item = world.file(*STORY)
    world.work(leap=False)
    with world.db.write() as session:
        row = items.find(session, "tracker", str(item.id))
        row.due, row.first_touch = row.due + HOUR, row.first_touch + HOUR
    let_pass(world, 600.0)
    assert world.proposal(item)


def test_a_look_that_ended_without_a_result_is_made_again(make_world: Callable[..., Any]) -> None:
    world = make_world()
    item = world.file(*STORY)
    world.work(leap=False)
    looks = [entry for entry in world.queue._waiting if entry[2].kind == "triage"]
    assert looks
    world.queue._waiting = [entry for entry in world.queue._waiting if entry[2].kind != "triage"]
    for _ in range(40):
        world.queue.offset += timedelta(seconds=60)
        tick_alone(world, "sweep")
    assert world.proposal(item), "its id is known to the engine, which runs an id once"


def tick_alone(world: Any, kind: str) -> None:
    """One tick of the clock, and what is due by then."""
    world.queue.enqueue(kind, f"{kind}:{world.queue.now().isoformat()}", "tracker", "0")
    world.work(leap=False)


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


class Tired:
    """A reader that is asked to wait before each second page."""

    def __init__(self, reader: Any) -> None:
        self._reader, self.pages, self.between = reader, list[str | None](), list[Callable[[], object]]()
        self._refuses = False

    def moved(self, project: str, since: datetime | None, page: str | None = None, scope: str = "") -> Page:
        self.pages.append(page)
        if page is not None:
            for happen in self.between:
                happen()
            self.between.clear()
        self._refuses = page is not None and not self._refuses
        if self._refuses:
            raise Throttled("not now", 60.0)
        found: Page = self._reader.moved(project, since, page, scope)
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)


def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of four, where real ones have a hundred or two."""
    monkeypatch.setattr("integrations.jira.search.PAGE", 4)
    monkeypatch.setattr("integrations.jira.search.OVERLAP", 1)
    monkeypatch.setattr("integrations.azure_devops.moved.PAGE", 4)


@pytest.mark.parametrize("flavour", MOST)
def test_a_poll_that_is_cut_short_goes_on_and_hears_of_all_whatever_is_edited_meanwhile(
    make_world: Callable[..., Any], flavour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(flavour, intake="poll", project="daily_budget = 100\nbulk_items = 100")
    world.poll()
    narrow(monkeypatch)
    filed = [world.file(f"As a buyer I want cart number {number}", STORY[1]) for number in range(14)]
    tired = Tired(world.wired.acceptance.reader)
    tired.between += [partial(world.edit, "lee", item, summary=f"{item.summary}, please") for item in filed[:3]]
    world.rewire("acceptance", reader=tired)
    for _ in range(16):
        tick(world, "poll")
    with world.db.read() as session:
        heard = {row.item for row in session.scalars(sa.select(inbox.Delivery))}
    assert {str(item.id) for item in filed} - heard == set()
    assert tired.pages.count(None) < 16, "a poll that was cut short is gone on with"


def test_a_page_of_a_poll_is_not_asked_for_where_another_has_moved_the_cursor_on(
    make_world: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world("jira-data-center", intake="poll")
    world.poll()
    narrow(monkeypatch)
    for number in range(6):
        world.file(f"As a buyer I want cart number {number}", STORY[1])
    tired = Tired(world.wired.acceptance.reader)
    world.rewire("acceptance", reader=tired)
    tick(world, "poll")
    with world.db.write() as session:
        (progress,) = session.scalars(sa.select(items.Progress))
        progress.cursor = progress.connected + timedelta(seconds=1)
    tick(world, "poll")
    assert len(tired.pages) > 2
    assert tired.pages[2] is None


@pytest.mark.parametrize("seconds", [0.0, 60.0])
def test_a_nightly_run_that_is_asked_to_wait_goes_on_with_the_item_it_came_to(
    make_world: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    world = make_world(project="daily_budget = 100\nbulk_items = 100")
    spoken = [proposed(world, (f"As a buyer I want cart number {number}", STORY[1])) for number in range(5)]
    monkeypatch.setattr("bot.flows.suggesting.hygiene.BATCH", 3)
    reader, fetched = world.wired.triage.reader, list[str]()

    class Slow:
        """Asks to wait before the first item, and before others."""

        def fetch(self, item: str) -> WorkItem:
            if len(fetched) % 2 == 0 and fetched[-1:] != ["wait"]:
                fetched.append("wait")
                raise Throttled("not now", seconds)
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


def test_fault_12_a_dead_letter_is_worked_on_again_when_a_person_asks_for_it(make_world: Callable[..., Any]) -> None:
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


def test_fault_12_a_delivery_that_can_be_read_by_now_is_taken_in_from_its_letter(
    make_world: Callable[..., Any],
) -> None:
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


def test_a_delivery_that_still_cannot_be_read_keeps_its_body_and_its_first_reason(
    make_world: Callable[..., Any],
) -> None:
    world = make_world()
    body = json.dumps({"webhookEvent": "jira:of_tomorrow", "timestamp": 1, "text": "x" * 100_000}).encode()
    assert post(world, body, signed(body)) == 200
    for _ in range(2):
        with world.db.write() as session:
            inbox.ask_replay(session, inbox.numbers(session, only_open=True), world.queue.now())
        tick(world, "sweep")
        with world.db.read() as session:
            (letter,) = inbox.dead_letters(session, only_open=True)
        assert letter.body == body
        assert re.fullmatch(r"unknown event 'jira:of_tomorrow'; read again: [^;]*jira:of_tomorrow[^;]*", letter.reason)


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


def test_a_project_that_is_gone_keeps_no_other_of_its_connection_waiting(make_world: Callable[..., Any]) -> None:
    world = make_world(intake="poll")
    world.poll()
    known = world.wired.acceptance.projects
    gone = replace(known[world.project], key="GONE")
    world.rewire("acceptance", projects={"GONE": gone, **known})
    polling.connect(world.wired.acceptance)
    with world.db.write() as session:
        session.get_one(items.Progress, ("tracker", "GONE")).backfilled = world.queue.now()
    item = world.file(*STORY)
    world.poll()
    assert "Acceptance criteria" in world.proposal(item)
