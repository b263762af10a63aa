"""First steps: a settings file, the doctor, the demo."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.console import DEFAULT_CONFIG, ConfigOption, Stop, for_terminal, load_settings, until_interrupted

if TYPE_CHECKING:
    from bot.settings import Settings


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


def doctor(
    config: ConfigOption = DEFAULT_CONFIG,
    rehearse: Annotated[
        str | None,
        typer.Option(metavar="PROJECT", help="Make a scratch item there, try all that the bot does, remove it again."),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="With --rehearse: leave the scratch item to look at.")] = False,
) -> None:
    """Check settings, secrets, the data folder and each connection, and say what to do."""
    from bot.doctor import examine

    if keep and rehearse is None:
        raise typer.BadParameter("--keep goes with --rehearse", param_hint="--keep")
    settings = load_settings(config)
    if rehearse is not None:
        _rehearse(settings, rehearse, keep=keep)
        return
    findings = examine(settings)
    for finding in findings:
        typer.echo(for_terminal(f"{'ok   ' if finding.ok else 'FIX  '} {finding.what}"))
        if finding.remedy:
            typer.echo(for_terminal(f"      {finding.remedy}"))
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def _rehearse(settings: Settings, name: str, *, keep: bool) -> None:
    from bot import doctor, wiring
    from bot.settings.nearest import did_you_mean

    found = [one for table, one in settings.projects.items() if name in (table, one.key)]
    if len(found) != 1:
        many = "several projects have that key; use the name of the table" if found else "there is no such project"
        raise Stop(f"{many}: {name}{did_you_mean(name, settings.projects)}")
    project = found[0]
    client = wiring.connect(project.connection, settings.connections[project.connection], settings)

    def tell(step: doctor.Step) -> None:
        typer.echo(for_terminal(f"{step.state:<8}{step.what} ({step.seconds:.1f} s)"))
        if step.remedy:
            typer.echo(for_terminal(f"        {step.remedy}"))

    with until_interrupted() as stopped:
        is_well = doctor.rehearse(client, project, tell, stopped.is_set, keep=keep)
    if not is_well:
        raise typer.Exit(1)


def demo(
    check: Annotated[
        bool, typer.Option("--check", help="Walk the main job on three trackers without a person.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --check: print JSON.")] = False,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", help="A backlog: CSV export of Jira or Azure DevOps, Jira REST JSON or flat JSON lines."
        ),
    ] = None,
    port: Annotated[int, typer.Option(help="Port of the sandbox page; the bot takes the next one.")] = 8787,
) -> None:
    """Try the bot on this machine: a sandbox tracker to look at, and the bot beside it."""
    if as_json and not check:
        raise typer.BadParameter("--json goes with --check", param_hint="--json")
    with until_interrupted() as stopped:
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
