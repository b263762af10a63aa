"""Each connection: is it let in, what does the tracker say of tokens, webhooks and limits?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError

from bot import wiring
from bot.doctor.findings import CHECK_AZURE_TOKEN, CHECK_TOKEN, Finding, remedy_for, what_is
from bot.doctor.projects import project_findings
from bot.settings import AnyConnection, Settings
from bot.settings.values import is_plain
from bot.store import inbox
from bot.store.database import Database
from bot.telemetry import expiry
from integrations.exchanges import Exchange
from integrations.limits import told as told_limits
from integrations.tracker import Missing, Refused, Target, TrackerError, Unintelligible, ours, standings

PRODUCTS = {"jira-cloud": "Jira Cloud", "jira-data-center": "Jira Data Center (or Server)"}
WAYS_IN = {
    "jira-cloud": "It takes user, the account's mail address, and an API token.",
    "jira-data-center": "It takes a personal access token, and neither user nor sign_in.",
}
DELIVERED = "Deliveries have arrived, so there is one."
SITE_URL = (
    "url is the site's address, with its context path if it has one, and without the page: https://you.atlassian.net, "
    "or https://jira.example.org/jira."
)
ORGANISATION_URL = (
    "url is the organisation's address, https://dev.azure.com/contoso, or the collection's, "
    "https://tfs.example.org/DefaultCollection, without a project."
)


@dataclass
class _Limits:
    """What the tracker said of its limits while it was asked for all the rest."""

    waited: float = 0.0
    limit: float | None = None
    left: float | None = None

    def hear(self, exchange: Exchange) -> None:
        said = told_limits(exchange.status, exchange.headers)
        self.waited = max(self.waited, said.wait or 0.0)
        if said.left is not None:
            self.limit, self.left = said.limit, said.left


def connections(settings: Settings) -> Iterator[Finding]:
    """All of them, with their projects; the first fault does not end it."""
    for name, connection in settings.connections.items():
        limits = _Limits()
        client = wiring.connect(name, connection, settings, watch=limits.hear)
        target = wiring.target(name, settings)
        account = list(_account(name, connection, client, target))
        yield from account
        if not all(finding.ok for finding in account[:1]):
            continue  # what the projects would say has the same cause
        yield from _token(name, connection, client)
        if connection.intake == "webhook":
            yield from _webhooks(name, client, target, has_heard=_has_heard(name, settings))
        projects = settings.projects_of(name)
        if not projects:
            yield Finding(
                False, f"{name}: no project uses this connection", "Add a table [projects.KEY] that names it."
            )
        for project in projects.values():
            yield from project_findings(name, connection.vendor, project, client)
        yield _budget(name, limits)


def _token(name: str, connection: AnyConnection, client: wiring.Client) -> Iterator[Finding]:
    now = datetime.now(UTC)
    try:
        ends = expiry.end_of(connection.token_expires, client.token_end)
    except TrackerError as error:
        yield Finding(False, f"{name}: when the token ends: {what_is(error)}", remedy_for(error))
        return
    soon = expiry.in_words(name, ends, now)
    if ends is None:
        told = f"{name}: when the token ends, the tracker does not tell"
        yield Finding(True, told, "Note it under token_expires, and you are told two weeks ahead.")
    elif soon is None:
        yield Finding(True, f"{name}: the token ends on {ends:%Y-%m-%d}; you are told two weeks ahead")
    else:
        yield Finding(ends > now, f"{name}: the token ends on {ends:%Y-%m-%d}", soon)


def _budget(name: str, limits: _Limits) -> Finding:
    waited = f"Meanwhile it asked to wait {limits.waited:.0f} s: who else uses this account?" if limits.waited else ""
    if limits.left is None or limits.limit is None:
        return Finding(True, f"{name}: the tracker names no limit of requests", waited)
    left = f"{limits.left:.0f} of {limits.limit:.0f}"
    return Finding(True, f"{name}: {left} are left of what the tracker allows; nightly work waits for people", waited)


def _account(name: str, connection: AnyConnection, client: wiring.Client, target: Target) -> Iterator[Finding]:
    try:
        me = client.people.me()
    except TrackerError as error:
        yield _shut_out(name, connection, error)
        return
    shared = ", shared with a person" if connection.account == "shared" else ""
    yield Finding(True, f"{name}: signed in as {me.name}{shared}")
    if connection.intake == "webhook":
        yield _reached(name, connection, target.url)
    else:
        yield Finding(True, f"{name}: asks every {connection.poll_every:.0f} s what has moved; no webhook is needed")


def _reached(name: str, connection: AnyConnection, address: str) -> Finding:
    told = f"{name}: the tracker sends its webhooks to {address}"
    if address.startswith("/"):
        return Finding(True, told, "Put the bot's own address before it: see public_url under [server].")
    if because := wiring.unreachable_because(connection, address):
        return Finding(False, f"{told}, which it cannot reach: {because}", "See public_url under [server].")
    plain = (
        "Deliveries travel there unencrypted, with texts of tickets: better take https." if is_plain(address) else ""
    )
    return Finding(True, told, plain)


def _shut_out(name: str, connection: AnyConnection, error: TrackerError) -> Finding:
    """Why nobody is let in at an address, and what to do: it may be the wrong one."""
    if isinstance(error, Refused | Missing | Unintelligible) and connection.vendor == "jira":
        kind = wiring.jira_kind(connection)
        if kind is not None and kind != connection.kind:
            told = f"{name}: this is a site of {PRODUCTS[kind]}, and kind says {connection.kind}"
            return Finding(False, told, f'Write kind = "{kind}". {WAYS_IN[kind]}')
        if kind is None and not isinstance(error, Refused):
            return Finding(False, f"{name}: nothing of Jira answers at {connection.url}", SITE_URL)
    if isinstance(error, Missing):
        return Finding(False, f"{name}: nothing of Azure DevOps answers at {connection.url}", ORGANISATION_URL)
    if isinstance(error, Refused) and connection.vendor == "azure-devops":
        told = f"{name}: {what_is(error)} (asked at {connection.url})"
        return Finding(False, told, f"{CHECK_AZURE_TOKEN} And is the organisation spelled so in its pages' address?")
    found = _way_in(connection, error) or (CHECK_TOKEN if isinstance(error, Refused) else remedy_for(error))
    return Finding(False, f"{name}: {what_is(error)}", found)


def _has_heard(name: str, settings: Settings) -> bool:
    """Whether webhooks have brought something of late. A store that cannot be read is told of elsewhere."""
    database = Database(wiring.database_url(settings))
    try:
        with database.read() as session:
            return bool(inbox.arrived(session, name))
    except SQLAlchemyError:
        return False
    finally:
        database.close()


def _webhooks(name: str, client: wiring.Client, target: Target, *, has_heard: bool) -> Iterator[Finding]:
    try:
        found = client.hooks.found(target)
    except (Refused, Missing) as error:
        missing = error.missing if isinstance(error, Refused) else ""
        told = f"{name}: whether the tracker's webhooks are switched on, this account may not see"
        how = f"Look by hand: steward webhooks check {name} says where."
        yield Finding(True, told, f"What it lacks is {missing}. {how}" if missing else how)
        return
    except TrackerError as error:
        yield Finding(False, f"{name}: the tracker's webhooks: {what_is(error)}", remedy_for(error))
        return
    amiss = [one for wish in client.hooks.wishes(target) for one in standings(target, wish, found) if not one.is_well]
    if not any(ours(target, found)):
        told = f"{name}: no webhook to the bot is to be seen: there is none, or this account may not see it"
        yield Finding(has_heard, told, f"Make them: steward webhooks install {name}" if not has_heard else DELIVERED)
    elif amiss:
        told = f"{name}: the tracker does not tell all: {', '.join(sorted({one.event for one in amiss}))}"
        yield Finding(False, told, f"See why: steward webhooks check {name}")
    else:
        yield Finding(True, f"{name}: the tracker's webhooks are switched on")


def _way_in(connection: AnyConnection, error: TrackerError) -> str:
    """Where a token that is refused may work; empty where nothing of that is known."""
    found = wiring.other_address(connection) if isinstance(error, Refused) else None
    if found is None:
        return ""
    return (
        f'If the token has scopes, or is of a service account: url = "{found}", browse_url = "{connection.url}". '
        "Else check the token (is it expired?) and the user beside it."
    )
