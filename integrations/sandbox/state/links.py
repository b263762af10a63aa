"""Links between items, and the entries they leave at both ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert

from integrations.sandbox import tables as t
from integrations.sandbox.records import (
    Edit,
    Invalid,
    Item,
    Link,
    User,
)
from integrations.sandbox.state.recording import Recorded


class Linked(Recorded):
    """Making and removing links."""

    def add_link(self, actor: User | None, type: str, source: int, target: int) -> Link:
        """Makes "source <outward> target"; both items get a history entry. Jira takes the same link twice quietly."""
        with self.transaction():
            for end in (source, target):
                self.demand(actor, "edit", self.project(self.item(end, actor).project))
            name = self.term("link_type", type).name
            for known in self.links(source):
                if (known.type, known.source, known.target) == (name, source, target):
                    return known
            link = self._insert_link(actor, name, source, target)
            by, at = self._actor(actor), self.now()
            for end in (source, target):
                self._note_other_end(link, target if end == source else source, by, at)
            self._happened("linked", self.item(source), by, at, link=link)
            return link

    def remove_link(self, actor: User | None, link_id: int) -> None:
        with self.transaction():
            link = self.link(link_id)
            for end in (link.source, link.target):
                self.demand(actor, "edit", self.project(self.item(end, actor).project))
            by, at = self._actor(actor), self.now()
            self._run(delete(t.links).where(t.links.c.id == link_id))
            for end in (link.source, link.target):
                self._note_other_end(link, link.target if end == link.source else link.source, by, at, removed=True)
            self._happened("unlinked", self.item(link.source), by, at, link=link)

    def _insert_link(self, actor: User | None, type_name: str, source: int, target: int) -> Link:
        name = self.term("link_type", type_name).name
        for end in (source, target):
            self.item(end, actor)
        if source == target:
            raise Invalid("an item cannot be linked to itself", "link")
        link = Link(self._next(t.links, 10000), name, source, target)
        self._run(insert(t.links), {"id": link.id, "type": name, "source": source, "target": target})
        return link

    def _end_of(self, link: Link, seen_from: int) -> dict[str, Any]:
        outward = link.source == seen_from
        other = self.item(link.target if outward else link.source)
        direction = "outward" if outward else "inward"
        return {"id": link.id, "type": link.type, "direction": direction, "key": other.key, "item": other.id}

    def _note_other_end(self, link: Link, known: int, actor: User, at: datetime, *, removed: bool = False) -> None:
        """Writes the link into the history of the end that is not `known`."""
        end = link.target if link.source == known else link.source
        value = self._end_of(link, end)
        edit = Edit("link", value, None) if removed else Edit("link", None, value)
        moved, entry = self._touch(self.item(end), actor, at, [edit])
        if self.counts_everything:
            self._happened("updated", moved, actor, at, entry=entry, link=link)

    def _note_child(self, parent: int | None, child: Item, actor: User, at: datetime, *, removed: bool = False) -> None:
        if parent is None or not self.counts_everything:
            return
        value = {"item": child.id, "key": child.key}
        edit = Edit("child", value, None) if removed else Edit("child", None, value)
        moved, entry = self._touch(self.item(parent), actor, at, [edit])
        self._happened("updated", moved, actor, at, entry=entry)

    def _ends(self, item_id: int, written: Sequence[Link], gone: Sequence[Link]) -> list[Edit]:
        """What the history of an item says of its links that came and went."""
        came = [Edit("link", None, self._end_of(link, item_id)) for link in written]
        return came + [Edit("link", self._end_of(link, item_id), None) for link in gone]

    def _note_other_ends(
        self, old: Item, new: Item, by: User, at: datetime, written: Sequence[Link], gone: Sequence[Link]
    ) -> None:
        """Notes a change of links and of the item above in the history of the items at the other ends."""
        for link in [*written, *gone]:
            self._note_other_end(link, new.id, by, at, removed=link in gone)
        if new.parent != old.parent:
            self._note_child(old.parent, new, by, at, removed=True)
            self._note_child(new.parent, new, by, at)
