"""Deliveries that were refused because they do not bear the connection's secret: how many, and when the last one came.

Anybody can send those, so nothing else is kept of them: one row a connection, beside the ticks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.store.database import insert_new
from bot.store.inbox.heard import AHEAD, Heard
from bot.store.ticks import Tick

REFUSED = "deliveries refused:"
TOLD_FOR = timedelta(days=1)
MOST = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Refusals:
    """Those of one connection since an authentic delivery last came; `number` is never 0."""

    number: int
    last: datetime


def add_refusals(session: Session, connection: str, more: Refusals, heard: Heard, now: datetime) -> None:
    """Count further ones; the count begins anew where what was counted is over."""
    name = REFUSED + connection
    insert_new(session, Tick, {"name": name, "number": 0, "at": more.last})
    row = session.get_one(Tick, name, with_for_update=True)
    known = row.number if _stands(row.at, heard, now) else 0
    row.number, row.at = min(known + more.number, MOST), max(row.at if known else more.last, more.last)
    session.flush()


def refusals(session: Session, heard: Mapping[str, Heard], now: datetime) -> dict[str, Refusals]:
    """By connection, where none came since that is authentic; for a day. `heard` says when one last did."""
    rows = session.scalars(sa.select(Tick).where(Tick.name.startswith(REFUSED, autoescape=True)))
    found = {row.name.removeprefix(REFUSED): Refusals(row.number, row.at) for row in rows}
    return {name: one for name, one in found.items() if _stands(one.last, heard.get(name, Heard()), now)}


def _stands(last: datetime, heard: Heard, now: datetime) -> bool:
    since = heard.last_delivery
    return now - TOLD_FOR < last <= now + AHEAD and (since is None or since < last)
