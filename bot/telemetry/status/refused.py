"""Deliveries that do not bear their connection's secret: the one fault of webhooks that no tracker's list shows."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from bot.store.database import Database
from bot.store.inbox import Refusals, all_heard, refusals
from bot.telemetry.status.ages import ago
from bot.telemetry.status.values import Problem


def refused_lately(db: Database, connections: Collection[str]) -> list[Problem]:
    """Those of these connections; none where there is no store yet, or one that does not answer."""
    try:
        now = db.now()
        with db.read() as session:
            found = refusals(session, all_heard(session), now)
    except SQLAlchemyError:
        return []
    return [refused_problem(name, one, now) for name, one in found.items() if name in connections]


def refused_problem(connection: str, refused: Refusals, now: datetime) -> Problem:
    """In words, with what to do."""
    number = refused.number
    told = "1 delivery was refused," if number == 1 else f"{number:,} deliveries were refused, the last"
    when = ago(min(refused.last, now), now).replace("now", "just now")
    return Problem(
        f"{connection}: {told} {when}: not signed with its webhook_secret.",
        "Give the tracker's webhook the same secret as webhook_secret (in Azure DevOps it is the password). This goes "
        "away with the next delivery that bears it, or after a day.",
    )
