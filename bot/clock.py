"""The clock (APScheduler): the only module that knows it. A tick becomes a job, and of several clocks' ticks one.

Each replica has its own clock with its own memory. Nightly ids carry the local date the night was due on, so that
three clocks make one job of it, and a night missed (the bot was down, the database did not answer, the clock was wrong)
is made up for by whoever looks next. Ticks of an interval are claimed in the store, by whoever comes first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

log = structlog.get_logger(__name__)

WATCH_SECONDS = 5.0
SLACK = timedelta(seconds=1)
"""A scheduler may fire a moment early."""
NIGHT_SECONDS = 20.0
"""How often a clock looks whether a night is due."""
MAKE_UP = timedelta(hours=20)
"""How long ago a nightly tick may have been missed and still be made up for."""


@dataclass(frozen=True, slots=True)
class Every:
    """A tick every so many seconds."""

    name: str
    seconds: float
    fire: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Nightly:
    """A tick a day at a local time; `fire` gets the scheduled local date (ISO)."""

    name: str
    hour: int
    minute: int
    zone: ZoneInfo
    fire: Callable[[str], None]


class Clock:
    """Runs ticks in one background thread until `stop`. `now` is the time of day, as the scheduler knows it."""

    def __init__(self, ticks: Sequence[Every | Nightly], now: Callable[[], datetime]) -> None:
        self._ticks, self._now = ticks, now
        self._scheduler = BackgroundScheduler(
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )

        self._stopped = threading.Event()

    def start(self) -> None:
        """Make up for missed nights, fire each interval once at once, then keep time."""
        for tick in self._ticks:
            if isinstance(tick, Every):
                self._add_interval(tick)
            else:
                self._add_night(tick)
        self._scheduler.start()
        if self._ticks:
            threading.Thread(target=self._watch, name="clock watch", daemon=True).start()

    def stop(self) -> None:
        """Stop ticking; a tick under way is finished."""
        self._stopped.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

    def _watch(self) -> None:
        """The scheduler waits for times of day: where the clock is set back, it would stand still for as long."""
        last = self._now()
        while not self._stopped.wait(WATCH_SECONDS):
            now = self._now()
            if now < last:
                log.warning("clock set back", by_seconds=round((last - now).total_seconds()))
                for tick in self._ticks:
                    self._scheduler.modify_job(tick.name, next_run_time=now)
            last = now

    def _add_interval(self, tick: Every) -> None:
        trigger = IntervalTrigger(seconds=tick.seconds)
        self._scheduler.add_job(_kept(tick.name, tick.fire), trigger, id=tick.name, next_run_time=self._now())

    def _add_night(self, tick: Nightly) -> None:
        look = _kept(tick.name, _Night(tick, self._now).look)
        look()
        self._scheduler.add_job(look, IntervalTrigger(seconds=NIGHT_SECONDS), id=tick.name)


class _Night:
    """Fires a night when it is due; one that could not be fired is still due at the next look."""

    def __init__(self, tick: Nightly, now: Callable[[], datetime]) -> None:
        self._tick, self._now = tick, now
        self._trigger = CronTrigger(hour=tick.hour, minute=tick.minute, timezone=tick.zone)
        self._fired: datetime | None = None

    def look(self) -> None:
        """Fire by the date it was due on: one that is late, or begins just before midnight, is still that night."""
        due = last_missed(self._trigger, self._now() + SLACK)
        if due is None or due == self._fired:
            return
        self._tick.fire(due.astimezone(self._tick.zone).date().isoformat())
        self._fired = due


def _kept(name: str, fire: Callable[[], None]) -> Callable[[], None]:
    """A tick that cannot be fired (the database is away) is logged, and the next one comes all the same."""

    def firing() -> None:
        try:
            fire()
        except Exception as error:  # noqa: BLE001 - whatever it is, the clock goes on
            log.warning("tick not fired", tick=name, error=type(error).__name__)

    return firing


def last_missed(trigger: CronTrigger, now: datetime) -> datetime | None:
    """The last time the trigger should have fired within `MAKE_UP`."""
    last: datetime | None = None
    moment = now - MAKE_UP
    while (candidate := trigger.get_next_fire_time(None, moment)) is not None and candidate <= now:
        last = candidate
        # In UTC: where the clocks go back, a second later by the wall may be an hour earlier, for ever.
        moment = candidate.astimezone(UTC) + timedelta(seconds=1)
    return last
