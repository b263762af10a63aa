"""What the store says at one moment, in few and quick questions: for each scrape, and for the status page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.store import tokens
from bot.store.database import Database
from bot.store.executors import DEAD_AFTER, Executor
from bot.store.inbox import DeadLetter, Delivery, Heard, Refusals, all_heard, refusals
from bot.store.items import Item, Progress
from bot.store.spending import TokenBudget
from bot.store.ticks import Tick

WAITING = ("received", "queued")
POLL = "poll:"
WEBHOOKS_OFF = "webhooks off:"
"""Beside the ticks: how many webhooks of a connection were found switched off."""
FORGOTTEN = timedelta(hours=1)
"""After which what was found of webhooks says nothing any more: nobody has looked since."""


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

    Of connections that the settings no longer name there are `abandoned` deliveries, dead letters and items, but no
    times that would stand still for ever.
    `webhooks_off` counts webhooks that are switched off or on probation, where somebody has looked. `refused` tells of
    deliveries without the right secret, where none came since that has it.
    """

    at: datetime
    version: str
    deliveries: Mapping[str, Waiting]
    abandoned: Mapping[str, Waiting]
    jobs: Mapping[tuple[str, str], Waiting]
    dead_letters: Mapping[str, int]
    items: Mapping[str, int]
    progress: tuple[Reading, ...]
    polls: Mapping[str, datetime]
    workers: tuple[Worker, ...]
    tokens_today: int
    heard: Mapping[str, Heard]
    webhooks_off: Mapping[str, int] = field(default_factory=dict)
    refused: Mapping[str, Refusals] = field(default_factory=dict)
    token_ends: Mapping[str, datetime] = field(default_factory=dict)


def take(db: Database, connections: Collection[str], jobs: JobCounts, now: datetime, version: str) -> Snapshot:
    """Ask the store. `connections` are those that the settings name.

    Raises sqlalchemy.exc.SQLAlchemyError where the store does not answer.
    """
    counts = jobs()
    with db.read() as session:
        waiting = _deliveries(session, now)
        heard = all_heard(session)
        return Snapshot(
            at=now,
            version=version,
            deliveries={name: each for name, each in waiting.items() if name in connections},
            abandoned={name: each for name, each in waiting.items() if name not in connections},
            jobs=counts,
            dead_letters=_dead_letters(session),
            items=_by_connection(session, Item.connection),
            progress=_progress(session, connections),
            polls=_polls(session, connections),
            workers=_workers(session, now),
            tokens_today=session.scalar(sa.select(TokenBudget.spent).where(TokenBudget.day == now.date().isoformat()))
            or 0,
            heard=heard,
            webhooks_off=_webhooks_off(session, now),
            refused=refusals(session, heard, now),
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


def _progress(session: Session, connections: Collection[str]) -> tuple[Reading, ...]:
    ours = sa.select(Progress).where(Progress.connection.in_(connections))
    rows = session.scalars(ours.order_by(Progress.connection, Progress.project))
    return tuple(Reading(row.connection, row.project, row.connected, row.backfilled, row.cursor) for row in rows)


def _polls(session: Session, connections: Collection[str]) -> dict[str, datetime]:
    rows = session.scalars(sa.select(Tick).where(Tick.name.in_([POLL + name for name in connections])))
    return {row.name.removeprefix(POLL): row.at for row in rows}


def _webhooks_off(session: Session, now: datetime) -> dict[str, int]:
    found = sa.select(Tick).where(Tick.name.startswith(WEBHOOKS_OFF, autoescape=True), Tick.at > now - FORGOTTEN)
    return {row.name.removeprefix(WEBHOOKS_OFF): row.number for row in session.scalars(found)}


def _workers(session: Session, now: datetime) -> tuple[Worker, ...]:
    rows = session.scalars(sa.select(Executor).where(Executor.ended.is_(False)).order_by(Executor.id))
    return tuple(
        Worker(row.id, row.host, row.version, row.started, row.beat, alive=now - row.beat <= DEAD_AFTER) for row in rows
    )
