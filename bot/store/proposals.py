"""What has been proposed on each item, under numbers that are never used twice, and what people said to it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.store.database import Base
from bot.store.writes import marker_for
from languages import to_say
from rules.changes import Change, change_from, change_hash, payload_of
from rules.model import Finding

OPEN = "open"
OWN_WORDS = "a person"
"""How the source of a change in a person's own words begins."""
ALTERED = to_say("what is stored is no longer what was shown")


class Proposal(Base):
    """All that the bot has to say about one item, in one living comment.

    `generation` counts comments that people deleted: an asked-for look may then speak in a new one.
    `questions` holds rule, subject, text and source of each; without a source it is the rules' own.
    `state`: shown (commented), recorded (shadow mode or a nightly run), held (a guard; see `held_because`), closed.
    """

    __tablename__ = "proposals"
    connection: Mapped[str] = mapped_column(primary_key=True)
    item: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str]
    project: Mapped[str] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(index=True)
    held_because: Mapped[str | None]
    comment: Mapped[str | None]
    generation: Mapped[int] = mapped_column(default=0)
    comment_marker: Mapped[str | None]
    last_number: Mapped[int] = mapped_column(default=0)
    more_shown: Mapped[bool] = mapped_column(default=False)
    questions: Mapped[list[dict[str, str]]] = mapped_column(sa.JSON, default=list)
    asked: Mapped[bool] = mapped_column(default=False)
    shown_digest: Mapped[str | None]
    created: Mapped[datetime]
    updated: Mapped[datetime]


class ProposedChange(Base):
    """One numbered change. What `payload_hash` covers is what may be applied, and nothing else.

    `cause` is the comment or history entry that last decided on it: the same word said again by a restarted job is
    no second word; `carried_out` lists all that were carried out. `begun` is when its write was last about to be sent.
    """

    __tablename__ = "changes"
    connection: Mapped[str] = mapped_column(primary_key=True)
    item: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    rule: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")
    kind: Mapped[str]
    title: Mapped[str]
    reason: Mapped[str]
    evidence: Mapped[list[str]] = mapped_column(default=list)
    source: Mapped[str]
    value: Mapped[int] = mapped_column(default=0)
    payload: Mapped[dict[str, Any]]
    payload_hash: Mapped[str]
    salt: Mapped[str]
    expected: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(default=OPEN)
    shown_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    decided_by_id: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    asked_by: Mapped[str | None]
    asked_by_id: Mapped[str | None]
    cause: Mapped[str | None]
    note: Mapped[str | None]
    plan: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
    begun: Mapped[datetime | None]
    receipt: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
    carried_out: Mapped[list[str]] = mapped_column(default=list)
    drafts: Mapped[list[str]] = mapped_column(default=list)
    created: Mapped[datetime]

    __table_args__ = (sa.Index("changes_by_subject", "connection", "subject"),)


class Dismissal(Base):
    """A person's no, remembered for one item, rule and subject."""

    __tablename__ = "dismissals"
    connection: Mapped[str] = mapped_column(primary_key=True)
    item: Mapped[str] = mapped_column(primary_key=True)
    rule: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


def marker_of(row: ProposedChange) -> str:
    """What the write of a change carries outside; drafts made beforehand carry the same, so accepting finds them.

    Its salt is derived, not random: the same change under the same number, after a backup was restored, has it again.
    """
    named = f"{row.connection}:{row.item}:{row.number}:{row.payload_hash}:{row.salt}"
    return hashlib.sha256(named.encode()).hexdigest()[:16]


class AlteredError(Exception):
    """A stored change is not what was stored under its hash: somebody has altered it behind the bot's back."""


def change_of(row: ProposedChange) -> Change:
    """The change that a row holds. Raises AlteredError."""
    try:
        change = change_from(row.payload)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise AlteredError(f"change {row.number} of {row.item} is no change") from None
    if change_hash(change) != row.payload_hash:
        raise AlteredError(f"change {row.number} of {row.item} is not what was approved")
    return change


def is_intact(row: ProposedChange) -> bool:
    """Whether a row still holds what was stored in it."""
    try:
        change_of(row)
    except AlteredError:
        return False
    return True


