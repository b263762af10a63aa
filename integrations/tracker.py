"""The ports: what the house asks of a tracker, and the errors a tracker may answer with.

A flow is handed only the ports it needs. Triage never sees an Applier, so neither a model nor a hostile ticket can
change an item.

    TrackerError
    ├── Unreachable      no answer, or 5xx: it may or may not have happened; try again later
    ├── Throttled        429 or 503 with a wait: nothing happened; not before `retry_after` seconds
    ├── Refused          401 or 403: a right is missing; `missing` says which
    ├── Missing          404: deleted, moved, or not visible to the bot
    ├── Conflict         the item is no longer as it was
    ├── Invalid          400: the tracker does not take what was sent
    └── Unintelligible   an answer that is not what the product sends (a sign-in page, broken JSON)

    WebhookError
    ├── BadSignature     not authentic: 401
    ├── Malformed        authentic, yet not JSON or not an object
    └── UnknownEvent     authentic, yet an event nobody has told us about
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from integrations.blocks import Blocks
from rules.model import Change, Person, WorkItem


class TrackerError(Exception):
    """Base of all that a tracker may answer with. The message holds no ticket text and no secret."""


class Unreachable(TrackerError):
    """No answer, or a 5xx: what was asked for may or may not have happened."""


class Throttled(TrackerError):
    """The tracker asks to wait; nothing happened."""

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Refused(TrackerError):
    """A right is missing (401, 403)."""

    def __init__(self, message: str, missing: str = "") -> None:
        super().__init__(message)
        self.missing = missing


class Missing(TrackerError):
    """Deleted, moved away, or not visible to the bot (404)."""


class Conflict(TrackerError):
    """The item is no longer as it was; `field` names what differs, `by` who changed it, where known."""

    def __init__(self, message: str, field: str, by: str = "") -> None:
        super().__init__(message)
        self.field = field
        self.by = by


class Invalid(TrackerError):
    """The tracker does not take what was sent (400)."""


class Unintelligible(TrackerError):
    """An answer that is not what the product sends."""


class WebhookError(Exception):
    """Base of what can be wrong with a delivery."""


class BadSignature(WebhookError):
    """Not authentic."""


class Malformed(WebhookError):
    """Authentic, yet not a JSON object (or too deep to read)."""


class UnknownEvent(WebhookError):
    """Authentic, yet of a kind that is neither handled nor listed as ignored; `event` is its name."""

    def __init__(self, event: str) -> None:
        super().__init__(f"unknown event {event!r}")
        self.event = event


ACCEPT_LABEL = "steward-accept"
"""Put on an item by a person, it accepts all that the comment shows."""
DRAFT_LABEL = "steward-draft"
"""On a sub-task that the bot drafted and nobody has accepted yet."""

EventKind = Literal["created", "updated", "commented", "deleted", "ignored"]


@dataclass(frozen=True, slots=True)
class Event:
    """What a delivery says happened: a hint, never a fact; the item is read again before anything is done.

    `delivery` is the vendor's own identity of the delivery, the same across retries. `item` is an id or a key. For a
    comment whose vendor sends no id, `comment` is None and the newest comments are read. `name` is the vendor's own
    word for the event.
    """

    kind: EventKind
    delivery: str
    item: str
    name: str
    project: str | None = None
    comment: str | None = None
    actor: Person | None = None
    occurred: datetime | None = None


@dataclass(frozen=True, slots=True)
class WebhookSecret:
    """What authenticates a connection's deliveries: a shared secret, and for Azure DevOps the basic-auth user."""

    secret: str
    user: str = ""


class Webhook(Protocol):
    """The pure half of a tracker: bytes and headers in, an Event out. Header names arrive in lower case."""

    def authenticate(self, headers: Mapping[str, str], body: bytes, secret: WebhookSecret) -> None:
        """Raises BadSignature, and nothing else, for anything that is not authentic."""

    def read(self, headers: Mapping[str, str], body: bytes) -> Event:
        """Raises Malformed or UnknownEvent."""


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
    """One field in one history entry, in the words of rules.model (summary, description, priority, labels, ...)."""

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


class Reader(Protocol):
    """Reads; all methods may raise TrackerError."""

    def fetch(self, key: str) -> WorkItem: ...

    def moved(self, project: str, since: datetime | None, page: str | None = None) -> Page:
        """Items of a project that changed at or after `since` (None: all), least recently changed first."""

    def comments(self, key: str) -> tuple[Comment, ...]:
        """All comments, oldest first."""

    def history(self, key: str) -> tuple[HistoryEntry, ...]: ...

    def vocabulary(self, project: str) -> Vocabulary: ...


class Commenter(Protocol):
    """Writes the bot's own comments. `marker` is sent in the same request as the text."""

    def post(self, key: str, blocks: Blocks, marker: str) -> str:
        """Adds a comment and returns its id. Not repeatable: look with `find` first."""

    def edit(self, key: str, comment: str, blocks: Blocks, marker: str) -> None:
        """Replaces the text of the bot's own comment, without notification where the tracker allows. Repeatable."""

    def find(self, key: str, marker: str) -> str | None:
        """The id of the comment that carries this marker, read directly, never from an index."""


class Drafter(Protocol):
    """Creates draft sub-tasks (label `steward-draft`, no sprint, no assignee), where a project's policy allows."""

    def create(self, parent: str, summary: str, blocks: Blocks, marker: str) -> str:
        """Creates one sub-task and returns its key. Not repeatable: look with `find` first."""

    def find(self, parent: str, marker: str) -> str | None: ...


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
    that the bot knows its own writes again.
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
