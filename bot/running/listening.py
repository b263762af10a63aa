"""The two places where a process listens: the public one for webhooks, the private one for those who run it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from importlib.metadata import version
from typing import Any

from bot.engine import EngineClient
from bot.settings import Settings
from bot.settings.tree import OperationsSettings, ServerSettings
from bot.store.database import Database
from bot.telemetry import metrics
from bot.telemetry.connections import heard
from bot.telemetry.status.looking import look, snapshot
from bot.telemetry.status.values import Room
from bot.web.app import create_app
from bot.web.intake import Intake
from bot.web.operations import create_operations_app
from bot.web.serving import Server

VERSION = version("backlog-steward")
Ready = Callable[[], Mapping[str, bool]]


class CannotListen(Exception):
    """An address of the settings is taken, or not this machine's. The message is a sentence for a person."""


def public(doors: Mapping[str, Intake], ready: Ready, settings: Settings) -> Server:
    """Webhooks and health."""
    limit = settings.server.max_body_bytes
    return _listening(create_app(doors, ready), settings.server, "server", body_limit=limit)


def private(
    settings: Settings,
    db: Database,
    client: EngineClient,
    ready: Ready,
    now: Callable[[], datetime],
    room: Callable[[], Room | None],
) -> Server:
    """Health, metrics and the status page."""
    app = create_operations_app(
        ready,
        metrics.exposition(lambda: snapshot(db, settings.connections, client.counts, now, VERSION), room),
        lambda: look(settings, db, client.counts, heard, now, VERSION, room()),
        host=settings.operations.host,
        names=settings.operations.names,
    )
    return _listening(app, settings.operations, "operations", threads=2)


def _listening(app: Any, place: ServerSettings | OperationsSettings, table: str, **limits: int) -> Server:
    try:
        return Server(app, place.host, place.port, **limits)
    except OSError as error:
        where = f"{place.host}:{place.port}"
        raise CannotListen(f"cannot listen on {where} ({error.strerror}). See host and port under [{table}].") from None
