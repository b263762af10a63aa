"""The text of an item that is gone leaves every table; ids, numbers and decisions stay, so that nothing is done twice.

Gone is what was deleted, moved out of the settings, restricted, or hidden from the bot. What other items were told of
it goes as well: a proposal that names it as their duplicate, and its title among its parent's children.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.store import audit, items, proposals
from bot.store.decisions import AnswerLine, HandledComment
from bot.store.erasing import retellings
from bot.store.inbox import DeadLetter, Delivery
from bot.store.items import Item
from bot.store.proposals import Proposal, ProposedChange
from bot.store.spending import PaidReply
from bot.store.writes import OwnComment
from rules.changes import CloseDuplicate, LinkDuplicate, change_hash, payload_of

NO_TEXT = "(its text is no longer kept)"


def forget(session: Session, row: Item, reason: str, now: datetime) -> None:
    """Drop what an item said and what was said about it, and record it. `reason` is shown where it had been named."""
    connection, item, key = row.connection, row.id, row.key
    known = not row.deleted
    _leave_parent(session, row)
    items.forget(session, connection, item, now)
    _empty_proposal(session, connection, item)
    for table in (AnswerLine, PaidReply):
        session.execute(sa.delete(table).where(table.connection == connection, table.item == item))
    of_item = (HandledComment.connection == connection, HandledComment.item == item)
    session.execute(sa.update(HandledComment).where(*of_item).values(commands={}))
    own = sa.update(OwnComment).where(OwnComment.connection == connection, OwnComment.item == item)
    session.execute(own.values(shown_digest=None))
    _empty_deliveries(session, connection, item, key)
    named_in = _unname(session, connection, key, reason)
    retellings.ask(session, connection, named_in, now)
    replaced = _empty_audit(session, f"{connection}:{item}")
    if known or replaced or named_in:
        told = {"reason": reason, "named_in": sorted(named_in), audit.REPLACED: replaced}
        audit.record(session, "forgotten", f"{connection}:{item}", told, now)


def still_told(session: Session, connection: str, limit: int = 100) -> Iterable[Item]:
    """Items that are gone and whose text is still there: a release that kept it found them gone."""
    told = sa.select(ProposedChange.item).where(
        ProposedChange.connection == connection, ProposedChange.item == Item.id, ProposedChange.reason != ""
    )
    query = sa.select(Item).where(Item.connection == connection, Item.deleted, told.exists())
    return session.scalars(query.limit(limit)).all()


def _leave_parent(session: Session, row: Item) -> None:
    named = row.content.get("parent")
    parent = items.find(session, row.connection, str(named)) if named else None
    if parent is None or parent.deleted:
        return
    children = [
        {**child, "summary": NO_TEXT} if child.get("key") == row.key else child
        for child in parent.content.get("children", ())
    ]
    parent.content = {**parent.content, "children": children}


def _empty_proposal(session: Session, connection: str, item: str) -> None:
    proposal = proposals.get(session, connection, item)
    if proposal is not None:
        proposal.questions, proposal.shown_digest = [], None
    for change in proposals.changes(session, connection, item):
        change.title, change.reason, change.evidence, change.note = NO_TEXT, "", [], None
        # Without its payload a change can neither be shown nor applied nor undone, but its number stays taken.
        change.payload, change.expected, change.plan, change.receipt = {}, {}, None, None
        change.payload_hash, change.shown_at = "", None


def _empty_deliveries(session: Session, connection: str, item: str, key: str) -> None:
    of_item = (Delivery.connection == connection, Delivery.item.in_((item, key)))
    session.execute(sa.update(Delivery).where(*of_item).values(actor=None))
    about = _names(item, key)
    may_be = sa.or_(*(_holds(session, DeadLetter.body, name.encode()) for name in {item, key}))
    letters = sa.select(DeadLetter.id).where(DeadLetter.connection == connection, may_be)
    for number in session.scalars(letters).all():
        letter = session.get_one(DeadLetter, number)
        if letter.body is not None and about.search(letter.body):
            letter.body = letter.headers = None
            letter.reason = f"{letter.reason[:400]} (the delivery is no longer kept)"


def _holds(session: Session, column: sa.orm.InstrumentedAttribute[bytes | None], part: bytes) -> sa.ColumnElement[bool]:
    """Whether bytes occur in a column of bytes, by the database: it spares reading all of them."""
    wanted = sa.literal(part, sa.LargeBinary())
    if session.get_bind().dialect.name == "postgresql":
        return sa.func.position(wanted.op("IN")(column)) > 0
    return sa.func.instr(column, wanted) > 0


def _names(item: str, key: str) -> re.Pattern[bytes]:
    """What finds an item in the bytes of a delivery. A number alone could be anything, so its name is asked for."""
    number = rb'"(?:id|workItemId)"\s*:\s*"?' + re.escape(item.encode()) + rb"(?![0-9])"
    if key.isdecimal():
        return re.compile(number)
    return re.compile(number + rb"|(?<![A-Za-z0-9_])" + re.escape(key.encode()) + rb"(?![0-9])")


def _unname(session: Session, connection: str, key: str, reason: str) -> set[str]:
    """Take an item out of the proposals on others that name it; returns the items whose comments may name it."""
    named = sa.select(ProposedChange).where(ProposedChange.connection == connection, ProposedChange.subject == key)
    found: set[str] = set()
    for change in session.scalars(named):
        if not proposals.is_intact(change):
            continue
        held = proposals.change_of(change)
        if not isinstance(held, LinkDuplicate | CloseDuplicate):
            continue
        if change.state == proposals.OPEN:
            change.state, change.note = "withdrawn", f"{key}: {reason}"
        change.title, change.reason, change.evidence = f"Link to {held.original}", "", []
        empty = type(held)(held.original, "")
        change.payload, change.payload_hash = payload_of(empty), change_hash(empty)
        proposal = session.get(Proposal, (connection, change.item))
        if proposal is not None and proposal.comment is not None:
            found.add(change.item)
    session.flush()
    return found


def _empty_audit(session: Session, subject: str) -> dict[str, str]:
    """Take what people wrote out of an item's audit rows; returns what commits to what is left."""
    rows = sa.select(audit.AuditContent).join(audit.AuditRow, audit.AuditRow.number == audit.AuditContent.number)
    replaced: dict[str, str] = {}
    for row in session.scalars(rows.where(audit.AuditRow.subject == subject, audit.AuditRow.action == "rejected")):
        told = audit.contents_of(row)
        if told.get("reason"):
            replaced[str(row.number)] = audit.replace(session, row.number, told | {"reason": NO_TEXT})
    return replaced
