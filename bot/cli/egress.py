"""Where the bot would connect to, for those who open firewalls."""

from __future__ import annotations

import json

import typer

from bot.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, load_settings


def egress(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """List every address that the bot would talk to, and why. Nothing is contacted to find out."""
    from bot.reports.egress import addresses

    settings = load_settings(config, need_secrets=False)
    found = addresses(settings)
    if as_json:
        typer.echo(json.dumps([address._asdict() for address in found], indent=2, ensure_ascii=False))
        return
    for address in found:
        state = "" if address.contacted else "  never contacted"
        typer.echo(f"{address.scheme}://{address.host}:{address.port}  {address.why} ({address.setting}){state}")
    for name, connection in settings.connections.items():
        if connection.proxy is not None and not connection.proxy.get_secret_value():
            typer.echo(
                f"The proxy of connections.{name} is missing here: its address cannot be read. Set it, and ask anew."
            )
    typer.echo("Nothing else is contacted, but what a command is told (steward audit export --to).")
