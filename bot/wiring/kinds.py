"""What the engine runs: a kind of job -> the flow, on the desk of the connection that the job names."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog

from bot.flows import outcome
from bot.flows.intake import delivery, polling, sweep
from bot.flows.outcome import guarded
from bot.flows.suggesting import hygiene, triage
from bot.jobs import Job, Later, QueuedJob, Run
from bot.telemetry import expiry
from bot.telemetry.watched import watched_jobs
from bot.wiring.desks import Wired
from integrations.pace import Urgency, working_for

log = structlog.get_logger(__name__)


def jobs(wired: Mapping[str, Wired]) -> Mapping[str, Job]:
    """All kinds that a flow stands behind."""

    def of(flow: Callable[[Run, Wired], None]) -> Job:
        def job(run: Run) -> Later | None:
            each = wired.get(run.args[0])
            if each is None:
                log.warning("connection not in the settings", job=run.id)
                return None
            with working_for(_urgency(run)):
                return guarded(lambda run: flow(run, each), each.acceptance)(run)

        return job

    return watched_jobs(
        {
            "triage": of(lambda run, each: triage.triage(run, each.triage)),
            "hygiene": of(lambda run, each: hygiene.hygiene(run, each.triage)),
            "delivery": of(lambda run, each: delivery.deliver(run, each.acceptance)),
            "backfill": of(lambda run, each: polling.backfill(run, each.acceptance)),
            "poll": of(_poll),
            "sweep": of(lambda run, each: sweep.sweep(run, each.acceptance, each.client.webhook.read)),
        }
    )


def _poll(run: Run, each: Wired) -> None:
    polling.poll(run, each.acceptance)
    desk = each.acceptance
    expiry.remind(desk.db, each.name, each.settings.token_expires, each.client.token_end, desk.now())


def _urgency(run: Run) -> Urgency:
    """For whom a job asks the tracker. The rounds count as a person's: their words come in by them."""
    if run.kind in ("hygiene", "backfill"):
        return Urgency.NIGHTLY
    return Urgency.TICKET if run.kind == "triage" and triage.ASKED not in run.args else Urgency.PERSON


def gravedigger(wired: Mapping[str, Wired]) -> Callable[[Run | QueuedJob, str], None]:
    """Keeps dead letters of jobs that never came to a flow of theirs."""

    def bury(run: Run | QueuedJob, reason: str) -> None:
        each = wired.get(run.args[0]) if run.args else None
        if each is None:
            log.error("job given up", job=run.id, kind=run.kind, reason=reason)
        else:
            outcome.bury(each.acceptance, run, reason)

    return bury
