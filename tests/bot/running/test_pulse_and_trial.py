"""A pulse takes over before it forgets; a trial tells an error from a death."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.running import trial
from bot.running.pulse import SURE_AFTER_BEATS, Pulse
from bot.store import executors
from bot.store.database import Database
from bot.store.executors import Executor

PATIENCE_SECONDS = 20.0
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'steward.db'}")
    database.migrate()
    yield database
    database.close()


def slots(db: Database) -> list[str]:
    with db.read() as session:
        return [row.id for row in executors.listed(session)]


def test_a_slot_that_was_left_days_ago_is_taken_over_before_it_is_forgotten(db: Database) -> None:
    then = NOON - timedelta(days=3)
    left = Executor(id="gone", token="t", host="elsewhere", pid=1, version="1", started=then, beat=then, ended=False)
    with db.write() as session:
        session.add(left)
    told: list[list[str]] = []
    pulse = Pulse(db, lambda: NOON, "1", told.append, told.append)  # type: ignore[arg-type]  # a reason would be told too
    pulse.claim("new")
    for _ in range(SURE_AFTER_BEATS - 1):
        pulse.beat()
    assert told == [], "after an outage all have missed their beats"
    assert slots(db) == ["gone", "new"]

    pulse.beat()

    assert told == [["gone"]]
    assert slots(db) == ["new"]


def test_a_process_without_a_slot_ends_too_when_the_database_is_of_a_newer_release(db: Database) -> None:
    told: list[str] = []
    pulse = Pulse(db, lambda: NOON, "1", lambda dead: None, told.append)
    pulse.beat()
    assert told == []
    assert slots(db) == [], "only workers have one"
    with db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'of the future'"))
    pulse.beat()
    assert len(told) == 1
    assert "newer release" in told[0]


def test_a_take_over_that_fails_is_tried_again(db: Database) -> None:
    then = NOON - timedelta(days=3)
    left = Executor(id="gone", token="t", host="elsewhere", pid=1, version="1", started=then, beat=then, ended=False)
    with db.write() as session:
        session.add(left)

    def fail(dead: list[str]) -> None:
        raise ConnectionError

    pulse = Pulse(db, lambda: NOON, "1", fail, lambda reason: None)
    pulse.claim("new")
    for _ in range(SURE_AFTER_BEATS - 1):
        pulse.beat()
    with pytest.raises(ConnectionError):
        pulse.beat()
    assert slots(db) == ["gone", "new"]


def of_the_same_number(db: Database, each_look: Callable[[], object]) -> str:
    """The slot that a worker gets whose host name and number of process another one holds a slot under."""
    ticks = iter(range(1000))

    def monotonic() -> float:
        each_look()
        return 2.0 * next(ticks)

    return Pulse(db, lambda: NOON, "1", lambda dead: None, lambda reason: None, monotonic=monotonic).claim("vm")


def test_a_living_worker_of_the_same_number_on_the_same_host_name_keeps_its_slot(db: Database) -> None:
    moments = iter(NOON + timedelta(seconds=second) for second in range(1000))
    neighbour = Pulse(db, lambda: next(moments), "1", lambda dead: None, lambda reason: None)
    neighbour.claim("vm")
    assert of_the_same_number(db, neighbour.beat) == "vm-2"


def test_what_ran_in_this_container_before_leaves_its_slot_to_its_successor(db: Database) -> None:
    Pulse(db, lambda: NOON, "1", lambda dead: None, lambda reason: None).claim("vm")
    assert of_the_same_number(db, lambda: None) == "vm"


def test_an_error_in_a_trial_is_told_and_is_no_death(
    make_world: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "configure", lambda level: None)
    ours, theirs = multiprocessing.Pipe()
    unknown = trial.TrialRun("j", "of another release", ("tracker",), 0, 0, None)
    trial._live(make_world().settings, unknown, theirs)
    assert ours.poll(PATIENCE_SECONDS)
    assert ours.recv() == (None, "KeyError")
