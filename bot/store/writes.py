"""Every write outside, recorded before it is made: so that it happens once, and the bot knows its own hand again."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.store.database import Base, changed
from bot.store.items import Item
from rules.model import WorkItem

MARKER_DIGITS = 16
"""Hexadecimal; enough not to be guessed on one item, and short, because Azure DevOps shows it under a comment."""
GENERATIONS_TRIED = 64
"""How often people may have deleted a comment of ours on one item since a backup was made."""


class Installation(Base):
    """One row, there from the start: the key that all markers are derived from, and when a backup was last restored."""

    __tablename__ = "installation"
    id: Mapped[int] = mapped_column(primary_key=True)
    marker_key: Mapped[str]
    created: Mapped[datetime]
    restored: Mapped[datetime | None]


class Write(Base):
    """One intended write. `name` is what it is for (one write for ever), `marker` what it carries outside.

    `state`: intended (recorded, not sent), sent (it may have happened), done.
    """

    __tablename__ = "writes"
    name: Mapped[str] = mapped_column(primary_key=True)
    connection: Mapped[str]
    item: Mapped[str]
    marker: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str]
    result: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
    created: Mapped[datetime]
    sent: Mapped[datetime | None]
    done: Mapped[datetime | None]

    __table_args__ = (sa.Index("writes_by_item", "connection", "item"),)


class OwnComment(Base):
    """A comment that the bot wrote, by the tracker's id: what proves it ours once the write is done."""

    __tablename__ = "own_comments"
    connection: Mapped[str] = mapped_column(primary_key=True)
    comment: Mapped[str] = mapped_column(primary_key=True)
    item: Mapped[str]
    marker: Mapped[str]
    purpose: Mapped[str] = mapped_column(default="proposal")
    shown_digest: Mapped[str | None]

    __table_args__ = (sa.Index("own_comments_by_item", "connection", "item"),)


class OwnItem(Base):
    """An item that the bot created, by its key: it is not looked at as if a person had filed it."""

    __tablename__ = "own_items"
    connection: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)


def add_own_items(session: Session, connection: str, keys: Iterable[str]) -> None:
    """Record items that the bot created."""
    for key in keys:
        if session.get(OwnItem, (connection, key)) is None:
            session.add(OwnItem(connection=connection, key=key))


def comment_name(connection: str, item: str, generation: int) -> str:
    """The name of the write that is an item's living comment; people may have deleted those of other generations."""
    return f"comment:{connection}:{item}:{generation}"


def answer_name(connection: str, item: str) -> str:
    """The name of the write that is an item's answer comment."""
    return f"answer:{connection}:{item}"


def marker_for(session: Session, name: str) -> str:
    """What a write carries outside: the same for ever for one name, so that a record that was lost is found again."""
    key = bytes.fromhex(session.get_one(Installation, 1).marker_key)
    return hmac.new(key, name.encode(errors="surrogatepass"), hashlib.sha256).hexdigest()[:MARKER_DIGITS]


def records_may_be_missing(session: Session, connection: str, item: str) -> datetime | None:
    """Since when an item may carry writes that the store knows nothing of; None if it knows of all.

    A backup that was restored lacks what was written after it; an item that was gone for long and came back has had
    its records dropped.
    """
    restored = session.get_one(Installation, 1).restored
    row = session.get(Item, (connection, item))
    return restored or (row.gone_since if row is not None else None)


def is_own_item(session: Session, connection: str, item: WorkItem) -> bool:
    """Whether the record says that the bot created an item."""
    return session.get(OwnItem, (connection, item.key)) is not None


def intend(session: Session, name: str, connection: str, item: str, now: datetime, marker: str | None = None) -> Write:
    """The record of a write: a new one (its marker derived from the name, if not given), or that of another attempt.

    A new one counts as sent already where records may be missing: it is then looked for before it is made.
    """
    row = session.get(Write, name)
    if row is None:
        row = Write(
            name=name,
            connection=connection,
            item=item,
            marker=marker or marker_for(session, name),
            state="intended",
            created=now,
            sent=records_may_be_missing(session, connection, item),
        )
        session.add(row)
        session.flush()
    return row


def mark_sent(session: Session, name: str, seen: datetime | None, now: datetime) -> bool:
    """From here on the write may have happened. False if another attempt was faster (`seen`: `sent` as it was read)."""
    unchanged = Write.sent.is_(None) if seen is None else Write.sent == seen
    query = sa.update(Write).where(Write.name == name, Write.state != "done", unchanged).values(state="sent", sent=now)
    return bool(changed(session, query))


def mark_not_sent(session: Session, name: str, seen: datetime, before: datetime | None) -> None:
    """The tracker has said that nothing happened; `before` is when an earlier attempt was sent, which may yet land.

    Nothing is changed where another attempt has taken the write up since `seen`.
    """
    ours = sa.update(Write).where(Write.name == name, Write.state == "sent", Write.sent == seen)
    session.execute(ours.values(sent=before) if before is not None else ours.values(state="intended", sent=None))


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

    It is if its id is recorded. A marker alone counts only while the write that carries it is under way, or may have
    been made and its record lost: once that write is done, its comment is recorded, and the same marker anywhere else
    is a copy, which proves nothing.
    """
    own = own_comment(session, connection, comment)
    if own is not None and own.item == item:
        return True
    if marker is None:
        return False
    found = sa.select(Write.state).where(Write.marker == marker, Write.connection == connection, Write.item == item)
    state = session.scalar(found)
    if state is not None:
        return state != "done"
    lost = records_may_be_missing(session, connection, item) is not None
    return lost and marker in _markers(session, connection, item)


def _markers(session: Session, connection: str, item: str) -> set[str]:
    """Those that comments of ours on an item may carry."""
    names = [comment_name(connection, item, generation) for generation in range(GENERATIONS_TRIED)]
    return {marker_for(session, name) for name in (*names, answer_name(connection, item))}
