"""The trackers' webhooks: made, and looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.console import DEFAULT_CONFIG, ConfigOption, Stop, for_terminal, load_settings, opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.settings import Settings
    from integrations.tracker import Hook, Hooks, Standing, Target, TrackerError, Wish

app = typer.Typer(help="The trackers' webhooks to the bot: made, and looked at.", no_args_is_help=True)
ConnectionArgument = Annotated[
    str | None, typer.Argument(metavar="CONNECTION", help="Which; none is all that take webhooks.")
]
SAID = {
    "present": "is told",
    "on probation": "fails: it is on probation, and will be switched off",
    "off": "is switched off",
    "not signed": "is told without this connection's secret, and refused",
    "filtered": "is told in part",
    "elsewhere": "is told to another address",
    "missing": "is not told",
}


@app.command()
def install(
    connection: ConnectionArgument = None,
    config: ConfigOption = DEFAULT_CONFIG,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    anew: Annotated[bool, typer.Option("--anew", help="Send the secret to all of its own again.")] = False,
) -> None:
    """Make the webhooks that the bot needs, and switch its own on again. Others' are left alone."""
    settings = load_settings(config)
    well = [_install(settings, name, dry_run=dry_run, anew=anew) for name in _chosen(settings, connection)]
    if not all(well):
        raise typer.Exit(1)


