"""The text of an item that is gone leaves every table; ids, numbers and decisions stay, so that nothing is done twice.

Gone is what was deleted, moved out of the settings, restricted, or hidden from the bot. What other items were told of
it goes as well: a proposal that names it as their duplicate, and its title among its parent's children.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.store import audit, items, proposals
from bot.store.database import forgotten
from bot.store.decisions import AnswerLine, HandledComment
from bot.store.erasing import retellings
from bot.store.inbox import DeadLetter, Delivery
from bot.store.items import Item
from bot.store.proposals import Proposal, ProposedChange
from bot.store.spending import PaidReply
from bot.store.writes import OwnComment
from rules.changes import CloseDuplicate, LinkDuplicate, change_hash, payload_of

NO_TEXT = "(its text is no longer kept)"
UNNAMED = "it named an item that is not open to all who read this"
UNSAID = "unsaid"
"""In the content of an answer: it named an item that is no longer to be named there."""
MOVED, RESTRICTED = "it is in another project now", "it is restricted now"
_IDS = re.compile(rb'"(?:id|workItemId)"\s*:\s*"?([0-9]{1,18})(?![0-9])')
_LEVEL = re.compile(rb'"security"\s*:\s*\{')
_KEYS = re.compile(rb'"key"\s*:\s*"([^"\s]{1,80})-[0-9]{1,12}"')


def forget(session: Session, row: Item, reason: str, now: datetime) -> None:
    """Drop what an item said and what was said about it, and record it; `reason` is for the record only."""
    connection, item, key, title = row.connection, row.id, row.key, str(row.content.get("summary", ""))
    known = not row.deleted
    forgotten(session)
    _leave_parent(session, row)
    items.forget(session, connection, item, now)
    _empty_proposal(session, connection, item)
    for table in (AnswerLine, PaidReply):
        session.execute(sa.delete(table).where(table.connection == connection, table.item == item))
    of_item = (HandledComment.connection == connection, HandledComment.item == item)
    session.execute(sa.update(HandledComment).where(*of_item).values(commands={}))
    own = sa.update(OwnComment).where(OwnComment.connection == connection, OwnComment.item == item)
    session.execute(own.values(shown_digest=None))
    of_item = (Delivery.connection == connection, Delivery.item.in_((item, key)))
    session.execute(sa.update(Delivery).where(*of_item).values(actor=None))
    forget_letters(session, connection, item, key)
    named_in = _unname(session, connection, key, title)
    retellings.ask(session, connection, named_in, now)
    replaced = _empty_audit(session, f"{connection}:{item}")
    if known or replaced or named_in:
        told = {"reason": reason, "named_in": sorted(named_in), audit.REPLACED: replaced}
        audit.record(session, "forgotten", f"{connection}:{item}", told, now)


def unname(session: Session, row: Item, now: datetime, *, both_ways: bool = False) -> None:
    """Take an item that stays out of what other items were told; `both_ways`: and those out of what it was told."""
    connection, title = row.connection, str(row.content.get("summary", ""))
    forgotten(session)
    _leave_parent(session, row)
    named_in = _unname(session, connection, row.key, title)
    if both_ways:
        own = [change for change in proposals.changes(session, connection, row.id) if _blank(change)]
        named_in |= {row.id} if own else set()
        _empty_answers(session, connection, [row.id], [change.subject for change in own])
    retellings.ask(session, connection, named_in, now)
    told = {"reason": MOVED if both_ways else RESTRICTED, "named_in": sorted(named_in)}
    audit.record(session, "unnamed", f"{connection}:{row.id}", told, now)


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


def forget_letters(session: Session, connection: str, item: str, key: str) -> None:
    """Empty the dead letters that hold a delivery about an item."""
    about = _names(item, key)
    may_be = sa.or_(*(_holds(session, DeadLetter.body, name.encode()) for name in {item, key}))
    letters = sa.select(DeadLetter.id).where(DeadLetter.connection == connection, may_be)
    for number in session.scalars(letters).all():
        letter = session.get_one(DeadLetter, number)
        if letter.body is not None and about.search(letter.body):
            _empty_letter(session, letter)


def forget_late_letters(session: Session, connection: str, working: Collection[str] = (), limit: int = 500) -> None:
    """Empty dead letters that came when their item was gone already, and those of an issue with a security level.

    `working` are the keys of the projects in which the bot works on such issues.
    """
    held = sa.select(DeadLetter.id).where(DeadLetter.connection == connection, DeadLetter.body.is_not(None))
    for number in session.scalars(held.order_by(DeadLetter.id.desc()).limit(limit)).all():
        letter = session.get_one(DeadLetter, number)
        body = letter.body or b""
        ids = {found.decode() for found in _IDS.findall(body)}
        gone = sa.select(Item.id).where(Item.connection == connection, Item.deleted, Item.id.in_(ids))
        if _is_restricted(body, working) or session.scalar(gone.limit(1)) is not None:
            _empty_letter(session, letter)


def _is_restricted(body: bytes, working: Collection[str]) -> bool:
    """Whether a delivery may be of an issue that the bot keeps no text of."""
    if not _LEVEL.search(body):
        return False
    projects = {found.decode(errors="replace") for found in _KEYS.findall(body)}
    return not projects or not projects <= set(working)


def _empty_letter(session: Session, letter: DeadLetter) -> None:
    forgotten(session)
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


def _unname(session: Session, connection: str, key: str, title: str) -> set[str]:
    """Take an item out of the proposals on others that name it; returns the items whose comments may name it."""
    named = sa.select(ProposedChange).where(ProposedChange.connection == connection, ProposedChange.subject == key)
    told = {change.item for change in session.scalars(named).all() if _blank(change)}
    _empty_answers(session, connection, told, [key, title])
    shown = (item for item in told if (one := session.get(Proposal, (connection, item))) is not None and one.comment)
    return set(shown)


def _blank(change: ProposedChange) -> bool:
    """Take the other item out of a link to it, key and title; its subject stays, so that a no stays one."""
    if not proposals.is_intact(change):
        return False
    held = proposals.change_of(change)
    if not isinstance(held, LinkDuplicate | CloseDuplicate) or not held.original:
        return False
    if change.state == proposals.OPEN:
        change.state, change.note = "withdrawn", UNNAMED
    empty = type(held)("", "")
    change.title, change.reason, change.evidence = "", "", []
    change.payload, change.payload_hash = payload_of(empty), change_hash(empty)
    return True


def _empty_answers(session: Session, connection: str, told: Iterable[str], words: Iterable[str]) -> None:
    """Take what was answered on some items away where it names one of these words."""
    wanted = [re.escape(word) for word in words if word.strip()]
    if not wanted:
        return
    names = re.compile(rf"(?<!\w)(?:{'|'.join(wanted)})(?!\w)")
    lines = sa.select(AnswerLine).where(AnswerLine.connection == connection, AnswerLine.item.in_(list(told)))
    for line in session.scalars(lines).all():
        if any(names.search(text) for text in _texts(line.content)):
            line.content = {"lines": [], UNSAID: True}


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _texts(entry)
    elif isinstance(value, dict):
        yield from _texts(list(value.values()))


def _empty_audit(session: Session, subject: str) -> dict[str, str]:
    """Take what people wrote out of an item's audit rows; returns what commits to what is left."""
    rows = sa.select(audit.AuditContent).join(audit.AuditRow, audit.AuditRow.number == audit.AuditContent.number)
    replaced: dict[str, str] = {}
    for row in session.scalars(rows.where(audit.AuditRow.subject == subject, audit.AuditRow.action == "rejected")):
        told = audit.contents_of(row)
        if told.get("reason"):
            replaced[str(row.number)] = audit.replace(session, row.number, told | {"reason": NO_TEXT})
    return replaced
