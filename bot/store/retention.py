"""What is done with is dropped, a little at a time, so that nobody waits for it.

Never dropped: the audit, decisions on items, people's nos, proposals, and the id of a delivery that may come again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot.settings.tree import RetentionSettings
from bot.store.database import Base, changed
from bot.store.decisions import ANSWERS_KEPT, AnswerLine, HandledComment
from bot.store.inbox import DeadLetter, Delivery
from bot.store.items import Item
from bot.store.spending import CommentBudget, PaidReply
from bot.store.writes import OwnComment, Write

BATCH = 500
BUDGET_DAYS = timedelta(days=3)
PAGES_AT_ONCE = 2000
"""Pages of 4 kB that SQLite gives back to the disk with a batch."""

Old = tuple[type[Base], sa.ColumnElement[bool]]


def purge(session: Session, now: datetime, retention: RetentionSettings, limit: int = BATCH) -> Mapping[str, int]:
    """Drop at most `limit` rows that are done with; returns how many by table. Nothing: all is done.

    It is to be called again, in a new transaction, until then.
    """
    dropped: dict[str, int] = {}
    for table, old in _done_with(now, retention):
        left = limit - sum(dropped.values())
        if left <= 0:
            break
        if count := _drop(session, table, old, left):
            dropped[table.__tablename__] = dropped.get(table.__tablename__, 0) + count
    if count := _forget_names(session, now - timedelta(seconds=retention.deliveries), limit):
        dropped["handled_comments"] = count
    _give_back(session)
    return dropped


def _give_back(session: Session) -> None:
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        cursor = connection.connection.cursor()
        free = cursor.execute("PRAGMA freelist_count").fetchone()[0]
        # It gives back a page a step, and Python's sqlite3 makes one step of a statement without columns.
        for _ in range(min(free, PAGES_AT_ONCE)):
            cursor.execute("PRAGMA incremental_vacuum(1)")
        cursor.close()


def _done_with(now: datetime, retention: RetentionSettings) -> Iterator[Old]:
    window = now - timedelta(seconds=retention.deliveries)
    letters = now - timedelta(seconds=retention.dead_letters)
    # A delivery that a letter is about is kept as long as the letter: to be worked on again it must be known.
    buried = sa.select(DeadLetter.id).where(DeadLetter.delivery == Delivery.id, DeadLetter.replayed.is_(None))
    yield Delivery, sa.and_(Delivery.finished < window, Delivery.state.in_(("finished", "ignored")))
    yield Delivery, sa.and_(Delivery.finished < window, Delivery.state == "dead", ~buried.exists())
    yield DeadLetter, sa.or_(DeadLetter.replayed < window, DeadLetter.created < letters)
    yield PaidReply, PaidReply.at < now - timedelta(seconds=retention.replies)
    yield CommentBudget, CommentBudget.day < (now - BUDGET_DAYS).date().isoformat()
    yield AnswerLine, sa.and_(AnswerLine.at < window, _is_beyond_the_newest())
    # What the bot wrote on an item that comes back all the same is found again by its markers.
    yield Write, sa.and_(Write.state == "done", _is_gone(Write, window))
    yield OwnComment, _is_gone(OwnComment, window)


def _is_beyond_the_newest() -> sa.ColumnElement[bool]:
    newer = aliased(AnswerLine)
    same = (newer.connection == AnswerLine.connection, newer.item == AnswerLine.item, newer.id > AnswerLine.id)
    count = sa.select(sa.func.count()).select_from(newer).where(*same)
    return count.correlate(AnswerLine).scalar_subquery() >= ANSWERS_KEPT


def _is_gone(table: type[Write | OwnComment | HandledComment], before: datetime) -> sa.ColumnElement[bool]:
    """Whether a row's item has been gone since before a time."""
    gone = sa.select(Item.id).where(Item.connection == table.connection, Item.id == table.item)
    return gone.where(Item.deleted, Item.gone_since < before).exists()


def _drop(session: Session, table: type[Base], old: sa.ColumnElement[bool], limit: int) -> int:
    key = sa.inspect(table).primary_key
    chosen = session.execute(sa.select(*key).where(old).limit(limit)).all()
    if not chosen:
        return 0
    return changed(session, sa.delete(table).where(sa.tuple_(*key).in_(chosen)))


def _forget_names(session: Session, before: datetime, limit: int) -> int:
    """Drop who said what on items that are long gone, but not that it was said: it must not count anew."""
    told = sa.cast(HandledComment.commands, sa.Text) != "{}"
    key = (HandledComment.connection, HandledComment.comment)
    query = sa.select(*key).where(told, _is_gone(HandledComment, before)).limit(limit)
    chosen = session.execute(query).all()
    if not chosen:
        return 0
    return changed(session, sa.update(HandledComment).where(sa.tuple_(*key).in_(chosen)).values(commands={}))
