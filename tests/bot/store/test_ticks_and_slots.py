"""Ticks are fired by one clock of many, and slots are held by one process at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.store import executors, ticks
from bot.store.database import Database
from bot.store.executors import DEAD_AFTER, Executor

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('store') / 'steward.db'}")
    database.migrate()
    yield database
    database.close()


def fired(db: Database, name: str, seconds: float, *moments: float) -> list[int | None]:
    with db.write() as session:
        return [ticks.take(session, name, seconds, NOON + timedelta(seconds=moment)) for moment in moments]


def test_of_three_clocks_that_fire_one_tick_one_gets_it(db: Database) -> None:
    assert fired(db, "three clocks", 30, 0.0, 0.1, 0.2) == [1, None, None]


def test_clocks_that_differ_by_a_little_still_fire_one_tick_once(db: Database) -> None:
    assert fired(db, "a little apart", 30, 0, -1.5, 30, 28.5, 60, 58.5) == [1, None, 2, None, 3, None]


def test_the_next_tick_comes_an_interval_later(db: Database) -> None:
    assert fired(db, "next", 30, 0, 10, 30, 40, 60) == [1, None, 2, None, 3]


def test_fault_18_a_clock_set_back_by_an_hour_skips_no_tick_and_repeats_none(db: Database) -> None:
    assert fired(db, "set back", 30, 0, 30, 30 - 3600, 60 - 3600) == [1, 2, 3, 4]


@given(st.lists(st.floats(-7200, 7200), max_size=30))
def test_numbers_rise_by_one_whatever_the_clocks_say(db: Database, moments: list[float]) -> None:
    name = f"clocks {hash(tuple(moments))} {datetime.now(UTC)}"
    numbers = [number for number in fired(db, name, 30, *moments) if number is not None]
    assert numbers == list(range(1, len(numbers) + 1))


def claim(db: Database, name: str, *, gone: bool = False, now: datetime = NOON, holder: str = "t") -> str:
    asking = Executor(id=name, token=holder, host="host", pid=1, version="1", started=now, beat=now, ended=False)
    with db.write() as session:
        return executors.claim(session, name, asking, lambda row: gone)


def test_a_slot_that_is_held_is_left_to_its_holder(db: Database) -> None:
    assert [claim(db, "held") for _ in range(3)] == ["held", "held-2", "held-3"]


def test_a_slot_whose_holder_has_ended_is_taken_again_under_its_name(db: Database) -> None:
    claim(db, "ended", holder="first")
    assert claim(db, "ended", gone=True, holder="second") == "ended"
    with db.write() as session:
        assert not executors.beat(session, "ended", "first", NOON)
        assert executors.beat(session, "ended", "second", NOON)


def test_a_slot_that_only_seems_dead_is_not_taken(db: Database) -> None:
    claim(db, "paused")
    assert claim(db, "paused", now=NOON + 2 * DEAD_AFTER) == "paused-2"


def test_a_slot_without_a_beat_for_long_is_dead_and_one_that_was_left_is_at_once(db: Database) -> None:
    claim(db, "beats", now=NOON)
    claim(db, "silent", now=NOON)
    claim(db, "left", now=NOON)
    later = NOON + DEAD_AFTER + timedelta(seconds=1)
    with db.write() as session:
        assert executors.beat(session, "beats", "t", later)
        executors.leave(session, "left", "t")
        found = {slot for slot in executors.dead(session, later) if slot in ("beats", "silent", "left")}
        assert found == {"silent", "left"}
        executors.forget(session, sorted(found), later)
        assert found <= set(executors.dead(session, later)), "what is dead is kept for a day, so that it is seen"
