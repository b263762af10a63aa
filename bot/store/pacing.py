"""What trackers have asked for, kept for all processes: which gates of a connection are closed, and until when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.store.database import Base, Database

log = structlog.get_logger(__name__)

AHEAD = timedelta(minutes=1)
"""What was told further in the future than this was told before the clock was set back, and holds no longer."""


class ClosedGate(Base):
    """One gate; its name is the client's affair (integrations.pace)."""

    __tablename__ = "tracker_pace"
    connection: Mapped[str] = mapped_column(sa.String(), primary_key=True)
    gate: Mapped[str] = mapped_column(sa.String(), primary_key=True)
    told: Mapped[datetime]
    until: Mapped[datetime]


class StoredBoard:
    """See integrations.pace.Board. Without the store each process keeps to what it was told itself."""

    def __init__(self, db: Database, connection: str, now: Callable[[], datetime]) -> None:
        self._db, self._connection, self._now = db, connection, now

    def look(self) -> Mapping[str, float]:
        """See Board."""
        try:
            with self._db.read() as session:
                return closed(session, self._connection, self._now())
        except sa.exc.SQLAlchemyError as error:
            log.warning("pace not read", connection=self._connection, error=type(error).__name__)
            return {}

    def close(self, gate: str, seconds: float) -> None:
        """See Board."""
        try:
            with self._db.write() as session:
                close(session, self._connection, gate, seconds, self._now())
        except sa.exc.SQLAlchemyError as error:
            log.warning("pace not kept", connection=self._connection, error=type(error).__name__)


def closed(session: Session, connection: str, now: datetime) -> dict[str, float]:
    """The closed gates of a connection and for how many seconds."""
    query = sa.select(ClosedGate).where(
        ClosedGate.connection == connection, ClosedGate.until > now, ClosedGate.told <= now + AHEAD
    )
    return {row.gate: (row.until - now).total_seconds() for row in session.scalars(query)}


def close(session: Session, connection: str, gate: str, seconds: float, now: datetime) -> None:
    """Close a gate for so many seconds, unless it is closed for longer; what has passed is forgotten."""
    until = now + timedelta(seconds=seconds)
    over = sa.or_(ClosedGate.until <= now, ClosedGate.told > now + AHEAD)
    session.execute(sa.delete(ClosedGate).where(ClosedGate.connection == connection, over))
    row = session.get(ClosedGate, (connection, gate))
    if row is None:
        session.add(ClosedGate(connection=connection, gate=gate, told=now, until=until))
    elif row.until < until:
        row.told, row.until = now, until
    session.flush()
