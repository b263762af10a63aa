"""A person is erased: display name and id go from every table, and what they did stays as a former user's.

What the tracker itself says of a person is read anew with the next look at an item, and what a person does later is
stored anew: they are to be erased in the tracker first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.store import audit, proposals
from bot.store.database import Base, Database
from bot.store.decisions import AnswerLine, HandledComment
from bot.store.drafts import Draft
from bot.store.erasing import retellings
from bot.store.erasing.someone import Someone, contains, known
from bot.store.inbox import DeadLetter, Delivery
from bot.store.items import Item
from bot.store.proposals import Proposal, ProposedChange
from bot.store.spending import PaidReply
from bot.store.writes import OwnComment
from rules.changes import change_from, change_hash

AT_ONCE = 100
NAMES = {"decided_by": "decided_by_id", "asked_by": "asked_by_id", "by": "by_id", "to": None}
"""Columns that hold a name and nothing else, and those that hold the id which says whose it is."""

Table = type[Base]
COLUMNS: Mapping[Table, tuple[str, ...]] = {
    Item: ("content",),
    Proposal: ("held_because", "questions"),
    ProposedChange: (
        *("title", "reason", "evidence", "payload", "decided_by", "decided_by_id", "asked_by", "asked_by_id"),
        *("note", "plan", "receipt"),
    ),
    Draft: ("by", "by_id"),
    HandledComment: ("commands",),
    AnswerLine: ("to", "content"),
    Delivery: ("actor",),
    DeadLetter: ("reason", "args", "headers", "body"),
    PaidReply: ("reply",),
}
"""Where a person may be named, beside the audit. Of an item only who reported it and whose it is: its texts are the
tracker's own, and are read anew from there."""


@dataclass(frozen=True)
class Erased:
    """How many rows of each table named the person, and on how many items the bot's own comments are to be edited."""

    rows: Mapping[str, int]
    comments: int


def erase(
    db: Database, connection: str, person_id: str, now: datetime, *, login: str = "", dry_run: bool = False
) -> Erased:
    """Erase the person whom a connection's tracker knows by an id, and mentions by `login` where that is another.

    With `dry_run` it is only said what would be.

    A little at a time, so that nobody waits for it; begun again, it goes on.
    """
    with db.read() as session:
        someone = known(session, connection, person_id, login)
    counts: dict[str, int] = {}
    told: set[str] = set()
    for table in COLUMNS:
        with db.read() as session:
            keys = list(_naming(session, table, connection, someone))
        for part in _parts(keys):
            with db.read() if dry_run else db.write() as session:
                found = [row for key in part if (row := session.get(table, key)) is not None]
                changed = [row for row in found if _rewrite(row, someone, write=not dry_run)]
                if not dry_run:
                    told |= _to_tell(session, connection, changed, now)
                counts[table.__tablename__] = counts.get(table.__tablename__, 0) + len(changed)
    counts["audit_contents"] = _erase_audit(db, connection, someone, now, dry_run=dry_run)
    rows = {table: count for table, count in counts.items() if count}
    if not dry_run:
        with db.write() as session:
            # Without the name: that somebody was erased is all that is to be known.
            audit.record(session, "erased", connection, {"rows": rows, "comments": len(told)}, now)
        db.begin_log_anew()
    return Erased(rows, len(told))


def _parts(keys: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(keys), AT_ONCE):
        yield keys[start : start + AT_ONCE]


def _naming(session: Session, table: Table, connection: str, someone: Someone) -> Iterator[Any]:
    """Keys of rows that may name the person; what they hold is looked at again before it is changed."""
    ours = sa.inspect(table).columns["connection"]
    where = sa.or_(ours == connection, ours.is_(None)) if table is PaidReply else ours == connection
    named: list[sa.ColumnElement[bool]] = []
    for name in COLUMNS[table]:
        column = sa.inspect(table).columns[name]
        if isinstance(column.type, sa.LargeBinary):
            named.append(column.is_not(None))
        else:
            named += [contains(column, spelling) for spelling in someone.spellings()]
    key = sa.inspect(table).primary_key
    for row in session.execute(sa.select(*key).where(where, sa.or_(*named))):
        yield tuple(row)


