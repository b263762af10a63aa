"""How a change gets into the tables: the item as it becomes, and the entry in its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, update

from integrations.sandbox import tables as t
from integrations.sandbox.records import (
    Edit,
    HistoryEntry,
    Invalid,
    Item,
    NotFound,
    Term,
    User,
)
from integrations.sandbox.state.rows import EDITABLE, plain, row_of
from integrations.sandbox.state.seeding import Seeded


class Recorded(Seeded):
    """Storing items and history entries."""

    def _with(self, item: Item, values: Mapping[str, Any]) -> Item:
        known = {name: value for name, value in values.items() if name in EDITABLE}
        other = {name: value for name, value in values.items() if name not in EDITABLE}
        if "summary" in known and not str(known["summary"]).strip():
            raise Invalid("a summary is needed", "summary")
        for name in ("type", "status", "priority", "resolution"):
            if known.get(name) is not None:
                try:
                    known[name] = self.term(name, known[name]).name
                except NotFound:
                    raise Invalid("not one of the tracker's own", name) from None
        if "status" in known:
            known = {**self._done(item, self.term("status", known["status"])), **known}
        if known.get("parent") is not None:
            self.item(known["parent"])
        for name in ("labels", "components"):
            if name in known:
                known[name] = tuple(dict.fromkeys(known[name]))
        merged = {name: value for name, value in {**item.fields, **other}.items() if value is not None}
        return replace(item, **known, fields=merged)

    def _done(self, item: Item, status: Term) -> dict[str, Any]:
        if status.category != "done":
            return {"category": status.category, "resolved": None, "resolution": None}
        return {
            "category": "done",
            "resolved": item.resolved or self.now(),
            "resolution": item.resolution or (None if self.counts_everything else self.terms("resolution")[0].name),
        }

    def _store(self, item: Item, *, new: bool = False) -> None:
        row = row_of(item)
        if new:
            self._run(insert(t.items), row)
        else:
            self._run(update(t.items).where(t.items.c.id == item.id).values(**row))
            self._run(delete(t.labels).where(t.labels.c.item == item.id))
        if item.labels:
            self._run(insert(t.labels), [{"item": item.id, "label": label} for label in item.labels])

    def _record(self, item: Item, actor: User, at: datetime, edits: Sequence[Edit]) -> HistoryEntry:
        entry = HistoryEntry(self._next(t.history, 10000), item.id, actor.name, at, item.rev, tuple(edits))
        row = {"id": entry.id, "item": item.id, "actor": actor.name, "at": t.to_ms(at), "rev": item.rev}
        self._run(insert(t.history), {**row, "edits": [[e.field, plain(e.before), plain(e.after)] for e in edits]})
        return entry

    def _touch(self, item: Item, actor: User, at: datetime, edits: Sequence[Edit]) -> tuple[Item, HistoryEntry | None]:
        """Moves `updated`, and where the flavour records such a thing the revision with its history entry."""
        moved = replace(item, updated=at, updated_by=actor.name, rev=item.rev + 1)
        self._store(moved)
        return moved, (self._record(moved, actor, at, edits) if edits else None)

    def _watch(self, item_id: int, user: str) -> None:
        if not self.counts_everything:
            self.set_watching(item_id, user, True)

    def set_watching(self, item_id: int, user: str, watching: bool) -> None:
        with self.transaction():
            self._run(delete(t.watchers).where((t.watchers.c.item == item_id) & (t.watchers.c.user == user)))
            if watching:
                self._run(insert(t.watchers), {"item": item_id, "user": user})
