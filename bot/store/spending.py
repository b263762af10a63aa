"""What may be spent in a day: comments of a project, and tokens of the model; and replies already paid for."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.store.database import Base


class CommentBudget(Base):
    """New comments of one project on one day of its own calendar; `name` is the write that took the place."""

    __tablename__ = "comment_budget"
    connection: Mapped[str] = mapped_column(primary_key=True)
    project: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)


class TokenBudget(Base):
    """Tokens spent or reserved on one day."""

    __tablename__ = "token_budget"
    day: Mapped[str] = mapped_column(primary_key=True)
    spent: Mapped[int] = mapped_column(default=0)


class PaidReply(Base):
    """A model's reply, by hash of prompt, version, model and input: it is never bought twice.

    `connection` and `item` say whose text it is about, so that it goes when that goes.
    """

    __tablename__ = "paid_replies"
    hash: Mapped[str] = mapped_column(primary_key=True)
    prompt: Mapped[str]
    reply: Mapped[dict[str, Any]]
    tokens: Mapped[int]
    at: Mapped[datetime]
    connection: Mapped[str | None]
    item: Mapped[str | None]

    __table_args__ = (sa.Index("paid_replies_by_item", "connection", "item"),)


def take_comment(session: Session, connection: str, project: str, day: date, name: str, budget: int) -> bool:
    """Take a place in the day's comments for a named write. False if the day is full. Repeatable."""
    key = (connection, project, day.isoformat(), name)
    if session.get(CommentBudget, key) is not None:
        return True
    if comments_on(session, connection, project, day) >= budget:
        return False
    session.add(CommentBudget(connection=connection, project=project, day=day.isoformat(), name=name))
    session.flush()
    return True


def give_back_comment(session: Session, connection: str, project: str, day: date, name: str) -> None:
    """Give a place back: the tracker did not take the comment."""
    row = session.get(CommentBudget, (connection, project, day.isoformat(), name))
    if row is not None:
        session.delete(row)
        session.flush()


def comments_on(session: Session, connection: str, project: str, day: date) -> int:
    """How many new comments a project has had on a day."""
    query = sa.select(sa.func.count()).where(
        CommentBudget.connection == connection,
        CommentBudget.project == project,
        CommentBudget.day == day.isoformat(),
    )
    return session.scalar(query) or 0


def take_tokens(session: Session, day: date, tokens: int, budget: int) -> bool:
    """Reserve tokens; False if the day's budget would be passed."""
    row = session.get(TokenBudget, day.isoformat(), with_for_update=True)
    if row is None:
        row = TokenBudget(day=day.isoformat(), spent=0)
        session.add(row)
    if row.spent + tokens > budget:
        return False
    row.spent += tokens
    session.flush()
    return True


def settle_tokens(session: Session, day: date, reserved: int, used: int) -> None:
    """Replace a reservation by what was really used."""
    row = session.get(TokenBudget, day.isoformat(), with_for_update=True)
    if row is not None:
        row.spent = max(0, row.spent - reserved + used)
        session.flush()


def paid_reply(session: Session, key: str) -> dict[str, Any] | None:
    """A reply that was bought before."""
    row = session.get(PaidReply, key)
    return row.reply if row else None


def keep_reply(
    session: Session,
    key: str,
    prompt: str,
    reply: dict[str, Any],
    tokens: int,
    now: datetime,
    *,
    about: tuple[str, str],
) -> None:
    """Keep a bought reply; `about` is the connection and the id of the item that it was bought for."""
    if session.get(PaidReply, key) is None:
        connection, item = about
        row = PaidReply(hash=key, prompt=prompt, reply=reply, tokens=tokens, at=now, connection=connection, item=item)
        session.add(row)
        session.flush()
