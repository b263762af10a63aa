"""What a sandbox tracker is made of: people, projects, items, comments, history, links, and what happens to them.

Everything here is frozen. People are named by their login (`ada`) inside the sandbox; each wire shows them in its
vendor's own form. Rich text is kept in the flavour's native form: Jira Cloud an ADF dict, Jira Data Center a wiki
string, Azure DevOps an HTML or Markdown string with the field's format beside it. All times are aware UTC datetimes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Flavour = Literal["jira-cloud", "jira-data-center", "azure-devops"]
Category = Literal["todo", "doing", "done"]
Permission = Literal["browse", "comment", "create", "edit", "administer"]
BotRights = Literal["administrator", "plain"]


class SandboxError(Exception):
    """Base of what a tracker refuses; the wires turn it into the vendor's own answer."""


class NotFound(SandboxError):
    """There is no such thing, or this person may not know of it. `what` is "item", "comment", "project", "link" ..."""

    def __init__(self, what: str, which: object = "") -> None:
        super().__init__(f"no such {what}: {which}")
        self.what = what
        self.which = str(which)


class Forbidden(SandboxError):
    """The person may see the thing but lacks `permission`."""

    def __init__(self, permission: str) -> None:
        super().__init__(f"missing permission: {permission}")
        self.permission = permission


class Invalid(SandboxError):
    """A value that the tracker does not take; `field` names where, empty for the whole."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class StaleRevision(SandboxError):
    """The item is no longer at the revision that the writer expected."""

    def __init__(self, expected: int, actual: int) -> None:
        super().__init__(f"expected revision {expected}, the item is at {actual}")
        self.expected = expected
        self.actual = actual


@dataclass(frozen=True, slots=True)
class User:
    """An account. `id` is what the vendor calls stable: accountId, user key (Data Center) or identity GUID.

    `is_app`: an integration's (an app of Jira Cloud, a service principal of Azure DevOps); Data Center knows none.
    """

    name: str
    id: str
    display_name: str
    mail: str
    token: str
    is_administrator: bool = False
    active: bool = True
    time_zone: str = "Etc/UTC"
    is_app: bool = False


@dataclass(frozen=True, slots=True)
class Project:
    """A project. `private` means that only its members may browse it; in an open one every account may."""

    id: int
    key: str
    name: str
    private: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the tracker's own lists. `kind` is status, type, priority, resolution, link_type or component.

    `category` is todo, doing or done for a status, "subtask" or "" for a type. For a link type `name` is followed by
    `outward` ("duplicates") and `inward` ("is duplicated by"). `rank` is the order of the list (priorities: most urgent
    first).
    """

    kind: str
    id: int
    name: str
    category: str = ""
    rank: int = 0
    outward: str = ""
    inward: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One item, as it is now. `rev` grows by one with each change; `fields` holds fields that have no place here,
    under the vendor's own names; `formats` says which fields are Markdown in Azure DevOps ("html" where absent).
    `parent` is the id of the parent item. `area` and `iteration` are Azure DevOps paths."""

    id: int
    key: str
    project: str
    type: str
    summary: str
    description: Any
    status: str
    category: Category
    created: datetime
    updated: datetime
    creator: str
    rev: int = 1
    priority: str | None = None
    labels: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    reporter: str | None = None
    assignee: str | None = None
    parent: int | None = None
    resolution: str | None = None
    resolved: datetime | None = None
    updated_by: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    formats: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment. `visibility` is Jira's {"type": "role"|"group", "value": name} or None; `internal` hides it from
    customers of a service project; `properties` are Jira's comment properties; `version` counts its texts from 1;
    `parent` is the comment that it answers (Jira Cloud)."""

    id: int
    item: int
    author: str
    body: Any
    created: datetime
    updated: datetime
    update_author: str
    format: str = "html"
    visibility: Mapping[str, str] | None = None
    internal: bool = False
    properties: Mapping[str, Any] = field(default_factory=dict)
    version: int = 1
    parent: int | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """One field of one history entry, old and new in the sandbox's own native values.

    `field` is an attribute of Item ("summary", "labels", "parent", ...), a name out of `Item.fields`, "link" (value
    {"id", "type", "direction": "outward"|"inward", "key", "item"}) or "comment" (Azure DevOps: the body).
    """

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One entry of an item's history. `id` is unique in the tracker; `rev` is the revision that the change produced."""

    id: int
    item: int
    actor: str
    at: datetime
    rev: int
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A link "source <outward> target": with type Duplicate, the source duplicates the target. Ids of items."""

    id: int
    type: str
    source: int
    target: int


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file on an item, without its bytes."""

    id: int
    item: int
    name: str
    mime: str
    size: int
    author: str
    created: datetime


HappeningKind = Literal[
    "created", "updated", "deleted", "commented", "comment_edited", "comment_deleted", "linked", "unlinked"
]


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that was done to an item: what webhooks and mails are made from.

    `item` and `comment` are as they were right after it (a deleted one: right before). `notify` is false where the
    writer asked for no mail. `links` is the item's own view at that moment.
    """

    kind: HappeningKind
    item: Item
    actor: User
    at: datetime
    comment: Comment | None = None
    entry: HistoryEntry | None = None
    link: Link | None = None
    notify: bool = True


@dataclass(frozen=True, slots=True)
class Seed:
    """One item of a backlog to load, with its past. Nothing is checked, nobody is told.

    `key` and `id` are given anew where None. `parent` and link targets are keys, of this load or already there; those
    that are not there are left out. People are logins; unknown ones become accounts without rights. `links` are
    (link type, key of the target) and `comments` (login, native body, created). Statuses, types and priorities that
    the tracker does not know become known, a status with `category` (or todo).
    """

    summary: str
    description: Any = None
    type: str = "Story"
    status: str | None = None
    category: Category | None = None
    priority: str | None = None
    labels: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    reporter: str | None = "rae"
    assignee: str | None = None
    parent: str | None = None
    resolution: str | None = None
    key: str | None = None
    id: int | None = None
    created: datetime | None = None
    updated: datetime | None = None
    resolved: datetime | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    formats: Mapping[str, str] = field(default_factory=dict)
    links: tuple[tuple[str, str], ...] = ()
    comments: tuple[tuple[str, Any, datetime], ...] = ()
