"""The bot's own household: what the engine has given up becomes dead letters, and what is done with is dropped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.jobs import Job, QueuedJob, Run

log = structlog.get_logger(__name__)

BATCHES = 200
"""How many batches one run drops at most; the next goes on."""


class FinishedJobs(Protocol):
    """What the engine remembers of jobs that are over."""

    def forget(self, before: datetime, limit: int = 500) -> int: ...

    def failed(self, limit: int = 100) -> Sequence[tuple[str, QueuedJob | None]]: ...

    def drop(self, ids: Sequence[str]) -> None: ...


def upkeep(
    jobs: FinishedJobs,
    keep_jobs: timedelta,
    purge: Callable[[], int],
    bury: Callable[[QueuedJob, str], None],
    now: Callable[[], datetime],
) -> Job:
    """A job that keeps house. `purge` drops a batch of old rows of the store and says how many; 0 is the end."""

    def work(run: Run) -> None:
        for job_id, job in jobs.failed():
            if job is not None:
                bury(job, "the engine has given it up")
            jobs.drop([job_id])
        dropped = _until_nothing(purge)
        forgotten = _until_nothing(lambda: jobs.forget(now() - keep_jobs))
        if dropped or forgotten:
            log.info("upkeep", rows=dropped, jobs=forgotten)

    return work


def _until_nothing(drop: Callable[[], int]) -> int:
    total = 0
    for _ in range(BATCHES):
        count = drop()
        total += count
        if not count:
            break
    return total
