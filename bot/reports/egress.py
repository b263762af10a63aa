"""Every address that the bot would talk to, why, and which setting says so. What is not listed is not contacted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import sqlalchemy as sa
from requests.utils import get_environ_proxies

from bot.settings import AnyConnection, Settings
from bot.settings.values import NO_PROXY

PORTS = {"https": 443, "http": 80, "postgresql": 5432}
ENTRA, MANAGED_IDENTITY = "https://login.microsoftonline.com", "http://169.254.169.254"
AZURE_DEVOPS, AZURE_IDENTITIES = "dev.azure.com", "https://vssps.dev.azure.com"
"""Azure DevOps Services names this host for its groups and memberships."""
OLD_AZURE_DEVOPS = ".visualstudio.com"


class Address(NamedTuple):
    """One host and port; `contacted` is false for what is only shown to people, as a link."""

    scheme: str
    host: str
    port: int
    why: str
    setting: str
    contacted: bool = True


def addresses(settings: Settings) -> tuple[Address, ...]:
    """All addresses, by setting."""
    found = [*_trackers(settings)]
    if settings.model is not None:
        found += _called(settings.model.base_url, "texts for the language model", "model.base_url", proxied=False)
    if settings.telemetry.traces is not None:
        found += _called(settings.telemetry.traces, "traces (OTLP)", "telemetry.traces")
    found += _database(settings)
    return tuple(dict.fromkeys(found))


def _trackers(settings: Settings) -> Iterator[Address]:
    for name, connection in settings.connections.items():
        place = f"connections.{name}"
        yield from _through(connection.url, f"the tracker {name}", f"{place}.url", connection)
        if identities := _identities(connection.url):
            yield from _through(identities, f"groups of {name}", f"{place}.url", connection)
        yield from _sign_in(place, name, connection)
        if connection.browse_url is not None and not _same(connection.browse_url, connection.url):
            shown = _address(connection.browse_url, "links for people", f"{place}.browse_url")
            yield shown._replace(contacted=False)
    if settings.server.public_url is not None:
        shown = _address(settings.server.public_url, "links for people and webhooks", "server.public_url")
        yield shown._replace(contacted=False)


def _identities(url: str) -> str | None:
    host = urlsplit(url).hostname or ""
    if host == AZURE_DEVOPS:
        return AZURE_IDENTITIES
    if host.endswith(OLD_AZURE_DEVOPS):
        return f"https://{host.removesuffix(OLD_AZURE_DEVOPS)}.vssps{OLD_AZURE_DEVOPS}"
    return None


def _sign_in(place: str, name: str, connection: AnyConnection) -> Iterator[Address]:
    """Microsoft Entra, where a connection signs in by it."""
    if _of(connection, "managed_identity"):
        why = f"the machine's own identity signs in to {name}"
        yield _address(MANAGED_IDENTITY, why, f"{place}.managed_identity")
    elif _of(connection, "tenant"):
        yield from _through(ENTRA, f"signing in to {name}", f"{place}.tenant", connection)


def _through(url: str, why: str, setting: str, connection: AnyConnection) -> Iterator[Address]:
    """An address, and the proxy on the way to it."""
    if connection.proxy is None:
        yield from _called(url, why, setting)
        return
    yield _address(url, why, setting)
    proxy = connection.proxy.get_secret_value()
    if proxy and proxy != NO_PROXY:
        yield _address(proxy, "the proxy on the way", f"{setting.rpartition('.')[0]}.proxy")


def _called(url: str, why: str, setting: str, *, proxied: bool = True) -> Iterator[Address]:
    yield _address(url, why, setting)
    proxy = get_environ_proxies(url).get(urlsplit(url).scheme) if proxied else None
    if proxy:
        yield _address(proxy if "://" in proxy else f"http://{proxy}", "the proxy on the way", "the environment")


def _database(settings: Settings) -> Iterator[Address]:
    if settings.engine.database_url is None:
        return
    url = sa.make_url(settings.engine.database_url.get_secret_value())
    asked: Any = url.query.get("host", url.host or "")
    for host in (asked if isinstance(asked, tuple) else str(asked).split(",")) or ("",):
        # Without a host, and where it is a path, the server is spoken to through a socket of this machine.
        if host and not host.startswith("/"):
            name, _, port = host.rpartition(":") if host.rpartition(":")[2].isdecimal() else (host, "", "")
            number = int(port or url.port or PORTS["postgresql"])
            yield Address("postgresql", name or host, number, "the database", "engine.database_url")


def _of(connection: AnyConnection, name: str) -> Any:
    """A setting that not every kind of connection has."""
    return getattr(connection, name, None)


def _address(url: str, why: str, setting: str) -> Address:
    parts = urlsplit(url)
    return Address(parts.scheme, parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0), why, setting)


def _same(first: str, second: str) -> bool:
    return urlsplit(first)[:2] == urlsplit(second)[:2]
