"""What this process has last heard of each connection, and how every other process comes to know it.

It is kept in memory and told to the store beside the work: that a tracker begins to fail, or works again, within
seconds, and all else once a minute at most. No request and no delivery waits for it, so that strangers who send what is
refused have nothing written for each.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.store.database import Database
from bot.store.inbox.heard import Heard, all_heard, hear
from bot.store.inbox.refusals import Refusals, add_refusals

__all__ = ["TOLD_EVERY_SECONDS", "Heard", "Hearing", "Telling", "heard"]

log = structlog.get_logger(__name__)

TOLD_EVERY_SECONDS = 60.0
LOGGED_EVERY_SECONDS = 3600.0
"""How often the log says that deliveries of a connection are refused."""


class Hearing:
    """By connection; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heard: dict[str, Heard] = {}
        self._refused: dict[str, Refusals] = {}

    def success(self, connection: str, now: datetime) -> None:
        """It answered, and knew who asked."""
        with self._lock:
            before = self._heard.get(connection, Heard())
            self._heard[connection] = replace(before, last_success=now, failing_since=None, failure="")

    def failure(self, connection: str, how: str, now: datetime) -> None:
        """It did not answer, failed, or let nobody in; `how` is a status or a few fixed words."""
        with self._lock:
            before = self._heard.get(connection, Heard())
            since = before.failing_since or now
            self._heard[connection] = replace(before, failing_since=since, failure=how, last_failure=now)

    def throttled(self, connection: str, until: datetime) -> None:
        """It asked to wait."""
        with self._lock:
            before = self._heard.get(connection, Heard())
            self._heard[connection] = replace(before, throttled_until=until)

    def delivery(self, connection: str, now: datetime) -> None:
        """An authentic webhook of it came, whatever it was about."""
        with self._lock:
            before = self._heard.get(connection, Heard())
            self._heard[connection] = replace(before, last_delivery=now)

    def refused(self, connection: str, now: datetime, number: int = 1) -> None:
        """What came for it did not bear its secret."""
        with self._lock:
            before = self._refused.get(connection)
            counted = Refusals(before.number + number, max(before.last, now)) if before else Refusals(number, now)
            self._refused[connection] = counted

    def take_refusals(self, connections: Collection[str]) -> Mapping[str, Refusals]:
        """What was refused since it was last asked, of all but these connections; it is counted here no longer."""
        with self._lock:
            taken = {name: one for name, one in self._refused.items() if name not in connections}
            for name in taken:
                del self._refused[name]
            return taken

    def of(self, connection: str) -> Heard:
        """What was heard from one."""
        with self._lock:
            return self._heard.get(connection, Heard())

    def all(self) -> Mapping[str, Heard]:
        """What was heard, by connection."""
        with self._lock:
            return dict(self._heard)


class Telling:
    """Tells the store what a process has heard, each time it is called. It never raises for a store that is away."""

    def __init__(
        self,
        db: Database,
        hearing: Hearing,
        now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._db, self._hearing, self._now, self._monotonic = db, hearing, now, monotonic
        self._told: dict[str, tuple[float, Heard]] = {}
        self._refusals_told: dict[str, float] = {}
        self._refusals_logged: dict[str, float] = {}

    def __call__(self) -> None:
        """Tell what is due, in one transaction; none where nothing is."""
        at = self._monotonic()
        self._tell_heard(at)
        self._tell_refusals(at)

    def _tell_heard(self, at: float) -> None:
        due = {name: one for name, one in self._hearing.all().items() if self._is_due(name, one, at)}
        if not due:
            return
        try:
            now = self._now()
            # Not `write`: it must not wait for the writers, and the rows it locks are nobody else's.
            with self._db.append() as session:
                for name in sorted(due):
                    hear(session, name, due[name], now)
        except SQLAlchemyError as error:
            log.warning("connections not told", error=type(error).__name__)
        else:
            self._told |= {name: (at, one) for name, one in due.items()}

    def _tell_refusals(self, at: float) -> None:
        lately = {name for name, when in self._refusals_told.items() if at - when < TOLD_EVERY_SECONDS}
        due = self._hearing.take_refusals(lately)
        if not due:
            return
        for name, one in due.items():
            if at - self._refusals_logged.get(name, float("-inf")) >= LOGGED_EVERY_SECONDS:
                self._refusals_logged[name] = at
                log.warning("deliveries refused: not signed with webhook_secret", connection=name, number=one.number)
        try:
            now = self._now()
            with self._db.append() as session:
                heard = all_heard(session)
                for name in sorted(due):
                    add_refusals(session, name, due[name], heard.get(name, Heard()), now)
        except SQLAlchemyError as error:
            log.warning("refused deliveries not told", error=type(error).__name__)
            for name, one in due.items():
                self._hearing.refused(name, one.last, one.number)
        else:
            self._refusals_told |= dict.fromkeys(due, at)

    def _is_due(self, name: str, heard: Heard, at: float) -> bool:
        when, before = self._told.get(name, (float("-inf"), None))
        if heard == before:
            return False
        turned = before is None or (before.failing_since is None) != (heard.failing_since is None)
        return turned or at - when >= TOLD_EVERY_SECONDS


heard = Hearing()
