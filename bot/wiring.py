"""The only place that builds clients: settings in, desks, jobs and doors out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from bot.flows import delivery, hygiene, outcome, polling, sweep, triage
from bot.flows.desk import AcceptanceDesk, Project, TriageDesk
from bot.flows.outcome import guarded
from bot.jobs import Enqueue, Job, Later, QueuedJob, Run
from bot.search.candidates import Candidates
from bot.search.index import DuplicateIndex
from bot.settings import (
    AnyConnection,
    AzureDevOpsConnection,
    JiraCloudConnection,
    JiraDataCenterConnection,
    ProjectSettings,
    Settings,
)
from bot.store.database import Database
from bot.telemetry.watched import WatchedWriter, observer, watched_jobs
from bot.web.intake import Intake
from bot.web.keeping import Keeper
from integrations.tracker import (
    Applier,
    Commenter,
    Drafter,
    People,
    Reader,
    Vocabulary,
    Webhook,
    WebhookSecret,
)
from rules.model import AddCriteria, WorkItem

log = structlog.get_logger(__name__)

CONNECT_SECONDS = 3.05
DraftCriteria = Callable[[WorkItem], AddCriteria | None]


@dataclass(frozen=True, slots=True)
class Client:
    """One connection's tracker, by port."""

    reader: Reader
    commenter: Commenter
    drafter: Drafter
    applier: Applier
    people: People
    webhook: Webhook


@dataclass(frozen=True, slots=True)
class Wired:
    """One connection, ready: its client and the desks of its flows."""

    name: str
    settings: AnyConnection
    client: Client
    triage: TriageDesk
    acceptance: AcceptanceDesk


def database_url(settings: Settings) -> str:
    """The store's address: the setting, or SQLite in the data folder (which is made)."""
    if settings.engine.database_url is not None:
        return settings.engine.database_url.get_secret_value()
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    return f"sqlite:///{settings.data / 'steward.db'}"


def engine_url(settings: Settings) -> str:
    """The engine's address: the same server, or a file of its own beside the store's."""
    if settings.engine.database_url is not None:
        return settings.engine.database_url.get_secret_value()
    return f"sqlite:///{settings.data / 'engine.db'}"


def connect(name: str, connection: AnyConnection, settings: Settings) -> Client:
    """The client of one connection. No request is made yet."""
    if isinstance(connection, JiraCloudConnection | JiraDataCenterConnection):
        return _jira(name, connection)
    return _azure_devops(name, connection, settings.data)


def wire(settings: Settings, db: Database, enqueue: Enqueue, now: Callable[[], datetime]) -> Mapping[str, Wired]:
    """All connections, by name."""
    draft = _criteria_writer(settings, db, now)
    return {name: _wire_one(name, settings, db, enqueue, now, draft) for name in settings.connections}


def jobs(wired: Mapping[str, Wired]) -> Mapping[str, Job]:
    """What the engine runs: a kind of job -> the flow, on the desk of the connection that the job names."""

    def of(flow: Callable[[Run, Wired], None]) -> Job:
        def job(run: Run) -> Later | None:
            each = wired.get(run.args[0])
            if each is None:
                log.warning("connection not in the settings", job=run.id)
                return None
            return guarded(lambda run: flow(run, each), each.acceptance)(run)

        return job

    return watched_jobs(
        {
            "triage": of(lambda run, each: triage.triage(run, each.triage)),
            "hygiene": of(lambda run, each: hygiene.hygiene(run, each.triage)),
            "delivery": of(lambda run, each: delivery.deliver(run, each.acceptance)),
            "backfill": of(lambda run, each: polling.backfill(run, each.acceptance)),
            "poll": of(lambda run, each: polling.poll(run, each.acceptance)),
            "sweep": of(lambda run, each: sweep.sweep(run, each.acceptance, each.client.webhook.read)),
        }
    )


def gravedigger(wired: Mapping[str, Wired]) -> Callable[[Run | QueuedJob, str], None]:
    """Keeps dead letters of jobs that never came to a flow of theirs."""

    def bury(run: Run | QueuedJob, reason: str) -> None:
        each = wired.get(run.args[0]) if run.args else None
        if each is None:
            log.error("job given up", job=run.id, kind=run.kind, reason=reason)
        else:
            outcome.bury(each.acceptance, run, reason)

    return bury


def door(
    each: Wired, settings: Settings, now: Callable[[], datetime], keeper: Keeper, has_room: Callable[[], bool]
) -> Intake:
    """The webhook door of a connection."""
    desk = each.acceptance
    return Intake(
        connection=each.name,
        vendor=each.settings.vendor,
        webhook=each.client.webhook,
        secrets=lambda: _secrets(each.settings, now()),
        db=desk.db,
        projects=desk.projects,
        keeper=keeper,
        has_room=has_room,
        body_limit=settings.server.max_body_bytes,
    )


