"""What the engine runs: a kind of job -> the flow, on the desk of the connection that the job names."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog

from bot.flows import forgetting, outcome
from bot.flows.intake import delivery, polling, sweep
from bot.flows.outcome import guarded
from bot.flows.suggesting import hygiene, triage
from bot.jobs import Job, Later, QueuedJob, Run
from bot.telemetry.watched import watched_jobs
from bot.wiring.desks import Wired

log = structlog.get_logger(__name__)


def jobs(wired: Mapping[str, Wired]) -> Mapping[str, Job]:
    """All kinds that a flow stands behind."""

    def of(flow: Callable[[Run, Wired], None]) -> Job:
        def job(run: Run) -> Later | None:
            each = wired.get(run.args[0])
            if each is None:
                log.warning("connection not in the settings", job=run.id)
                return None
            return guarded(lambda run: flow(run, each), each.acceptance)(run)

        return job

    return watched_jobs(
        {
            "triage": of(lambda run, each: triage.triage(run, each.triage)),
            "hygiene": of(lambda run, each: hygiene.hygiene(run, each.triage)),
            "delivery": of(lambda run, each: delivery.deliver(run, each.acceptance)),
            "backfill": of(lambda run, each: polling.backfill(run, each.acceptance)),
            "poll": of(lambda run, each: polling.poll(run, each.acceptance)),
            "recheck": of(lambda run, each: forgetting.recheck(run, each.acceptance)),
            "retell": of(lambda run, each: forgetting.retell(run, each.acceptance)),
            "sweep": of(lambda run, each: sweep.sweep(run, each.acceptance, each.client.webhook.read)),
        }
    )


def gravedigger(wired: Mapping[str, Wired]) -> Callable[[Run | QueuedJob, str], None]:
    """Keeps dead letters of jobs that never came to a flow of theirs."""

    def bury(run: Run | QueuedJob, reason: str) -> None:
        each = wired.get(run.args[0]) if run.args else None
        if each is None:
            log.error("job given up", job=run.id, kind=run.kind, reason=reason)
        else:
            outcome.bury(each.acceptance, run, reason)

    return bury
