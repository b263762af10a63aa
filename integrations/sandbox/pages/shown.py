"""What the pages show of a tracker's state, ready for the templates: words, addresses, moments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import url_for
from markupsafe import Markup
from sqlalchemy import ColumnElement, and_, or_

from integrations.sandbox import tables as t
from integrations.sandbox.mailbox import Mail
from integrations.sandbox.pages.texts import to_html
from integrations.sandbox.records import Edit, Flavour, HistoryEntry, Item, NotFound, User
from integrations.sandbox.state import Tracker

PAGE = 30
PRODUCTS: dict[Flavour, str] = {
    "jira-cloud": "Jira Cloud",
    "jira-data-center": "Jira Data Center",
    "azure-devops": "Azure DevOps",
}
_KINDS = ("epic", "feature", "story", "bug", "task")
_DEEDS = {"commented": "commented on", "comment_edited": "edited a comment on", "updated": "changed"}


@dataclass(frozen=True, slots=True)
class Query:
    """What the backlog is narrowed to. `state` is open, done or all; `page` counts from 1."""

    words: str = ""
    project: str = ""
    state: str = "open"
    page: int = 1

    @classmethod
    def of(cls, arguments: Any) -> Query:
        asked = arguments.get("page", "1")
        page = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
        state = arguments.get("state", "open")
        words = " ".join(arguments.get("q", "").replace("\x00", "").split())[:200]
        return cls(
            words, arguments.get("project", "")[:80], state if state in ("done", "all") else "open", max(page, 1)
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One item in a list."""

    item: Item
    url: str
    kind: str


@dataclass(frozen=True, slots=True)
class Backlog:
    """One page of a backlog; `first` and `last` count from 1 within `total`."""

    rows: tuple[Row, ...]
    total: int
    first: int
    last: int
    older: bool


@dataclass(frozen=True, slots=True)
class Said:
    """One comment."""

    id: int
    author: User
    html: Markup
    created: datetime
    edited: datetime | None
    restricted: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of an item's history: who, when, and (field, before, after) each."""

    actor: User
    at: datetime
    edits: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """One mail that the tracker would have sent: to whom and why, who did what."""

    to: User
    reason: str
    actor: User
    what: str
    item: str
    url: str
    at: datetime


def row(tracker: Tracker, item: Item) -> Row:
    return Row(item, url_for("item", name=tracker.name, key=item.key), kind(item.type))


def kind(type_name: str) -> str:
    """The family of a type, for its colour: epic, story, bug, task, subtask or other."""
    folded = type_name.casefold()
    if folded.startswith("sub"):
        return "subtask"
    return next((family for family in _KINDS if family in folded), "other").replace("feature", "epic")


def backlog(tracker: Tracker, viewer: User, query: Query) -> Backlog:
    """Newest first."""
    where = _condition(query)
    total = tracker.count(where, viewer)
    start = (query.page - 1) * PAGE
    order = (t.items.c.created.desc(), t.items.c.id.desc())
    found = tracker.select(where, order, viewer, limit=PAGE, offset=start)
    rows = tuple(row(tracker, item) for item in found)
    return Backlog(rows, total, start + 1 if rows else 0, start + len(rows), start + len(rows) < total)


def _condition(query: Query) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = []
    if query.project:
        parts.append(t.items.c.project == query.project)
    if query.state != "all":
        done = t.items.c.category == "done"
        parts.append(done if query.state == "done" else ~done)
    for word in query.words.split():
        labelled = t.items.c.id.in_(
            t.labels.select().with_only_columns(t.labels.c.item).where(t.labels.c.label == word)
        )
        parts.append(or_(t.items.c.summary.icontains(word, autoescape=True), t.items.c.key == word.upper(), labelled))
    return and_(*parts) if parts else t.items.c.id > 0


def comments(tracker: Tracker, item: Item, viewer: User) -> list[Said]:
    """Oldest first."""
    return [
        Said(
            comment.id,
            someone(tracker, comment.author),
            to_html(tracker, comment.body, comment.format, viewer),
            comment.created,
            comment.updated if comment.version > 1 else None,
            "" if comment.visibility is None else comment.visibility["value"],
        )
        for comment in tracker.comments(item.id, viewer)
    ]


def links(tracker: Tracker, item: Item, viewer: User) -> list[tuple[str, Row]]:
    """(phrase, item at the other end), as seen from this item."""
    terms = {term.name: term for term in tracker.terms("link_type")}
    found = []
    for link in tracker.links(item.id):
        term, outward = terms[link.type], link.source == item.id
        try:
            other = tracker.item(link.target if outward else link.source, viewer)
        except NotFound:
            continue
        found.append((term.outward if outward else term.inward, row(tracker, other)))
    return sorted(found, key=lambda one: (one[0], one[1].item.id))


def parent(tracker: Tracker, item: Item, viewer: User) -> Row | None:
    try:
        return None if item.parent is None else row(tracker, tracker.item(item.parent, viewer))
    except NotFound:
        return None


def history(tracker: Tracker, item: Item) -> list[Event]:
    """Newest first."""
    return [_event(tracker, entry) for entry in reversed(tracker.history(item.id))]


def _event(tracker: Tracker, entry: HistoryEntry) -> Event:
    edits = tuple((edit.field.rpartition(".")[2], *_values(edit)) for edit in entry.edits)
    return Event(someone(tracker, entry.actor), entry.at, edits)


def _values(edit: Edit) -> tuple[str, str]:
    if edit.field in ("description", "comment"):
        return ("", "") if edit.before is None else ("", "changed")
    return _brief(edit.before), _brief(edit.after)


def _brief(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(str(value[name]) for name in ("type", "key") if name in value).rpartition(".")[2]
    text = (
        ", ".join(str(one) for one in value) if isinstance(value, list | tuple) else "" if value is None else str(value)
    )
    return text if len(text) <= 160 else text[:159] + "…"


def someone(tracker: Tracker, login: str | None) -> User:
    """The account of a login, or one made up of the login where it is gone."""
    try:
        return tracker.user(login or "")
    except NotFound:
        return User(login or "", "", login or "nobody", "", "")


def initials(name: str) -> str:
    """One or two letters that stand for a person."""
    words = [word for word in name.split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"


def shade(name: str) -> int:
    """A number from 0 to 5 that stays the same for a name."""
    return sum(name.encode("utf-8", "replace")) % 6


def moment(at: datetime) -> str:
    """A time as a person says it, in the zone of this machine."""
    local, now = at.astimezone(), datetime.now(UTC).astimezone()
    days = (now.date() - local.date()).days
    if days in (0, 1):
        return f"{('today', 'yesterday')[days]}, {local:%H:%M}"
    return f"{local.day} {local:%b}, {local:%H:%M}" if 0 <= days < 300 else f"{local.day} {local:%b %Y}"


def terms(tracker: Tracker, wanted: str) -> list[str]:
    """The names of one of the tracker's lists."""
    return [term.name for term in tracker.terms(wanted)]


def sent(tracker: Tracker, mail: Mail) -> Sent:
    url = url_for("item", name=tracker.name, key=mail.item)
    to, actor = someone(tracker, mail.to), someone(tracker, mail.actor)
    return Sent(to, mail.reason, actor, _DEEDS.get(mail.kind, mail.kind), mail.item, url, mail.at)