def _secrets(connection: AnyConnection, now: datetime) -> tuple[WebhookSecret, ...]:
    user = getattr(connection, "webhook_user", "")
    held = [connection.webhook_secret]
    until = connection.webhook_secret_old_until
    if until is None or now < until:
        held.append(connection.webhook_secret_old)
    return tuple(WebhookSecret(secret.get_secret_value(), user) for secret in held if secret is not None)


def _wire_one(
    name: str,
    settings: Settings,
    db: Database,
    enqueue: Enqueue,
    now: Callable[[], datetime],
    draft: DraftCriteria | None,
) -> Wired:
    connection = settings.connections[name]
    client = connect(name, connection, settings)
    projects = {key: _project(key, project) for key, project in settings.projects_of(name).items()}
    drafts = any(project.draft_subtasks for project in projects.values())
    own = connection.account == "own"
    index = DuplicateIndex(settings.data / "index" / name)
    triage_desk = TriageDesk(
        db=db,
        connection=name,
        projects=projects,
        now=now,
        enqueue=enqueue,
        reader=client.reader,
        own_account=own,
        commenter=client.commenter,
        drafter=client.drafter if drafts else None,
        candidates=Candidates(db, name, index),
        draft_criteria=draft,
        words=_remembered(client.reader.vocabulary),
    )
    acceptance_desk = AcceptanceDesk(
        db=db,
        connection=name,
        projects=projects,
        now=now,
        enqueue=enqueue,
        reader=client.reader,
        own_account=own,
        commenter=client.commenter,
        applier=client.applier,
        people=client.people,
    )
    return Wired(name, connection, client, triage_desk, acceptance_desk)


def _project(key: str, settings: ProjectSettings) -> Project:
    return Project(
        key=key,
        suggests=settings.mode == "suggest",
        quiet_wait=settings.quiet_wait,
        quiet_wait_max=settings.quiet_wait_max,
        daily_budget=settings.daily_budget,
        bulk_items=settings.bulk_items,
        bulk_window=settings.bulk_window,
        zone=settings.zone,
        accept_people=frozenset(settings.accept_people),
        accept_groups=settings.accept_groups,
        draft_subtasks=settings.draft_subtasks,
        mentions_reporter=settings.mention_reporter,
        policy=settings.policy(),
    )


def _remembered(vocabulary: Callable[[str], Vocabulary]) -> Callable[[str], Vocabulary]:
    """A project's words change once a year: they are read once a process."""
    known: dict[str, Vocabulary] = {}

    def words(project: str) -> Vocabulary:
        if project not in known:
            known[project] = vocabulary(project)
        return known[project]

    return words


def _criteria_writer(settings: Settings, db: Database, now: Callable[[], datetime]) -> DraftCriteria | None:
    model = settings.model
    if model is None:
        return None
    from bot.flows.drafting import CriteriaWriter, StoredBudget
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


def _jira(name: str, connection: JiraCloudConnection | JiraDataCenterConnection) -> Client:
    from integrations.jira.client import JiraConnection
    from integrations.jira.session import BasicAuth, BearerAuth
    from integrations.jira.webhook import JiraWebhook

    token = connection.token.get_secret_value()
    cloud = isinstance(connection, JiraCloudConnection)
    jira = JiraConnection(
        name,
        connection.url,
        BasicAuth(connection.user, token) if isinstance(connection, JiraCloudConnection) else BearerAuth(token),
        "cloud" if cloud else "data_center",
        browse_url=connection.browse_url,
        timeout=(CONNECT_SECONDS, connection.timeout),
        observer=observer(name),
    )
    return Client(jira.reader, jira.commenter, jira.drafter, jira.applier, jira.people, JiraWebhook())


def _azure_devops(name: str, connection: AzureDevOpsConnection, data: Path) -> Client:
    from integrations.azure_devops.client import AzureDevOpsConnection as Connection
    from integrations.azure_devops.webhook import AzureDevOpsWebhook

    azure = Connection(
        connection.url,
        connection.token.get_secret_value(),
        name,
        cache_dir=data / "azure-devops",
        timeout=(CONNECT_SECONDS, connection.timeout),
        comment_format=connection.comment_format,
        observer=observer(name),
    )
    return Client(azure.reader, azure.commenter, azure.drafter, azure.applier, azure.people, AzureDevOpsWebhook())