def get(session: Session, connection: str, item: str) -> Proposal | None:
    """The proposal of an item."""
    return session.get(Proposal, (connection, item))


def comment_deleted(session: Session, proposal: Proposal, now: datetime) -> None:
    """A person has deleted the comment, which is an answer too: nothing of it stands open any longer."""
    proposal.state, proposal.held_because, proposal.updated = "closed", "its comment was deleted", now
    proposal.comment = proposal.comment_marker = proposal.shown_digest = None
    proposal.generation += 1
    for row in changes(session, proposal.connection, proposal.item):
        if row.state == OPEN:
            row.state, row.note = "withdrawn", "its comment was deleted"


def changes(session: Session, connection: str, item: str) -> Sequence[ProposedChange]:
    """All changes ever proposed on an item, in order of their numbers."""
    query = sa.select(ProposedChange).where(ProposedChange.connection == connection, ProposedChange.item == item)
    return session.scalars(query.order_by(ProposedChange.number)).all()


def dismissed(session: Session, connection: str, item: str) -> set[tuple[str, str]]:
    """What people have said no to on an item, as (rule, subject)."""
    query = sa.select(Dismissal).where(Dismissal.connection == connection, Dismissal.item == item)
    return {(row.rule, row.subject) for row in session.scalars(query)}


def dismiss(session: Session, change: ProposedChange, now: datetime) -> None:
    """Remember a no. For a duplicate it is remembered from both ends."""
    pairs = {(change.item, change.subject)}
    if change.kind == "duplicate":
        other = session.scalar(
            sa.select(Proposal.item).where(Proposal.connection == change.connection, Proposal.key == change.subject)
        )
        own_key = session.scalar(
            sa.select(Proposal.key).where(Proposal.connection == change.connection, Proposal.item == change.item)
        )
        if other is not None and own_key is not None:
            pairs.add((other, own_key))
    asked = session.get(Proposal, (change.connection, change.item))
    if asked is not None:  # who has no use for the suggestion has none for what it asks
        named = {"rule": change.rule, "subject": change.subject}
        asked.questions = [one for one in asked.questions if not named.items() <= one.items()]
    for item, subject in pairs:
        key = (change.connection, item, change.rule, subject)
        if session.get(Dismissal, key) is None:
            session.add(Dismissal(connection=key[0], item=item, rule=change.rule, subject=subject, at=now))
    session.flush()


def add_change(
    session: Session,
    proposal: Proposal,
    finding: Finding,
    change: Change,
    expected: dict[str, str],
    now: datetime,
) -> ProposedChange:
    """Store a change under the next number of its item."""
    proposal.last_number += 1
    row = ProposedChange(
        connection=proposal.connection,
        item=proposal.item,
        number=proposal.last_number,
        rule=finding.rule,
        subject=finding.subject[:200],
        kind=change.kind,
        title=finding.title[:300],
        reason=finding.reason,
        evidence=list(finding.evidence),
        source=finding.source[:200],
        value=finding.value,
        payload=payload_of(change),
        payload_hash=change_hash(change),
        salt=marker_for(session, f"change:{proposal.connection}:{proposal.item}:{proposal.last_number}"),
        expected=dict(expected),
        state=OPEN,
        carried_out=[],
        drafts=[],
        created=now,
    )
    session.add(row)
    session.flush()
    # What was stored holds tuples until it is read back; hash what JSON gives.
    session.refresh(row)
    return row


def give_back(session: Session, own: ProposedChange) -> int | None:
    """Forget a change in a person's own words that cannot be made; the number of the draft that is open again."""
    if not own.source.startswith(OWN_WORDS):
        return None
    rows = changes(session, own.connection, own.item)
    earlier = [row for row in rows if row.number < own.number and row.state == "withdrawn" and row.cause == own.cause]
    if not earlier:
        return None
    draft = earlier[-1]
    draft.state, draft.cause = OPEN, None
    session.delete(own)
    return draft.number


def recent(session: Session, limit: int = 500, project: str | None = None) -> Sequence[Proposal]:
    """Proposals, the newest first."""
    query = sa.select(Proposal)
    if project is not None:
        query = query.where(Proposal.project == project)
    return session.scalars(query.order_by(Proposal.updated.desc()).limit(limit)).all()