def _rewrite(row: Any, someone: Someone, *, write: bool) -> bool:
    """Take the person out of a row; whether they were in it."""
    changed = {}
    for name in COLUMNS[type(row)]:
        value = getattr(row, name)
        after = _rewritten(row, name, value, someone)
        if after != value:
            changed[name] = after
    if write:
        for name, value in changed.items():
            setattr(row, name, value)
        if isinstance(row, ProposedChange):
            _settle(row, changed)
        if isinstance(row, DeadLetter) and "body" in changed:
            row.headers = None
    return bool(changed)


def _rewritten(row: Any, name: str, value: Any, someone: Someone) -> Any:
    if isinstance(row, Item):
        people = {role: someone.without(value[role]) for role in ("reporter", "assignee") if value.get(role)}
        return {**value, **people}
    if isinstance(value, bytes):
        text = value.decode(errors="replace")
        return None if someone.is_in(text) else value
    if isinstance(row, DeadLetter) and name != "reason":
        someone = someone.by_id()
    if isinstance(value, str) and name in NAMES:
        beside = NAMES[name]
        return someone.without_name(value, getattr(row, beside) if beside else None)
    if isinstance(value, str) and name in NAMES.values():
        return someone.without_id(value)
    after = someone.without(value) if value is not None else None
    # An actor may be a name with a mail address beside it.
    return None if isinstance(row, Delivery) and after != value else after


def _settle(row: ProposedChange, changed: Mapping[str, Any]) -> None:
    """A change that would make the person something is no longer offered, and one that did cannot be taken back."""
    if "payload" in changed and row.payload:
        row.payload_hash = change_hash(change_from(row.payload))
        if row.state == proposals.OPEN:
            row.state, row.note = "withdrawn", "whom it names is no longer known"
    if "receipt" in changed:
        row.receipt = None
    if "plan" in changed:
        row.plan = None


def _to_tell(session: Session, connection: str, changed: Sequence[Any], now: datetime) -> set[str]:
    """Have the bot's comments edited where they showed what has changed; returns the items."""
    touched = {row.item for row in changed if isinstance(row, Proposal | ProposedChange | AnswerLine)}
    own = sa.select(OwnComment.item).where(OwnComment.connection == connection, OwnComment.item.in_(touched))
    items = set(session.scalars(own.distinct())) if touched else set()
    retellings.ask(session, connection, items, now)
    return items


def _erase_audit(db: Database, connection: str, someone: Someone, now: datetime, *, dry_run: bool) -> int:
    """Replace the contents that name the person; the chain commits to what stands there afterwards."""
    content = audit.AuditContent
    subject = audit.AuditRow.subject
    of_ours = sa.or_(subject.startswith(f"{connection}:", autoescape=True), subject == audit.POLICY)
    query = sa.select(content.number).join(audit.AuditRow, audit.AuditRow.number == content.number)
    # A shorter id may be somebody else's in another tracker.
    query = query.where(sa.or_(*(contains(content.content, one) for one in someone.spellings())), of_ours)
    with db.read() as session:
        numbers = session.scalars(query.order_by(content.number)).all()
    count = 0
    for part in _parts(numbers):
        with db.read() if dry_run else db.write() as session:
            replaced = {}
            for number in part:
                row = session.get_one(content, number)
                before = audit.contents_of(row)
                if audit.REPLACED in before or (after := someone.without(before)) == before:
                    continue
                count += 1
                if not dry_run:
                    replaced[str(number)] = audit.replace(session, number, after)
            if replaced:
                audit.record(session, "erased", connection, {audit.REPLACED: replaced}, now)
    return count
