"""The vocabulary of the whole house: what a work item, a finding and a change are.

Everything here is frozen and knows no vendor, no clock and no storage. Texts are *readings*: plain text in which
block structure is kept the Markdown way ("# " headings, "- " bullets, "> " quotes, fenced code) and nothing is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from rules.changes import Change

StatusCategory = Literal["todo", "doing", "done"]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody the tracker knows.

    `id` is the tracker's stable id (Jira Cloud accountId, Jira Data Center key, Azure DevOps identity id), never a mail
    address or a display name, because both can be changed by their owner. `is_app` is true for integrations.
    """

    id: str
    name: str
    is_app: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A link as seen from the item that holds it: "this item <phrase> <key>" (for example "duplicates SHOP-3")."""

    phrase: str
    key: str
    kind: Literal["duplicate", "clone", "other"] = "other"


@dataclass(frozen=True, slots=True)
class Child:
    """A sub-task or child item."""

    key: str
    summary: str


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One item of a backlog, as the tracker held it at one moment.

    `id` never changes, `key` is what people say (SHOP-97, or the number in Azure DevOps). `description` and
    `acceptance_criteria` (a field of its own, empty where the project has none) are readings; `digests` holds a SHA-256
    of the native value of each field that a change may touch (see FIELDS_TOUCHED; a field that the item does not have
    is not among them), so that a later edit by a person is noticed even where the reading does not show it.
    `rewritable` is true where the description's native form can be rebuilt from its reading without any loss.
    """

    connection: str
    id: str
    key: str
    project: str
    type: str
    summary: str
    description: str
    status: str
    status_category: StatusCategory
    created: datetime
    updated: datetime
    version: str = ""
    is_subtask: bool = False
    priority: str | None = None
    labels: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    reporter: Person | None = None
    assignee: Person | None = None
    parent: str | None = None
    children: tuple[Child, ...] = ()
    links: tuple[Link, ...] = ()
    story_points: float | None = None
    acceptance_criteria: str = ""
    restricted: bool = False
    rewritable: bool = False
    digests: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule has to say about one item: a change to propose, a question to ask, or both.

    `subject` tells findings of one rule apart (the other item's key, for example): a finding that a person has
    dismissed is remembered by (rule, subject). `title` is the few words shown in bold; `reason` says why, and
    `evidence` is what a person can check (words of the item, keys, dates). `value` orders findings, highest first
    (0 to 100). `source` says who drafted it.
    """

    rule: str
    title: str
    reason: str
    value: int
    subject: str = ""
    evidence: tuple[str, ...] = ()
    change: Change | None = None
    questions: tuple[str, ...] = ()
    source: str = "rules"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An earlier item of the same search set that shares words with the one at hand.

    `title_count` says how many items of the set carry this title; `is_clone` that the two are linked as clones;
    `already_linked` that any link joins the two; `same_text` that both descriptions say the same, and say something.
    """

    key: str
    summary: str
    status: str
    status_category: StatusCategory
    created: datetime
    type: str = ""
    is_subtask: bool = False
    parent: str | None = None
    title_count: int = 1
    is_clone: bool = False
    already_linked: bool = False
    shared_words: tuple[str, ...] = ()
    score: float = 0.0
    same_text: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """What one project wants of the rules.

    `priorities` is the project's own scheme, most urgent first; empty where the project has none. `vague_label` is the
    label proposed on a vague item (None: questions only). Sizes are story points and characters of reading text.
    """

    priorities: tuple[str, ...] = ()
    disabled_rules: frozenset[str] = frozenset()
    vague_label: str | None = "needs-details"
    oversized_points: float = 13.0
    oversized_characters: int = 6000
    criteria_types: frozenset[str] = frozenset(
        {"story", "user story", "product backlog item", "feature", "improvement", "new feature", "task", "requirement"}
    )


@dataclass(frozen=True, slots=True)
class Context:
    """All a rule may know beside the item: fetched before, passed in."""

    today: datetime
    policy: Policy = Policy()
    candidates: tuple[Candidate, ...] = ()
