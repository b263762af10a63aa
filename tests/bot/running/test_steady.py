"""The steady clock: it goes on while a machine's clock jumps, and believes a new time only when it stands."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from bot.running.steady import BELIEVED_AFTER_SECONDS, SteadyClock

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Machine:
    """A machine whose clock can be set; `tick` counts the seconds that really pass."""

    def __init__(self) -> None:
        self.tick = 0.0
        self.set_by = timedelta(0)
        self.away = False
        self.asked = 0

    def wall(self) -> datetime:
        self.asked += 1
        if self.away:
            raise ConnectionError("the database is away")
        return NOON + timedelta(seconds=self.tick) + self.set_by

    def clock(self, every: float = 0.0) -> SteadyClock:
        return SteadyClock(self.wall, every=every, monotonic=lambda: self.tick)


def test_while_nothing_jumps_it_tells_the_time_of_day() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.tick += 90
    assert clock() == NOON + timedelta(seconds=90)


def test_small_corrections_are_followed_forwards_and_never_backwards() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.set_by = timedelta(seconds=1)
    assert clock() == NOON + timedelta(seconds=1)
    machine.set_by = timedelta(0)
    assert clock() == NOON + timedelta(seconds=1)


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_fault_18_a_clock_set_by_an_hour_is_not_followed_at_once(jump: timedelta) -> None:
    machine = Machine()
    clock = machine.clock()
    clock()
    machine.set_by, machine.tick = jump, 5.0
    assert clock() == NOON + timedelta(seconds=5)
    machine.set_by, machine.tick = timedelta(0), 30.0
    assert clock() == NOON + timedelta(seconds=30)


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_clock_that_stays_set_is_believed_and_said(jump: timedelta) -> None:
    machine, said = Machine(), list[timedelta]()
    clock = SteadyClock(machine.wall, monotonic=lambda: machine.tick, jumped=said.append)
    machine.set_by = jump
    clock()
    machine.tick = BELIEVED_AFTER_SECONDS
    assert clock() == NOON + jump + timedelta(seconds=BELIEVED_AFTER_SECONDS)
    assert said == [jump]


def test_a_source_that_is_away_is_asked_again_and_the_time_goes_on() -> None:
    machine = Machine()
    clock = machine.clock(every=5.0)
    machine.tick, machine.away = 10.0, True
    assert clock.look() == NOON + timedelta(seconds=10)
    machine.tick, machine.away = 20.0, False
    assert clock.look() == NOON + timedelta(seconds=20)


def test_a_source_over_the_network_is_never_asked_by_those_who_want_the_time() -> None:
    machine = Machine()
    clock = machine.clock(every=5.0)
    for _ in range(100):
        machine.tick += 0.1
        clock()
    assert machine.asked == 1
    assert clock() == NOON + timedelta(seconds=machine.tick)


def test_a_source_over_the_network_is_asked_now_and_then_by_a_thread_of_its_own() -> None:
    asked = threading.Semaphore(0)

    def source() -> datetime:
        asked.release()
        return datetime.now(UTC)

    clock = SteadyClock(source, every=0.01)
    clock.start()
    try:
        assert all(asked.acquire(timeout=20) for _ in range(3))
    finally:
        clock.stop()
