"""Which comments have been acted on, and what the bot answered: a comment counts once, whatever brings it again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.store.database import Base

ANSWERS_KEPT = 5


class HandledComment(Base):
    """A comment with commands in it. `state`: taken (begun), done."""

    __tablename__ = "handled_comments"
    connection: Mapped[str] = mapped_column(primary_key=True)
    comment: Mapped[str] = mapped_column(primary_key=True)
    item: Mapped[str]
    state: Mapped[str]
    commands: Mapped[dict[str, Any]]
    at: Mapped[datetime]

    __table_args__ = (sa.Index("handled_comments_by_item", "connection", "item"),)


class AnswerLine(Base):
    """One entry of an item's answer comment: to whom, and what (as stored blocks)."""

    __tablename__ = "answers"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    connection: Mapped[str]
    item: Mapped[str]
    cause: Mapped[str]
    to: Mapped[str]
    content: Mapped[dict[str, Any]]
    at: Mapped[datetime]

    __table_args__ = (sa.UniqueConstraint("connection", "cause"), sa.Index("answers_by_item", "connection", "item"))


def take(session: Session, connection: str, comment: str, item: str, commands: dict[str, Any], now: datetime) -> str:
    """Begin to act on a comment. Returns "new", "taken" (an interrupted attempt: go on) or "done" (do nothing)."""
    row = session.get(HandledComment, (connection, comment))
    if row is not None:
        return row.state
    session.add(
        HandledComment(connection=connection, comment=comment, item=item, state="taken", commands=commands, at=now)
    )
    session.flush()
    return "new"


def finish(session: Session, connection: str, comment: str) -> None:
    """The comment has been acted on."""
    session.execute(
        sa.update(HandledComment)
        .where(HandledComment.connection == connection, HandledComment.comment == comment)
        .values(state="done")
    )


def add_answer(
    session: Session, connection: str, item: str, cause: str, to: str, content: dict[str, Any], now: datetime
) -> None:
    """Keep one answer; once for one cause."""
    known = sa.select(AnswerLine.id).where(AnswerLine.connection == connection, AnswerLine.cause == cause)
    if session.scalar(known) is None:
        session.add(AnswerLine(connection=connection, item=item, cause=cause, to=to[:300], content=content, at=now))
        session.flush()


def answers(session: Session, connection: str, item: str) -> Sequence[AnswerLine]:
    """The newest answers of an item, oldest first."""
    query = sa.select(AnswerLine).where(AnswerLine.connection == connection, AnswerLine.item == item)
    newest = session.scalars(query.order_by(AnswerLine.id.desc()).limit(ANSWERS_KEPT)).all()
    return list(reversed(newest))
