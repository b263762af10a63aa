"""The command line: the one place that prints. What is heavy is imported by the command that needs it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from bot.cli import beginning, egress, people, records, serving, webhooks
from bot.cli.console import Stop

app = typer.Typer(
    name="steward",
    help="Keeps Jira and Azure DevOps backlogs worth reading. People decide; the bot proposes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
FIRST, RUNNING, RECORDS = "First steps", "Running the bot", "What is on record"
PANELS: tuple[tuple[str, tuple[Callable[..., None], ...]], ...] = (
    (FIRST, (beginning.init, beginning.doctor, egress.egress, beginning.demo)),
    (RUNNING, (serving.run, serving.web, serving.worker, serving.clock, serving.migrate)),
    (RECORDS, (records.proposals, records.backup, records.restore, people.erase)),
)
for panel, commands in PANELS:
    for command in commands:
        app.command(rich_help_panel=panel)(command)
app.add_typer(webhooks.app, name="webhooks", rich_help_panel=FIRST)
app.add_typer(records.letters_app, name="dead-letters", rich_help_panel=RECORDS)
app.add_typer(records.audit_app, name="audit", rich_help_panel=RECORDS)


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
