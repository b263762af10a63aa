"""Works the jobs: one process's share of the queues, from `start` to `stop`."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence

import structlog
from dbos import DBOS, DBOSConfig

from bot.engine.attempt import Ending, EngineRun
from bot.engine.client import EngineClient
from bot.engine.queues import (
    APPLICATION,
    APPLICATION_VERSION,
    ITEMS,
    ROUNDS,
    TICKS,
    Json,
    attempt_id,
    placing,
)
from bot.jobs import Died, Job, Later, QueuedJob, Run
from bot.store.database import AWAY, arguments_of
from bot.store.inbox import DEADLY

log = structlog.get_logger(__name__)

POLLING_SECONDS = 0.2
ROUNDS_POLLING_SECONDS = 1.0
"""Nobody waits for a round to begin, and each look into a queue costs some milliseconds, also where nothing waits."""
DEATHS = 3
"""After how many deaths of its worker a job is tried in a process of its own."""
UNKNOWN_SECONDS = 60.0
"""How long a job of an unknown kind is left for a worker of a newer release."""
UNKNOWN_PATIENCE = 60
NOT_RUNNABLE_PATIENCE = 3
RETRY_SECONDS = 1.0


def _never(run: Run, reason: str) -> None:
    """Where nobody keeps dead letters, the log does."""
    log.error("job given up", job=run.id, reason=reason)


class Engine:
    """One process's share of the work, from `start` to `stop`. The client is opened and closed by whoever made it.

    `trial` runs a job in a process of its own and raises Died if that ends; `bury` keeps a dead letter of a job;
    `is_suspect` knows of jobs that are to be tried so at once.
    """

    def __init__(
        self,
        client: EngineClient,
        jobs: Mapping[str, Job],
        *,
        concurrency: int = 8,
        trial: Job | None = None,
        bury: Callable[[Run, str], None] = _never,
        is_suspect: Callable[[Run], bool] = lambda run: False,
    ) -> None:
        self.client, self.executor = client, ""
        self._jobs, self._concurrency, self._trial, self._bury = jobs, concurrency, trial, bury
        self._is_suspect = is_suspect
        self._draining, self._ending = threading.Event(), threading.Event()
        self._running, self._orphans = set[str](), set[str]()
        self._moved = threading.Condition()

    def start(self, executor: str) -> None:
        """Take up the work that a former process of this slot left, and begin to work."""
        self.executor = executor
        logging.getLogger("dbos").setLevel(logging.CRITICAL)
        DBOS(config=self._config())

        def job(kind: str, base: str, args: list[str], partition: str, attempt: int, failures: int = 0) -> str:
            return self._work(EngineRun(base, kind, tuple(args), attempt, failures, partition or None, self._ending))

        # The engine's own count of attempts also counts those that a job did not die of: ours decides.
        DBOS.workflow(name="job", max_recovery_attempts=None)(job)
        DBOS.launch()
        self._register(ITEMS, POLLING_SECONDS, self._concurrency, 1)
        self._register(TICKS, ROUNDS_POLLING_SECONDS, 4)
        self._register(ROUNDS, ROUNDS_POLLING_SECONDS, 2)

    def drain(self, seconds: float) -> bool:
        """Begin no more work, and wait until what is under way has ended. False if it has not within the time.

        Jobs may still be enqueued: they are for the next start.
        """
        self._draining.set()
        with self._moved:
            return self._moved.wait_for(lambda: not self._running, seconds)

    def stop(self, drain_seconds: float = 2.0) -> bool:
        """End cleanly; what has not ended within the time is resumed at the next start. False if there is such work."""
        drained = self.drain(drain_seconds)
        self._ending.set()
        # A job that has just ended has yet to be marked so; the engine looks again after a second.
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=1 if drain_seconds else 0)
        return drained

    def take_over(self, slots: Sequence[str]) -> None:
        """Put the jobs of dead workers back into their queues. Repeatable: what another has taken up stays its own."""
        others = [slot for slot in slots if slot != self.executor]
        if others:
            DBOS._recover_pending_workflows(others)

    def inherit(self, dead: Sequence[str]) -> int:
        """Begin anew what workers of another release have left in the shape of their steps; returns how many."""
        left = self.client.left_behind(APPLICATION_VERSION, [*dead, self.executor])
        for job_id, job in left:
            if job is None:
                log.error("job not readable", job=job_id)
            else:
                self._again(job, Later(0.0))
            self.client.drop([job_id])
        return len(left)

    def take_up_orphans(self) -> int:
        """Put back what is marked as running here and is not, at this look and the one before; returns how many.

        The database was away at the moment when a job ended, or between its being taken and its start.
        """
        if self._draining.is_set():
            return 0
        pending = set(self.client.pending_of(self.executor, APPLICATION_VERSION))
        with self._moved:
            orphans = pending - self._running
        again, self._orphans = orphans & self._orphans, orphans
        for job_id in again:
            if self.client.put_back(job_id, self.executor):
                log.warning("job put back", job=job_id)
        return len(again)

    def _config(self) -> DBOSConfig:
        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_url": self.client.url,
            "application_version": APPLICATION_VERSION,
            "executor_id": self.executor,
            "serializer": Json(),
            "run_migrations": False,
            "log_level": "ERROR",
            "console_log_level": "CRITICAL",
            "notification_listener_polling_interval_sec": 1.0,
            "enable_otlp": False,
        }
        if self.client.is_sqlite:
            # One connection for all: who waits for it is served in order, where the file's own lock lets them sleep.
            config["system_database_engine"] = self.client.connections
        else:
            config["db_engine_kwargs"] = {"connect_args": arguments_of(self.client.url)}
        return config

    def _register(self, queue: str, every: float, at_once: int, at_once_each: int | None = None) -> None:
        DBOS.register_queue(
            queue,
            worker_concurrency=at_once,
            partition_concurrency=at_once_each,
            polling_interval_sec=every,
            on_conflict="always_update",
        )

    def _work(self, run: EngineRun) -> str:
        name = attempt_id(run.id, run.attempt)
        with self._moved:
            if self._draining.is_set():
                raise Ending
            self._running.add(name)
        try:
            return self._attempt(run)
        finally:
            with self._moved:
                self._running.discard(name)
                self._moved.notify_all()

    def _attempt(self, run: EngineRun) -> str:
        verdict = self._verdict(run)
        if verdict is None:
            return "done"
        while True:
            try:
                self._again(run, verdict)
            except Exception as error:  # noqa: BLE001 - a job that cannot even be put off would be lost
                log.error("job not put off", job=run.id, attempt=run.attempt, error=type(error).__name__)
                if self._is_gone(run):
                    return "gone"
                if self._ending.wait(RETRY_SECONDS):
                    raise Ending from None
            else:
                return "later"

    def _is_gone(self, run: EngineRun) -> bool:
        """Whether somebody has taken the job out of the engine meanwhile."""
        try:
            return self.client.dispatches(attempt_id(run.id, run.attempt)) == 0
        except AWAY:
            return False

    def _again(self, job: Run | QueuedJob, verdict: Later) -> None:
        """Put the next attempt at a job into the queue."""
        attempt, failures = job.attempt + 1, job.failures + verdict.failed
        chosen = placing(job.kind, attempt_id(job.id, attempt), job.partition, verdict.seconds)
        arguments = (job.kind, job.id, list(job.args), job.partition or "", attempt, failures)
        DBOS.enqueue_workflow_with_options(chosen, *arguments)

    def _verdict(self, run: EngineRun) -> Later | None:
        job = self._jobs.get(run.kind)
        if job is None:
            return self._unknown(run)
        try:
            if self._trial is not None and (self._deaths(run) >= DEATHS or self._is_suspect(run)):
                return self._try_apart(run, self._trial)
            return job(run)
        except AWAY as error:
            log.warning("job not begun", job=run.id, error=type(error).__name__)
            return Later(2.0)
        except Exception as error:  # noqa: BLE001 - a flow guards itself; what comes here is the engine's, and is kept
            log.error("job not runnable", job=run.id, attempt=run.attempt, error=type(error).__name__)
            if run.failures < NOT_RUNNABLE_PATIENCE:
                return Later(2.0 * (run.failures + 1), failed=True)
            self._bury(run, f"it cannot be run ({type(error).__name__})")
            return None

    def _unknown(self, run: EngineRun) -> Later | None:
        if run.failures < UNKNOWN_PATIENCE:
            return Later(UNKNOWN_SECONDS, failed=True)
        self._bury(run, f"no release that is running knows jobs of the kind {run.kind}")
        return None

    def _deaths(self, run: EngineRun) -> int:
        """How many workers have ended while they ran this attempt, of whatever cause."""
        return self.client.dispatches(attempt_id(run.id, run.attempt)) - 1

    def _try_apart(self, run: EngineRun, trial: Job) -> Later | None:
        """A suspect: only where it ends a process of its own as well is it to blame."""
        try:
            return trial(run)
        except Died as death:
            self._bury(run, f"{DEADLY}, and then a process of its own: {death}")
            return None
