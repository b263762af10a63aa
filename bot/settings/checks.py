"""Pure: what can be wrong between settings that are each right by themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from urllib.parse import SplitResult, urlsplit

from bot.settings.connections import (
    AnyConnection,
    AzureDevOpsConnection,
    AzureDevOpsServerConnection,
    JiraCloudConnection,
)
from bot.settings.nearest import did_you_mean
from bot.settings.sentences import ended
from bot.settings.tree import ProjectSettings, Settings
from bot.settings.values import is_plain

COMMON_HOST = "api.atlassian.com"
_PAGES = frozenset({"browse", "boards", "projects", "secure", "issues", "rest", "software", "your-work", "dashboards"})
"""With which the addresses of Jira's pages go on after the site's."""


def problems_between(settings: Settings, known_rules: Collection[str]) -> list[str]:
    """One sentence for each problem, with the place."""
    problems = [*_connections(settings), *_model(settings)]
    seen: dict[tuple[str, str], str] = {}
    for name, project in settings.projects.items():
        problems += _project(f"projects.{name}", project, settings, known_rules)
        twin = seen.setdefault((project.connection, project.key), name)
        if twin != name:
            problems.append(f"projects.{name} and projects.{twin} are the same project of the same connection")
    return list(map(ended, problems))


def _connections(settings: Settings) -> Iterator[str]:
    if not settings.connections:
        yield "there is no connection; add a table such as [connections.jira]"
    for name, connection in settings.connections.items():
        place = f"connections.{name}"
        if not connection.plain_http and is_plain(connection.url):
            yield (
                f"{place}.url would send the token unencrypted; write https://, "
                f"or say {place}.plain_http = true if that network is yours"
            )
        if connection.intake == "webhook" and connection.webhook_secret is None:
            yield f'{place}.webhook_secret is missing; intake = "webhook" needs it to know real deliveries from others'
        if (connection.webhook_secret_old is None) != (connection.webhook_secret_old_until is None):
            yield f"{place}.webhook_secret_old and webhook_secret_old_until are only of use together"
        until = connection.webhook_secret_old_until
        if until is not None and until.tzinfo is None:
            yield f"{place}.webhook_secret_old_until needs a time zone, as in 2026-12-01T12:00:00Z"
        yield from _copied(place, connection)
        if (site := without_page(connection.url, connection.vendor)) is not None:
            ends = "" if connection.vendor == "jira" else ", which ends with the organisation or collection"
            yield f'{place}.url is that of a page or project; write url = "{site}"{ends}'
            continue
        if isinstance(connection, JiraCloudConnection):
            yield from _scoped(place, connection)
        if isinstance(connection, AzureDevOpsConnection):
            if not urlsplit(connection.url).path.strip("/") and not _is_old_name(connection.url):
                yield f"{place}.url lacks the organisation, as in https://dev.azure.com/contoso"
            yield from _one_way_in(place, connection)
        elif isinstance(connection, AzureDevOpsServerConnection) and not urlsplit(connection.url).path.strip("/"):
            yield f"{place}.url lacks the collection, as in https://tfs.example.org/DefaultCollection"


def _copied(place: str, connection: AnyConnection) -> Iterator[str]:
    for name in ("token", "client_secret"):
        secret = getattr(connection, name, None)
        held = secret.get_secret_value() if secret is not None else ""
        if not (held.isascii() and held.isprintable()):
            yield (
                f"{place}.{name} holds a character that is in no token (such as a long dash): was it copied from a "
                "document? Copy it anew from where it was made"
            )


def without_page(url: str, vendor: str) -> str | None:
    """The address of the site or organisation, where a url is that of one of its pages; None where it is not."""
    parts = urlsplit(url)
    segments = [one for one in parts.path.split("/") if one]
    if vendor == "jira":
        page = next((at for at, one in enumerate(segments) if one in _PAGES or one.endswith(".jspa")), None)
        of_cloud = (parts.hostname or "").endswith(".atlassian.net")
        # Alone it may be the context path, as "jira" may be that is the first part of Cloud's own pages.
        if page is None or (len(segments) == 1 and not of_cloud and segments[0] not in ("browse", "secure")):
            return None
        kept = [] if of_cloud else segments[:page]
    else:
        page = next((at for at, one in enumerate(segments) if one.startswith("_")), None)
        hosted = parts.hostname == "dev.azure.com"
        if _is_old_name(url):  # the organisation is the host; its one collection may stand behind
            kept = segments[:1] if segments and segments[0].casefold() == "defaultcollection" else []
            return _address(parts, kept) if len(segments) > len(kept) else None
        if page is None and not (hosted and len(segments) > 1):
            return None
        # Before the page comes the project, where there is room for one beside the organisation.
        kept = segments[:1] if hosted else segments[: max((page or 0) - 1, 1)]
    return _address(parts, kept)


def _address(parts: SplitResult, kept: Sequence[str]) -> str:
    return f"{parts.scheme}://{parts.netloc}" + "".join(f"/{one}" for one in kept)


def _is_old_name(url: str) -> bool:
    """Whether the organisation is in the name of the host, as it was before 2018."""
    return (urlsplit(url).hostname or "").endswith(".visualstudio.com")


def _one_way_in(place: str, connection: AzureDevOpsConnection) -> Iterator[str]:
    one = connection
    application = bool(one.tenant or one.client_secret is not None or one.sign_in_certificate)
    ways = [
        way
        for way, said in (
            ("token", one.token is not None),
            ("tenant", application),
            ("managed_identity", one.managed_identity),
        )
        if said
    ]
    if len(ways) > 1:
        yield f"{place} has more than one way to sign in ({', '.join(ways)}); keep one"
    elif not ways:
        yield f"{place}.token is missing: the token of the account that the bot uses (or sign in by Entra: see tenant)"
    elif application:
        if not one.tenant or not one.client_id:
            yield f"{place}.{'client_id' if one.tenant else 'tenant'} is missing; to sign in by Entra takes both"
        if (one.client_secret is None) == (one.sign_in_certificate is None):
            yield f"{place} needs either client_secret or sign_in_certificate to sign in by Entra"
    elif one.client_id and not one.managed_identity:
        yield f"{place}.client_id is of no use beside a token"


def _scoped(place: str, connection: JiraCloudConnection) -> Iterator[str]:
    """Tokens with scopes work at Atlassian's common address only, where people find no items."""
    parts = urlsplit(connection.url)
    if connection.sign_in == "basic" and not connection.user:
        yield f"{place}.user is missing: the mail address of the account that the token belongs to"
    if connection.sign_in == "bearer" and (parts.hostname or "").endswith(".atlassian.net"):
        yield (
            f"{place}.url is the site's own; tokens of service accounts work only at "
            f"https://{COMMON_HOST}/ex/jira/<cloud id>, with the site as browse_url"
        )
    if parts.hostname != COMMON_HOST:
        return
    if not parts.path.startswith("/ex/jira/"):
        yield f"{place}.url lacks the site's id, as in https://{COMMON_HOST}/ex/jira/<cloud id>"
    if connection.browse_url is None:
        yield f"{place}.browse_url is missing; with this url it must name your site, as in https://you.atlassian.net"


