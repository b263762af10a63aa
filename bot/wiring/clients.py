"""Clients of trackers and of the model, from their settings. No request is made here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from bot.flows.desk import DraftCriteria
from bot.settings import (
    AnyConnection,
    AzureDevOpsConnection,
    AzureDevOpsServerConnection,
    JiraCloudConnection,
    JiraDataCenterConnection,
    Settings,
)
from bot.store.database import Database
from bot.telemetry.watched import WatchedWriter, observer
from integrations.exchanges import Exchange, Observe, unobserved
from integrations.pace import Board
from integrations.tracker import Applier, Commenter, Drafter, Hooks, Names, People, Reader, Rehearser, Rights, Webhook
from integrations.transport import Transport

CONNECT_SECONDS = 3.05


@dataclass(frozen=True, slots=True)
class Client:
    """One connection's tracker, by port. `token_end` asks when the token ends, where the tracker tells."""

    reader: Reader
    commenter: Commenter
    drafter: Drafter
    applier: Applier
    people: People
    webhook: Webhook
    hooks: Hooks
    names: Names
    rights: Rights
    rehearser: Rehearser
    token_end: Callable[[], datetime | None] = lambda: None


def connect(
    name: str,
    connection: AnyConnection,
    settings: Settings,
    board: Board | None = None,
    watch: Observe = unobserved,
) -> Client:
    """The client of one connection. No request is made yet. With a board it keeps to what others were told too.

    `watch` is told of each exchange beside the metrics.
    """
    count = observer(name)

    def observe(exchange: Exchange) -> None:
        count(exchange)
        watch(exchange)

    if isinstance(connection, JiraCloudConnection | JiraDataCenterConnection):
        return _jira(name, connection, observe, board)
    return _azure_devops(name, connection, settings, observe, board)


def other_address(connection: AnyConnection) -> str | None:
    """Where a site of Jira Cloud takes tokens with scopes, as the site itself tells; None for all others."""
    host = (urlsplit(connection.url).hostname or "").lower()
    if not isinstance(connection, JiraCloudConnection) or not host.endswith(".atlassian.net"):
        return None
    from integrations.jira.site import common_address

    return common_address(connection.url, transport(connection))


def jira_kind(connection: AnyConnection) -> str | None:
    """The kind of the Jira at a connection's address, as it tells anybody; None where there is none."""
    from integrations.jira.site import deployment

    found = deployment(connection.url, transport(connection))
    return {"Cloud": "jira-cloud", "Server": "jira-data-center"}[found] if found else None


def criteria_writer(settings: Settings, db: Database, now: Callable[[], datetime]) -> DraftCriteria | None:
    """What drafts with the model; None where the settings name none."""
    model = settings.model
    if model is None:
        return None
    from bot.flows.suggesting.drafting import CriteriaWriter, StoredBudget
    from integrations.openai.writer import Model, OpenAIWriter
    from prompts.library import load_library

    budget = StoredBudget(db, model.daily_tokens, now)
    writer = OpenAIWriter(
        Model(
            base_url=model.base_url,
            name=model.name,
            api_key=model.key.get_secret_value() if model.key else "",
            form=model.reply_schema,
            call_seconds=model.deadline,
            answer_bytes=model.max_answer_bytes,
            answer_tokens=model.max_answer_tokens,
        ),
        budget,
    )
    own_secrets = tuple(secret.get_secret_value() for secret in settings.secrets())
    watched = WatchedWriter(writer, model.price_in, model.price_out)
    return CriteriaWriter(db, watched, load_library()["acceptance_criteria"], model.name, now, own_secrets)


def transport(connection: AnyConnection) -> Transport:
    """How a connection's requests travel."""
    proxy = connection.proxy.get_secret_value() if connection.proxy is not None else ""
    return Transport(connection.ca_bundle, proxy or None, connection.client_certificate, connection.client_key)


def _jira(
    name: str, connection: JiraCloudConnection | JiraDataCenterConnection, observe: Observe, board: Board | None
) -> Client:
    from integrations.jira.client import JiraConnection
    from integrations.jira.session import BasicAuth, BearerAuth
    from integrations.jira.webhook import JiraWebhook

    token = connection.token.get_secret_value()
    cloud = isinstance(connection, JiraCloudConnection)
    user = connection.user if isinstance(connection, JiraCloudConnection) and connection.sign_in == "basic" else ""
    jira = JiraConnection(
        name,
        connection.url,
        BasicAuth(user, token) if user else BearerAuth(token),
        "cloud" if cloud else "data_center",
        browse_url=connection.browse_url,
        timeout=(CONNECT_SECONDS, connection.timeout),
        observer=observe,
        transport=transport(connection),
        board=board,
    )
    return Client(
        jira.reader,
        jira.commenter,
        jira.drafter,
        jira.applier,
        jira.people,
        JiraWebhook(),
        jira.hooks,
        jira.names,
        jira.rights,
        jira.rehearser,
        jira.token_end,
    )


def _azure_devops(
    name: str,
    connection: AzureDevOpsConnection | AzureDevOpsServerConnection,
    settings: Settings,
    observe: Observe,
    board: Board | None,
) -> Client:
    from integrations.azure_devops.client import AzureDevOpsConnection as Connection
    from integrations.azure_devops.webhook import AzureDevOpsWebhook

    azure = Connection(
        connection.url,
        _signed_in(connection),
        name,
        cache_dir=settings.data / "azure-devops",
        timeout=(CONNECT_SECONDS, connection.timeout),
        comment_format=connection.comment_format if isinstance(connection, AzureDevOpsConnection) else "html",
        observer=observe,
        transport=transport(connection),
        board=board,
        restricted={key: project.restricted_areas for key, project in settings.projects_of(name).items()},
    )
    return Client(
        azure.reader,
        azure.commenter,
        azure.drafter,
        azure.applier,
        azure.people,
        AzureDevOpsWebhook(),
        azure.hooks,
        azure.names,
        azure.rights,
        azure.rehearser,
    )


def _signed_in(connection: AzureDevOpsConnection | AzureDevOpsServerConnection) -> str | Callable[[], str]:
    """A token, or what gives one."""
    if connection.token is not None:
        return connection.token.get_secret_value()
    from integrations.azure_devops.sign_in import Application, EntraSignIn, Machine

    assert isinstance(connection, AzureDevOpsConnection)  # on Server a token is compulsory
    secret = connection.client_secret.get_secret_value() if connection.client_secret is not None else ""
    who = (
        Machine(connection.client_id)
        if connection.managed_identity
        else Application(connection.tenant, connection.client_id, secret, connection.sign_in_certificate)
    )
    return EntraSignIn(who, transport(connection), (CONNECT_SECONDS, connection.timeout))
