"""What lies around work items (comments, children, links), read for many of them at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import ColumnElement, func, or_, select

from integrations.sandbox import tables as t
from integrations.sandbox.records import Item, Link
from integrations.sandbox.state import Tracker


class Surroundings:
    """Answers from what `look_at` has read, and reads anew for any other item. Short-lived: it does not see changes."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._known: dict[int, Item] = {}
        self._read: dict[int, int] = {}
        self._comments: dict[int, int] = {}
        self._words: dict[int, str] = {}
        self._children: dict[int, list[int]] = defaultdict(list)
        self._links: dict[int, list[Link]] = defaultdict(list)

    def look_at(self, items: Iterable[Item]) -> None:
        """Reads the surroundings of these items with a handful of queries."""
        known = {item.id: item for item in items}
        ids = list(known)
        for read in (self._comments, self._words, self._children, self._links):
            for item_id in ids:
                read.pop(item_id, None)
        self._read |= {item.id: item.rev for item in known.values()}
        with self._tracker.transaction():
            run = self._tracker._run
            counts = (
                select(t.comments.c.item, func.count().label("number"))
                .where(t.comments.c.item.in_(ids))
                .group_by(t.comments.c.item)
            )
            self._comments |= {row.item: int(row.number) for row in run(counts)}
            for row in run(select(t.history).where(t.history.c.item.in_(ids)).order_by(t.history.c.id)).mappings():
                entry = t.entry_of(row)
                said = next((str(e.after) for e in entry.edits if e.field == "comment" and e.after), None)
                if said is not None and entry.rev == known[entry.item].rev:
                    self._words[entry.item] = said
            for row in run(select(t.items).where(t.items.c.parent.in_(ids)).order_by(t.items.c.id)).mappings():
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
        for row in self._tracker._run(select(t.items).where(t.items.c.id.in_(missing))).mappings():
            self._known[row["id"]] = t.item_of(row)

    def _ensure(self, item: Item) -> None:
        if self._read.get(item.id) != item.rev:
            self.look_at([item])

    def comments(self, item: Item) -> int:
        """How many comments an item has."""
        self._ensure(item)
        return self._comments.get(item.id, 0)

    def last_words(self, item: Item) -> str | None:
        """System.History of the latest revision: there only if that revision brought a comment."""
        self._ensure(item)
        return self._words.get(item.id)

    def children(self, item: Item) -> list[int]:
        """Ids of the children, oldest first."""
        self._ensure(item)
        return self._children.get(item.id, [])

    def links(self, item: Item) -> list[Link]:
        self._ensure(item)
        return self._links.get(item.id, [])

    def item(self, item_id: int) -> Item:
        """The item at the other end of something."""
        return self._known.get(item_id) or self._tracker.item(item_id)
