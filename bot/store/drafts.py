"""Draft sub-tasks that stand for a change, and what was decided on each: once, whatever brings it again.

The change is decided when all of its drafts are: accepted where a person kept one, rejected where people turned all
down, else withdrawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.store import audit, proposals
from bot.store.database import Base, changed
from bot.store.erasing import retellings
from bot.store.proposals import Proposal, ProposedChange
from languages import to_say
from rules.model import Person

OPEN, KEPT, REJECTED, WITHDRAWN, GONE = "open", "kept", "rejected", "withdrawn", "gone"
RECEIPT = "drafts"
"""The kind of receipt of a change that was made by keeping its drafts."""
UNTOUCHED = to_say("nobody has taken up its drafts")


class Draft(Base):
    """One draft. `state`: open, kept, rejected, withdrawn (by the bot), gone (nobody knows by whom).

    `item` and `number` name the change that it stands for, `cause` the history entry or comment that decided.
    `leaving`: the bot is about to delete it. `touched`: somebody has worked on it, so the bot leaves it alone.
    """

    __tablename__ = "drafts"
    connection: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    item: Mapped[str]
    number: Mapped[int]
    marker: Mapped[str]
    state: Mapped[str] = mapped_column(default=OPEN)
    by: Mapped[str | None]
    by_id: Mapped[str | None]
    at: Mapped[datetime | None]
    cause: Mapped[str | None]
    leaving: Mapped[bool] = mapped_column(default=False)
    touched: Mapped[bool] = mapped_column(default=False)
    created: Mapped[datetime]

    __table_args__ = (sa.Index("drafts_by_change", "connection", "item", "number"),)


_CHANGE = sa.and_(
    ProposedChange.connection == Draft.connection,
    ProposedChange.item == Draft.item,
    ProposedChange.number == Draft.number,
)


def add(session: Session, change: ProposedChange, key: str, marker: str, now: datetime) -> None:
    """Record a draft that was created; one that is known stays as it is."""
    if session.get(Draft, (change.connection, key)) is None:
        named = {"connection": change.connection, "item": change.item, "number": change.number}
        session.add(Draft(**named, key=key, marker=marker, created=now))
        session.flush()


def get(session: Session, connection: str, key: str) -> Draft | None:
    """The record of a draft; None if it is none."""
    return session.get(Draft, (connection, key))


def of_change(session: Session, connection: str, item: str, number: int) -> Sequence[Draft]:
    """The drafts of one change, in its order."""
    query = sa.select(Draft).where(Draft.connection == connection, Draft.item == item, Draft.number == number)
    return sorted(session.scalars(query), key=lambda draft: int(draft.marker.rpartition(":")[2]))


def not_yet_work(session: Session, connection: str, keys: Iterable[str]) -> set[str]:
    """Those of some items that are drafts of a change which is open, or that nobody has kept."""
    query = sa.select(Draft.key).join(ProposedChange, _CHANGE).where(Draft.connection == connection)
    pending = sa.or_(Draft.state != KEPT, ProposedChange.state == proposals.OPEN)
    return set(session.scalars(query.where(Draft.key.in_(list(keys)), pending)))


def leaving(session: Session, connection: str, item: str) -> Sequence[Draft]:
    """Drafts of an item that were turned down by a word and that the bot has yet to delete."""
    query = sa.select(Draft).where(Draft.connection == connection, Draft.item == item, Draft.leaving)
    return session.scalars(query.where(Draft.state == REJECTED).order_by(Draft.key)).all()


def to_withdraw(
    session: Session, connection: str, project: str, before: datetime | None, limit: int
) -> Sequence[Draft]:
    """Open drafts that were created before a time (None: of any age is old enough), or whose change is open no more."""
    ended = ProposedChange.state.not_in((proposals.OPEN, "accepting", "undoing"))
    old = sa.and_(ProposedChange.state == proposals.OPEN, Draft.created <= before) if before is not None else sa.false()
    of_project = sa.and_(Proposal.connection == Draft.connection, Proposal.item == Draft.item)
    query = sa.select(Draft).join(ProposedChange, _CHANGE).join(Proposal, of_project)
    query = query.where(Draft.connection == connection, Proposal.project == project, Draft.state == OPEN)
    query = query.where(Draft.touched.is_(False), sa.or_(ended, old))
    return session.scalars(query.order_by(Draft.created, Draft.key).limit(limit)).all()


def note(session: Session, draft: Draft, **values: Any) -> None:
    """Set `leaving` or `touched` of a draft."""
    same = (Draft.connection == draft.connection, Draft.key == draft.key)
    session.execute(sa.update(Draft).where(*same).values(**values))


def decide(session: Session, draft: Draft, state: str, person: Person | None, cause: str | None, at: datetime) -> bool:
    """Decide on an open draft. False if somebody was faster."""
    same = (Draft.connection == draft.connection, Draft.key == draft.key, Draft.state == OPEN)
    by = {"by": person.name, "by_id": person.id, "cause": cause} if person is not None else {}
    return bool(changed(session, sa.update(Draft).where(*same).values(state=state, at=at, leaving=False, **by)))


def decide_rest(session: Session, row: ProposedChange, state: str, person: Person, cause: str, at: datetime) -> None:
    """A word on the change covers the drafts on which nobody has decided."""
    for draft in of_change(session, row.connection, row.item, row.number):
        if decide(session, draft, state, person, cause, at) and state == REJECTED:
            note(session, draft, leaving=True)


def gone(session: Session, connection: str, key: str, now: datetime) -> None:
    """A draft is no longer there: the bot was about to delete it, or nobody knows who did."""
    draft = get(session, connection, key)
    if draft is not None and decide(session, draft, WITHDRAWN if draft.leaving else GONE, None, None, now):
        conclude(session, draft, now)


def conclude(session: Session, draft: Draft, now: datetime) -> str | None:
    """After a decision on a draft: have the comment say so, and decide on the change if this was the last one."""
    row = session.get(ProposedChange, (draft.connection, draft.item, draft.number))
    if row is None or row.state != proposals.OPEN:
        return None
    retellings.ask(session, row.connection, [row.item], now)
    found = of_change(session, row.connection, row.item, row.number)
    if not row.drafts or any(one.state == OPEN for one in found):
        return None
    row.state = _fate(found)
    spoken = [one for one in found if one.at is not None and one.state in (KEPT, REJECTED)]
    last = max(spoken, key=lambda one: one.at or now, default=None)
    row.note = UNTOUCHED if row.state == WITHDRAWN else None
    if last is not None and row.state != WITHDRAWN:
        row.decided_by, row.decided_by_id, row.decided_at, row.cause = last.by, last.by_id, last.at, last.cause
    proposal = session.get(Proposal, (row.connection, row.item))
    key = proposal.key if proposal is not None else row.item
    if row.state == "accepted":
        kept = [one.key for one in found if one.state == KEPT]
        row.receipt = {"item": key, "kind": RECEIPT, "field": "subtasks", "writes": kept, "details": {}}
    if row.state == REJECTED:
        proposals.dismiss(session, row, now)
    told = {"key": key, "number": row.number, "by": row.decided_by_id, "drafts": {one.key: one.state for one in found}}
    audit.record(session, row.state, f"{row.connection}:{row.item}", told, now)
    return row.state


def _fate(found: Sequence[Draft]) -> str:
    states = {one.state for one in found}
    if KEPT in states:
        return "accepted"
    return REJECTED if REJECTED in states and WITHDRAWN not in states else WITHDRAWN
