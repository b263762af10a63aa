"""Ticks of the clock: of several clocks that fire the same one, one gets it.

A tick's number grows by one and never with the time of day, so that a clock set back repeats none and skips none.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.store.database import Base

EARLY = 0.8
"""A tick may come this part of its interval after the one before: clocks are not exact."""


class Tick(Base):
    """The last tick of one name, and when it was."""

    __tablename__ = "ticks"
    name: Mapped[str] = mapped_column(sa.String(), primary_key=True)
    number: Mapped[int]
    at: Mapped[datetime]


def note(session: Session, name: str, number: int, now: datetime) -> None:
    """Keep a count that a tick came to, and when; the one before is replaced."""
    session.merge(Tick(name=name, number=number, at=now))


def take(session: Session, name: str, seconds: float, now: datetime) -> int | None:
    """The number of the tick that is due now; None if another clock has fired it."""
    row = session.get(Tick, name, with_for_update=True)
    if row is None:
        session.add(Tick(name=name, number=1, at=now))
        session.flush()
        return 1
    since = now - row.at
    # Clocks differ by a little. A last tick far in the future means that the clock was set back: then it is due.
    if abs(since) < timedelta(seconds=seconds * EARLY):
        return None
    row.number, row.at = row.number + 1, now
    session.flush()
    return row.number


def project_known(connection: str, project: str) -> str:
    """Under which it is noted whether the tracker knows a project by that name: 0 yes, 3 not said, else no."""
    return f"project:{connection}:{project}"
