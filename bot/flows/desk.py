"""What a flow has on its desk: the store, the settings of its project, the time, and only the ports it needs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.jobs import Enqueue, Silent, TryAgain
from bot.store.database import Database
from integrations.tracker import Applier, Commenter, Drafter, People, Reader, Vocabulary
from languages import ENGLISH, Language, speaking
from rules.changes import AddCriteria
from rules.model import Candidate, Policy, WorkItem

__all__ = ["AcceptanceDesk", "Desk", "DraftCriteria", "Drafted", "Project", "Silent", "TriageDesk", "TryAgain"]


@dataclass(frozen=True, slots=True)
class Project:
    """What the settings say about one project. Times are in seconds.

    `scope` and `comments_for` are in the form that the ports take (`Reader.moved`, `Commenter.post`).
    `works_restricted`: also on items that not all of the project see; else nothing of them is kept or said.
    """

    key: str
    suggests: bool = False
    quiet_wait: float = 300.0
    quiet_wait_max: float = 1800.0
    daily_budget: int = 10
    bulk_items: int = 20
    bulk_window: float = 600.0
    zone: ZoneInfo = ZoneInfo("UTC")
    language: Language = ENGLISH
    accept_people: frozenset[str] = frozenset()
    accept_groups: tuple[str, ...] = ()
    draft_subtasks: bool = False
    draft_days: int = 30
    mentions_reporter: bool = True
    scope: str = ""
    comments_for: str = ""
    works_restricted: bool = False
    required_fields: Mapping[str, str] = dataclasses.field(default_factory=dict)
    policy: Policy = Policy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What every flow has: one connection's store, projects, clock and eyes."""

    db: Database
    connection: str
    projects: Mapping[str, Project]
    now: Callable[[], datetime]
    enqueue: Enqueue
    reader: Reader
    own_account: bool = True
    settle: float = 3.0

    def works_on(self, item: WorkItem) -> bool:
        """Whether an item may be kept and spoken about, as far as restrictions go."""
        project = self.projects.get(item.project)
        return not item.restricted or (project is not None and project.works_restricted)

    def partition(self, item: str) -> str:
        """Work on one item is done one at a time."""
        return f"{self.connection}:{item}"

    def speaking(self, project: str) -> AbstractContextManager[None]:
        """Within the block, all that is said is said in the language of a project."""
        known = self.projects.get(project)
        return speaking(known.language if known is not None else ENGLISH)


@dataclass(frozen=True, slots=True)
class Drafted:
    """What a model has drafted: criteria, and the questions it asks where the item says too little."""

    criteria: AddCriteria | None
    questions: tuple[str, ...] = ()


DraftCriteria = Callable[[WorkItem], Drafted | None]
"""Asks a model for the criteria of one item; None where there is no answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageDesk(Desk):
    """Triage reads and comments, and by policy drafts; it cannot change an item."""

    commenter: Commenter
    own_id: Callable[[], str]
    drafter: Drafter | None = None
    candidates: Callable[[WorkItem], tuple[Candidate, ...]] = lambda item: ()
    draft_criteria: DraftCriteria | None = None
    words: Callable[[str], Vocabulary] = lambda project: Vocabulary()


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceDesk(Desk):
    """The flows that a person's word started: they may ask for rights and apply."""

    commenter: Commenter
    applier: Applier
    people: People
