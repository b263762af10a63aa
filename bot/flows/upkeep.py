"""The bot's own household: what the engine has given up is begun again, and what is done with is dropped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.jobs import Job, QueuedJob, Run

log = structlog.get_logger(__name__)

BATCHES = 200
"""How many batches one run drops at most; the next goes on."""
PATIENCE = 20
"""Attempts at a job that the engine gives up: each time the database was away at the wrong moment."""


class Jobs(Protocol):
    """What the engine remembers of jobs that are over."""

    def forget(self, before: datetime, limit: int = 500) -> int: ...

    def failed(self, limit: int = 100) -> Sequence[tuple[str, QueuedJob | None]]: ...

    def begin_again(self, job_id: str, job: QueuedJob) -> None: ...

    def drop(self, ids: Sequence[str]) -> None: ...


def upkeep(jobs: Jobs, keep: timedelta, purge: Callable[[], int], now: Callable[[], datetime]) -> Job:
    """A job that drops what is done with. `purge` drops a batch of the store's rows and says how many; 0 ends it."""

    def work(run: Run) -> None:
        dropped = _until_nothing(purge)
        forgotten = _until_nothing(lambda: jobs.forget(now() - keep))
        if dropped or forgotten:
            log.info("upkeep", rows=dropped, jobs=forgotten)

    return work


def mend(jobs: Jobs, bury: Callable[[QueuedJob, str], None]) -> Job:
    """A job that begins again what the engine has given up, because its database was away when it was to be kept."""

    def work(run: Run) -> None:
        for job_id, job in jobs.failed():
            if job is not None and job.failures < PATIENCE:
                log.warning("job begun again", job=job_id)
                jobs.begin_again(job_id, job)
                continue
            if job is not None:
                bury(job, "the engine has given it up, again and again")
            else:
                log.error("job not readable", job=job_id)
            jobs.drop([job_id])

    return work


def _until_nothing(drop: Callable[[], int]) -> int:
    total = 0
    for _ in range(BATCHES):
        count = drop()
        total += count
        if not count:
            break
    return total
