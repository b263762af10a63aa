"""A backlog out of a file into a sandbox tracker of any flavour.

    backlog = read_backlog(Path("export.jsonl.gz"))      # .items, and .errors: the lines that could not be read
    keys = seed_tracker(tracker, backlog, today=date.today())

A file is JSON lines, in the shape of Jira's REST answers or flat, or one JSON document with `issues`; gzipped or not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from integrations.sandbox.backlog.entries import BacklogUnreadable, Unread, entries
from integrations.sandbox.backlog.items import BacklogComment, BacklogItem, BacklogLink, UnusableEntry, item_from
from integrations.sandbox.markup import adf_to_wiki, wiki_to_adf
from integrations.sandbox.markup.wiki import wiki_to_html
from integrations.sandbox.records import Flavour, Seed, Term
from integrations.sandbox.state import Tracker

__all__ = ["Backlog", "BacklogUnreadable", "Unread", "read_backlog", "seed_tracker"]

_KEY_LINK = re.compile(r'<a href="([A-Z][A-Z0-9]{1,9}-[0-9]{1,9})">[^<]{1,20}</a>')
"""Azure DevOps knows nothing of Jira's keys, so a key in a text is only a word there."""
_EPIC_LINK = "customfield_10014"
"""Where Jira Data Center keeps the key of an item's epic; only sub-tasks have a parent there."""
_HOPELESS = 1000
"""After so many unreadable lines and no ticket, the file is not a backlog."""

_AZURE_TYPES = {
    "epic": "Epic",
    "feature": "Feature",
    "bug": "Bug",
    "defect": "Bug",
    "task": "Task",
    "story": "User Story",
    "user story": "User Story",
    "improvement": "User Story",
    "new feature": "User Story",
}
_AZURE_STATES = {"todo": "New", "doing": "Active", "done": "Closed"}
_AZURE_PRIORITIES = {
    **dict.fromkeys(("highest", "blocker", "critical", "p1", "1"), "1"),
    **dict.fromkeys(("high", "major", "p2", "2"), "2"),
    **dict.fromkeys(("medium", "normal", "p3", "3"), "3"),
    **dict.fromkeys(("low", "lowest", "minor", "trivial", "p4", "p5", "4"), "4"),
}


@dataclass(frozen=True, slots=True)
class Backlog:
    """The items of a file in its order, and the lines that could not be read."""

    items: tuple[BacklogItem, ...]
    errors: tuple[Unread, ...] = ()


def read_backlog(path: Path) -> Backlog:
    """Reads a file; a line that cannot be read is named in `errors`, the rest loads.

    Raises BacklogUnreadable, with a sentence for the person, where nothing in it is a ticket.
    """
    items: dict[str, BacklogItem] = {}
    errors: list[Unread] = []
    for found in entries(path):
        if isinstance(found, Unread):
            errors.append(found)
        else:
            try:
                item = item_from(found.value)
            except UnusableEntry as error:
                errors.append(Unread(found.place, str(error)))
            else:
                if item.key in items:
                    errors.append(Unread(found.place, "a key that an earlier ticket has"))
                else:
                    items[item.key] = item
        if not items and len(errors) >= _HOPELESS:
            break
    if items:
        return Backlog(tuple(items.values()), tuple(errors))
    if not errors:
        raise BacklogUnreadable(f"{path} is empty: there is no ticket in it.")
    hint = " CSV is not read yet; export as JSON." if path.name.lower().removesuffix(".gz").endswith(".csv") else ""
    raise BacklogUnreadable(
        f"{path} is not a backlog: a JSON file with one ticket a line is wanted ({errors[0]}).{hint}"
    )


def seed_tracker(tracker: Tracker, backlog: Backlog, *, today: date | None = None) -> dict[str, str]:
    """Puts a backlog into a tracker and returns original key -> key there. Nobody is told, no webhook is sent.

    With `today` all times move together so that the newest is on the day before; without it they stay. Projects are
    made where they are missing, with the roles of the tracker's first one.
    """
    items = _shifted(_timed(backlog.items), today)
    keys: dict[str, str] = {}
    with tracker.transaction():
        _learn_links(tracker, items)
        links = _links_to_seed(tracker.flavour, items)
        people = {account.display_name.casefold(): account.name for account in tracker.users()}
        for project in dict.fromkeys(item.project for item in items):
            home = _project(tracker, project, next(item.project_name for item in items if item.project == project))
            chosen = [item for item in items if item.project == project]
            seeds = [_seed(tracker, item, links.get(item.key, ()), people, keys) for item in chosen]
            keys |= zip((item.key for item in chosen), tracker.seed(seeds, home), strict=True)
    return keys


def _timed(items: tuple[BacklogItem, ...]) -> tuple[BacklogItem, ...]:
    """Items without a time get one minute after the item before them, so that order in the file is order in time."""
    last = datetime(2020, 1, 1, tzinfo=UTC)
    timed = []
    for item in items:
        created = item.created or last + timedelta(minutes=1)
        last = created
        timed.append(replace(item, created=created, updated=max(item.updated or created, created)))
    return tuple(timed)


def _shifted(items: tuple[BacklogItem, ...], today: date | None) -> tuple[BacklogItem, ...]:
    if today is None or not items:
        return items
    moments = [moment for item in items for moment in (item.created, item.updated) if moment is not None]
    moments += [comment.created for item in items for comment in item.comments]
    by = timedelta(days=(today - timedelta(days=1) - max(moments).date()).days)

    def later(moment: datetime | None) -> datetime | None:
        return None if moment is None else moment + by

    return tuple(
        replace(
            item,
            created=later(item.created),
            updated=later(item.updated),
            resolved=later(item.resolved),
            comments=tuple(replace(comment, created=comment.created + by) for comment in item.comments),
        )
        for item in items
    )


