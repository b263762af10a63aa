"""One attempt at a job: its recorded steps, and how it is left when the process ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from dbos import DBOS

from bot.engine.queues import JobFailed
from bot.jobs import T


class Ending(BaseException):
    """The process ends: a job that is left here stays unfinished, and is taken up at the next start.

    Neither a flow's last guard nor the engine takes it for an error of the job: both look for Exception only.
    """


@dataclass(frozen=True, slots=True)
class EngineRun:
    """One attempt at a job, whose steps are recorded."""

    id: str
    kind: str
    args: tuple[str, ...]
    attempt: int
    failures: int
    partition: str | None
    ending: threading.Event

    def step(self, name: str, work: Callable[[], T]) -> T:
        """Do a part of the job; after a crash its recorded result is used instead."""
        if self.ending.is_set():
            raise Ending
        try:
            return DBOS.run_step({"name": name}, work)
        except JobFailed:
            # It failed before a crash, and what is recorded is only that: a step can be done again.
            return work()
