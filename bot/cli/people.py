"""What is kept of people, and how one is forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.console import DEFAULT_CONFIG, ConfigOption, Stop, load_settings, opened

if TYPE_CHECKING:
    from bot.settings import Settings


def erase(
    person: Annotated[str, typer.Argument(metavar="PERSON-ID", help="The tracker's id of the person, not a name.")],
    connection: Annotated[str, typer.Option(help="The connection whose tracker knows the person.")],
    config: ConfigOption = DEFAULT_CONFIG,
    user_name: Annotated[
        str, typer.Option("--user-name", help="The name they sign in with, where mentions bear it (Data Center).")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be changed.")] = False,
) -> None:
    """Forget a person: name and id leave every table; what they decided stays, as a former user's.

    Erase the person in the tracker first: what it says of them is read anew, and what they do later is stored anew.
    """
    from datetime import UTC, datetime

    from bot.store.erasing import people

    settings = load_settings(config, need_secrets=False)
    if connection not in settings.connections:
        raise Stop(f"there is no connection {connection}. There is: {', '.join(settings.connections)}.")
    if not (person := person.strip()):
        raise Stop("name the person by the tracker's id.")
    with opened(settings) as database:
        erased = people.erase(database, connection, person, datetime.now(UTC), login=user_name.strip(), dry_run=dry_run)
    for table, rows in sorted(erased.rows.items()):
        typer.echo(f"{rows:>6}  {table}")
    if not erased.rows:
        typer.echo("Nothing names this person.")
    elif dry_run:
        typer.echo("Nothing was changed. Without --dry-run these rows would be.")
    else:
        typer.echo("Erased. The audit says that somebody was, not whom; its chain still verifies.")
    if erased.comments:
        typer.echo(f"The bot edits its own comments on {erased.comments} items within minutes, or when it next runs.")
    if settings.connections[connection].kind == "jira-data-center" and not user_name:
        typer.echo("Mentions in Data Center bear the user name: give it too, with --user-name.")
    for line in _left(settings, person):
        typer.echo(line)


def _left(settings: Settings, person: str) -> list[str]:
    """What the bot cannot erase itself."""
    named = [name for name, project in settings.projects.items() if person in project.accept_people]
    told = [f"The settings still name them: projects.{name}.accept_people. Take them out there." for name in named]
    return [*told, "Backups made before still name them; the tracker's own texts and comments are the tracker's."]
