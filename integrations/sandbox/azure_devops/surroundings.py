"""What lies around work items (comments, children, links), read for many of them at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from integrations.sandbox import tables as t
from integrations.sandbox.records import Item, Link
from integrations.sandbox.state import Tracker


class Surroundings:
    """Answers from what `look_at` has read, and reads anew for any other item. Short-lived: it does not see changes."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._known: dict[int, Item] = {}
        self._heard: dict[int, int] = {}
        self._related: dict[int, int] = {}
        self._comments: dict[int, int] = {}
        self._words: dict[int, str] = {}
        self._children: dict[int, list[int]] = defaultdict(list)
        self._links: dict[int, list[Link]] = defaultdict(list)

    def look_at(self, items: Iterable[Item]) -> None:
        """Reads the surroundings of these items with a handful of queries."""
        known = {item.id: item for item in items}
        self._read_comments(known)
        self._read_relations(known)

    def _read_comments(self, known: dict[int, Item]) -> None:
        ids = _forgotten(known, self._comments, self._words)
        self._heard |= {item.id: item.rev for item in known.values()}
        with self._tracker.transaction():
            counts = (
                select(t.comments.c.item, func.count().label("number"))
                .where(t.comments.c.item.in_(ids))
                .group_by(t.comments.c.item)
            )
            self._comments |= {row.item: int(row.number) for row in self._tracker._run(counts)}
            latest = t.history.c.item.in_(ids) & t.history.c.rev.in_({item.rev for item in known.values()})
            rows = self._tracker._run(select(t.history).where(latest).order_by(t.history.c.id)).mappings()
            for entry in map(t.entry_of, rows):
                said = next((str(e.after) for e in entry.edits if e.field == "comment" and e.after), None)
                if said is not None and entry.rev == known[entry.item].rev:
                    self._words[entry.item] = said

    def _read_relations(self, known: dict[int, Item]) -> None:
        ids = _forgotten(known, self._children, self._links)
        self._related |= {item.id: item.rev for item in known.values()}
        with self._tracker.transaction():
            children = select(t.items).where(t.items.c.parent.in_(ids)).order_by(t.items.c.id)
            for row in self._tracker._run(children).mappings():
                self._children[row["parent"]].append(row["id"])
                self._known[row["id"]] = t.item_of(row)
            self._read_links(ids)
            self._read_items({item.parent for item in known.values() if item.parent is not None})
        self._known |= known

    def _read_links(self, ids: list[int]) -> None:
        either: ColumnElement[bool] = or_(t.links.c.source.in_(ids), t.links.c.target.in_(ids))
        ends: set[int] = set()
        for row in self._tracker._run(select(t.links).where(either).order_by(t.links.c.id)).mappings():
            link = t.link_of(row)
            ends |= {link.source, link.target}
            for end in {link.source, link.target}.intersection(ids):
                self._links[end].append(link)
        self._read_items(ends)

    def _read_items(self, ids: set[int]) -> None:
        missing = ids - self._known.keys()
        if not missing:
            return
        for row in self._tracker._run(select(t.items).where(t.items.c.id.in_(missing))).mappings():
            self._known[row["id"]] = t.item_of(row)

    def comments(self, item: Item) -> int:
        """How many comments an item has."""
        self._hear(item)
        return self._comments.get(item.id, 0)

    def last_words(self, item: Item) -> str | None:
        """System.History of the latest revision: there only if that revision brought a comment."""
        self._hear(item)
        return self._words.get(item.id)

    def children(self, item: Item) -> list[int]:
        """Ids of the children, oldest first."""
        self._relate(item)
        return self._children.get(item.id, [])

    def links(self, item: Item) -> list[Link]:
        self._relate(item)
        return self._links.get(item.id, [])

    def _hear(self, item: Item) -> None:
        if self._heard.get(item.id) != item.rev:
            self._read_comments({item.id: item})

    def _relate(self, item: Item) -> None:
        if self._related.get(item.id) != item.rev:
            self._read_relations({item.id: item})

    def item(self, item_id: int) -> Item:
        """The item at the other end of something."""
        return self._known.get(item_id) or self._tracker.item(item_id)


def _forgotten(known: dict[int, Item], *read: dict[int, Any]) -> list[int]:
    """The ids of these items, of which nothing that was read before is kept."""
    for one in read:
        for item_id in known:
            one.pop(item_id, None)
    return list(known)