@app.command()
def check(connection: ConnectionArgument = None, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Say of each event whether the tracker tells it to the bot, and if not, why."""
    settings = load_settings(config)
    names = _chosen(settings, connection)
    well = [_check(settings, name) for name in names]
    well.append(_none_refused(settings, names))
    if not all(well):
        raise typer.Exit(1)


def _chosen(settings: Settings, connection: str | None) -> list[str]:
    from bot.settings.nearest import did_you_mean

    if connection is not None and connection not in settings.connections:
        raise Stop(f"there is no connection {connection}{did_you_mean(connection, settings.connections)}")
    names = [connection] if connection else [n for n, one in settings.connections.items() if one.intake == "webhook"]
    if not names:
        raise Stop('no connection takes webhooks: see intake = "webhook" under [connections.NAME].')
    for name in names:
        if settings.connections[name].webhook_secret is None:
            raise Stop(f"set webhook_secret under [connections.{name}] first: without it nothing that comes is taken.")
        if not settings.projects_of(name):
            raise Stop(f"no project uses {name}: add a table [projects.KEY] that names it.")
    if not settings.server.public_url:
        raise Stop("set public_url under [server]: the address at which trackers reach the bot.")
    return names


def _install(settings: Settings, name: str, *, dry_run: bool, anew: bool) -> bool:
    from integrations.tracker import TrackerError, ours, to_mend, to_sign

    hooks, target = _of(settings, name)
    if not _reached(settings, name, target):
        typer.echo("      Nothing was made.")
        return False
    try:
        found = hooks.found(target)
        own = tuple(ours(target, found))
        to_renew = own if anew else to_sign(target, found)
        _say(True, f"{name}: {len(own)} of its own are there, {_others(target, found)} of others")
        for wish in hooks.wishes(target):
            signed = [one for one in to_renew if _fulfils(one, wish)]
            if not signed and all(standing.is_well for standing in _standings(target, wish, found)):
                _say(True, f"{_told(name, wish)}: left as it is")
                continue
            mended: Sequence[Hook | None] = signed or [to_mend(target, wish, found)]
            done = ("mend" if mended[0] else "make") if dry_run else ("mended" if mended[0] else "made")
            for one in () if dry_run else mended:
                hooks.install(target, wish, one)
            _say(True, f"{_told(name, wish)}: {'would ' if dry_run else ''}{done}")
    except TrackerError as error:
        _say_how(name, hooks, target, error)
        return False
    return True


def _check(settings: Settings, name: str) -> bool:
    from integrations.tracker import Missing, Refused, TrackerError, to_sign

    hooks, target = _of(settings, name)
    reached = _reached(settings, name, target)
    try:
        found = hooks.found(target)
    except (Refused, Missing) as error:
        _say_unseen(settings, name, hooks, target, error)
        return reached
    except TrackerError as error:
        _say_how(name, hooks, target, error)
        return False
    standings = [standing for wish in hooks.wishes(target) for standing in _standings(target, wish, found)]
    for one in standings:
        place = f"{name}: {one.event}" + (f" of {one.project}" if one.project else "")
        _say(one.is_well, f"{place} {SAID[one.state]}" + (f" ({one.detail})" if one.detail else ""))
    is_well = all(one.is_well for one in standings)
    if to_sign(target, found):
        typer.echo(
            "      User or password of the hook differ from webhook_user and webhook_secret (answered with 401)."
        )
        typer.echo(f"      This sets them anew, in all of its own: steward webhooks install {name}")
    elif not is_well:
        typer.echo(f"      To mend it: steward webhooks install {name}")
    return reached and is_well


def _none_refused(settings: Settings, names: list[str]) -> bool:
    """Whether what came of late bore its connection's secret; of that the trackers' lists say nothing.

    Where the tracker's own did within the hour, others are told and no more: anybody can send one without it.
    """
    from bot import wiring
    from bot.store.database import Database
    from bot.telemetry.status.refused import refused_lately

    db = Database(wiring.database_url(settings))
    try:
        found = refused_lately(db, names)
    finally:
        db.close()
    for one in found:
        _say(one.perhaps_strangers, one.problem.what, one.problem.remedy)
    return all(one.perhaps_strangers for one in found)


def _of(settings: Settings, name: str) -> tuple[Hooks, Target]:
    from bot import wiring

    return wiring.connect(name, settings.connections[name], settings).hooks, wiring.target(name, settings)


def _standings(target: Target, wish: Wish, found: tuple[Hook, ...]) -> tuple[Standing, ...]:
    from integrations.tracker import standings

    return standings(target, wish, found)


def _reached(settings: Settings, name: str, target: Target) -> bool:
    """Whether the tracker can reach the bot, as far as the addresses tell."""
    from bot import wiring

    connection = settings.connections[name]
    if because := wiring.unreachable_because(connection, target.url):
        _say(False, f"{name}: {target.url} cannot be reached: {because}", "See public_url under [server].")
    elif only_if := wiring.reached_only_if(connection, target.url):
        _say(True, f"{name}: {target.url} can be reached only if {only_if}", "Else see public_url under [server].")
    return not because


def _say_how(name: str, hooks: Hooks, target: Target, error: TrackerError) -> None:
    """What the API does not allow, a person does."""
    from bot.doctor.findings import what_is
    from integrations.tracker import Missing, Refused

    is_told = isinstance(error, Refused) and error.missing
    _say(False, f"{name}: {what_is(error) if is_told else error}")
    if isinstance(error, Refused | Missing):
        _say_clicks(hooks, target)


def _say_clicks(hooks: Hooks, target: Target) -> None:
    typer.echo("      By hand:")
    for number, line in enumerate(hooks.clicks(target), start=1):
        typer.echo(f"      {number}. {line}")


def _say_unseen(settings: Settings, name: str, hooks: Hooks, target: Target, error: TrackerError) -> None:
    """To see the tracker's own list takes more than the bot needs; what has arrived is known all the same."""
    from bot.store import inbox
    from integrations.tracker import Refused

    missing = f", for it lacks {error.missing}" if isinstance(error, Refused) and error.missing else ""
    with opened(settings) as database, database.read() as session:
        came = inbox.arrived(session, name)
    what = f"{name}: not known: this account may not see the tracker's webhooks{missing}"
    if came:
        last = max(came.values())
        _say(True, what, f"Deliveries have arrived: {', '.join(sorted(came))}; the last at {last:%Y-%m-%d %H:%M} UTC.")
    else:
        _say(True, what, "No delivery has arrived yet.")
        _say_clicks(hooks, target)


def _others(target: Target, found: tuple[Hook, ...]) -> int:
    return sum(not target.is_here(hook.url) for hook in found)


def _fulfils(hook: Hook, wish: Wish) -> bool:
    return hook.project in ("", wish.project) and not set(hook.events).isdisjoint(wish.events)


def _told(name: str, wish: Wish) -> str:
    return f"{name}: {', '.join(wish.events)}" + (f" of {wish.project}" if wish.project else "")


def _say(well: bool, what: str, remedy: str = "") -> None:
    typer.echo(for_terminal(f"{'ok   ' if well else 'FIX  '} {what}"))
    if remedy:
        typer.echo(for_terminal(f"      {remedy}"))
