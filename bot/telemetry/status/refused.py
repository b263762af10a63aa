"""Deliveries that do not bear their connection's secret: the one fault of webhooks that no tracker's list shows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from bot.store.database import Database
from bot.store.inbox import Heard, Refusals, all_heard, refusals
from bot.telemetry.status.ages import ago
from bot.telemetry.status.values import Problem

SIGNED_LATELY = timedelta(hours=1)
ANYBODYS = " Others came that bore it, so these may be a stranger's: anybody who knows the address can send some."


@dataclass(frozen=True, slots=True)
class Refused:
    """What was refused of one connection; `perhaps_strangers`: the tracker's own were signed until just before."""

    problem: Problem
    perhaps_strangers: bool


def refused_lately(db: Database, connections: Collection[str]) -> list[Refused]:
    """Those of these connections; none where there is no store yet, or one that does not answer."""
    try:
        now = db.now()
        with db.read() as session:
            heard = all_heard(session)
            found = refusals(session, heard, now)
    except SQLAlchemyError:
        return []
    return [_judged(name, one, heard.get(name, Heard()), now) for name, one in found.items() if name in connections]


def _judged(connection: str, refused: Refusals, heard: Heard, now: datetime) -> Refused:
    problem, signed = refused_problem(connection, refused, now), heard.last_delivery
    if signed is None or signed <= now - SIGNED_LATELY:
        return Refused(problem, perhaps_strangers=False)
    return Refused(replace(problem, remedy=problem.remedy + ANYBODYS), perhaps_strangers=True)


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
