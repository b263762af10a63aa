"""A picture of the tracker's final state in which two runs of one scenario can be compared.

Ids, keys, times and markers differ from run to run and are named alike: an item by its ticket's number, a sub-task by
its parent and its title.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from integrations.sandbox.records import Item
from tests import texts
from tests.chaos.people import BOT, People
from tests.chaos.stage import Stage

_TIME = re.compile(
    r"\b\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d)?)?|\b\d{1,2} [A-Z][a-z]{2,8}(?: \d{4})?(?:,? \d\d:\d\d)?|\b\d\d:\d\d\b"
)
_MARKER = re.compile(r"\b[0-9a-f]{16}\b")
_AGE = re.compile(r"(?:just now|today|(?:\d+|an?|one) (?:second|minute|hour|day)s? (?:old|ago))")

Picture = dict[str, dict[str, Any]]


def picture(stage: Stage, people: People) -> Picture:
    """Ticket -> what people see of it."""
    names = dict(_names(stage, people))
    by_key = {stage.tracker.item(item).key: name for item, name in names.items()}
    return {name: _seen(stage, stage.tracker.item(item), names, by_key) for item, name in names.items()}


def differences(one: Picture, other: Picture) -> list[str]:
    """A line for each part of a ticket that is not the same; the first values are of `one`."""
    found = []
    for name in sorted(one.keys() | other.keys()):
        if name not in one or name not in other:
            found.append(f"{name} is in one run only")
            continue
        parts = [part for part in one[name] if one[name][part] != other[name][part]]
        found += [f"{name}, {part}: {one[name][part]!r} and {other[name][part]!r}" for part in parts]
    return found


def _names(stage: Stage, people: People) -> Iterator[tuple[int, str]]:
    for life in people.lives.values():
        name = f"ticket {life.ticket.number}"
        yield life.item, name
        for child in stage.tracker.children(life.item):
            yield child.id, f"{name}, sub-task {child.summary!r}"


def _seen(stage: Stage, item: Item, names: dict[int, str], by_key: dict[str, str]) -> dict[str, Any]:
    tracker = stage.tracker
    comments = [comment for comment in tracker.comments(item.id) if comment.author == BOT]

    def words(body: Any, format: str) -> str:
        return _steady(texts.seen(stage.flavour, body, format), by_key)

    return {
        "title": item.summary,
        "description": _steady(texts.item_seen(stage.flavour, item), by_key),
        "fields": [item.type, item.status, item.priority, item.reporter, item.assignee],
        "labels": sorted(item.labels),
        "links": sorted(names.get(other, "another item") for other in tracker.items_linked(item.id)),
        "children": sorted(child.summary for child in tracker.children(item.id)),
        "comments": sorted(words(comment.body, comment.format) for comment in comments),
    }


def _steady(text: str, by_key: dict[str, str]) -> str:
    known = sorted(by_key, key=len, reverse=True)
    if known and not known[0].isdigit():
        text = re.sub("|".join(rf"\b{re.escape(key)}\b" for key in known), lambda found: by_key[found[0]], text)
    elif known:
        # Azure DevOps: a bare number is an item only where it is written as one.
        text = re.sub(r"#(\d+)\b", lambda found: by_key.get(found[1], found[0]), text)
    return _MARKER.sub("<marker>", _AGE.sub("<age>", _TIME.sub("<time>", text)))
