"""Hands kept deliveries over to an engine that has a file of its own, as it has on SQLite.

Nobody waits for it: what was answered is in the inbox, and what never comes into the queue (the process dies, the
engine cannot take it) is queued by the sweep. The mark "queued" is set twice a second, for all batches since.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Sequence

import structlog

from bot.jobs import EnqueueMany, QueuedJob
from bot.store.database import Database
from bot.web import rows

log = structlog.get_logger(__name__)

AT_ONCE = 200
ROOM = 5000
"""Jobs that may be on their way; beyond it they are left to the sweep."""
MARK_SECONDS = 0.5
"""How often what was handed over is marked; the sweep looks at rows that are much older."""


class HandOver:
    """One thread, from `start` to `stop`."""

    def __init__(self, db: Database, enqueue_many: EnqueueMany) -> None:
        self._db, self._enqueue_many = db, enqueue_many
        self._coming: list[QueuedJob] = []
        self._unmarked: set[str] = set()
        self._known: set[str] = set()
        self._marked = 0.0
        self._busy = self._ending = False
        self._hurried = 0
        self._moved = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="hand-over", daemon=True)

    @property
    def known(self) -> Collection[str]:
        """The ids of jobs that are on their way, or there and not marked so yet."""
        return self._known

    def is_alive(self) -> bool:
        """Whether the thread is at work."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def take(self, jobs: Sequence[QueuedJob]) -> None:
        """Have jobs handed over, in order; returns at once."""
        with self._moved:
            if len(self._coming) + len(jobs) > ROOM:
                log.error("deliveries not queued", number=len(jobs), error="too many are on their way")
                return
            self._coming += jobs
            self._known.update(job.id for job in jobs)
            self._moved.notify_all()

    def settle(self, seconds: float) -> bool:
        """Wait until all that has been taken so far is handed over and marked. False if it is not within the time."""
        with self._moved:
            self._hurried += 1
            self._moved.notify_all()
            try:
                return self._moved.wait_for(lambda: not self._busy and not self._known, seconds)
            finally:
                self._hurried -= 1

    def stop(self, seconds: float) -> None:
        """Hand over and mark what has been taken, and end."""
        with self._moved:
            self._ending = True
            self._moved.notify_all()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        while (batch := self._next()) is not None:
            if batch:
                self._hand_over(batch)
            if self._unmarked and (not batch or time.monotonic() - self._marked > MARK_SECONDS):
                self._mark()
                self._marked = time.monotonic()
            with self._moved:
                self._busy = False
                self._moved.notify_all()

    def _next(self) -> list[QueuedJob] | None:
        """What is to be handed over; nothing where it is time to mark; None at the end."""
        with self._moved:
            self._moved.wait_for(self._is_due, MARK_SECONDS if self._unmarked else None)
            if not self._coming and not self._unmarked and self._ending:
                return None
            batch, self._coming = self._coming[:AT_ONCE], self._coming[AT_ONCE:]
            self._busy = True
            return batch

    def _is_due(self) -> bool:
        return bool(self._coming) or self._ending or (self._hurried > 0 and bool(self._unmarked))

    def _hand_over(self, jobs: Sequence[QueuedJob]) -> None:
        try:
            self._enqueue_many(jobs, None)
        except Exception as error:  # noqa: BLE001 - they are kept: the sweep queues them, the senders need not know
            log.error("deliveries not queued", number=len(jobs), error=type(error).__name__)
            self._forget([job.id for job in jobs])
        else:
            self._unmarked.update(job.id for job in jobs)

    def _mark(self) -> None:
        marked, self._unmarked = list(self._unmarked), set()
        try:
            with self._db.write() as session:
                rows.mark_queued(session, marked)
        except Exception as error:  # noqa: BLE001 - the thread lives on: what stays unmarked is queued once more by the sweep
            log.warning("deliveries not marked as queued", number=len(marked), error=type(error).__name__)
        self._forget(marked)

    def _forget(self, ids: Sequence[str]) -> None:
        with self._moved:
            self._known.difference_update(ids)
