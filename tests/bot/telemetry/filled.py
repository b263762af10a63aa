"""A store as a bot of some days has it, settings to go with it, and the page on top of both."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.settings import Settings
from bot.store import audit, inbox, items, ticks
from bot.store.database import Database
from bot.store.executors import Executor
from bot.store.spending import TokenBudget
from bot.telemetry.connections import Hearing
from bot.telemetry.metrics import exposition
from bot.telemetry.snapshot import Number, Waiting
from bot.telemetry.status.looking import look, snapshot
from bot.web.operations import create_operations_app
from bot.web.serving import Server

NAMES = ("cloud", "azure")
NOW = datetime(2026, 11, 21, 13, 40, 26, tzinfo=UTC)
JOBS: Mapping[tuple[str, str], Waiting] = {
    ("items", "waiting"): Number(3, 4.2),
    ("items", "running"): Number(2, 0.4),
    ("items", "delayed"): Number(41, 200.0),
    ("rounds", "running"): Number(1, 900.0),
}


def settings(folder: Path, *, model: bool = True) -> Settings:
    cloud = {"kind": "jira-cloud", "url": "https://example.atlassian.net", "user": "bot@example.org"}
    azure = {"kind": "azure-devops", "url": "https://dev.azure.com/example"}
    token = folder / "token"
    token.write_text("s3cret")
    given = {
        "data": folder,
        "connections": {
            "cloud": {**cloud, "token": {"file": str(token)}, "intake": "webhook"},
            "azure": {**azure, "token": {"file": str(token)}},
        },
        "projects": {"SHOP": {"connection": "cloud", "key": "SHOP"}, "Web": {"connection": "azure", "key": "Web"}},
    }
    if model:
        given["model"] = {"base_url": "https://api.example.org/v1", "name": "m", "daily_tokens": 200_000}
    return Settings(**given)  # type: ignore[arg-type]


def database(folder: Path) -> Database:
    db = Database(f"sqlite:///{folder / 'steward.db'}")
    db.migrate()
    return db


def worker(slot: str = "shop-floor-1", beat: datetime = NOW) -> Executor:
    started = NOW - timedelta(hours=5)
    return Executor(id=slot, token="t", host="shop-floor", pid=7, version="0.1.0", started=started, beat=beat)


def delivery(
    number: int, received: datetime, state: str = "finished", outcome: str | None = "done", source: str = "webhook"
) -> inbox.Delivery:
    return inbox.Delivery(
        id=f"cloud:{number}",
        connection="cloud",
        source=source,
        kind="updated",
        name="jira:issue_updated",
        item="10001",
        project="SHOP",
        received=received,
        state=state,
        outcome=outcome,
    )


def fill(db: Database, *, trouble: bool = False) -> None:
    """A quiet day of an office; with `trouble`, also what can go wrong."""
    with db.write() as session:
        session.add(worker())
        session.add(TokenBudget(day=NOW.date().isoformat(), spent=61_250))
        for connection, project, read in (("cloud", "SHOP", True), ("azure", "Web", not trouble)):
            days = NOW - timedelta(days=9)
            session.add(
                items.Progress(
                    connection=connection,
                    project=project,
                    connected=days,
                    backfilled=days + timedelta(minutes=4) if read else None,
                    cursor=NOW - timedelta(minutes=7),
                )
            )
            last = NOW - (timedelta(hours=2) if trouble else timedelta(minutes=2))
            inbox.hear(session, connection, inbox.Heard(last_success=last), NOW)
            ticks.take(session, f"poll:{connection}", 60.0, NOW - timedelta(seconds=41))
            audit.record(session, "hygiene", f"{connection}:{project}", {}, NOW - timedelta(hours=11))
        number = 0
        for hours in range(24):
            at = NOW - timedelta(hours=hours)
            office = 7 <= at.hour <= 17
            for minute in range((31 - 3 * abs(12 - at.hour)) if office else hours % 3):
                number += 1
                outcome = "done" if number % 3 else "shadow mode"
                session.add(delivery(number, at - timedelta(minutes=minute / 2), outcome=outcome))
        if trouble:
            session.add(worker("shop-floor-2", NOW - timedelta(minutes=3)))
            session.add(delivery(0, NOW - timedelta(minutes=6), "queued", None))
            for reason in ("Refused after 60 attempts: GET answered 403", "not readable: <img src=x onerror=alert(1)>"):
                inbox.bury(session, "cloud", reason, NOW - timedelta(minutes=50))


def serve(folder: Path, db: Database, hearing: Hearing, *, model: bool = True) -> Server:
    chosen = settings(folder, model=model)
    app = create_operations_app(
        lambda: {"store": db.answers()},
        exposition(lambda: snapshot(db, NAMES, lambda: JOBS, lambda: NOW, "0.1.0")),
        lambda: look(chosen, db, lambda: JOBS, hearing, lambda: NOW, "0.1.0"),
        host="127.0.0.1",
    )
    return Server(app, "127.0.0.1", 0, threads=4)
