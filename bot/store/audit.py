"""The audit: who decided what and what was written, as a hash chain of salted commitments.

The chain holds no contents: `contents` may be erased (a person's right) and the chain still verifies. A row that is
altered, dropped or put elsewhere breaks the chain at its number; the head says how long the chain is, so that its end
cannot be cut off unseen.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.store.database import Base
from bot.store.schema.types import storable

GENESIS = "0" * 64


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
    # Made storable before it is hashed: what is stored is what the chain commits to.
    text = storable(json.dumps(content, sort_keys=True, ensure_ascii=False, default=str))
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


def length(session: Session) -> int:
    """How many rows the chain has."""
    head = session.get(AuditHead, 1)
    return head.number if head else 0


def verify(session: Session) -> Iterator[str]:
    """Sentences on what is wrong with the chain; none if it is whole."""
    previous, expected = GENESIS, 1
    contents = {row.number: row for row in session.scalars(sa.select(AuditContent))}
    for row in session.scalars(sa.select(AuditRow).order_by(AuditRow.number)):
        while expected < row.number:
            yield f"Row {expected} is missing."
            expected += 1
        if row.hash != _link(row):
            yield f"Row {row.number} was altered."
        elif row.previous != previous and row.number == expected and previous:
            yield f"Row {row.number} does not follow the row before it: altered, or rows were reordered."
        content = contents.get(row.number)
        if content is not None and _commit(content.salt, content.content) != row.commitment:
            yield f"The contents of row {row.number} were altered."
        previous, expected = row.hash, row.number + 1
    head = session.get(AuditHead, 1)
    last = head.number if head else 0
    while expected <= last:
        yield f"Row {expected} is missing at the end of the chain."
        expected += 1
    if head is not None and expected == last + 1 and last and head.hash != previous:
        yield f"The head of the chain does not match row {last}."


def _commit(salt: str, text: str) -> str:
    return hmac.new(bytes.fromhex(salt), text.encode(), hashlib.sha256).hexdigest()


def _link(row: AuditRow) -> str:
    parts = (row.previous, str(row.number), row.at, row.action, row.subject, row.commitment)
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
