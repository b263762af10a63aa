"""What follows when a job fails: later, or a dead letter a person can see. Never silence."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from datetime import datetime

import structlog

from bot.flows.desk import Desk, Silent, TryAgain
from bot.jobs import Later, QueuedJob, Run
from bot.store import inbox
from bot.store.database import AWAY, Database
from bot.telemetry import watched
from integrations.tracker import Conflict, Invalid, Missing, Refused, Throttled, TrackerError

log = structlog.get_logger(__name__)

PATIENCE = 60
"""Failures of a job whose tracker does not answer: about nine hours."""
BUG_PATIENCE = 3
SOME_MINUTES = 8
"""Failures at what the tracker refuses for good as a rule."""
LONGEST_WAIT = 600.0


COME_AGAIN = ("poll", "sweep", "webhooks")
"""Rounds whose next tick is their next attempt: in an outage they would only pile up."""


def guarded(flow: Callable[[Run], None], desk: Desk) -> Callable[[Run], Later | None]:
    """Run a flow so that each of its ends is one of: done, later, dead letter."""
    attempt = _attempt(flow, desk)

    def work(run: Run) -> Later | None:
        try:
            return attempt(run)
        except AWAY as error:
            # Nothing can be kept, not even a dead letter: the job itself is what is kept.
            log.error("store away", job=run.id, attempt=run.attempt, error=type(error).__name__)
            return Later(_pause(run.attempt))

    return work


def _attempt(flow: Callable[[Run], None], desk: Desk) -> Callable[[Run], Later | None]:
    def work(run: Run) -> Later | None:
        try:
            flow(run)
        except Silent as reason:
            _note(desk, run, "finished", str(reason))
        except TryAgain as wish:
            return Later(wish.seconds)
        except AWAY:
            raise
        except TrackerError as error:
            return _after_refusal(desk, run, error)
        except Exception as error:  # noqa: BLE001 - the last guard: whatever else it is, it is logged and kept, never lost
            return _after_bug(desk, run, error)
        else:
            _note(desk, run, "finished", "done")
        return None

    return work


def _after_refusal(desk: Desk, run: Run, error: TrackerError) -> Later | None:
    if run.kind in COME_AGAIN:
        log.warning("round given up", job=run.id, error=type(error).__name__)
        return None
    match error:
        case Throttled():
            return Later(error.retry_after + random.uniform(0.0, 1.0))  # noqa: S311 - jitter, not a secret
        case Conflict() | Invalid() | Missing():
            # Jira answers 400, not 403, where a right to comment is missing: it may come back.
            if run.failures < SOME_MINUTES:
                log.warning("later", job=run.id, attempt=run.attempt, error=type(error).__name__, reason=str(error))
                return Later(_pause(run.failures), failed=True)
            bury(desk, run, f"{type(error).__name__}: {error}")
            return None
        case _:
            return _patiently(desk, run, error)


def _patiently(desk: Desk, run: Run, error: TrackerError) -> Later | None:
    if run.failures >= PATIENCE:
        bury(desk, run, f"{type(error).__name__} after {run.failures} attempts: {error}")
        return None
    log.warning(
        "later", job=run.id, attempt=run.attempt, error=type(error).__name__, refused=isinstance(error, Refused)
    )
    return Later(_pause(run.failures), failed=True)


def _pause(times: int) -> float:
    longest = min(LONGEST_WAIT, float(2 ** min(times, 12)))
    return longest * random.uniform(0.75, 1.25)  # noqa: S311 - jitter, not a secret


def _after_bug(desk: Desk, run: Run, error: Exception) -> Later | None:
    error_id = secrets.token_hex(6)
    # The message may quote a ticket: only where it happened is logged.
    trace, places = error.__traceback__, []
    while trace is not None:
        places.append(f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}")
        trace = trace.tb_next
    log.error("failed", job=run.id, attempt=run.attempt, error=type(error).__name__, error_id=error_id, at=places[-6:])
    if run.failures + 1 < BUG_PATIENCE:
        return Later(2.0 * (run.failures + 1), failed=True)
    bury(desk, run, f"an internal error ({type(error).__name__})", error_id)
    return None


def bury(desk: Desk, run: Run | QueuedJob, reason: str, error_id: str | None = None) -> None:
    """Keep a dead letter of a job, and say so of its delivery."""
    keep_letter(desk.db, desk.now(), desk.connection, run, reason, error_id)


def keep_letter(
    db: Database, now: datetime, connection: str, run: Run | QueuedJob, reason: str, error_id: str | None = None
) -> None:
    """The same for a connection that need not be in the settings."""
    log.error("dead letter", connection=connection, job=run.id, reason=reason)
    watched.gave_up()
    delivery = run.args[-1] if run.kind == "delivery" else None
    with db.write() as session:
        new = inbox.bury(
            session,
            connection,
            reason,
            now,
            delivery=delivery,
            job=run.id,
            kind=run.kind,
            args=run.args,
            partition=run.partition,
            error_id=error_id,
        )
        if delivery is not None:
            inbox.set_state(session, delivery, "dead", now, reason)
    watched.buried(connection, int(new))


def _note(desk: Desk, run: Run | QueuedJob, state: str, outcome: str) -> None:
    if run.kind == "delivery":
        with desk.db.write() as session:
            inbox.set_state(session, run.args[-1], state, desk.now(), outcome)
