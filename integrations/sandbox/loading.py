"""A backlog out of a file into a sandbox tracker of any flavour.

    backlog = read_backlog(Path("export.jsonl.gz"))      # .items, and .errors: the lines that could not be read
    keys = seed_tracker(tracker, backlog, today=date.today())

A file is any that `integrations.exports` reads: JSON of Jira's REST interface, flat JSON, CSV of Jira or Azure DevOps.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from integrations.exports.recognising import exported_items
from integrations.exports.records import BacklogUnreadable, ExportedItem, ExportedLink, Unread
from integrations.sandbox.markup.native import native
from integrations.sandbox.records import Flavour, Seed, Term
from integrations.sandbox.state import Tracker

__all__ = ["Backlog", "BacklogUnreadable", "Unread", "read_backlog", "seed_tracker"]

_PROJECT_KEY = re.compile(r"[A-Z][A-Z0-9_]+")
_EPIC_LINK = "customfield_10014"
"""Where Jira Data Center keeps the key of an item's epic; only sub-tasks have a parent there."""

_AZURE_TYPES = {
    "epic": "Epic",
    "feature": "Feature",
    "bug": "Bug",
    "defect": "Bug",
    "task": "Task",
    "story": "User Story",
    "user story": "User Story",
    "product backlog item": "User Story",
    "requirement": "User Story",
    "improvement": "User Story",
    "new feature": "User Story",
}
_JIRA_PRIORITIES = {"1": "Highest", "2": "High", "3": "Medium", "4": "Low"}
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

    items: tuple[ExportedItem, ...]
    errors: tuple[Unread, ...] = ()


def read_backlog(path: Path) -> Backlog:
    """Reads a file; a line that cannot be read is named in `errors`, the rest loads.

    Raises BacklogUnreadable, with a sentence for the person, where nothing in it is a ticket.
    """
    items: dict[str, ExportedItem] = {}
    errors: list[Unread] = []
    for found in exported_items(path):
        if isinstance(found, Unread):
            errors.append(found)
        elif found.key in items:
            errors.append(Unread(found.place, "a key that an earlier ticket has"))
        else:
            items[found.key] = found
    return Backlog(tuple(items.values()), tuple(errors))


def seed_tracker(tracker: Tracker, backlog: Backlog, *, today: date | None = None) -> dict[str, str]:
    """Puts a backlog into a tracker and returns original key -> key there. Nobody is told, no webhook is sent.

    With `today` all times move together so that the newest is on the day before; without it they stay. Projects are
    made where they are missing, with the roles of the tracker's first one.
    """
    items = _shifted(_timed(_keyed(backlog.items)), today)
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


def _keyed(items: tuple[ExportedItem, ...]) -> tuple[ExportedItem, ...]:
    """Items whose project a file tells by name (Azure DevOps) get a key for it, which Jira needs."""

    def key_of(name: str) -> str:
        if _PROJECT_KEY.fullmatch(name):
            return name
        letters = "".join(letter for letter in name.upper() if letter.isascii() and letter.isalnum()).lstrip(
            "0123456789"
        )
        return letters[:10] if len(letters) > 1 else "SHOP"

    return tuple(
        replace(item, project=key_of(item.project), project_name=item.project_name or item.project) for item in items
    )


def _timed(items: tuple[ExportedItem, ...]) -> tuple[ExportedItem, ...]:
    """Items without a time get one minute after the item before them, so that order in the file is order in time."""
    last = datetime(2020, 1, 1, tzinfo=UTC)
    timed = []
    for item in items:
        created = item.created or last + timedelta(minutes=1)
        last = created
        timed.append(replace(item, created=created, updated=max(item.updated or created, created)))
    return tuple(timed)


def _shifted(items: tuple[ExportedItem, ...], today: date | None) -> tuple[ExportedItem, ...]:
    if today is None or not items:
        return items
    moments = [moment for item in items for moment in (item.created, item.updated) if moment is not None]
    moments += [comment.created for item in items for comment in item.comments if comment.created]
    by = timedelta(days=(today - timedelta(days=1) - max(moments).date()).days)

    def later(moment: datetime | None) -> datetime | None:
        return None if moment is None else moment + by

    return tuple(
        replace(
            item,
            created=later(item.created),
            updated=later(item.updated),
            resolved=later(item.resolved),
            comments=tuple(replace(comment, created=later(comment.created)) for comment in item.comments),
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


def _learn_links(tracker: Tracker, items: tuple[ExportedItem, ...]) -> None:
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


def _links_to_seed(flavour: Flavour, items: tuple[ExportedItem, ...]) -> dict[str, list[tuple[str, str]]]:
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


def _azure_link(link: ExportedLink, source: str, target: str) -> tuple[str, str, str]:
    match link.type.casefold():
        case "duplicate" | "duplicates":
            return "System.LinkTypes.Duplicate", target, source
        case "blocks":
            return "System.LinkTypes.Dependency", source, target
    return "System.LinkTypes.Related", source, target


def _seed(
    tracker: Tracker,
    item: ExportedItem,
    links: list[tuple[str, str]] | tuple[()],
    people: dict[str, str],
    keys: dict[str, str],
) -> Seed:
    """`keys` are those of projects that are loaded already, which a link or parent may name by its old key."""
    azure = tracker.flavour == "azure-devops"
    parent = keys.get(item.parent, item.parent) if item.parent else None
    in_epic = parent is not None and not item.is_subtask and tracker.flavour == "jira-data-center"
    began = item.created or datetime(2020, 1, 1, tzinfo=UTC)
    comments = (
        (_login(comment.author, people) or "", native(tracker.flavour, comment.body, item.text_format), at)
        for comment in item.comments
        for at in (comment.created or began,)
    )
    return Seed(
        summary=item.summary,
        description=None
        if item.description in (None, "")
        else native(tracker.flavour, item.description, item.text_format),
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
        comments=tuple(sorted(comments, key=lambda comment: comment[2])),
    )


def _type(tracker: Tracker, item: ExportedItem) -> str:
    if tracker.flavour == "azure-devops":
        return "Task" if item.is_subtask else _AZURE_TYPES.get(item.type.casefold(), "Issue")
    if item.is_subtask:
        return next(term.name for term in tracker.terms("type") if term.category == "subtask")
    return item.type


def _priority(item: ExportedItem, *, azure: bool) -> str | None:
    told = item.priority or ""
    return _AZURE_PRIORITIES.get(told.casefold(), "2") if azure else _JIRA_PRIORITIES.get(told, item.priority)


def _points(flavour: Flavour, points: float | None) -> dict[str, Any]:
    if points is None:
        return {}
    return {"Microsoft.VSTS.Scheduling.StoryPoints" if flavour == "azure-devops" else "customfield_10016": points}


def _login(name: str | None, people: dict[str, str]) -> str | None:
    if name is None:
        return None
    return people.get(name.casefold()) or "-".join(name.casefold().split())
