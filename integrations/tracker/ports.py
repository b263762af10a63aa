"""The ports: what the house asks of a tracker.

A flow is handed only the ports it needs. Triage never sees an Applier, so neither a model nor a hostile ticket can
change an item.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from integrations.blocks import Blocks
from rules.changes import Change, FieldValue
from rules.model import Person, WorkItem

ACCEPT_LABEL = "steward-accept"
"""Put on an item by a person, it accepts all that the comment shows."""
DRAFT_LABEL = "steward-draft"
"""On a sub-task that the bot drafted and nobody has accepted yet."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment as the tracker holds it now. `text` is a reading; `marker` is ours if the comment carries one.

    `updated` is the tracker's time of the last edit (None: as `created`): what a comment showed, it showed from then.
    """

    id: str
    author: Person
    text: str
    created: datetime
    edited: bool = False
    marker: str | None = None
    updated: datetime | None = None


@dataclass(frozen=True, slots=True)
class FieldEdit:
    """One field in one history entry, in the words of rules.changes (summary, description, estimate, ...)."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One entry of an item's history, oldest first in a list. `id` is the changelog id or the revision."""

    id: str
    actor: Person
    at: datetime
    edits: tuple[FieldEdit, ...]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A project's own words. `priorities` most urgent first; `subtask_type` None where it has none."""

    priorities: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    subtask_type: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of items, and the token of the next (None: this was the last)."""

    items: tuple[WorkItem, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of ids of items, and the token of the next (None: this was the last)."""

    ids: tuple[str, ...]
    next: str | None = None


class Reader(Protocol):
    """Reads; all methods may raise TrackerError."""

    def fetch(self, key: str) -> WorkItem: ...

    def moved(self, project: str, since: datetime | None, page: str | None = None, scope: str = "") -> Page:
        """Items of a project that changed at or after `since` (None: all), least recently changed first.

        `scope` leaves out what it does not cover: a condition in the vendor's own query language. Children may come
        without their titles.
        """

    def listed(self, project: str, page: str | None = None, scope: str = "", *, restricted: bool = False) -> Listing:
        """Ids of all items of a project, open and done, that the bot may see: without what is restricted or outside
        the scope, where the tracker can leave it out; `restricted`: those that are. Thousands a page."""

    def is_within(self, key: str, scope: str) -> bool:
        """Whether a scope covers one item, asked of the tracker itself."""

    def comments(self, key: str) -> tuple[Comment, ...]:
        """All comments, oldest first."""

    def history(self, key: str) -> tuple[HistoryEntry, ...]: ...

    def vocabulary(self, project: str) -> Vocabulary: ...


class Commenter(Protocol):
    """Writes the bot's own comments. `marker` is sent in the same request as the text.

    `only_for` names who alone may read a comment ("role:Developers", "group:staff"; empty: all who see the item), where
    the tracker can keep the others out; else Invalid is raised.
    """

    def post(self, key: str, blocks: Blocks, marker: str, *, reply_to: str | None = None, only_for: str = "") -> str:
        """Adds a comment and returns its id. Not repeatable: look with `find` first.

        `reply_to` is the comment that it answers, where the tracker has threads.
        """

    def edit(self, key: str, comment: str, blocks: Blocks, marker: str, *, only_for: str = "") -> None:
        """Replaces the text of the bot's own comment, without notification where the tracker allows. Repeatable."""

    def find(self, key: str, marker: str) -> str | None:
        """The id of the comment that carries this marker, read directly, never from an index."""


class Drafter(Protocol):
    """Creates draft sub-tasks (label `steward-draft`, no sprint, no assignee), where a project's policy allows.

    It edits nothing, and takes nothing away but its own drafts while they are nobody else's.
    """

    def create(
        self, parent: str, summary: str, blocks: Blocks, marker: str, values: tuple[FieldValue, ...] = ()
    ) -> str:
        """Creates one sub-task and returns its key. Not repeatable: look with `find` first.

        Raises Incomplete where the project requires more than `values`.
        """

    def find(self, parent: str, marker: str) -> str | None: ...

    def withdraw(self, key: str, marker: str) -> None:
        """Deletes one draft of the bot's own that carries this marker; one that is gone is no matter.

        Raises Conflict for what is not the bot's own, has the label no more, or was touched by anybody since.
        """


@dataclass(frozen=True, slots=True)
class Plan:
    """One write, worked out before it is made, so that it can be made again safely after a crash.

    `field` is the field to write, or "link" or "subtasks" for what is created. `before` and `after` are native values
    (JSON); for what is created, `after` holds what to create and `marker` makes it recognisable.
    """

    item: str
    kind: str
    field: str
    marker: str
    before: Any = None
    after: Any = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a performed plan did, enough to take it back: `details` is JSON and may hold text of the item.

    `writes` lists how the tracker recorded it (Azure DevOps revisions, Jira changelog ids, keys of created items), so
    that the bot knows its own writes again. Of what took a change back, "left" in `details` names the fields that could
    not be set back, and "edited" those that people have edited since, and that stay.
    """

    item: str
    kind: str
    field: str
    writes: tuple[str, ...] = ()
    details: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class Applier(Protocol):
    """Changes items; handed only to the flows that a person's accept or undo started."""

    def plan(self, key: str, change: Change, expected: Mapping[str, str], marker: str) -> Plan:
        """Works out the write against the live item.

        Raises Conflict where a field of `expected` (field -> digest, see WorkItem.digests) is no longer as it was.
        """

    def perform(self, plan: Plan) -> Receipt:
        """Makes the write, or finds that it has been made. Repeatable. Raises Conflict if a person was faster."""

    def plan_undo(self, receipt: Receipt, marker: str) -> Plan:
        """Works out how to take a performed plan back. Raises Conflict where a person has edited since."""

    def remove_label(self, key: str, label: str) -> None:
        """Takes one label (tag) off; repeatable."""

    def discard(self, key: str, marker: str) -> None:
        """Deletes one item that the bot created under this marker; one that is gone is no matter.

        Raises Conflict for what is not the bot's own, or where anything but the label of drafts was touched since.
        """


@dataclass(frozen=True, slots=True)
class Right:
    """Whether a person may edit an item: True, False, or None where the bot may not ask; `missing` says what lacks."""

    allowed: bool | None
    missing: str = ""


class People(Protocol):
    """Who is who, and who may what. Never cached: a right may be gone a second later."""

    def me(self) -> Person: ...

    def may_edit(self, person: Person, key: str) -> Right: ...

    def in_group(self, person: Person, group: str, project: str) -> bool:
        """Membership of a group, project role or team that the administrator named in the settings."""