def _model(settings: Settings) -> Iterator[str]:
    if settings.model is not None and not settings.model.plain_http and is_plain(settings.model.base_url):
        yield (
            "model.base_url would send texts unencrypted; write https://, "
            "or say model.plain_http = true if that network is yours"
        )


def _project(place: str, project: ProjectSettings, settings: Settings, known_rules: Collection[str]) -> Iterator[str]:
    if project.connection not in settings.connections and settings.connections:
        meant = did_you_mean(project.connection, settings.connections)
        yield f"{place}.connection names {project.connection!r}, which is not a connection{meant}"
    if not project.key.strip() or any(ord(character) < 32 for character in project.key):
        yield f"{place}.key is empty or holds control characters"
    connection = settings.connections.get(project.connection)
    if project.restricted_areas and connection is not None and connection.vendor == "jira":
        yield f"{place}.restricted_areas is for Azure DevOps; in Jira an item's security level says it"
    if any(not area.strip(" \\") for area in project.restricted_areas):
        yield f"{place}.restricted_areas holds an empty path"
    if project.quiet_wait > project.quiet_wait_max:
        yield f"{place}.quiet_wait is longer than quiet_wait_max"
    for rule in project.disabled_rules:
        if rule not in known_rules:
            meant = did_you_mean(rule, sorted(known_rules))
            yield f"{place}.disabled_rules names {rule!r}, which is not a rule{meant}"
