"""What is on record: proposals, and the audit."""

from __future__ import annotations

import json
from contextlib import closing, nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.cli.console import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    Stop,
    for_terminal,
    load_settings,
    opened,
    unusable,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

LARGEST = 2**31 - 1
LINES = 200
"""Dead letters that are listed for a person who has not said how many."""

letters_app = typer.Typer(help="What could not be worked on: seen, and tried again.", no_args_is_help=True)
audit_app = typer.Typer(help="The record of what was proposed, decided and written.", no_args_is_help=True)


def proposals(
    config: ConfigOption = DEFAULT_CONFIG,
    project: Annotated[str | None, typer.Option(help="Only this project.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List what was proposed: commented, recorded in shadow mode, or held back by a guard, and why."""
    from rich.console import Console

    from bot.reports.proposals import as_lines, listed

    with opened(load_settings(config, need_secrets=False)) as database:
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

    with opened(load_settings(config, need_secrets=False)) as database, database.read() as session:
        faults = list(audit.verify(session))
        length = audit.length(session)
    for fault in faults:
        typer.echo(fault)
    if faults:
        raise Stop(f"the audit is not whole: {len(faults)} {'fault' if len(faults) == 1 else 'faults'}, named above.")
    typer.echo(f"The audit is whole: {length} rows.")


@audit_app.command("export")
def audit_export(
    config: ConfigOption = DEFAULT_CONFIG,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="Only rows since then (UTC).")
    ] = None,
    after: Annotated[int, typer.Option(min=0, max=LARGEST, help="Go on after this row; a file is added to.")] = 0,
    form: Annotated[Literal["jsonl", "syslog"], typer.Option("--format", help="Lines of JSON, or RFC 5424.")] = "jsonl",
    to: Annotated[str, typer.Option(metavar="FILE|-|udp://HOST:PORT|tcp://HOST:PORT", help="Where to.")] = "-",
) -> None:
    """Send the audit to another system: ids, numbers, states and the hashes of the chain, no text of tickets."""
    from bot.reports.audit_export import ExportError, export

    with opened(load_settings(config, need_secrets=False)) as database:
        try:
            count, last = export(database, to, form, since.replace(tzinfo=UTC) if since else None, after)
        except ExportError as error:
            raise Stop(str(error)) from None
    typer.echo(f"Exported {count} rows. The next export goes on with: --after {last}", err=True)


@letters_app.command("list")
def letters_list(
    config: ConfigOption = DEFAULT_CONFIG,
    everything: Annotated[bool, typer.Option("--all", help="Also those that were worked on again.")] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, max=LARGEST, help=f"How many at most; {LINES}, or with --json all.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List dead letters, the newest first."""
    from bot.reports.letters import as_line, listed

    with opened(load_settings(config, need_secrets=False)) as database:
        letters, more = listed(database, limit or (None if as_json else LINES), everything=everything)
    if as_json:
        typer.echo(json.dumps(letters, indent=2, ensure_ascii=False))
    elif not letters:
        typer.echo("There are no dead letters.")
    else:
        for letter in letters:
            typer.echo(for_terminal(as_line(letter)))
    if more:
        typer.echo(f"and {more} more: see them with --limit {len(letters) + more}", err=as_json)


@letters_app.command("show")
def letters_show(
    number: Annotated[
        int, typer.Argument(metavar="ID", min=1, max=LARGEST, help="The letter's number, as `list` shows it.")
    ],
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Show all that is kept of one dead letter; the body may hold ticket text."""
    from bot.reports.letters import as_lines, shown

    with opened(load_settings(config, need_secrets=False)) as database:
        letter = shown(database, number)
    if letter is None:
        raise Stop(f"there is no dead letter {number}. See: steward dead-letters list")
    if as_json:
        typer.echo(json.dumps(letter, indent=2, ensure_ascii=False))
    else:
        for line in as_lines(letter):
            typer.echo(for_terminal(line, lines=True))


@letters_app.command("replay")
def letters_replay(
    numbers: Annotated[list[int] | None, typer.Argument(metavar="ID...", min=1, max=LARGEST, help="Which.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that are open.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Have dead letters worked on again. The bot does it within half a minute, or when it next runs."""
    from bot.reports.letters import why_not
    from bot.store import inbox

    with opened(load_settings(config, need_secrets=False)) as database:
        with database.write() as session:
            wanted = _wanted(session, numbers, everything=everything)
            taken = inbox.ask_replay(session, wanted, datetime.now(UTC))
        left = sorted(set(wanted) - set(taken))
        told = why_not(database, left) if left else ""
    if taken:
        typer.echo(f"To be worked on again: {', '.join(map(str, taken))}.")
    if left:
        raise Stop(told)


@letters_app.command("drop")
def letters_drop(
    numbers: Annotated[list[int] | None, typer.Argument(metavar="ID...", min=1, max=LARGEST, help="Which.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that are open.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Throw dead letters away."""
    from bot.store import inbox

    with opened(load_settings(config, need_secrets=False)) as database, database.write() as session:
        dropped = inbox.drop(session, _wanted(session, numbers, everything=everything))
    typer.echo(f"Dropped: {dropped}.")


def _wanted(session: Session, numbers: list[int] | None, *, everything: bool) -> Sequence[int]:
    from bot.store import inbox

    if everything:
        return inbox.numbers(session, only_open=True)
    if not numbers:
        raise Stop("name the letters by their numbers, or say --all. See: steward dead-letters list")
    return numbers


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; it will hold ticket text.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Write all that the bot knows into one file, while it runs."""
    from bot.store.backup import BackupError, save

    with opened(load_settings(config, need_secrets=False)) as database:
        try:
            manifest = save(database, file)
        except BackupError as error:
            raise Stop(str(error)) from None
    rows = sum(table.rows for table in manifest.tables)
    typer.echo(f"Wrote {file}: {rows} rows of {len(manifest.tables)} tables. It holds ticket text: keep it safe.")


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `steward backup` wrote.")],
    config: ConfigOption = DEFAULT_CONFIG,
    force: Annotated[bool, typer.Option("--force", help="Replace what is in the database.")] = False,
) -> None:
    """Put a backup back. The bot must not run; afterwards it goes on where the backup was made.

    With --force it takes the place of whatever is there: also of a later version's tables, or of a damaged file.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from bot.engine import clear
    from bot.store.backup import BackupError
    from bot.store.backup import restore as put_back
    from bot.store.folder import FolderLock, FolderTaken
    from bot.wiring import database_url, engine_url

    settings = load_settings(config, need_secrets=False)
    try:
        with closing(FolderLock(settings.data)) if settings.engine.database_url is None else nullcontext():
            engine = engine_url(settings)
            restored = put_back(file, database_url(settings), force=force, before_commit=partial(clear, engine))
    except (BackupError, FolderTaken) as error:
        raise Stop(str(error)) from None
    except SQLAlchemyError as error:
        raise Stop(unusable(settings, error)) from None
    typer.echo(f"Restored what was kept on {restored.manifest.made:%Y-%m-%d %H:%M} UTC. Start the bot again.")
    if restored.kept is not None:
        typer.echo(f"What was there before is {restored.kept}. It holds ticket text: delete it when all is well.")
