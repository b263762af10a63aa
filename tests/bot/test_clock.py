"""The clock: ticks by the same name on every replica, missed nights made up for, days of 23 and 25 hours."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.clock import Clock, Every, Nightly

BERLIN = ZoneInfo("Europe/Berlin")
PATIENCE_SECONDS = 20.0


class Fired:
    """What ticks have told; waits for the next."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self._moved = threading.Condition()

    def __call__(self, tick: str = "tick") -> None:
        with self._moved:
            self.told.append(tick)
            self._moved.notify_all()

    def wait_for(self, count: int) -> list[str]:
        with self._moved:
            assert self._moved.wait_for(lambda: len(self.told) >= count, PATIENCE_SECONDS), self.told
            return list(self.told)


def made_up(now: datetime, zone: ZoneInfo = BERLIN, at: tuple[int, int] = (2, 0)) -> list[str]:
    """What a clock that starts at this moment makes up for."""
    fired = Fired()
    clock = Clock([Nightly("night", *at, zone, fired)], lambda: now)
    clock.start()
    clock.stop()
    return fired.told


def local(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def test_a_night_that_has_not_come_yet_is_not_made_up_for() -> None:
    assert made_up(local("2026-11-21T01:59")) == []


def test_a_clock_without_ticks_starts_and_stops_and_may_be_stopped_twice() -> None:
    before = set(threading.enumerate())
    clock = Clock([], lambda: datetime.now(UTC))
    clock.stop()
    clock.start()
    (own,) = set(threading.enumerate()) - before
    clock.stop()
    clock.stop()
    assert not own.is_alive()


def test_a_missed_night_is_made_up_for_under_its_own_date() -> None:
    assert made_up(local("2026-11-21T09:00")) == ["2026-11-21"]


def test_a_night_missed_long_ago_is_left_to_the_next_one() -> None:
    assert made_up(local("2026-11-21T23:30")) == []


def test_after_a_week_away_one_night_is_made_up_for_not_seven() -> None:
    assert len(made_up(local("2026-11-21T04:00"))) == 1


def test_a_night_in_the_evening_belongs_to_the_day_before() -> None:
    assert made_up(local("2026-11-21T00:30"), at=(23, 45)) == ["2026-11-20"]


@pytest.mark.parametrize(
    ("zone", "now", "date"),
    [
        ("Pacific/Auckland", "2026-11-20T14:00+00:00", "2026-11-21"),
        ("America/Los_Angeles", "2026-11-21T11:00+00:00", "2026-11-21"),
        ("Pacific/Kiritimati", "2026-11-20T13:00+00:00", "2026-11-21"),
    ],
)
def test_the_date_is_the_one_of_the_people_who_read(zone: str, now: str, date: str) -> None:
    assert made_up(datetime.fromisoformat(now), ZoneInfo(zone)) == [date]


def test_a_night_whose_hour_is_skipped_in_spring_still_comes_once() -> None:
    """On 29 March 2026 the clocks of Berlin go from 2:00 to 3:00: there is no 2:30."""
    seen = {date for hour in range(24) for date in made_up(local(f"2026-03-29T{hour:02}:59"), at=(2, 30))}
    assert "2026-03-29" in seen


def test_a_night_whose_hour_comes_twice_in_autumn_has_one_name() -> None:
    """On 25 October 2026 it is 2:30 twice in Berlin; both are the same job."""
    before = made_up(datetime(2026, 10, 25, 0, 45, tzinfo=UTC), at=(2, 30))
    after = made_up(datetime(2026, 10, 25, 1, 45, tzinfo=UTC), at=(2, 30))
    assert before == after == ["2026-10-25"]


def test_an_interval_fires_at_once_and_again() -> None:
    fired = Fired()
    clock = Clock([Every("poll", 0.05, fired)], lambda: datetime.now(UTC))
    clock.start()
    try:
        assert len(fired.wait_for(4)) >= 4
    finally:
        clock.stop()


def test_no_tick_comes_after_the_stop() -> None:
    fired = Fired()
    clock = Clock([Every("poll", 0.01, fired)], lambda: datetime.now(UTC))
    clock.start()
    fired.wait_for(1)
    clock.stop()
    told = list(fired.told)
    assert threading.Event().wait(0.05) is False
    assert fired.told == told


def test_two_clocks_name_the_same_night_alike() -> None:
    moment = local("2026-11-21T02:00:10")
    assert made_up(moment) == made_up(moment + timedelta(minutes=50)) == ["2026-11-21"]


def test_a_night_that_is_fired_a_moment_early_is_that_night() -> None:
    assert made_up(local("2026-11-21T23:59:59.5"), at=(0, 0)) == ["2026-11-22"]


def test_a_tick_that_fails_does_not_end_the_clock() -> None:
    fired = Fired()

    def fail() -> None:
        fired("failed")
        raise RuntimeError("the engine does not answer")

    clock = Clock([Every("broken", 0.02, fail)], lambda: datetime.now(UTC))
    clock.start()
    try:
        assert fired.wait_for(3)[:3] == ["failed"] * 3
    finally:
        clock.stop()


def test_a_night_that_could_not_be_fired_is_fired_at_the_next_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.clock.NIGHT_SECONDS", 0.02)
    fired = Fired()

    def fire(date: str) -> None:
        fired(date)
        if len(fired.told) < 3:
            raise ConnectionError("the database is being failed over")

    clock = Clock([Nightly("night", 2, 0, BERLIN, fire)], lambda: local("2026-11-21T02:00"))
    clock.start()
    try:
        assert fired.wait_for(3) == ["2026-11-21"] * 3
    finally:
        clock.stop()


def test_fault_18_a_night_is_not_lost_where_the_clock_was_a_month_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.clock.NIGHT_SECONDS", 0.02)
    ahead, fired = [timedelta(days=30)], Fired()
    clock = Clock([Nightly("night", 2, 0, BERLIN, fired)], lambda: local("2026-11-21T02:00") + ahead[0])
    clock.start()
    try:
        fired.wait_for(1)
        ahead[0] = timedelta(0)
        assert fired.wait_for(2) == ["2026-12-21", "2026-11-21"]
    finally:
        clock.stop()


def test_fault_18_a_clock_set_back_by_an_hour_does_not_stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.clock.WATCH_SECONDS", 0.02)
    back, fired = [timedelta(0)], Fired()

    def now() -> datetime:
        return datetime.now(UTC) - back[0]

    clock = Clock([Every("poll", 3600.0, fired)], now)
    clock.start()
    try:
        fired.wait_for(1)
        back[0] = timedelta(hours=1)
        assert len(fired.wait_for(2)) == 2
    finally:
        clock.stop()
