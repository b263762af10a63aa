"""What the store says at one moment, in few and quick questions: for each scrape, and for the status page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.store import tokens
from bot.store.database import Database
from bot.store.executors import DEAD_AFTER, Executor
from bot.store.inbox import DeadLetter, Delivery
from bot.store.items import Item, Progress
from bot.store.spending import TokenBudget
from bot.store.ticks import Tick

WAITING = ("received", "queued")
POLL = "poll:"


class Waiting(Protocol):
    """How many wait, and the age of the oldest in seconds."""

    @property
    def number(self) -> int: ...

    @property
    def oldest(self) -> float: ...


JobCounts = Callable[[], Mapping[tuple[str, str], Waiting]]
"""Jobs by queue and state (waiting, running, delayed)."""


@dataclass(frozen=True, slots=True)
class Number:
    """See Waiting."""

    number: int
    oldest: float


@dataclass(frozen=True, slots=True)
class Reading:
    """How far a project has been read."""

    connection: str
    project: str
    connected: datetime
    backfilled: datetime | None
    cursor: datetime | None


@dataclass(frozen=True, slots=True)
class Worker:
    """One slot, and whether whoever holds it has beaten lately."""

    slot: str
    host: str
    version: str
    started: datetime
    beat: datetime
    alive: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One moment. Mappings are by connection, `jobs` by queue and state; `polls` says when each was last due,
    `token_ends` when its token ends, where that is known.
    """

    at: datetime
    version: str
    deliveries: Mapping[str, Waiting]
    jobs: Mapping[tuple[str, str], Waiting]
    dead_letters: Mapping[str, int]
    items: Mapping[str, int]
    progress: tuple[Reading, ...]
    polls: Mapping[str, datetime]
    workers: tuple[Worker, ...]
    tokens_today: int
    token_ends: Mapping[str, datetime] = field(default_factory=dict)


def take(db: Database, jobs: JobCounts, now: datetime, version: str) -> Snapshot:
    """Ask the store. Raises sqlalchemy.exc.SQLAlchemyError where it does not answer."""
    counts = jobs()
    with db.read() as session:
        return Snapshot(
            at=now,
            version=version,
            deliveries=_deliveries(session, now),
            jobs=counts,
            dead_letters=_dead_letters(session),
            items=_by_connection(session, Item.connection),
            progress=_progress(session),
            polls=_polls(session),
            workers=_workers(session, now),
            tokens_today=session.scalar(sa.select(TokenBudget.spent).where(TokenBudget.day == now.date().isoformat()))
            or 0,
            token_ends=tokens.known(session),
        )


def _deliveries(session: Session, now: datetime) -> dict[str, Waiting]:
    query = sa.select(Delivery.connection, sa.func.count(), sa.func.min(Delivery.received))
    rows = session.execute(query.where(Delivery.state.in_(WAITING)).group_by(Delivery.connection))
    return {name: Number(number, max(0.0, (now - oldest).total_seconds())) for name, number, oldest in rows}


def _dead_letters(session: Session) -> dict[str, int]:
    query = sa.select(DeadLetter.connection, sa.func.count()).where(DeadLetter.replayed.is_(None))
    return dict(session.execute(query.group_by(DeadLetter.connection)).all())


def _by_connection(session: Session, column: sa.orm.InstrumentedAttribute[str]) -> dict[str, int]:
    rows = session.execute(sa.select(column, sa.func.count()).group_by(column))
    return dict(rows.all())


def _progress(session: Session) -> tuple[Reading, ...]:
    rows = session.scalars(sa.select(Progress).order_by(Progress.connection, Progress.project))
    return tuple(Reading(row.connection, row.project, row.connected, row.backfilled, row.cursor) for row in rows)


def _polls(session: Session) -> dict[str, datetime]:
    rows = session.scalars(sa.select(Tick).where(Tick.name.startswith(POLL, autoescape=True)))
    return {row.name.removeprefix(POLL): row.at for row in rows}


def _workers(session: Session, now: datetime) -> tuple[Worker, ...]:
    rows = session.scalars(sa.select(Executor).where(Executor.ended.is_(False)).order_by(Executor.id))
    return tuple(
        Worker(row.id, row.host, row.version, row.started, row.beat, alive=now - row.beat <= DEAD_AFTER) for row in rows
    )
