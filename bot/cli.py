"""The command line: the one place that prints. What is heavy is imported by the command that needs it."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.store.database import Database

app = typer.Typer(
    name="steward",
    help="Keeps Jira and Azure DevOps backlogs worth reading. People decide; the bot proposes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
audit_app = typer.Typer(help="The record of what was proposed, decided and written.", no_args_is_help=True)
app.add_typer(audit_app, name="audit")

ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", envvar="STEWARD_CONFIG", help="The settings file.", show_default=True)
]
DEFAULT_CONFIG = Path("steward.toml")


class Stop(Exception):
    """An error for the person: what happened, and what to do."""


def main(arguments: list[str] | None = None) -> None:
    """The `steward` command: errors for people are sentences, not traces."""
    try:
        app(arguments)
    except Stop as error:
        typer.echo(f"steward: {error}", err=True)
        sys.exit(1)


@app.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False) -> None:
    """Keeps Jira and Azure DevOps backlogs worth reading. People decide; the bot proposes."""
    if version:
        from importlib.metadata import version as installed

        typer.echo(installed("backlog-steward"))
        raise typer.Exit


@app.command()
def init(
    path: Annotated[Path, typer.Argument(help="Where to write the settings file.")] = DEFAULT_CONFIG,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False,
) -> None:
    """Write a commented settings file to start from."""
    from importlib.resources import files

    if path.exists() and not force:
        raise Stop(f"{path} is there already. Use --force to overwrite it, or name another path.")
    try:
        path.write_text(files("bot").joinpath("samples/steward.toml").read_text("utf-8"), "utf-8")
    except OSError as error:
        raise Stop(f"{path} cannot be written ({error.strerror}).") from None
    typer.echo(f"Wrote {path}. Fill in a connection and a project, then run: steward doctor")


@app.command()
def doctor(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Check settings, secrets, the data folder and each connection, and say what to do."""
    from bot.doctor import examine

    findings = examine(_load(config))
    for finding in findings:
        typer.echo(f"{'ok   ' if finding.ok else 'FIX  '} {finding.what}")
        if finding.remedy:
            typer.echo(f"      {finding.remedy}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


@app.command()
def run(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Run the bot: web server, worker and clock in one process."""
    settings = _load(config, logging.INFO)
    with _until_interrupted() as stopped:
        drained = _serve(settings, stopped)
    if not drained:
        # What is still under way is safe on the disk; its threads would hold the process until they end.
        sys.stderr.flush()
        os._exit(0)


@app.command()
def demo(
    check: Annotated[
        bool, typer.Option("--check", help="Walk the main job on three trackers without a person.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --check: print JSON.")] = False,
    source: Annotated[
        Path | None, typer.Option("--from", help="A backlog: Jira REST JSON lines or flat JSON lines, gzipped or not.")
    ] = None,
    port: Annotated[int, typer.Option(help="Port of the sandbox page; the bot takes the next one.")] = 8787,
) -> None:
    """Try the bot on this machine: a sandbox tracker to look at, and the bot beside it."""
    if as_json and not check:
        raise typer.BadParameter("--json goes with --check", param_hint="--json")
    with _until_interrupted() as stopped:
        _demonstrate(source, port, stopped, check=check, as_json=as_json)


def _demonstrate(source: Path | None, port: int, stopped: threading.Event, *, check: bool, as_json: bool) -> None:
    from bot.demo import showing
    from bot.logs import configure

    configure(logging.WARNING)
    try:
        if not check:
            showing.show(source, port, stopped, typer.echo)
        elif showing.check(source, stopped, as_json=as_json, echo=typer.echo):
            raise typer.Exit(1)
    except showing.DemoError as error:
        raise Stop(str(error)) from None


@app.command()
def proposals(
    config: ConfigOption = DEFAULT_CONFIG,
    project: Annotated[str | None, typer.Option(help="Only this project.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List what was proposed: commented, recorded in shadow mode, or held back by a guard, and why."""
    from rich.console import Console

    from bot.reports.proposals import as_lines, listed

    with _database(_load(config, need_secrets=False)) as database:
        entries = listed(database, project)
    if as_json:
        typer.echo(json.dumps(entries, indent=2, ensure_ascii=False, default=str))
        return
    console = Console(highlight=False, soft_wrap=True)
    for line in as_lines(entries):
        console.print(line)


@audit_app.command("verify")
def audit_verify(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Check the hash chain; every row that was altered, dropped or reordered is named."""
    from bot.store import audit

    with _database(_load(config, need_secrets=False)) as database, database.read() as session:
        faults = list(audit.verify(session))
        length = audit.length(session)
    for fault in faults:
        typer.echo(fault)
    if faults:
        raise Stop(f"the audit is not whole: {len(faults)} {'fault' if len(faults) == 1 else 'faults'}, named above.")
    typer.echo(f"The audit is whole: {length} rows.")


def _load(config: Path, level: int = logging.WARNING, *, need_secrets: bool = True) -> Settings:
    from bot.logs import configure
    from bot.settings import SettingsError, load

    configure(level)
    try:
        return load(config, need_secrets=need_secrets)
    except SettingsError as error:
        raise Stop(str(error)) from None


def _serve(settings: Settings, stopped: threading.Event) -> bool:
    """Run the bot until the event is set; whether all that was under way has ended."""
    from sqlalchemy.exc import SQLAlchemyError

    from bot.running import Bot
    from bot.store.folder import FolderTaken

    try:
        bot = Bot(settings)
    except FolderTaken as error:
        raise Stop(str(error)) from None
    except OSError as error:
        where = f"{settings.server.host}:{settings.server.port}"
        raise Stop(f"cannot listen on {where} ({error.strerror}). See host and port under [server].") from None
    try:
        bot.start()
    except SQLAlchemyError as error:
        bot.stop(0.0, 0.0)
        raise Stop(_unusable(settings, error)) from None
    typer.echo(f"steward listens on {bot.url} (Ctrl-C ends it)", err=True)
    while not stopped.wait(0.5):
        pass
    typer.echo("steward ends what is under way (a second Ctrl-C ends it at once)", err=True)
    return bot.stop()


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    from sqlalchemy.exc import SQLAlchemyError

    from bot.store.database import Database
    from bot.wiring import database_url

    try:
        database = Database(database_url(settings))
    except OSError as error:
        raise Stop(f"the data folder {settings.data} cannot be made ({error.strerror}).") from None
    try:
        database.migrate()
        yield database
    except SQLAlchemyError as error:
        raise Stop(_unusable(settings, error)) from None
    finally:
        database.close()


def _unusable(settings: Settings, error: Exception) -> str:
    """Neither the error's message nor an address is quoted: they may hold a password."""
    where = "the database under [engine]" if settings.engine.database_url else f"the database in {settings.data}"
    return f"{where} cannot be used ({type(error).__name__}). Is it there, reachable, whole and writable?"


@contextmanager
def _until_interrupted() -> Iterator[threading.Event]:
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


if __name__ == "__main__":
    main()
