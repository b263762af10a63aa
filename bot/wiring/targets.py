"""Where a connection wants its webhooks to lead, and whether the tracker can reach it there, as far as words tell."""

from __future__ import annotations

from urllib.parse import urlsplit

from bot.settings import AnyConnection, Settings
from integrations.addresses import address_of
from integrations.tracker import Target, WebhookSecret

_HOSTED = ("atlassian.net", "atlassian.com", "jira.com", "dev.azure.com", "visualstudio.com")
_INSIDE = ("localhost", "local", "internal", "lan", "home.arpa", "intranet")


def target(name: str, settings: Settings) -> Target:
    """Without a public_url only the path of the address is known."""
    connection = settings.connections[name]
    base = (settings.server.public_url or "").rstrip("/")
    held = connection.webhook_secret
    secret = WebhookSecret(held.get_secret_value() if held is not None else "", getattr(connection, "webhook_user", ""))
    projects = tuple(settings.projects_of(name))
    return Target(name, f"{base}/webhooks/{connection.vendor}/{name}", projects, secret)


def unreachable_because(connection: AnyConnection, url: str) -> str:
    """Why a product in the cloud cannot send to an address; empty if nothing speaks against it."""
    host = _host(connection.url)
    if not any(host == own or host.endswith(f".{own}") for own in _HOSTED):
        return ""
    if _is_inside(_host(url)):
        return "it is an address of this machine or network, and the tracker is in the cloud"
    return "it is not encrypted, and the tracker sends to https:// only" if url.startswith("http://") else ""


def reached_only_if(connection: AnyConnection, url: str) -> str:
    """What must be so for a tracker to reach the bot, where the addresses do not tell; empty if nothing."""
    if _is_loopback(_host(url)) and not _is_loopback(_host(connection.url)):
        return "the bot runs on the tracker's own machine"
    return ""


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").rstrip(".").lower()


def _is_loopback(host: str) -> bool:
    found = address_of(host)
    return found.is_loopback if found is not None else host == "localhost"


def _is_inside(host: str) -> bool:
    found = address_of(host)
    if found is not None:
        return not found.is_global
    return "." not in host or any(host.endswith(f".{own}") for own in _INSIDE)
