"""What the store says of the last day: deliveries by what became of them, dead letters, nightly runs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.store.audit import AuditRow
from bot.store.inbox import DeadLetter, Delivery
from bot.store.proposals import Proposal
from bot.store.ticks import Tick, project_known

HOURS = 24
LETTERS = 20
UNKNOWN_SHOWN = 10
NOT_SAID = 3
NIGHTS_WITHIN = 20_000
"""Rows of the audit, from its end, in which nightly runs are looked for."""
STATES = ("received", "queued", "finished", "dead", "ignored")
WORKED_ON, NOT_NEEDED, DEAD, WAITING = "worked on", "nothing to do", "dead letter", "waiting"
OUTCOMES = (WORKED_ON, NOT_NEEDED, DEAD, WAITING)
_OUTCOME = {"received": WAITING, "queued": WAITING, "dead": DEAD, "ignored": NOT_NEEDED}
_REASONS = re.compile(
    r"an internal error \([A-Za-z_]{1,60}\)|[A-Z][A-Za-z]{1,40}(?: after \d+ attempts)?(?=:)|[a-z][a-z ]{2,60}"
)
_UNKNOWN = "unknown event "
_EVENT_NAME = re.compile(r"unknown event '([a-z][a-z0-9]{0,40}(?:[_:.-][a-z0-9]{1,40}){1,8})'")
OTHER_NAME = "another name"


@dataclass(frozen=True, slots=True)
class UnknownEvent:
    """An event that nobody has told the bot about: its name if it looks like one, and how often it came."""

    name: str
    number: int
    last: datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter as it may be shown: `reason` is a class of reasons, never what a sender or a ticket said."""

    id: int
    at: datetime
    connection: str
    reason: str


def outcomes(session: Session, since: datetime, until: datetime) -> dict[str, int]:
    """Deliveries that came between two times, by what became of them; each outcome is named, also with none."""
    done = sa.case((Delivery.outcome == "done", 1), else_=0)
    query = sa.select(Delivery.state, done, sa.func.count()).where(*_between(since, until))
    found: Counter[str] = Counter()
    for state, was_done, number in session.execute(query.group_by(Delivery.state, done)):
        found[_OUTCOME.get(state, WORKED_ON if was_done else NOT_NEEDED)] += number
    return {outcome: found[outcome] for outcome in OUTCOMES}


def by_hour(session: Session, now: datetime) -> tuple[tuple[datetime, int], ...]:
    """How many deliveries came in each hour of the last day, the hour under way last."""
    last = now.replace(minute=0, second=0, microsecond=0)
    hours = [last - timedelta(hours=back) for back in reversed(range(HOURS))]
    number = sa.select(sa.func.count()).select_from(Delivery)
    return tuple(
        (hour, session.scalar(number.where(*_between(hour, hour + timedelta(hours=1)))) or 0) for hour in hours
    )


def newest(session: Session, since: datetime, until: datetime) -> dict[tuple[str, str], datetime]:
    """When the newest delivery of that time came, by connection and source (webhook or poll)."""
    query = sa.select(Delivery.connection, Delivery.source, sa.func.max(Delivery.received))
    rows = session.execute(query.where(*_between(since, until)).group_by(Delivery.connection, Delivery.source))
    return {(name, source): at for name, source, at in rows}


def _between(since: datetime, until: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    # All states are named, so that the index over state and time is used.
    return Delivery.state.in_(STATES), Delivery.received >= since, Delivery.received < until


def last_deliveries(session: Session, connections: Sequence[str]) -> dict[str, datetime]:
    """When each connection's last delivery came."""
    rows = session.execute(
        sa.select(Delivery.connection, sa.func.max(Delivery.received))
        .where(Delivery.connection.in_(connections))
        .group_by(Delivery.connection)
    )
    return dict(rows.all())


def letters(session: Session) -> tuple[Letter, ...]:
    """The newest dead letters that nobody has dealt with."""
    query = sa.select(DeadLetter.id, DeadLetter.created, DeadLetter.connection, DeadLetter.reason)
    rows = session.execute(query.where(DeadLetter.replayed.is_(None)).order_by(DeadLetter.id.desc()).limit(LETTERS))
    return tuple(Letter(number, at, connection, reason_class(reason)) for number, at, connection, reason in rows)


def unknown_events(session: Session) -> tuple[UnknownEvent, ...]:
    """The unknown events among the open dead letters, the most frequent first; few are named, the others are one."""
    number, last = sa.func.count(), sa.func.max(DeadLetter.created)
    query = sa.select(DeadLetter.reason, number, last).where(
        DeadLetter.replayed.is_(None), DeadLetter.reason.startswith(_UNKNOWN)
    )
    found: dict[str, UnknownEvent] = {}
    for reason, count, at in session.execute(query.group_by(DeadLetter.reason).order_by(number.desc())):
        named = _EVENT_NAME.fullmatch(reason)
        name = named[1] if named and len(found) < UNKNOWN_SHOWN else OTHER_NAME
        before = found.get(name)
        found[name] = UnknownEvent(
            name, count + (before.number if before else 0), max(at, before.last) if before else at
        )
    return tuple(found.values())


def found(session: Session, connection: str, project: str) -> bool | None:
    """Whether the tracker knows a project by that name; None where nobody has asked."""
    row = session.get(Tick, project_known(connection, project))
    return row.number == 0 if row is not None and row.number != NOT_SAID else None


def unposted(session: Session) -> dict[tuple[str, str], int]:
    """How many comments could not be posted, by connection and why."""
    row = Proposal
    waiting = (row.state == "shown", row.comment.is_(None), row.held_because.is_not(None))
    query = sa.select(row.connection, row.held_because, sa.func.count()).where(*waiting)
    rows = session.execute(query.group_by(row.connection, row.held_because))
    return {(name, why or ""): count for name, why, count in rows}


def reason_class(reason: str) -> str:
    """The part of a reason that is ours: the class of the error, or the words before what a sender said."""
    found = _REASONS.match(reason)
    return found[0].strip() if found else "another reason"


def nights(session: Session) -> dict[str, datetime]:
    """When a nightly run last ended, by connection and project."""
    last = session.scalar(sa.select(sa.func.max(AuditRow.number))) or 0
    rows = session.execute(
        sa.select(AuditRow.subject, sa.func.max(AuditRow.at))
        .where(AuditRow.number > last - NIGHTS_WITHIN, AuditRow.action == "hygiene")
        .group_by(AuditRow.subject)
    )
    return {subject: datetime.fromisoformat(at) for subject, at in rows}
