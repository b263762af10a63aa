"""Deliveries are kept many at a time: whatever waits goes into one transaction, so that a burst costs few syncs.

On PostgreSQL the rows and their jobs are one transaction. On SQLite the engine has a file of its own, so the rows are
committed first, then their senders are answered, and the jobs are handed over beside it; rows of a process that died in
between are still "received", and the sweep queues them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot.jobs import EnqueueMany, QueuedJob
from bot.store import inbox
from bot.store.database import Database
from bot.telemetry import watched
from bot.web import rows
from bot.web.handing import HandOver
from integrations.tracker import Event

log = structlog.get_logger(__name__)

BATCH = 200
"""Deliveries in one transaction: enough for a burst, and few enough that each batch is short."""
SPOILED = (sa.exc.DataError, sa.exc.IntegrityError, UnicodeError)
"""What a database says of one row that it will not take; any other error is about the database itself."""


class Busy(Exception):
    """Too much waits already, or it took too long. It may be kept all the same; sent again it is known."""


class Unkeepable(Exception):
    """The database will never take this delivery."""


@dataclass(slots=True, eq=False)
class _Waiting:
    """One delivery or dead letter whose sender waits. `error` is why it could not be kept."""

    connection: str
    event: Event | None = None
    letter: Mapping[str, Any] = field(default_factory=dict)
    done: threading.Event = field(default_factory=threading.Event)
    new: bool = False
    error: Exception | None = None

    def answer(self, error: Exception | None = None) -> None:
        self.error = error
        self.done.set()


class Keeper:
    """One thread that keeps deliveries, from `start` to `stop`.

    `room` is how many may wait, `patience` how many seconds each may.
    """

    def __init__(
        self,
        db: Database,
        enqueue_many: EnqueueMany,
        now: Callable[[], datetime],
        *,
        room: int = 1000,
        patience: float = 10.0,
    ) -> None:
        self._db, self._enqueue_many, self._now = db, enqueue_many, now
        self._hand_over = HandOver(db, enqueue_many)
        self._room, self._patience = room, patience
        self._waiting: list[_Waiting] = []
        self._moved = threading.Condition()
        self._ending = False
        self._began: float | None = None
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        """Begin to keep."""
        self._hand_over.start()
        self._thread.start()

    def is_alive(self) -> bool:
        """Whether its threads are at work."""
        return self._thread.is_alive() and self._hand_over.is_alive()

    def stop(self, seconds: float = 5.0) -> None:
        """Take no more, keep what waits, and end."""
        with self._moved:
            self._ending = True
            self._moved.notify()
        if self._thread.is_alive():
            self._thread.join(seconds)
        self._hand_over.stop(seconds)

    def settle(self, seconds: float = 10.0) -> bool:
        """Wait until all that was kept so far is handed over to the engine. False if it is not within the time."""
        return self._hand_over.settle(seconds)

    def keep(self, connection: str, event: Event) -> bool:
        """Make a delivery durable, which hands it to the engine; False if it was known already.

        If it cannot be handed over, it is kept all the same, for the sweep. Raises Busy, Unkeepable, and
        SQLAlchemyError where the database is away.
        """
        waiting = _Waiting(connection, event)
        self._wait(waiting)
        return waiting.new

    def bury(self, connection: str, reason: str, headers: Mapping[str, str], body: bytes) -> None:
        """Keep a dead letter; raises as `keep` does."""
        self._wait(_Waiting(connection, letter={"reason": reason, "headers": headers, "body": body}))

    def waiting(self) -> int:
        """How many wait at this moment."""
        return len(self._waiting)

    def _wait(self, waiting: _Waiting) -> None:
        with self._moved:
            if self._is_busy():
                raise Busy
            self._waiting.append(waiting)
            self._moved.notify()
        if not waiting.done.wait(self._patience):
            raise Busy
        if waiting.error is not None:
            raise waiting.error

    def _is_busy(self) -> bool:
        stuck = self._began is not None and time.monotonic() - self._began > self._patience
        return stuck or self._ending or len(self._waiting) >= self._room or not self._thread.is_alive()

    def _run(self) -> None:
        while (batch := self._next()) is not None:
            self._began = time.monotonic()
            self._settle(batch)
            self._began = None

    def _next(self) -> list[_Waiting] | None:
        """What waits; None at the end."""
        with self._moved:
            self._moved.wait_for(lambda: self._waiting or self._ending)
            if not self._waiting:
                return None
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            return batch

    def _settle(self, batch: Sequence[_Waiting]) -> None:
        """Keep a batch and answer all who wait; one that the database refuses does not spoil it for the others."""
        try:
            self._keep(batch)
        except SPOILED:
            if len(batch) > 1:
                for waiting in batch:
                    self._settle([waiting])
            else:
                batch[0].answer(Unkeepable())
        except Exception as error:  # noqa: BLE001 - whatever it is, the senders are told and the thread lives on
            for waiting in batch:
                waiting.answer(error)
        else:
            for waiting in batch:
                waiting.answer()

    def _keep(self, batch: Sequence[_Waiting]) -> None:
        letters = [waiting for waiting in batch if waiting.event is None]
        with self._db.append() as session:
            for letter in letters:
                inbox.bury(session, letter.connection, now=self._now(), **letter.letter)
            jobs = self._add(session, batch)
            if jobs and not self._db.is_sqlite:
                self._join(session, jobs)
        for letter in letters:
            watched.buried(letter.connection)
        if jobs and self._db.is_sqlite:
            self._hand_over.take(jobs)

    def _add(self, session: Session, batch: Iterable[_Waiting]) -> list[QueuedJob]:
        """Insert what is new; returns the jobs of all that has yet to be queued."""
        first: dict[str, _Waiting] = {}
        arrivals: dict[str, rows.Arrival] = {}
        for waiting in batch:
            if waiting.event is not None:
                arrival = waiting.connection, waiting.event
                key = rows.delivery_id(arrival)
                first.setdefault(key, waiting)
                arrivals.setdefault(key, arrival)
        new, jobs = rows.add(session, arrivals, self._now(), self._hand_over.known)
        for key in new:
            first[key].new = True
        return jobs

    def _join(self, session: Session, jobs: Sequence[QueuedJob]) -> None:
        with session.begin_nested() as savepoint:
            try:
                self._enqueue_many(jobs, session.connection())
            except Exception as error:  # noqa: BLE001 - they are kept: the sweep queues them, the senders need not know
                log.error("deliveries not queued", number=len(jobs), error=type(error).__name__)
                savepoint.rollback()
                return
        rows.mark_queued(session, [job.id for job in jobs])
