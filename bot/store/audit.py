"""The audit: who decided what and what was written, as a hash chain of salted commitments.

The chain holds no contents: they lie beside it and may be replaced (a person's right to be forgotten, a text that has
to go) or dropped when their time is over, and the chain still verifies. Each such replacement is a row of the chain
itself, which commits to what stands there now; contents that are missing or other than that are named. A row that is
altered, dropped or put elsewhere breaks the chain at its number; the head says how long the chain is, so that its end
cannot be cut off unseen.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.store.database import Base
from bot.store.schema.types import storable

GENESIS = "0" * 64
POLICY = "policy"
"""What rows are about that say how settings and prompts have changed."""
REPLACED, DROPPED = "replaced", "dropped_to"
"""In the contents of a row: what commits to contents that it replaced, by number; and up to which row it dropped them.
"""
ROWS_AT_ONCE = 1000


class AuditRow(Base):
    """One link of the chain."""

    __tablename__ = "audit"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    commitment: Mapped[str]
    previous: Mapped[str]
    hash: Mapped[str]

    __table_args__ = (sa.Index("audit_by_subject", "subject"),)


class AuditContent(Base):
    """What a link is about, with the salt of its commitment; may be erased."""

    __tablename__ = "audit_contents"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    salt: Mapped[str]
    content: Mapped[str]


class AuditHead(Base):
    """One row, there from the start: length and last hash of the chain."""

    __tablename__ = "audit_head"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    hash: Mapped[str]


def record(session: Session, action: str, subject: str, content: Mapping[str, object], now: datetime) -> int:
    """Append one row. `subject` is an id (connection and item), `content` whatever a person may want to read later."""
    head = session.get_one(AuditHead, 1, with_for_update=True)
    number, salt = head.number + 1, secrets.token_hex(32)
    text = _text(content)
    row = AuditRow(
        number=number,
        at=now.isoformat(),
        action=action,
        subject=storable(subject[:200]),
        commitment=_commit(salt, text),
        previous=head.hash,
        hash="",
    )
    row.hash = _link(row)
    session.add_all((row, AuditContent(number=number, salt=salt, content=text)))
    head.number, head.hash = number, row.hash
    session.flush()
    return number


def contents_of(row: AuditContent) -> dict[str, object]:
    """What a row is about."""
    read: dict[str, object] = json.loads(row.content)
    return read


def replace(session: Session, number: int, content: Mapping[str, object]) -> str:
    """Put other contents in the place of a row's; returns the commitment to them.

    The caller records, in the same transaction, a row whose contents hold REPLACED: {number: commitment}.
    """
    row = session.get_one(AuditContent, number)
    row.salt, row.content = secrets.token_hex(32), _text(content)
    session.flush()
    return _commit(row.salt, row.content)


def drop_contents(session: Session, before: datetime, now: datetime, limit: int) -> int:
    """Drop the oldest contents, at most `limit`, of rows written before a time; the chain stays. Returns how many.

    Rows that say what was replaced or dropped keep theirs.
    """
    telling = sa.or_(AuditContent.content.contains(f'"{REPLACED}"'), AuditContent.content.contains(f'"{DROPPED}"'))
    old = sa.select(AuditContent.number).join(AuditRow, AuditRow.number == AuditContent.number)
    old = old.where(AuditRow.at < before.isoformat(), sa.not_(telling)).order_by(AuditContent.number).limit(limit)
    numbers = session.scalars(old).all()
    if numbers:
        session.execute(sa.delete(AuditContent).where(AuditContent.number.in_(numbers)))
        record(session, "retention", "audit", {DROPPED: numbers[-1]}, now)
    return len(numbers)


def length(session: Session) -> int:
    """How many rows the chain has."""
    head = session.get(AuditHead, 1)
    return head.number if head else 0


def rows_after(
    session: Session, number: int, since: datetime | None = None, limit: int = ROWS_AT_ONCE
) -> Sequence[tuple[AuditRow, AuditContent | None]]:
    """Rows after a number, in order, with their contents where they are still kept."""
    query = sa.select(AuditRow, AuditContent).outerjoin(AuditContent, AuditContent.number == AuditRow.number)
    query = query.where(AuditRow.number > number)
    if since is not None:
        query = query.where(AuditRow.at >= since.isoformat())
    return [(row, content) for row, content in session.execute(query.order_by(AuditRow.number).limit(limit))]


def last_of(session: Session, action: str) -> dict[str, object] | None:
    """The contents of the newest row of an action; None where there is none, or they were dropped."""
    query = sa.select(AuditContent).join(AuditRow, AuditRow.number == AuditContent.number)
    row = session.scalars(query.where(AuditRow.action == action).order_by(AuditRow.number.desc()).limit(1)).first()
    return contents_of(row) if row is not None else None


def verify(session: Session) -> Iterator[str]:
    """Sentences on what is wrong with the chain; none if it is whole."""
    previous, expected = GENESIS, 1
    replaced, dropped_to = _excused(session)
    last, start = length(session), 0
    while rows := rows_after(session, start):
        for row, content in rows:
            while expected < row.number:
                yield f"Row {expected} is missing."
                expected += 1
            if row.hash != _link(row):
                yield f"Row {row.number} was altered."
            elif row.previous != previous and row.number == expected and previous:
                yield f"Row {row.number} does not follow the row before it: altered, or rows were reordered."
            if content is None:
                if row.number > dropped_to:
                    yield f"The contents of row {row.number} are missing."
            elif not _is_whole(content, replaced.get(row.number, row.commitment)):
                yield f"The contents of row {row.number} were altered."
            previous, expected = row.hash, row.number + 1
        start = rows[-1][0].number
        session.expunge_all()
    while expected <= last:
        yield f"Row {expected} is missing at the end of the chain."
        expected += 1
    head = session.get(AuditHead, 1)
    if head is not None and expected == last + 1 and last and head.hash != previous:
        yield f"The head of the chain does not match row {last}."


def _excused(session: Session) -> tuple[dict[int, str], int]:
    """What rows of the chain themselves say of contents that are no longer those they were written with."""
    replaced: dict[int, str] = {}
    dropped_to = 0
    telling = sa.or_(AuditContent.content.contains(f'"{REPLACED}"'), AuditContent.content.contains(f'"{DROPPED}"'))
    query = sa.select(AuditContent, AuditRow.commitment).join(AuditRow, AuditRow.number == AuditContent.number)
    for row, commitment in session.execute(query.where(telling).order_by(AuditContent.number)):
        # Only what the chain commits to excuses anything; such a row is never replaced itself.
        if not _is_whole(row, commitment):
            continue
        told = contents_of(row)
        if isinstance(later := told.get(REPLACED), dict):
            replaced |= {int(number): str(new) for number, new in later.items() if int(number) < row.number}
        if isinstance(end := told.get(DROPPED), int) and end < row.number:
            dropped_to = max(dropped_to, end)
    return replaced, dropped_to


def _is_whole(content: AuditContent, commitment: str) -> bool:
    try:
        return _commit(content.salt, content.content) == commitment
    except ValueError:
        return False


def _text(content: Mapping[str, object]) -> str:
    # Made storable before it is hashed: what is stored is what the chain commits to.
    return storable(json.dumps(content, sort_keys=True, ensure_ascii=False, default=str))


def _commit(salt: str, text: str) -> str:
    return hmac.new(bytes.fromhex(salt), text.encode(), hashlib.sha256).hexdigest()


def _link(row: AuditRow) -> str:
    parts = (row.previous, str(row.number), row.at, row.action, row.subject, row.commitment)
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
