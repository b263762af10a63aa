"""A job under suspicion is tried in a process of its own: only if that ends as well is the job to blame."""

from __future__ import annotations

import logging
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import astuple, dataclass
from multiprocessing.connection import Connection

import structlog

from bot import wiring
from bot.engine import EngineClient
from bot.jobs import Died, Job, Later, Run, T
from bot.logs import configure
from bot.settings import Settings
from bot.store.database import Database

log = structlog.get_logger(__name__)

AGAIN_SECONDS = 10.0
ENDING_SECONDS = 5.0
"""How long a process that has told its verdict may take to end."""


if sys.platform == "win32":
    _processes = multiprocessing.get_context("spawn")
else:
    # A process that has read the program once and forks is quicker, where many jobs are under suspicion at a time.
    _processes = multiprocessing.get_context("forkserver")
    _processes.set_forkserver_preload(["__main__", "bot.running.trial"])


@dataclass(frozen=True, slots=True)
class TrialRun:
    """One attempt whose steps are simply done: what was done before is found by the store's own records."""

    id: str
    kind: str
    args: tuple[str, ...]
    attempt: int
    failures: int
    partition: str | None

    def step(self, name: str, work: Callable[[], T]) -> T:
        """Do a part of the job."""
        return work()


def trial(settings: Settings) -> Job:
    """A job that runs another one apart. Raises Died if its process did not live to tell."""

    def tried(run: Run) -> Later | None:
        return _apart(settings, TrialRun(run.id, run.kind, run.args, run.attempt, run.failures, run.partition))

    return tried


def _apart(settings: Settings, run: TrialRun) -> Later | None:
    ours, theirs = _processes.Pipe()
    process = _processes.Process(target=_live, args=(settings, run, theirs), name="trial", daemon=True)
    process.start()
    theirs.close()
    try:
        verdict, ailing = ours.recv()
    except EOFError:
        process.join()
        raise Died(_how(process.exitcode)) from None
    finally:
        ours.close()
    process.join(ENDING_SECONDS)
    process.kill()
    if ailing:
        log.warning("trial not held", job=run.id, error=ailing)
        return Later(AGAIN_SECONDS)
    return Later(*verdict) if verdict is not None else None


def _how(code: int | None) -> str:
    return f"signal {-code}" if code is not None and code < 0 else f"exit status {code}"


def _live(settings: Settings, run: TrialRun, told: Connection) -> None:
    """The life of the process: one job."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    configure(logging.INFO)
    try:
        verdict = _work(settings, run)
        told.send((astuple(verdict) if verdict is not None else None, ""))
    except Exception as error:  # noqa: BLE001 - an error is no death: whatever it is, the job is tried again
        told.send((None, type(error).__name__))


def _work(settings: Settings, run: TrialRun) -> Later | None:
    db, client = Database(wiring.database_url(settings)), EngineClient(wiring.engine_url(settings))
    client.open()
    wired = wiring.wire(settings, db, client.enqueue, db.now)
    return wiring.jobs(wired, wiring.gravedigger(db, db.now))[run.kind](run)


def _end_with_parent() -> None:
    """Nobody would hear the verdict of an orphan, and the job may be taken up elsewhere."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
