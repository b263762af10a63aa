"""What every command shares: the settings file, sentences for errors, the database, Ctrl-C."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.store.database import Database

ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", envvar="STEWARD_CONFIG", help="The settings file.", show_default=True)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DEFAULT_CONFIG = Path("steward.toml")


def for_terminal(text: str, *, lines: bool = False) -> str:
    """A text of the tracker's or a stranger's, without what a terminal would obey; with `lines` its line ends stay."""
    kept = "\n" if lines else ""
    return "".join(one if one.isprintable() or one in kept else "\N{REPLACEMENT CHARACTER}" for one in text)


class Stop(Exception):
    """An error for the person: what happened, and what to do."""


def load_settings(config: Path, level: int = logging.WARNING, *, need_secrets: bool = True) -> Settings:
    """The settings, with logging set up. Raises Stop."""
    from bot.logs import configure
    from bot.settings import SettingsError, load

    configure(level)
    try:
        return load(config, need_secrets=need_secrets)
    except SettingsError as error:
        raise Stop(str(error)) from None


@contextmanager
def opened(settings: Settings, *, upgrade: bool = False) -> Iterator[Database]:
    """The store. Only with `upgrade` one of an older release is brought up to this one: who only wants to look must
    not end workers that run. Raises Stop.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from bot.store.database import Database
    from bot.store.schema.migrating import NewerSchema
    from bot.wiring import database_url

    try:
        database = Database(database_url(settings))
    except OSError as error:
        raise Stop(f"the data folder {settings.data} cannot be made ({error.strerror}).") from None
    try:
        if not upgrade and database.is_older():
            raise Stop(
                "the database is of an older release. Bring it up to this one with: steward migrate "
                "(starting the bot does so, too)."
            )
        database.migrate()
        yield database
    except NewerSchema as error:
        raise Stop(str(error)) from None
    except SQLAlchemyError as error:
        raise Stop(unusable(settings, error)) from None
    finally:
        database.close()


def unusable(settings: Settings, error: Exception) -> str:
    """Neither the error's message nor an address is quoted: they may hold a password."""
    where = "the database under [engine]" if settings.engine.database_url else f"the database in {settings.data}"
    return f"{where} cannot be used ({type(error).__name__}). Is it there, reachable, whole and writable?"


@contextmanager
def until_interrupted() -> Iterator[threading.Event]:
    """An event that Ctrl-C or SIGTERM sets; a second one ends the process at once."""
    stopped = threading.Event()

    def stop(number: int, _: object) -> None:
        if stopped.is_set():
            os._exit(128 + number)
        stopped.set()

    former = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