def _project(tracker: Tracker, key: str, name: str) -> str:
    known = {project.key.casefold(): project.key for project in tracker.projects()}
    if key.casefold() not in known:
        first = tracker.projects()[0]
        azure = tracker.flavour == "azure-devops"
        tracker.add_project(key, key if azure else name or key, roles=tracker.roles(first.key))
        return key
    return known[key.casefold()]


def _learn_links(tracker: Tracker, items: tuple[BacklogItem, ...]) -> None:
    """Makes the file's link types known to a Jira tracker; each end of a link may have told another phrase."""
    if tracker.flavour == "azure-devops":
        return
    known = {term.name for term in tracker.terms("link_type")}
    phrases: dict[str, list[str]] = {}
    for link in (link for item in items for link in item.links if link.type not in known):
        pair = phrases.setdefault(link.type, ["", ""])
        pair[0], pair[1] = pair[0] or link.outward, pair[1] or link.inward
    for name, (outward, inward) in phrases.items():
        tracker.add_term(Term("link_type", 0, name, outward=outward or name, inward=inward or name))


def _links_to_seed(flavour: Flavour, items: tuple[BacklogItem, ...]) -> dict[str, list[tuple[str, str]]]:
    """Key of the source -> (type, key of the target), each link once however many ends told it.

    In Azure DevOps the forward end of a duplicate link is the original's: "original Duplicate copy".
    """
    azure = flavour == "azure-devops"
    seen: set[tuple[str, frozenset[str]]] = set()
    found: dict[str, list[tuple[str, str]]] = {}
    for item in items:
        for link in item.links:
            source, target = (link.other, item.key) if link.inward_end else (item.key, link.other)
            name = link.type
            if azure:
                name, source, target = _azure_link(link, source, target)
            if (name, frozenset((source, target))) not in seen:
                seen.add((name, frozenset((source, target))))
                found.setdefault(source, []).append((name, target))
    return found


def _azure_link(link: BacklogLink, source: str, target: str) -> tuple[str, str, str]:
    match link.type.casefold():
        case "duplicate" | "duplicates":
            return "System.LinkTypes.Duplicate", target, source
        case "blocks":
            return "System.LinkTypes.Dependency", source, target
    return "System.LinkTypes.Related", source, target


def _seed(
    tracker: Tracker,
    item: BacklogItem,
    links: list[tuple[str, str]] | tuple[()],
    people: dict[str, str],
    keys: dict[str, str],
) -> Seed:
    """`keys` are those of projects that are loaded already, which a link or parent may name by its old key."""
    azure = tracker.flavour == "azure-devops"
    parent = keys.get(item.parent, item.parent) if item.parent else None
    in_epic = parent is not None and not item.is_subtask and tracker.flavour == "jira-data-center"
    comments = (
        (_login(comment.author, people) or "", _native(tracker.flavour, comment.body), comment.created)
        for comment in sorted(item.comments, key=_when)
    )
    return Seed(
        summary=item.summary,
        description=None if item.description in (None, "") else _native(tracker.flavour, item.description),
        type=_type(tracker, item),
        status=_AZURE_STATES[item.category] if azure else item.status or None,
        category=item.category,
        priority=_priority(item, azure=azure),
        labels=item.labels,
        components=() if azure else item.components,
        reporter=_login(item.reporter, people),
        assignee=_login(item.assignee, people),
        parent=None if in_epic else parent,
        resolution=None if azure else item.resolution,
        key=item.key,
        created=item.created,
        updated=item.updated,
        resolved=item.resolved,
        fields=_points(tracker.flavour, item.story_points) | ({_EPIC_LINK: parent} if in_epic else {}),
        links=tuple((name, keys.get(other, other)) for name, other in links),
        comments=tuple(comments),
    )


def _when(comment: BacklogComment) -> datetime:
    return comment.created


def _type(tracker: Tracker, item: BacklogItem) -> str:
    if tracker.flavour == "azure-devops":
        return "Task" if item.is_subtask else _AZURE_TYPES.get(item.type.casefold(), "Issue")
    if item.is_subtask:
        return next(term.name for term in tracker.terms("type") if term.category == "subtask")
    return item.type


def _priority(item: BacklogItem, *, azure: bool) -> str | None:
    return _AZURE_PRIORITIES.get((item.priority or "").casefold(), "2") if azure else item.priority


def _points(flavour: Flavour, points: float | None) -> dict[str, Any]:
    if points is None:
        return {}
    return {"Microsoft.VSTS.Scheduling.StoryPoints" if flavour == "azure-devops" else "customfield_10016": points}


def _login(name: str | None, people: dict[str, str]) -> str | None:
    if name is None:
        return None
    return people.get(name.casefold()) or "-".join(name.casefold().split())


def _native(flavour: Flavour, body: Any) -> Any:
    """A text in the flavour's own form."""
    if flavour == "jira-cloud":
        return body if isinstance(body, dict) else wiki_to_adf(body)
    wiki = adf_to_wiki(body) if isinstance(body, dict) else body
    return _KEY_LINK.sub(r"\1", wiki_to_html(wiki, browse="")) if flavour == "azure-devops" else wiki
