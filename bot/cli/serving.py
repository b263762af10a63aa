"""The commands that run the bot: as one process, or as web server, worker and clock."""

from __future__ import annotations

import contextlib
import gc
import logging
import math
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.console import DEFAULT_CONFIG, ConfigOption, Stop, load_settings, opened, until_interrupted, unusable

if TYPE_CHECKING:
    from bot.running import Bot, Role
    from bot.settings import Settings

WORKERS_NICENESS = 10
"""Work can wait, senders cannot: on one machine the web server is served first."""
LONGEST_END_SECONDS = 24.0
"""After which a process is gone, whatever holds it up: systemd and Kubernetes are told to give it 30."""
SILENT_SECONDS = 5.0
"""How long a start may take without a word of what it waits for."""
LAST_MOMENT_SECONDS = 0.5
"""Within which a start that was about to be done may still be, once the process is asked to end."""
TURN_SECONDS = 0.0005
"""How long a thread may hold the interpreter while others wait. A sender's answer takes many turns, and beside jobs
each would wait for the usual 5 ms: so the slowest answers come in a third of the time."""
OperationsPort = Annotated[
    int | None,
    typer.Option(
        "--operations-port", min=0, max=65535, help="The port of health, metrics and status; 0 takes a free one."
    ),
]


def run(config: ConfigOption = DEFAULT_CONFIG, operations_port: OperationsPort = None) -> None:
    """Run the bot: web server, worker and clock in one process."""
    _run(config, None, operations_port)


def web(config: ConfigOption = DEFAULT_CONFIG, operations_port: OperationsPort = None) -> None:
    """Run only the web server, which keeps deliveries (PostgreSQL)."""
    _run(config, "web", operations_port)


def worker(
    config: ConfigOption = DEFAULT_CONFIG,
    name: Annotated[str | None, typer.Option(help="A name for this worker that outlives the process.")] = None,
    operations_port: OperationsPort = None,
) -> None:
    """Run only a worker, which does the jobs (PostgreSQL). There may be many."""
    _run(config, "worker", operations_port, name)


def clock(config: ConfigOption = DEFAULT_CONFIG, operations_port: OperationsPort = None) -> None:
    """Run only the clock, which starts polls and nightly runs (PostgreSQL). A second one is a spare."""
    _run(config, "clock", operations_port)


def migrate(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Bring the database up to this version, and leave. Every process does so when it starts, too."""
    with opened(load_settings(config, need_secrets=False), upgrade=True):
        typer.echo("The database is of this version.")


def _run(config: Path, role: str | None, operations_port: int | None, name: str | None = None) -> None:
    settle(role)
    from bot.running import ALL, Role

    settings = load_settings(config, logging.INFO)
    if operations_port is not None:
        operations = settings.operations.model_copy(update={"port": operations_port})
        settings = settings.model_copy(update={"operations": operations})
    if name is not None:
        settings = settings.model_copy(update={"engine": settings.engine.model_copy(update={"name": name})})
    with until_interrupted() as stopped:
        code = _serve(settings, ALL if role is None else frozenset({Role(role)}), stopped)
    # What is still under way is safe on the disk; its threads would hold the process until they end.
    sys.stderr.flush()
    os._exit(code)


def settle(role: str | None) -> None:
    """Make the whole process one that serves."""
    gc.disable()  # until it has started: nearly all that a start makes stays, and looking took a seventh of its time
    sys.setswitchinterval(TURN_SECONDS)
    if role == "worker":
        give_way()


def give_way() -> None:
    """Let other processes go first, where this one may."""
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):  # where it may not, the system has been told what it wants
            os.nice(WORKERS_NICENESS)


def _serve(settings: Settings, roles: frozenset[Role], stopped: threading.Event) -> int:
    """Run the bot until the event is set, or it ends by itself; returns the exit code."""
    import sqlite3

    from sqlalchemy.exc import SQLAlchemyError

    from bot.running import Bot, CannotListen, SeparateNeedsServer
    from bot.store.folder import FolderTaken
    from bot.store.schema.migrating import NewerSchema

    try:
        bot = Bot(settings, roles)
    except (FolderTaken, SeparateNeedsServer, CannotListen) as error:
        raise Stop(str(error)) from None
    try:
        if not _started(bot, stopped):
            return 0
    except NewerSchema as error:
        bot.stop(0.0, 0.0)
        raise Stop(str(error)) from None
    except (SQLAlchemyError, sqlite3.Error) as error:
        bot.stop(0.0, 0.0)
        raise Stop(unusable(settings, error)) from None
    # What a start leaves is there for good: looking through it again and again costs a tenth of a second each time.
    gc.collect()
    gc.freeze()
    gc.enable()
    if bot.url:
        typer.echo(f"steward listens on {bot.url} (Ctrl-C ends it)", err=True)
    typer.echo(f"steward answers /status and /metrics on {bot.operations_url}", err=True)
    while not stopped.wait(0.5) and not bot.ended.is_set():
        pass
    typer.echo("steward ends what is under way (a second Ctrl-C ends it at once)", err=True)
    return _end(bot)


def _started(bot: Bot, stopped: threading.Event) -> bool:
    """Start the bot in a thread of its own: signals are heard whatever it waits for. False if it is to end before."""
    pool = ThreadPoolExecutor(1, "start")
    start = pool.submit(bot.start)
    pool.shutdown(wait=False)
    silent_until = time.monotonic() + SILENT_SECONDS
    while not start.done() and not stopped.is_set():
        wait([start], LAST_MOMENT_SECONDS)
        if time.monotonic() > silent_until and not start.done():
            silent_until = math.inf
            typer.echo(
                "steward waits for the database: another process may be migrating it or restoring a backup, or it is "
                "slow to answer (Ctrl-C ends the wait)",
                err=True,
            )
    wait([start], LAST_MOMENT_SECONDS)
    if not start.done():
        # Nothing has begun that a start after a crash would not take up.
        typer.echo("steward ends before it has started", err=True)
        return False
    start.result()
    return True


def _end(bot: Bot) -> int:
    code = int(bot.ended.is_set())
    # A database that takes connections and says nothing could hold an end in order up for minutes.
    last = threading.Timer(LONGEST_END_SECONDS, os._exit, (code,))
    last.daemon = True
    last.start()
    bot.stop()
    last.cancel()
    if code:
        typer.echo(f"steward: {bot.reason}", err=True)
    return code
