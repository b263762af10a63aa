"""Comments that say more than the store does by now: they are to be edited, and stay listed here until they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.store.database import Base


class Retelling(Base):
    """An item whose comments of ours name what has been forgotten since."""

    __tablename__ = "retellings"
    connection: Mapped[str] = mapped_column(primary_key=True)
    item: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]


def ask(session: Session, connection: str, items: Iterable[str], now: datetime) -> None:
    """Have the comments on some items edited; an item that waits already waits for the newer reason."""
    for item in items:
        session.merge(Retelling(connection=connection, item=item, since=now))
    session.flush()


def waiting(session: Session, connection: str, limit: int = 200) -> Sequence[Retelling]:
    """Items whose comments are to be edited, those that have waited longest first."""
    query = sa.select(Retelling).where(Retelling.connection == connection)
    return session.scalars(query.order_by(Retelling.since).limit(limit)).all()


def done(session: Session, connection: str, item: str, since: datetime) -> None:
    """An item's comments are edited; a newer reason stays."""
    same = (Retelling.connection == connection, Retelling.item == item, Retelling.since <= since)
    session.execute(sa.delete(Retelling).where(*same))
