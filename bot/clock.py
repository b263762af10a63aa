"""The clock (APScheduler): the only module that knows it. A tick enqueues a job by an id; the engine makes it one run.

Each replica has its own clock with its own memory: the same tick from three clocks is the same id, hence one job. The
nightly ids carry the project's local date, so a tick missed while the bot was down is made up for at its next start.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

MAKE_UP = timedelta(hours=20)
"""How long ago a nightly tick may have been missed and still be made up for."""


@dataclass(frozen=True, slots=True)
class Every:
    """A tick every so many seconds; `fire` gets the tick's number since the epoch, the same on every replica."""

    name: str
    seconds: float
    fire: Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Nightly:
    """A tick a day at a local time; `fire` gets the scheduled local date (ISO)."""

    name: str
    hour: int
    minute: int
    zone: ZoneInfo
    fire: Callable[[str], None]


class Clock:
    """Runs ticks in one background thread until `stop`."""

    def __init__(self, ticks: Sequence[Every | Nightly], now: Callable[[], datetime]) -> None:
        self._ticks, self._now = ticks, now
        self._scheduler = BackgroundScheduler(
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 60}
        )

    def start(self) -> None:
        """Make up for missed nights, fire each interval once at once, then keep time."""
        for tick in self._ticks:
            if isinstance(tick, Every):
                self._add_interval(tick)
            else:
                self._add_night(tick)
        self._scheduler.start()

    def stop(self) -> None:
        """Stop ticking; a tick under way is finished."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

    def _add_interval(self, tick: Every) -> None:
        def fire() -> None:
            tick.fire(int(self._now().timestamp() // tick.seconds))

        self._scheduler.add_job(fire, IntervalTrigger(seconds=tick.seconds), id=tick.name, next_run_time=self._now())

    def _add_night(self, tick: Nightly) -> None:
        trigger = CronTrigger(hour=tick.hour, minute=tick.minute, timezone=tick.zone)

        def fire() -> None:
            tick.fire(self._now().astimezone(tick.zone).date().isoformat())

        missed = last_missed(trigger, self._now())
        if missed is not None:
            tick.fire(missed.astimezone(tick.zone).date().isoformat())
        self._scheduler.add_job(fire, trigger, id=tick.name)


def last_missed(trigger: CronTrigger, now: datetime) -> datetime | None:
    """The last time the trigger should have fired within `MAKE_UP`."""
    last: datetime | None = None
    moment = now - MAKE_UP
    while (candidate := trigger.get_next_fire_time(None, moment)) is not None and candidate <= now:
        last = candidate
        # In UTC: where the clocks go back, a second later by the wall may be an hour earlier, for ever.
        moment = candidate.astimezone(UTC) + timedelta(seconds=1)
    return last
