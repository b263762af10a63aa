"""The command line: the one place that prints. What is heavy is imported by the command that needs it."""

from __future__ import annotations

import json
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


def main() -> None:
    """The `steward` command: errors for people are sentences, not traces."""
    try:
        app()
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
    path.write_text(files("bot").joinpath("samples/steward.toml").read_text("utf-8"), "utf-8")
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
    from bot.logs import configure
    from bot.running import Bot

    settings = _load(config)
    configure()
    bot = Bot(settings)
    with _until_interrupted() as stopped:
        bot.start()
        typer.echo(f"steward listens on {bot.url} (Ctrl-C ends it)", err=True)
        stopped.wait()
    bot.stop()


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
    from bot.demo import showing

    try:
        if check:
            raise typer.Exit(showing.check(source, as_json=as_json, echo=typer.echo))
        with _until_interrupted() as stopped:
            showing.show(source, port, stopped, typer.echo)
    except showing.DemoError as error:
        raise Stop(str(error)) from None
    if not check:
        sys.stdout.flush()


@app.command()
def proposals(
    config: ConfigOption = DEFAULT_CONFIG,
    project: Annotated[str | None, typer.Option(help="Only this project.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List what was proposed: commented, recorded in shadow mode, or held back by a guard, and why."""
    from bot.reports.proposals import as_lines, listed

    entries = listed(_database(_load(config)), project)
    if as_json:
        typer.echo(json.dumps(entries, indent=2, ensure_ascii=False, default=str))
        return
    for line in as_lines(entries):
        typer.echo(line)


@audit_app.command("verify")
def audit_verify(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Check the hash chain; every row that was altered, dropped or reordered is named."""
    from bot.store import audit

    with _database(_load(config)).read() as session:
        faults = list(audit.verify(session))
        length = audit.length(session)
    for fault in faults:
        typer.echo(fault)
    if faults:
        raise typer.Exit(1)
    typer.echo(f"The audit is whole: {length} rows.")


def _load(config: Path) -> Settings:
    from bot.settings import SettingsError, load

    try:
        return load(config)
    except SettingsError as error:
        raise Stop(str(error)) from None


def _database(settings: Settings) -> Database:
    from bot.store.database import Database
    from bot.wiring import database_url

    database = Database(database_url(settings))
    database.migrate()
    return database


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
