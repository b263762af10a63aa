"""What one process hears of a tracker every process knows: by few writes, beside the work; the later word counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
import structlog

from bot.store import inbox
from bot.store.database import Database
from bot.store.executors import Executor
from bot.store.inbox.heard import Heard, together
from bot.store.ticks import Tick
from bot.telemetry.connections import Hearing, Telling
from bot.telemetry.status.looking import look
from bot.telemetry.status.values import Status
from tests.bot.telemetry import filled

NOW = filled.NOW
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def db(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    if request.param == "sqlite":
        made = filled.database(tmp_path)
    else:
        made = Database(request.getfixturevalue("postgres").create(uuid4().hex))
        made.migrate()
    yield made
    made.close()


class Process:
    """What one process hears, and a clock by which it tells it."""

    def __init__(self, db: Database) -> None:
        self.hearing, self.seconds = Hearing(), 0.0
        self.tell = Telling(db, self.hearing, lambda: NOW + self.seconds * SECOND, lambda: self.seconds)


def stored(db: Database) -> dict[str, Heard]:
    with db.read() as session:
        return inbox.all_heard(session)


def seen(db: Database, folder: Path, hearing: Hearing | None = None, at: datetime = NOW) -> Status:
    return look(filled.settings(folder), db, lambda: filled.JOBS, hearing or Hearing(), lambda: at, "0.1.0")


def test_a_process_that_hears_nothing_writes_nothing(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    process = Process(db)
    monkeypatch.setattr(Database, "append", None)
    process.tell()
    assert stored(db) == {}


def test_what_goes_on_as_before_is_told_once_a_minute_and_what_turns_at_once(db: Database) -> None:
    process = Process(db)
    process.hearing.success("cloud", NOW)
    process.tell()
    process.hearing.success("cloud", NOW + 59 * SECOND)
    process.seconds = 59.0
    process.tell()
    assert stored(db) == {"cloud": Heard(last_success=NOW)}
    process.seconds = 60.0
    process.tell()
    assert stored(db) == {"cloud": Heard(last_success=NOW + 59 * SECOND)}
    process.hearing.failure("cloud", "503", NOW + 61 * SECOND)
    process.tell()
    assert stored(db)["cloud"].failing_since == NOW + 61 * SECOND
    process.hearing.success("cloud", NOW + 62 * SECOND)
    process.tell()
    assert stored(db)["cloud"].failing_since is None


def test_of_what_has_not_changed_nothing_is_told_again(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    process = Process(db)
    process.hearing.success("cloud", NOW)
    process.tell()
    process.seconds = 3600.0
    monkeypatch.setattr(Database, "append", None)
    process.tell()


def test_a_store_that_is_away_is_told_when_it_is_back(tmp_path: Path) -> None:
    process = Process(Database(f"sqlite:///{tmp_path / 'later' / 'steward.db'}"))
    process.hearing.failure("cloud", "503", NOW)
    with structlog.testing.capture_logs() as logged:
        process.tell()
    assert [entry["event"] for entry in logged] == ["connections not told"]
    (tmp_path / "later").mkdir()
    back = filled.database(tmp_path / "later")
    process.tell()
    assert stored(back)["cloud"].failure == "503"
    back.close()


def test_a_tracker_that_fails_one_process_is_a_problem_on_the_page_of_each(db: Database, tmp_path: Path) -> None:
    filled.fill(db)
    assert seen(db, tmp_path).headline == "All is well."
    worker = Process(db)
    worker.hearing.failure("cloud", "401: the token is not taken", NOW - 90 * SECOND)
    worker.tell()
    status = seen(db, tmp_path)
    told = ["cloud has not worked for 1 minute (401: the token is not taken)."]
    assert [problem.what for problem in status.problems] == told
    worker.hearing.success("cloud", NOW)
    worker.tell()
    assert seen(db, tmp_path).headline == "All is well."


def test_the_later_word_counts_whoever_says_it(db: Database) -> None:
    one, other = Process(db), Process(db)
    one.hearing.failure("cloud", "503", NOW - 3 * MINUTE)
    one.hearing.failure("cloud", "502", NOW - 2 * MINUTE)
    one.tell()
    other.hearing.failure("cloud", "no answer", NOW - MINUTE)
    other.tell()
    assert (stored(db)["cloud"].failing_since, stored(db)["cloud"].failure) == (NOW - 3 * MINUTE, "no answer")
    other.hearing.success("cloud", NOW - 30 * SECOND)
    other.tell()
    one.seconds = 60.0
    one.hearing.throttled("cloud", NOW + MINUTE)
    one.tell()
    assert stored(db)["cloud"].failing_since is None
    assert stored(db)["cloud"].throttled_until == NOW + MINUTE
    one.seconds = 120.0
    one.hearing.failure("cloud", "500", NOW)
    one.tell()
    assert stored(db)["cloud"].failing_since == NOW, "between them it has worked"


def test_what_was_heard_before_a_clock_was_set_back_does_not_outlive_what_comes() -> None:
    before = Heard(last_success=NOW + timedelta(hours=1), last_delivery=NOW + timedelta(hours=1))
    after = Heard(failing_since=NOW - MINUTE, failure="503", last_failure=NOW)
    heard = together(before, after, NOW)
    assert (heard.failing_since, heard.last_success, heard.last_delivery) == (NOW - MINUTE, None, None)


def test_nothing_is_called_well_where_no_tracker_was_heard_yet(db: Database, tmp_path: Path) -> None:
    with db.write() as session:
        session.add(filled.worker())
    status = seen(db, tmp_path)
    assert (status.headline, status.problems) == ("Nothing is wrong, as far as is known.", ())
    assert status.notes == tuple(
        f"Whether {name} works is not known: nothing was heard from it yet." for name in ("cloud", "azure")
    )


def test_nothing_is_called_well_once_a_tracker_was_not_heard_for_some_polls(db: Database, tmp_path: Path) -> None:
    filled.fill(db)
    # One is asked every minute, the other, beside its webhooks, every five.
    with db.write() as session:
        session.merge(filled.worker(beat=NOW + 5 * MINUTE))
        session.execute(sa.update(Tick).values(at=NOW + 5 * MINUTE))
    status = seen(db, tmp_path, at=NOW + 5 * MINUTE)
    assert status.headline == "Nothing is wrong, as far as is known."
    assert status.notes == ("Whether azure works is not known: nothing was heard from it for 7 minutes.",)
    asked_to_wait = Hearing()
    asked_to_wait.throttled("azure", NOW + 5 * MINUTE)
    assert seen(db, tmp_path, asked_to_wait, NOW + 5 * MINUTE).is_known, "it is silent because it is not asked"


@pytest.fixture
def hearing(monkeypatch: pytest.MonkeyPatch) -> Hearing:
    """What this process hears at its door, from now on."""
    fresh = Hearing()
    monkeypatch.setattr("bot.web.intake.heard", fresh)
    return fresh


def test_webhooks_of_kinds_that_are_not_needed_arrive_too(make_world: Callable[..., Any], hearing: Hearing) -> None:
    world = make_world("jira-cloud", intake="webhook")
    world.poll()
    item = world.file("Cart", "As a buyer I want to save my cart so that it is there tomorrow.")
    world.work()
    said = world.say("rae", item, "A thought")
    world.work()
    world.queue.offset += timedelta(minutes=30)
    world.tracker.edit_comment(world.tracker.user("rae"), said.id, world.native("A better thought"))
    world.work()
    world.poll()
    now = world.queue.now()
    worker = {"id": "a", "token": "t", "host": "h", "pid": 1, "version": "1", "ended": False}
    with world.db.write() as session:
        session.add(Executor(**worker, started=now - timedelta(hours=2), beat=now))
    assert hearing.of("tracker").last_delivery is not None
    assert stored(world.db) == {}, "no delivery waits for it to be told"
    Telling(world.db, hearing, world.queue.now)()
    for later in (0, 10, 19):  # and another process, which has only the store's word
        at = now + later * MINUTE
        status = look(world.settings, world.db, dict, Hearing(), lambda at=at: at, "1")
        assert not status.connections[0].only_polled, f"{later} minutes later"
        assert status.connections[0].last_delivery is not None


def test_deliveries_without_the_right_secret_are_counted_for_all_and_forgotten_with_the_next_that_has_it(
    db: Database, tmp_path: Path
) -> None:
    first, second = Process(db), Process(db)
    assert not seen(db, tmp_path).store.refused  # type: ignore[union-attr]
    with structlog.testing.capture_logs() as logs:
        for _ in range(1000):
            first.hearing.refused("cloud", NOW)
            first.tell()
        second.hearing.refused("cloud", NOW + SECOND)
        second.tell()
        assert "2 deliveries were refused" in refused_line(seen(db, tmp_path, at=NOW + MINUTE))
        first.seconds = 60.0
        first.tell()
    assert [line["event"] for line in logs] == ["deliveries refused: not signed with webhook_secret"] * 2
    assert refused_line(seen(db, tmp_path, at=NOW + 2 * MINUTE)).startswith(
        "cloud: 1,001 deliveries were refused, the last 1 minute ago"
    )
    with db.read() as session:
        assert len(session.scalars(sa.select(Tick)).all()) == 1
    assert not refused_line(seen(db, tmp_path, at=NOW + timedelta(days=1, minutes=1)))
    second.hearing.delivery("cloud", NOW + 90 * SECOND)
    second.seconds = 90.0
    second.tell()
    assert not refused_line(seen(db, tmp_path, at=NOW + 2 * MINUTE))
    second.hearing.refused("cloud", NOW + 100 * SECOND)
    second.seconds = 100.0
    second.tell()
    assert "1 delivery was refused" in refused_line(seen(db, tmp_path, at=NOW + 2 * MINUTE)), "it is counted anew"


def refused_line(status: Status) -> str:
    return next((problem.what for problem in status.problems if "refused" in problem.what), "")
