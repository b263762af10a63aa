"""How long each table is kept, and why; what is done with is dropped, a little at a time, so that nobody waits for it.

Unless the settings say so, never dropped: the audit, decisions on items, people's nos, proposals, and the id of a
delivery that may come again. What an item said goes when the item does: see `bot.store.erasing`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot.settings.tree import RetentionSettings
from bot.store import audit
from bot.store.database import Base, changed
from bot.store.decisions import ANSWERS_KEPT, AnswerLine, HandledComment
from bot.store.drafts import Draft
from bot.store.inbox import DeadLetter, Delivery
from bot.store.items import Item
from bot.store.proposals import Dismissal, Proposal, ProposedChange
from bot.store.spending import CommentBudget, PaidReply, TokenBudget
from bot.store.ticks import Tick
from bot.store.writes import OwnComment, Write

BATCH = 500
BUDGET_DAYS = timedelta(days=3)
PAGES_AT_ONCE = 2000
"""Pages of 4 kB that SQLite gives back to the disk with a batch."""


class Kept(NamedTuple):
    """How long a table's rows are kept, which setting under [retention] says so, and why they are kept at all."""

    how_long: str
    setting: str
    why: str


_ALWAYS = "as long as the database"
_ITEM = "as long as the item is there; its ids and numbers as the setting says, for ever by default"
KEPT: Mapping[str, Kept] = {
    "answers": Kept("the newest 5 of an item; those before 14 days", "deliveries", "the answer comment shows them"),
    "audit": Kept(_ALWAYS, "", "the chain: hashes, ids, times; no names, no text"),
    "audit_contents": Kept("for ever by default", "audit_years", "who decided what; people can be erased from it"),
    "audit_head": Kept(_ALWAYS, "", "the end of the chain"),
    "change_counter": Kept(_ALWAYS, "", "one number, which the duplicate index follows"),
    "changes": Kept(_ITEM, "gone_items", "numbered changes; their text goes with the item's"),
    "comment_budget": Kept("3 days", "", "how many comments a project has had on a day"),
    "connections_heard": Kept(_ALWAYS, "", "what was last heard of each tracker; one row a connection"),
    "dead_letters": Kept("90 days; 14 days once replayed", "dead_letters", "what could not be worked on, for a person"),
    "dismissals": Kept(_ITEM, "gone_items", "a no is remembered; ids only"),
    "drafts": Kept(_ITEM, "gone_items", "a draft sub-task is decided on once; keys, and who decided"),
    "executors": Kept("1 day after a process ended", "", "which workers there are"),
    "handled_comments": Kept(_ITEM, "gone_items", "a comment counts once; who said it goes 14 days after the item"),
    "inbox": Kept("14 days after it was worked on", "deliveries", "a delivery that comes again is known; ids only"),
    "installation": Kept(_ALWAYS, "", "the key of the markers"),
    "items": Kept(_ITEM, "gone_items", "the items as last read; the text goes within 24 hours of the item"),
    "own_comments": Kept("14 days after the item is gone", "writes", "the bot knows its own comments again; ids only"),
    "own_items": Kept(_ALWAYS, "", "items that the bot created are not looked at as a person's; keys only"),
    "paid_replies": Kept("90 days, or until the item is gone", "replies", "a model's reply is not bought twice"),
    "progress": Kept("as long as the settings name the project", "", "how far a project has been read"),
    "proposals": Kept(_ITEM, "gone_items", "which comment is the bot's; its questions go with the item's text"),
    "retellings": Kept("until the comment is edited", "", "comments that say more than the store does; ids only"),
    "ticks": Kept("30 days after the last one", "ticks", "of several clocks one makes the job"),
    "token_budget": Kept("365 days", "spending", "tokens spent on a day"),
    "token_ends": Kept(_ALWAYS, "", "when the bot's own tokens end; one row a connection"),
    "tracker_pace": Kept("until the wait is over", "", "which tracker asked to wait, and how long"),
    "writes": Kept("14 days after the item is gone", "writes", "a write happens once; ids only"),
}
"""Every table, with the settings' defaults."""

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
    if count := _forget_names(session, now - timedelta(seconds=retention.writes), limit):
        dropped["handled_comments"] = dropped.get("handled_comments", 0) + count
    if retention.audit_years is not None:
        before = now - timedelta(days=366 * retention.audit_years)
        if count := audit.drop_contents(session, before, now, limit):
            dropped["audit_contents"] = count
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
    # A reply that an earlier release bought does not say whose text it is about, and so could not go with it.
    yield PaidReply, sa.or_(PaidReply.at < now - timedelta(seconds=retention.replies), PaidReply.item.is_(None))
    yield CommentBudget, CommentBudget.day < (now - BUDGET_DAYS).date().isoformat()
    yield TokenBudget, TokenBudget.day < (now - timedelta(seconds=retention.spending)).date().isoformat()
    yield Tick, Tick.at < now - timedelta(seconds=retention.ticks)
    yield AnswerLine, sa.and_(AnswerLine.at < window, _is_beyond_the_newest())
    # What the bot wrote on an item that comes back all the same is found again by its markers.
    written = now - timedelta(seconds=retention.writes)
    yield Write, sa.and_(Write.state == "done", _is_gone(Write, written))
    yield OwnComment, _is_gone(OwnComment, written)
    if retention.gone_items is not None:
        long_gone = now - timedelta(seconds=retention.gone_items)
        for table in (Draft, ProposedChange, Proposal, Dismissal, HandledComment):
            yield table, _is_gone(table, long_gone)
        yield Item, sa.and_(Item.deleted, Item.gone_since < long_gone)


def _is_beyond_the_newest() -> sa.ColumnElement[bool]:
    newer = aliased(AnswerLine)
    same = (newer.connection == AnswerLine.connection, newer.item == AnswerLine.item, newer.id > AnswerLine.id)
    count = sa.select(sa.func.count()).select_from(newer).where(*same)
    return count.correlate(AnswerLine).scalar_subquery() >= ANSWERS_KEPT


OfItem = Draft | Write | OwnComment | HandledComment | ProposedChange | Proposal | Dismissal


def _is_gone(table: type[OfItem], before: datetime) -> sa.ColumnElement[bool]:
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
