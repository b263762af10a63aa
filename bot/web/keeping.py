"""Deliveries are kept many at a time: whatever waits goes into one transaction, so that a burst costs few syncs.

On PostgreSQL the rows and their jobs are one transaction. On SQLite the engine has a file of its own, so the rows are
committed first and the jobs after them; rows of a process that died in between are still "received", and the sweep
queues them. There the mark "queued" is set twice a second, for all batches since.
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
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.jobs import EnqueueMany, QueuedJob
from bot.store import inbox, writes
from bot.store.database import Database
from bot.store.schema.types import storable
from integrations.tracker import Event

log = structlog.get_logger(__name__)

BATCH = 200
"""Deliveries in one transaction: enough for a burst, and few enough that each batch is short."""
MARK_SECONDS = 0.5
"""How often what was handed over is marked; the sweep looks at rows that are much older."""
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
        self._room, self._patience = room, patience
        self._waiting: list[_Waiting] = []
        self._handed: set[str] = set()
        self._marked = 0.0
        self._moved = threading.Condition()
        self._ending = False
        self._began: float | None = None
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        """Begin to keep."""
        self._thread.start()

    def stop(self, seconds: float = 5.0) -> None:
        """Take no more, keep what waits, and end."""
        with self._moved:
            self._ending = True
            self._moved.notify()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def keep(self, connection: str, event: Event) -> bool:
        """Make a delivery durable and hand it to the engine; False if it was known already.

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
            if batch:
                self._settle(batch)
            if self._handed and (not batch or self._began - self._marked > MARK_SECONDS):
                self._mark_handed()
                self._marked = time.monotonic()
            self._began = None

    def _next(self) -> list[_Waiting] | None:
        """What waits; nothing where it is time to mark what was handed over; None at the end."""
        with self._moved:
            self._moved.wait_for(lambda: self._waiting or self._ending, MARK_SECONDS if self._handed else None)
            if not self._waiting and not self._handed:
                return None
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            return batch

    def _mark_handed(self) -> None:
        handed, self._handed = list(self._handed), set()
        try:
            with self._db.write() as session:
                _mark(session, handed)
        except sa.exc.SQLAlchemyError as error:
            # Not tried again: what stays unmarked is queued once more by the sweep, which changes nothing.
            log.warning("deliveries not marked as queued", number=len(handed), error=type(error).__name__)

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
        with self._db.append() as session:
            for letter in (waiting for waiting in batch if waiting.event is None):
                inbox.bury(session, letter.connection, now=self._now(), **letter.letter)
            jobs = self._add(session, batch)
            if jobs and not self._db.is_sqlite:
                self._join(session, jobs)
        if jobs and self._db.is_sqlite and self._hand_over(jobs, None):
            self._handed.update(job.id for job in jobs)

    def _add(self, session: Session, batch: Iterable[_Waiting]) -> list[QueuedJob]:
        """Insert what is new; returns the jobs of all that has yet to be queued."""
        first: dict[str, _Waiting] = {}
        for waiting in batch:
            if waiting.event is not None:
                first.setdefault(storable(inbox.delivery_id(waiting.connection, waiting.event)), waiting)
        if not first:
            return []
        now, own = self._now(), _own_comments(session, first.values())
        # In one order everywhere: two processes that insert the same ids in different orders would block each other.
        rows = [_row(key, first[key], now, is_own=_comment(first[key]) in own) for key in sorted(first)]
        # The table, not its class: rows of which nobody keeps an object cost a third this way.
        new = set(session.connection().scalars(_INSERT[self._db.engine.dialect.name], rows))
        for key in new:
            first[key].new = True
        known = [row["id"] for row in rows if row["id"] not in new and row["id"] not in self._handed]
        received = inbox.Delivery.id.in_(known), inbox.Delivery.state == "received"
        left = set(session.scalars(sa.select(inbox.Delivery.id).where(*received))) if known else set()
        return [_job(row) for row in rows if row["id"] in left or (row["id"] in new and row["state"] == "received")]

    def _join(self, session: Session, jobs: Sequence[QueuedJob]) -> None:
        with session.begin_nested() as savepoint:
            if not self._hand_over(jobs, session.connection()):
                savepoint.rollback()
                return
        _mark(session, [job.id for job in jobs])

    def _hand_over(self, jobs: Sequence[QueuedJob], connection: sa.Connection | None) -> bool:
        try:
            self._enqueue_many(jobs, connection)
        except Exception as error:  # noqa: BLE001 - they are kept: the sweep queues them, the senders need not know
            log.error("deliveries not queued", number=len(jobs), error=type(error).__name__)
            return False
        return True


_TABLE: Any = inbox.Delivery.__table__
_INSERT = {
    "sqlite": sqlite.insert(_TABLE).on_conflict_do_nothing().returning(_TABLE.c.id),
    "postgresql": postgresql.insert(_TABLE).on_conflict_do_nothing().returning(_TABLE.c.id),
}


def _mark(session: Session, ids: Sequence[str]) -> None:
    received = inbox.Delivery.id.in_(ids), inbox.Delivery.state == "received"
    session.execute(sa.update(inbox.Delivery).where(*received).values(state="queued"))


def _comment(waiting: _Waiting) -> tuple[str, str] | None:
    event = waiting.event
    return (waiting.connection, event.comment) if event is not None and event.comment is not None else None


def _own_comments(session: Session, batch: Iterable[_Waiting]) -> set[tuple[str, str] | None]:
    """Which of the comments in a batch the bot wrote itself."""
    ids = [comment[1] for waiting in batch if (comment := _comment(waiting)) is not None]
    if not ids:
        return set()
    query = sa.select(writes.OwnComment.connection, writes.OwnComment.comment)
    return {(row[0], row[1]) for row in session.execute(query.where(writes.OwnComment.comment.in_(ids)))}


def _job(row: Mapping[str, Any]) -> QueuedJob:
    connection, key = row["connection"], row["id"]
    return QueuedJob("delivery", key, (connection, key), f"{connection}:{row['item']}")


def _row(key: str, waiting: _Waiting, now: datetime, *, is_own: bool) -> dict[str, Any]:
    """The columns of a delivery. The bot's own comments are finished with at once."""
    event = waiting.event
    assert event is not None
    return {
        "id": key,
        "connection": waiting.connection,
        "source": "webhook",
        "kind": event.kind,
        "name": event.name[:200],
        "item": storable(event.item[:200]),
        "project": event.project[:200] if event.project else None,
        "comment": event.comment[:100] if event.comment else None,
        "actor": ((event.actor.id or event.actor.name)[:300] or None) if event.actor else None,
        "received": now,
        "state": "finished" if is_own else "received",
        "outcome": "the bot's own comment" if is_own else None,
        "finished": now if is_own else None,
    }
