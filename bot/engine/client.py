"""Puts jobs into the engine's tables and looks at them; works none. Every process has one, also the web's."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSClient

from bot.engine.database import connect, prepare
from bot.engine.queues import APPLICATION, ROUNDS, Json, attempt_id, placing
from bot.jobs import QueuedJob

STATES = {"ENQUEUED": "waiting", "PENDING": "running", "DELAYED": "delayed"}
ENDED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]


@dataclass(frozen=True, slots=True)
class Count:
    """How many jobs are in one state, and the age in seconds of the oldest."""

    number: int
    oldest: float


class EngineClient:
    """One process's way into the engine's tables, from `open` to `close`.

    Where the database is away it raises sqlalchemy.exc.SQLAlchemyError at once and leaves waiting to the caller.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self._client: DBOSClient | None = None
        self._connections: sa.Engine | None = None

    def open(self) -> None:
        """Make the tables if need be, and connect."""
        prepare(self.url)
        DBOS.migrate(self.url)
        self._connections = connect(self.url)
        self._client = DBOSClient(
            system_database_engine=self._connections,
            serializer=Json(),
            application_name=APPLICATION,
            retry_connection_errors=False,
        )

    def close(self) -> None:
        """Give the connections back."""
        if self._client is not None and self._connections is not None:
            self._client.destroy()
            self._connections.dispose()
        self._client = self._connections = None

    def enqueue(self, kind: str, job_id: str, *args: str, partition: str | None = None, delay: float = 0.0) -> None:
        """Make a job durable. An id that is known, running or finished changes nothing.

        `partition` (connection and item) puts it in the queue of items, else it goes to the queue of rounds. `delay`
        is in seconds.
        """
        self._open.enqueue(placing(kind, job_id, partition, delay), kind, job_id, list(args), partition or "", 0)

    def enqueue_many(self, jobs: Sequence[QueuedJob], connection: sa.Connection | None = None) -> None:
        """Make several jobs durable in one transaction: that of `connection` (of the same database), or one of its own.

        Joined to a transaction, the jobs are there when it is committed, and never without it.
        """
        if connection is not None:
            self._put(jobs, connection)
            return
        with self.connections.begin() as own:
            self._put(jobs, own)

    def alive(self) -> bool:
        """Whether the engine's database answers."""
        if self._connections is None:
            return False
        with self._connections.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
        return True

    def unfinished(self) -> int:
        """How many jobs wait or run, delayed ones included."""
        return sum(count.number for count in self.counts().values()) if self._client is not None else 0

    def counts(self) -> Mapping[tuple[str, str], Count]:
        """Jobs that wait, run or are delayed, by queue and state ("waiting", "running", "delayed")."""
        query = (
            "SELECT coalesce(queue_name, ''), status, count(*), min(created_at) FROM {table} "
            "WHERE status IN ('ENQUEUED', 'PENDING', 'DELAYED') GROUP BY 1, 2"
        )
        now = time.time() * 1000
        return {
            (queue, STATES[status]): Count(number, max(0.0, (now - oldest) / 1000))
            for queue, status, number, oldest in self._ask(query)
        }

    def dispatches(self, job_id: str) -> int:
        """How often a job has been handed to a worker, this time included."""
        rows = self._ask("SELECT recovery_attempts FROM {table} WHERE workflow_uuid = :id", id=job_id)
        return int(rows[0][0] or 0) if rows else 0

    def forget(self, before: datetime, limit: int = 500) -> int:
        """Drop the record of jobs that ended before a time, the oldest first; returns how many."""
        old = self._open.list_workflows(
            status=ENDED, completed_before=before.isoformat(), limit=limit, load_input=False, load_output=False
        )
        if old:
            self._open.delete_workflows([row.workflow_id for row in old])
        return len(old)

    def failed(self, limit: int = 100) -> Sequence[tuple[str, QueuedJob | None]]:
        """Jobs that the engine itself has given up: (id, what it was)."""
        gone = ["ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
        rows = self._open.list_workflows(status=gone, limit=limit, load_output=False)
        return [(row.workflow_id, _job(row.workflow_id, row.input)) for row in rows]

    def left_behind(self, version: str, dead: Sequence[str]) -> Sequence[tuple[str, QueuedJob | None]]:
        """Jobs whose steps have another release's shape and that nobody is at work on, some of them at a time."""
        query = (
            "SELECT workflow_uuid, executor_id, status FROM {table} WHERE status IN ('ENQUEUED', 'PENDING', 'DELAYED') "
            "AND application_version IS NOT NULL AND application_version <> :version LIMIT :limit"
        )
        ids = [row[0] for row in self._ask(query, version=version, limit=500) if row[2] != "PENDING" or row[1] in dead]
        rows = self._open.list_workflows(workflow_ids=ids, load_output=False) if ids else []
        return [(row.workflow_id, _job(row.workflow_id, row.input)) for row in rows]

    def drop(self, ids: Sequence[str]) -> None:
        """Take jobs out of the engine, whatever their state."""
        if ids:
            self._open.cancel_workflows(list(ids))
            self._open.delete_workflows(list(ids))

    def shift_delays(self, seconds: float) -> int:
        """Move all delayed jobs in time: the machine's clock was set, and their times were of the old one."""
        rows = self._ask("SELECT workflow_uuid, delay_until_epoch_ms FROM {table} WHERE status = 'DELAYED'")
        for job_id, until in rows:
            self._open.set_workflow_delay(job_id, delay_until_epoch_ms=max(0, int(until + seconds * 1000)))
        return len(rows)

    @property
    def connections(self) -> sa.Engine:
        """The connections to the engine's database."""
        if self._connections is None:
            raise RuntimeError("the engine's tables are not open")
        return self._connections

    @property
    def _open(self) -> DBOSClient:
        if self._client is None:
            raise RuntimeError("the engine's tables are not open")
        return self._client

    def pending_of(self, slot: str, version: str) -> Sequence[str]:
        """Jobs of a release that are marked as running in a slot."""
        query = (
            "SELECT workflow_uuid FROM {table} WHERE status = 'PENDING' AND executor_id = :slot "
            "AND application_version = :version"
        )
        return [row[0] for row in self._ask(query, slot=slot, version=version)]

    def has_unfinished(self, queue: str, beginning: str) -> bool:
        """Whether a job of a queue whose id begins so waits or runs."""
        query = (
            "SELECT 1 FROM {table} WHERE status IN ('ENQUEUED', 'PENDING', 'DELAYED') AND queue_name = :queue "
            "AND substr(workflow_uuid, 1, :length) = :beginning LIMIT 1"
        )
        return bool(self._ask(query, queue=queue, beginning=beginning, length=len(beginning)))

    def put_back(self, job_id: str, slot: str) -> bool:
        """Put a job that is marked as running in a slot back into its queue. False if it is no longer."""
        return self._open._sys_db.reenqueue_for_recovery(job_id, [slot], ROUNDS)

    def begin_again(self, job_id: str, job: QueuedJob) -> None:
        """Put a job that the engine has given up into the queue again, as its next attempt."""
        self.enqueue_many([replace(job, attempt=job.attempt + 1, failures=job.failures + 1)])
        self.drop([job_id])

    def _put(self, jobs: Sequence[QueuedJob], connection: sa.Connection) -> None:
        for job in jobs:
            chosen = placing(job.kind, attempt_id(job.id, job.attempt), job.partition, job.delay)
            arguments = (job.kind, job.id, list(job.args), job.partition or "", job.attempt, job.failures)
            self._open.enqueue_in_transaction(connection, chosen, *arguments)

    def _ask(self, query: str, **values: Any) -> Sequence[tuple[Any, ...]]:
        table = "workflow_status" if self.is_sqlite else "dbos.workflow_status"
        with self.connections.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.text(query.format(table=table)), values)]


def _job(job_id: str, given: Any) -> QueuedJob | None:
    """What a job was, by the arguments it was enqueued with."""
    try:
        kind, base, args, partition, attempt, *failures = given["args"]
        told = (int(attempt), *map(int, failures))
        return QueuedJob(str(kind), str(base), tuple(map(str, args)), str(partition) or None, 0.0, *told)
    except (KeyError, TypeError, ValueError):
        return None
