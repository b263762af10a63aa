"""Who works: one row a slot. A worker beats; one that has not beaten for long is dead, and its jobs are taken over.

All times are the database's own on PostgreSQL, so that hosts whose clocks differ agree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.store.database import Base, changed

BEAT_SECONDS = 2.0
DEAD_AFTER = timedelta(seconds=10)
"""Five beats missed: a paused or unreachable host may still come back, which its lost slot then tells it."""


class Executor(Base):
    """One slot. `token` is of the process that holds it now; `ended` says that it left of its own accord."""

    __tablename__ = "executors"
    id: Mapped[str] = mapped_column(sa.String(), primary_key=True)
    token: Mapped[str] = mapped_column(sa.String())
    host: Mapped[str] = mapped_column(sa.String())
    pid: Mapped[int]
    version: Mapped[str] = mapped_column(sa.String())
    started: Mapped[datetime]
    beat: Mapped[datetime]
    ended: Mapped[bool] = mapped_column(default=False)


def claim(session: Session, name: str, holder: Executor, is_gone: Callable[[Executor], bool]) -> str:
    """Take the slot called `name`, or `name-2`, `name-3` ... where those before may still be held.

    `holder` says who asks; its id is filled in. `is_gone` knows of a holder that has ended. One that only seems dead
    keeps its slot: it may be a paused host that comes back, and two must not work under one name.
    """
    number = 1
    while True:
        slot = name if number == 1 else f"{name}-{number}"
        row = session.get(Executor, slot, with_for_update=True)
        if row is None or row.ended or is_gone(row):
            break
        number += 1
    holder.id = slot
    session.merge(holder)
    session.flush()
    return slot


def beat(session: Session, slot: str, token: str, now: datetime) -> bool:
    """Say that the slot's holder lives. False if another has taken the slot."""
    query = sa.update(Executor).where(Executor.id == slot, Executor.token == token).values(beat=now)
    return bool(changed(session, query))


def alike(session: Session, host: str, pid: int) -> dict[str, datetime]:
    """Token -> last beat, of the slots held under this host name and number of process."""
    held = (Executor.host == host, Executor.pid == pid, Executor.ended.is_(False))
    rows = session.execute(sa.select(Executor.token, Executor.beat).where(*held))
    return {row.token: row.beat for row in rows}


def leave(session: Session, slot: str, token: str) -> None:
    """Give the slot up; what is left under way in it may be taken over at once."""
    session.execute(sa.update(Executor).where(Executor.id == slot, Executor.token == token).values(ended=True))


def dead(session: Session, now: datetime) -> Sequence[str]:
    """Slots whose work nobody will go on with."""
    gone = sa.or_(Executor.ended, Executor.beat < now - DEAD_AFTER)
    return session.scalars(sa.select(Executor.id).where(gone)).all()


def forget(session: Session, slots: Sequence[str], now: datetime) -> None:
    """Drop slots that have been dead for a day: their work is long taken over."""
    old = Executor.beat < now - timedelta(days=1)
    session.execute(sa.delete(Executor).where(Executor.id.in_(slots), old))


def listed(session: Session) -> Sequence[Executor]:
    """All slots, by name."""
    return session.scalars(sa.select(Executor).order_by(Executor.id)).all()
