"""What the engine runs: a kind of job -> the flow, on the desk of the connection that the job names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import structlog

from bot.flows import forgetting, outcome
from bot.flows.intake import backfill, delivery, naming, polling, subscriptions, sweep
from bot.flows.outcome import guarded
from bot.flows.suggesting import hygiene, triage
from bot.jobs import Job, Later, QueuedJob, Run
from bot.store.database import Database
from bot.telemetry import expiry
from bot.telemetry.watched import watched_jobs
from bot.wiring.desks import Wired
from integrations.pace import Urgency, working_for

log = structlog.get_logger(__name__)


LOST_SECONDS = 60.0
"""How long a job is left for a worker whose settings know its connection: settings change one process at a time."""
LOST_PATIENCE = 60
HOUSEHOLD = ("upkeep", "mend")
ROUNDS = (*outcome.COME_AGAIN, "recheck")
"""What begins again by itself wherever its connection is known."""


def jobs(wired: Mapping[str, Wired], bury: Callable[[Run, str], None]) -> Mapping[str, Job]:
    """All kinds that a flow stands behind. `bury` keeps a dead letter of one whose connection nobody knows."""

    def of(flow: Callable[[Run, Wired], None]) -> Job:
        def job(run: Run) -> Later | None:
            each = wired.get(run.args[0])
            if each is None:
                return _nobodys(run, bury)
            with working_for(_urgency(run)):
                return guarded(lambda run: flow(run, each), each.acceptance)(run)

        return job

    return watched_jobs(
        {
            "triage": of(lambda run, each: triage.triage(run, each.triage)),
            "hygiene": of(lambda run, each: hygiene.hygiene(run, each.triage)),
            "delivery": of(lambda run, each: delivery.deliver(run, each.acceptance)),
            "backfill": of(_backfill),
            "poll": of(_poll),
            "webhooks": of(lambda run, each: subscriptions.look(run, each.acceptance, each.client.hooks, each.target)),
            "recheck": of(lambda run, each: forgetting.recheck(run, each.acceptance)),
            "retell": of(lambda run, each: forgetting.retell(run, each.acceptance)),
            "sweep": of(lambda run, each: sweep.sweep(run, each.acceptance, each.client.webhook.read)),
        }
    )


def _backfill(run: Run, each: Wired) -> None:
    backfill.backfill(run, each.acceptance)
    each.index.catch_up()  # not while the first ticket waits for it


def _poll(run: Run, each: Wired) -> None:
    desk = each.acceptance
    naming.look(desk, each.client.names.project, at_start=run.args[1:] == (sweep.AT_START,))
    polling.poll(run, desk)
    expiry.remind(desk.db, each.name, each.settings.token_expires, each.client.token_end, desk.now())


def _urgency(run: Run) -> Urgency:
    """For whom a job asks the tracker. The rounds count as a person's: their words come in by them."""
    if run.kind in ("hygiene", "backfill"):
        return Urgency.NIGHTLY
    return Urgency.TICKET if run.kind == "triage" and triage.ASKED not in run.args else Urgency.PERSON


def _nobodys(run: Run, bury: Callable[[Run, str], None]) -> Later | None:
    """A job of a connection that is not in this worker's settings. Rounds come again by themselves where it is."""
    log.warning("connection not in the settings", job=run.id, attempt=run.attempt)
    if run.kind in ROUNDS:
        return None
    if run.failures < LOST_PATIENCE:
        return Later(LOST_SECONDS, failed=True)
    bury(run, f"no connection {run.args[0]} is in the settings")
    return None


def gravedigger(db: Database, now: Callable[[], datetime]) -> Callable[[Run | QueuedJob, str], None]:
    """Keeps dead letters of jobs that never came to a flow of theirs."""

    def bury(run: Run | QueuedJob, reason: str) -> None:
        if not run.args or run.kind in (*ROUNDS, *HOUSEHOLD):
            log.error("job given up", job=run.id, kind=run.kind, reason=reason)
        else:
            outcome.keep_letter(db, now(), run.args[0], run, reason)

    return bury
