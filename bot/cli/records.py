"""What is on record: proposals, and the audit."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from bot.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, Stop, load_settings, opened

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
