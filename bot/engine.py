"""The durable engine (DBOS): the only module that knows it.

A job is a kind, a few ids, and an attempt. It is on the disk before `enqueue` returns, its id runs once for ever, and
what it does in `step`s is not done again after a crash. Arguments and results are ids, numbers and hashes, kept as
JSON: no ticket text enters the engine's tables.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions, Serializer

from bot.jobs import Job, T

ITEMS = "items"
"""The queue of work on single items: one at a time an item, many items side by side."""
ROUNDS = "rounds"
"""The queue of backfills and nightly runs, which take long."""
TICKS = "ticks"
"""The queue of polls and sweeps, which must not wait for those."""
TICKING = ("poll", "sweep")

POLLING_SECONDS = 0.2
APPLICATION_VERSION = "1"
"""Pinned: work that a former release left behind is work this one goes on with."""


class JobFailed(Exception):
    """A step failed before a crash, and its error is all that is left of it."""


class Ending(BaseException):
    """The process ends: a job that is left here stays unfinished, and is taken up at the next start.

    Neither a flow's last guard nor the engine takes it for an error of the job: both look for Exception only.
    """


class _Json(Serializer):
    """JSON for arguments and results; of an error only its class is kept, because messages may quote a ticket."""

    def name(self) -> str:
        return "steward_json"

    def serialize(self, data: Any) -> str:
        if isinstance(data, BaseException):
            return json.dumps({"__error__": type(data).__name__})
        return json.dumps(data)

    def deserialize(self, serialized_data: str) -> Any:
        data = json.loads(serialized_data)
        if isinstance(data, dict) and "__error__" in data:
            return JobFailed(data["__error__"])
        return data


@dataclass(frozen=True, slots=True)
class EngineRun:
    """One attempt at a job, whose steps are recorded."""

    id: str
    kind: str
    args: tuple[str, ...]
    attempt: int
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


class Engine:
    """One process's hold on the engine: `enqueue` at any time, work after `start`."""

    def __init__(self, url: str, jobs: Mapping[str, Job], *, executor: str = "steward-1", concurrency: int = 8) -> None:
        self._url, self._jobs, self._executor, self._concurrency = url, jobs, executor, concurrency
        self._client: DBOSClient | None = None
        self._serializer = _Json()
        self._draining, self._ending = threading.Event(), threading.Event()
        self._under_way = 0
        self._moved = threading.Condition()

    def start(self) -> None:
        """Take up the work that a former process left, and begin to work."""
        _prepare(self._url)
        logging.getLogger("dbos").setLevel(logging.ERROR)
        config: DBOSConfig = {
            "name": "backlog-steward",
            "system_database_url": self._url,
            "application_version": APPLICATION_VERSION,
            "executor_id": self._executor,
            "serializer": self._serializer,
            "run_migrations": True,
            "log_level": "ERROR",
            "console_log_level": "CRITICAL",
            "notification_listener_polling_interval_sec": 1.0,
        }
        if self._url.startswith("sqlite"):
            config["sys_db_pool_size"] = 1
        DBOS(config=config)

        def job(kind: str, base: str, args: list[str], partition: str, attempt: int) -> str:
            return self._work(kind, base, args, partition, attempt)

        DBOS.workflow(name="job", max_recovery_attempts=20)(job)
        DBOS.launch()
        DBOS.register_queue(
            ITEMS,
            worker_concurrency=self._concurrency,
            partition_concurrency=1,
            polling_interval_sec=POLLING_SECONDS,
            on_conflict="always_update",
        )
        DBOS.register_queue(
            TICKS, worker_concurrency=4, polling_interval_sec=POLLING_SECONDS, on_conflict="always_update"
        )
        DBOS.register_queue(
            ROUNDS, worker_concurrency=2, polling_interval_sec=POLLING_SECONDS, on_conflict="always_update"
        )
        self._client = self._connect()

    def drain(self, seconds: float) -> bool:
        """Begin no more work, and wait until what is under way has ended. False if it has not within the time.

        Jobs may still be enqueued: they are for the next start.
        """
        self._draining.set()
        with self._moved:
            return self._moved.wait_for(lambda: self._under_way == 0, seconds)

    def stop(self, drain_seconds: float = 2.0) -> bool:
        """End cleanly; what has not ended within the time is resumed at the next start. False if there is such work."""
        drained = self.drain(drain_seconds)
        self._ending.set()
        # A job that has just ended has yet to be marked so; the engine looks again after a second.
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=1 if drain_seconds else 0)
        if self._client is not None:
            self._client.destroy()
            self._client = None
        return drained

    def enqueue(self, kind: str, job_id: str, *args: str, partition: str | None = None, delay: float = 0.0) -> None:
        """Make a job durable. An id that is known, running or finished changes nothing.

        `partition` (connection and item) puts it in the queue of items, else it goes to the queue of rounds. `delay`
        is in seconds.
        """
        if self._client is None:
            raise RuntimeError("the engine is not started")
        self._client.enqueue(_options(kind, job_id, partition, delay), kind, job_id, list(args), partition or "", 0)

    def alive(self) -> bool:
        """Whether the engine's database answers."""
        if self._client is None:
            return False
        self._client.check_connection()
        return True

    def unfinished(self) -> int:
        """How many jobs wait or run, delayed ones included."""
        if self._client is None:
            return 0
        waiting = ["PENDING", "ENQUEUED", "DELAYED"]
        return len(self._client.list_workflows(status=waiting, load_input=False, load_output=False))

    def _connect(self) -> DBOSClient:
        pool = 1 if self._url.startswith("sqlite") else 10
        return DBOSClient(
            system_database_url=self._url,
            serializer=self._serializer,
            system_database_pool_size=pool,
            application_name="backlog-steward",
        )

    def _work(self, kind: str, base: str, args: list[str], partition: str, attempt: int) -> str:
        with self._moved:
            if self._draining.is_set():
                raise Ending
            self._under_way += 1
        try:
            return self._attempt(kind, base, args, partition, attempt)
        finally:
            with self._moved:
                self._under_way -= 1
                self._moved.notify_all()

    def _attempt(self, kind: str, base: str, args: list[str], partition: str, attempt: int) -> str:
        job = self._jobs.get(kind)
        if job is None:
            return "unknown kind of job"
        verdict = job(EngineRun(base, kind, tuple(args), attempt, self._ending))
        if verdict is None:
            return "done"
        again = _options(kind, f"{base}#{attempt + 1}", partition or None, verdict.seconds)
        DBOS.enqueue_workflow_with_options(again, kind, base, args, partition, attempt + 1)
        return "later"


def _options(kind: str, job_id: str, partition: str | None, delay: float) -> EnqueueOptions:
    options: EnqueueOptions = {
        "workflow_name": "job",
        "queue_name": ITEMS if partition else TICKS if kind in TICKING else ROUNDS,
        "workflow_id": job_id,
    }
    if partition:
        options["queue_partition_key"] = partition
    if delay > 0:
        options["delay_seconds"] = delay
    return options


def _prepare(url: str) -> None:
    """Write-ahead logging is a property of the file and has to be there before many threads open it."""
    if not url.startswith("sqlite"):
        return
    path = Path(url.removeprefix("sqlite:///"))
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=30)
    try:
        connection.execute("PRAGMA journal_mode=wal")
    finally:
        connection.close()
