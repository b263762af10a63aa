"""One look at the whole: the settings, the store, and what was heard by this process and by all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import structlog
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from bot.settings import Settings
from bot.store.database import Database
from bot.store.inbox.heard import Heard, together
from bot.telemetry.connections import Hearing
from bot.telemetry.snapshot import JobCounts, Snapshot, take
from bot.telemetry.status import recent
from bot.telemetry.status.judging import (
    SILENT_FOR,
    STORE_AWAY,
    disk_problem,
    do_webhooks_fail,
    is_known,
    notes_on,
    problems_of_projects,
    problems_of_speaking,
    problems_with,
)
from bot.telemetry.status.values import Connection, Project, Room, Status, Tokens

log = structlog.get_logger(__name__)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOT_COUNTED = (SQLAlchemyError, RuntimeError)
"""The second says that the engine is not started yet."""
Now = Callable[[], datetime]
"""On PostgreSQL it asks the database, and fails with it."""


def snapshot(db: Database, connections: Collection[str], jobs: JobCounts, now: Now, version: str) -> Snapshot | None:
    """What the store says now; None where it does not answer, which is known within a few seconds."""
    try:
        _answers(db)
        return take(db, connections, jobs, now(), version)
    except NOT_COUNTED as error:
        log.warning("store not counted", error=type(error).__name__)
        return None


def look(
    settings: Settings,
    db: Database,
    jobs: JobCounts,
    heard: Hearing,
    now: Now,
    version: str,
    room: Room | None = None,
) -> Status:
    """The status. Where the store does not answer, it says so."""
    try:
        _answers(db)
        return _look(settings, db, jobs, heard, now(), version, room)
    except NOT_COUNTED as error:
        log.warning("store not looked at", error=type(error).__name__)
    at = datetime.now(UTC)
    connections = tuple(_connection(settings, name, heard.of(name), at) for name in settings.connections)
    problems = (*disk_problem(room), STORE_AWAY)
    return Status(at, version, problems, (), None, {}, {}, (), (), connections, (), None, room)


def _answers(db: Database) -> None:
    """Raises OperationalError where it does not: the connections of the pool might wait for half a minute."""
    if not db.answers():
        raise OperationalError(None, None, ConnectionError("no answer"))


def _look(
    settings: Settings,
    db: Database,
    jobs: JobCounts,
    heard: Hearing,
    now: datetime,
    version: str,
    room: Room | None,
) -> Status:
    store = take(db, settings.connections, jobs, now, version)
    with db.read() as session:
        connections = _connections(settings, session, store, heard, now)
        projects = _projects(settings, session, store)
        hour, day = recent.outcomes(session, now - HOUR, now), recent.outcomes(session, now - DAY, now)
        hourly, letters = recent.by_hour(session, now), recent.letters(session)
        unknown, unposted = recent.unknown_events(session), recent.unposted(session)
    tokens = Tokens(store.tokens_today, settings.model.daily_tokens) if settings.model else None
    return Status(
        at=now,
        version=version,
        problems=(
            *disk_problem(room),
            *problems_with(store, connections),
            *problems_of_projects(projects),
            *problems_of_speaking(unposted),
        ),
        notes=tuple(notes_on(store, connections, projects, tokens)),
        store=store,
        hour=hour,
        day=day,
        hourly=hourly,
        letters=letters,
        connections=connections,
        projects=projects,
        tokens=tokens,
        room=room,
        unknown=unknown,
    )


def _connections(
    settings: Settings, session: Session, store: Snapshot, heard: Hearing, now: datetime
) -> tuple[Connection, ...]:
    last = recent.last_deliveries(session, tuple(settings.connections))
    came = recent.newest(session, now - HOUR, now) if _settled(store) else {}
    known = {name: together(store.heard.get(name, Heard()), heard.of(name), now) for name in settings.connections}
    return tuple(
        replace(
            _connection(settings, name, each, now, last.get(name), store.polls.get(name), came),
            webhooks_off=store.webhooks_off.get(name, 0),
        )
        for name, each in known.items()
    )


def _projects(settings: Settings, session: Session, store: Snapshot) -> tuple[Project, ...]:
    nights = recent.nights(session)
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
                    found=recent.found(session, name, key),
                )
            )
    return tuple(projects)


def _connection(
    settings: Settings,
    name: str,
    heard: Heard,
    now: datetime,
    last_kept: datetime | None = None,
    last_poll: datetime | None = None,
    came: Mapping[tuple[str, str], datetime] = MappingProxyType({}),
) -> Connection:
    one = settings.connections[name]
    every = one.poll_seconds
    delivered = max(filter(None, (heard.last_delivery, came.get((name, "webhook")))), default=None)
    return Connection(
        name=name,
        kind=one.kind,
        intake=one.intake,
        poll_seconds=every,
        last_delivery=max(filter(None, (heard.last_delivery, last_kept)), default=None),
        last_poll=last_poll,
        heard=heard,
        only_polled=one.intake == "webhook" and do_webhooks_fail(came.get((name, "poll")), delivered, every, now),
        # A connection without a project is never asked anything.
        known=is_known(heard, every, now) or not settings.projects_of(name),
    )


def _settled(store: Snapshot) -> bool:
    """Whether the bot has worked for a while: after a start the poll brings what was missed meanwhile."""
    return any(worker.alive and store.at - worker.started > SILENT_FOR for worker in store.workers)
