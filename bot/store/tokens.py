"""When the tokens of connections end, and when that was last looked at: once a day, whoever does it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.store.database import Base


class TokenEnd(Base):
    """One connection's token. `ends` is None where nobody knows."""

    __tablename__ = "token_ends"
    connection: Mapped[str] = mapped_column(sa.String(), primary_key=True)
    ends: Mapped[datetime | None]
    looked: Mapped[datetime]


def find(session: Session, connection: str) -> TokenEnd | None:
    """What is known of a connection's token."""
    return session.get(TokenEnd, connection)


def note(session: Session, connection: str, ends: datetime | None, now: datetime) -> None:
    """Keep when it ends."""
    session.merge(TokenEnd(connection=connection, ends=ends, looked=now))
    session.flush()


def known(session: Session) -> dict[str, datetime]:
    """When tokens end, by connection; those whose end nobody knows are left out."""
    rows = session.scalars(sa.select(TokenEnd).where(TokenEnd.ends.is_not(None)))
    return {row.connection: row.ends for row in rows if row.ends is not None}
