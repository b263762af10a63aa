"""Every write outside, recorded before it is made: so that it happens once, and the bot knows its own hand again."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.store.database import Base, changed

MARKER_BYTES = 8
"""Enough not to be guessed on one item; short, because Azure DevOps shows it at the foot of a comment."""


class Write(Base):
    """One intended write. `name` is what it is for (one write for ever), `marker` what it carries outside.

    `state`: intended (recorded, not sent), sent (it may have happened), done.
    """

    __tablename__ = "writes"
    name: Mapped[str] = mapped_column(sa.String(), primary_key=True)
    connection: Mapped[str] = mapped_column(sa.String())
    item: Mapped[str] = mapped_column(sa.String())
    marker: Mapped[str] = mapped_column(sa.String(), unique=True)
    state: Mapped[str] = mapped_column(sa.String())
    result: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
    created: Mapped[datetime]
    sent: Mapped[datetime | None]
    done: Mapped[datetime | None]

    __table_args__ = (sa.Index("writes_by_item", "connection", "item"),)


class OwnComment(Base):
    """A comment that the bot wrote, by the tracker's id: what proves it ours once the write is done."""

    __tablename__ = "own_comments"
    connection: Mapped[str] = mapped_column(sa.String(), primary_key=True)
    comment: Mapped[str] = mapped_column(sa.String(), primary_key=True)
    item: Mapped[str] = mapped_column(sa.String())
    marker: Mapped[str] = mapped_column(sa.String())
    purpose: Mapped[str] = mapped_column(sa.String(), default="proposal")
    shown_digest: Mapped[str | None] = mapped_column(sa.String())


class OwnItem(Base):
    """An item that the bot created, by its key: it is not looked at as if a person had filed it."""

    __tablename__ = "own_items"
    connection: Mapped[str] = mapped_column(sa.String(), primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(), primary_key=True)


def add_own_items(session: Session, connection: str, keys: Iterable[str]) -> None:
    """Record items that the bot created."""
    for key in keys:
        if session.get(OwnItem, (connection, key)) is None:
            session.add(OwnItem(connection=connection, key=key))


def intend(session: Session, name: str, connection: str, item: str, now: datetime, marker: str | None = None) -> Write:
    """The record of a write: a new one (its marker random, if not given), or that of an interrupted attempt."""
    row = session.get(Write, name)
    if row is None:
        row = Write(
            name=name,
            connection=connection,
            item=item,
            marker=marker or secrets.token_hex(MARKER_BYTES),
            state="intended",
            created=now,
        )
        session.add(row)
        session.flush()
    return row


def mark_sent(session: Session, name: str, seen: datetime | None, now: datetime) -> bool:
    """From here on the write may have happened. False if another attempt was faster (`seen`: `sent` as it was read)."""
    unchanged = Write.sent.is_(None) if seen is None else Write.sent == seen
    query = sa.update(Write).where(Write.name == name, Write.state != "done", unchanged).values(state="sent", sent=now)
    return bool(changed(session, query))


def mark_not_sent(session: Session, name: str, before: datetime | None) -> None:
    """The tracker has said that nothing happened; `before` is when an earlier attempt was sent, which may yet land."""
    if before is not None:
        session.execute(sa.update(Write).where(Write.name == name, Write.state == "sent").values(sent=before))
        return
    session.execute(
        sa.update(Write).where(Write.name == name, Write.state == "sent").values(state="intended", sent=None)
    )


def mark_done(session: Session, name: str, result: dict[str, Any], now: datetime) -> None:
    """The write is known to have happened."""
    session.execute(sa.update(Write).where(Write.name == name).values(state="done", result=result, done=now))


def own_comment(session: Session, connection: str, comment: str) -> OwnComment | None:
    """The record of a comment of ours; None if it is not."""
    return session.get(OwnComment, (connection, comment))


def own_answer(session: Session, connection: str, item: str) -> OwnComment | None:
    """The comment in which the bot answers people on an item."""
    query = sa.select(OwnComment).where(
        OwnComment.connection == connection, OwnComment.item == item, OwnComment.purpose == "answer"
    )
    return session.scalars(query.limit(1)).first()


def is_ours(session: Session, connection: str, item: str, comment: str, marker: str | None) -> bool:
    """Whether a comment is the bot's own.

    It is if its id is recorded. A marker alone counts only while the write that carries it is still under way: once
    that write is done, its comment is recorded, and the same marker anywhere else is a copy, which proves nothing.
    """
    own = own_comment(session, connection, comment)
    if own is not None and own.item == item:
        return True
    if marker is None:
        return False
    under_way = sa.select(Write.name).where(
        Write.marker == marker, Write.connection == connection, Write.item == item, Write.state != "done"
    )
    return session.scalar(under_way) is not None
