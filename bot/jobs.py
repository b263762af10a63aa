"""What a job is, for those who write flows and for the engine that runs them: neither knows the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from sqlalchemy.engine import Connection

T = TypeVar("T", str, int, bool, None)


class TryAgain(Exception):
    """Not now: an earlier attempt may still land. Try again after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds:.1f} s")
        self.seconds = seconds


class Silent(Exception):
    """Nothing is to be said or done; the message says why, for the record."""


@dataclass(frozen=True, slots=True)
class Later:
    """A job's wish to be run again after some seconds, as the next attempt; `failed` counts against its patience."""

    seconds: float
    failed: bool = False


class Run(Protocol):
    """One attempt at a job. `args` are ids; `attempt` counts from 0, `failures` those of the earlier ones that failed.

    `partition` is as it was enqueued with.
    """

    @property
    def id(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def args(self) -> tuple[str, ...]: ...

    @property
    def attempt(self) -> int: ...

    @property
    def failures(self) -> int: ...

    @property
    def partition(self) -> str | None: ...

    def step(self, name: str, work: Callable[[], T]) -> T:
        """Do a part of the job; after a crash its recorded result is used instead."""


Job = Callable[[Run], Later | None]


class Enqueue(Protocol):
    """How one job starts another: durable when it returns, and once for one id. `delay` is in seconds.

    `partition` (connection and item) makes jobs of one item run one at a time; without it the job is a round
    (a poll, a backfill, a nightly run).
    """

    def __call__(
        self, kind: str, job_id: str, *args: str, partition: str | None = None, delay: float = 0.0
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A job to be put into the queue; the fields mean what they mean to `Enqueue`."""

    kind: str
    id: str
    args: tuple[str, ...]
    partition: str | None = None
    delay: float = 0.0
    attempt: int = 0
    failures: int = 0


class EnqueueMany(Protocol):
    """Make several jobs durable in one transaction: that of `connection` where it is given, else one of its own."""

    def __call__(self, jobs: Sequence[QueuedJob], connection: Connection | None = None) -> None: ...


class Died(Exception):
    """A job has ended the process that ran it. The message says how."""
