"""One look at the whole: the settings, the store, and what this process has heard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from bot.settings import Settings
from bot.store.database import Database
from bot.telemetry.connections import Hearing
from bot.telemetry.snapshot import JobCounts, Snapshot, take
from bot.telemetry.status import recent
from bot.telemetry.status.judging import STORE_AWAY, notes_on, problems_with
from bot.telemetry.status.values import Connection, Project, Status, Tokens

log = structlog.get_logger(__name__)

QUARTER, HOUR, DAY = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)
BESIDE_WEBHOOKS_SECONDS = 300.0
AWAY = (SQLAlchemyError, RuntimeError)
"""The second says that the engine is not started yet."""
Now = Callable[[], datetime]
"""On PostgreSQL it asks the database, and fails with it."""


def snapshot(db: Database, jobs: JobCounts, now: Now, version: str) -> Snapshot | None:
    """What the store says now; None where it does not answer, which is known within a few seconds."""
    try:
        _answers(db)
        return take(db, jobs, now(), version)
    except AWAY as error:
        log.warning("store not counted", error=type(error).__name__)
        return None


def look(settings: Settings, db: Database, jobs: JobCounts, heard: Hearing, now: Now, version: str) -> Status:
    """The status. Where the store does not answer, it says so."""
    try:
        _answers(db)
        return _look(settings, db, jobs, heard, now(), version)
    except AWAY as error:
        log.warning("store not looked at", error=type(error).__name__)
    connections = tuple(_connection(settings, name, heard) for name in settings.connections)
    at = datetime.now(UTC)
    return Status(at, version, (STORE_AWAY,), (), None, {}, {}, (), (), connections, (), None)


def _answers(db: Database) -> None:
    """Raises OperationalError where it does not: the connections of the pool might wait for half a minute."""
    if not db.answers():
        raise OperationalError(None, None, ConnectionError("no answer"))


def _look(settings: Settings, db: Database, jobs: JobCounts, heard: Hearing, now: datetime, version: str) -> Status:
    store = take(db, jobs, now, version)
    with db.read() as session:
        last = recent.last_deliveries(session, tuple(settings.connections))
        nights = recent.nights(session)
        hour, day = recent.outcomes(session, now - HOUR, now), recent.outcomes(session, now - DAY, now)
        hourly, letters = recent.by_hour(session, now), recent.letters(session)
        unknown = recent.unknown_events(session)
        silent = recent.only_polled(session, now - QUARTER, now) if _settled(store) else frozenset()
    connections = tuple(
        replace(
            _connection(settings, name, heard, last.get(name), store.polls.get(name), name in silent),
            webhooks_off=store.webhooks_off.get(name, 0),
        )
        for name in settings.connections
    )
    read = {(one.connection, one.project): one for one in store.progress}
    projects = []
    for name in settings.connections:
        for key, project in settings.projects_of(name).items():
            one = read.get((name, key))
            projects.append(
                Project(
                    connection=name,
                    key=key,
                    connected=one.connected if one else None,
                    backfilled=one.backfilled if one else None,
                    cursor=one.cursor if one else None,
                    last_night=nights.get(f"{name}:{key}"),
                    nightly=project.nightly is not None,
                )
            )
    tokens = Tokens(store.tokens_today, settings.model.daily_tokens) if settings.model else None
    return Status(
        at=now,
        version=version,
        problems=tuple(problems_with(store, connections)),
        notes=tuple(notes_on(store, connections, projects, tokens)),
        store=store,
        hour=hour,
        day=day,
        hourly=hourly,
        letters=letters,
        connections=connections,
        projects=tuple(projects),
        tokens=tokens,
        unknown=unknown,
    )


def _connection(
    settings: Settings,
    name: str,
    heard: Hearing,
    last_delivery: datetime | None = None,
    last_poll: datetime | None = None,
    is_silent: bool = False,
) -> Connection:
    one = settings.connections[name]
    every = one.poll_every if one.intake == "poll" else max(one.poll_every, BESIDE_WEBHOOKS_SECONDS)
    only_polled = is_silent and one.intake == "webhook"
    return Connection(name, one.kind, one.intake, every, last_delivery, last_poll, heard.of(name), only_polled)


def _settled(store: Snapshot) -> bool:
    """Whether the bot has worked for a while: after a start the poll brings what was missed meanwhile."""
    return any(worker.alive and store.at - worker.started > QUARTER for worker in store.workers)
