"""The desks of a connection's flows, each with the ports it needs and no more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.flows.desk import AcceptanceDesk, DraftCriteria, Project, TriageDesk
from bot.jobs import Enqueue
from bot.search.candidates import Candidates
from bot.search.index import DuplicateIndex
from bot.settings import AnyConnection, ProjectSettings, Settings
from bot.store.database import Database
from bot.store.pacing import StoredBoard
from bot.wiring.clients import Client, connect, criteria_writer
from bot.wiring.targets import target
from integrations.tracker import Target, Vocabulary


@dataclass(frozen=True, slots=True)
class Wired:
    """One connection, ready: its client, where its webhooks lead, and the desks of its flows."""

    name: str
    settings: AnyConnection
    client: Client
    target: Target
    index: Candidates
    triage: TriageDesk
    acceptance: AcceptanceDesk


def wire(settings: Settings, db: Database, enqueue: Enqueue, now: Callable[[], datetime]) -> Mapping[str, Wired]:
    """All connections, by name."""
    draft = criteria_writer(settings, db, now)
    return {name: _wire_one(name, settings, db, enqueue, now, draft) for name in settings.connections}


def _wire_one(
    name: str,
    settings: Settings,
    db: Database,
    enqueue: Enqueue,
    now: Callable[[], datetime],
    draft: DraftCriteria | None,
) -> Wired:
    connection = settings.connections[name]
    client = connect(name, connection, settings, StoredBoard(db, name, now))
    projects = {key: _project(key, project) for key, project in settings.projects_of(name).items()}
    drafts = any(project.draft_subtasks for project in projects.values())
    own = connection.account == "own"
    index = Candidates(db, name, DuplicateIndex(settings.data / "index" / name))
    triage_desk = TriageDesk(
        db=db,
        connection=name,
        projects=projects,
        now=now,
        enqueue=enqueue,
        reader=client.reader,
        own_account=own,
        commenter=client.commenter,
        own_id=lambda: client.people.me().id,
        drafter=client.drafter if drafts else None,
        candidates=index,
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
    return Wired(name, connection, client, target(name, settings), index, triage_desk, acceptance_desk)


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
        language=settings.language,
        accept_people=frozenset(settings.accept_people),
        accept_groups=settings.accept_groups,
        draft_subtasks=settings.draft_subtasks,
        draft_days=settings.draft_days,
        mentions_reporter=settings.mention_reporter,
        scope=settings.scope,
        comments_for=settings.comments_for,
        works_restricted=settings.restricted_items == "work",
        required_fields=settings.required_fields,
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
