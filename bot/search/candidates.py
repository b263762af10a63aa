"""Earlier items that may be the same as one, with what a rule needs to judge them."""

from __future__ import annotations

import threading

from bot.search.index import DuplicateIndex, Hit
from bot.store import items
from bot.store.database import Database
from rules.duplicates.title import same_text
from rules.model import Candidate, WorkItem

BATCH = 1000


class Candidates:
    """Candidates of one connection: an index that first catches up with the items table, then answers."""

    def __init__(self, db: Database, connection: str, index: DuplicateIndex) -> None:
        self._db, self._connection, self._index = db, connection, index
        self._catching_up = threading.Lock()

    def __call__(self, item: WorkItem) -> tuple[Candidate, ...]:
        """At most 20 candidates, best first; none for a restricted item, whose link would show on the other."""
        self.catch_up()
        if item.restricted:
            return ()
        hits = self._index.candidates(item)
        with self._db.read() as session:
            found = [(hit, items.load(session, self._connection, hit.key)) for hit in hits]
        # Whoever may read this item may not be allowed to read a restricted one.
        open_to_all = [(hit, other) for hit, other in found if other is not None and not other.restricted]
        return tuple(self._candidate(item, hit, other) for hit, other in open_to_all)

    def forget_gone(self) -> None:
        """Follow the items table, and leave no word of items that are gone in this process's index."""
        self.catch_up()
        if self._index.forget_gone():
            self.catch_up()

    def catch_up(self) -> int:
        """Follow the items table; returns the last change number seen."""
        with self._catching_up:
            while True:
                seen = self._index.change_number
                with self._db.read() as session:
                    rows = items.changed_since(session, self._connection, seen, BATCH)
                    batch = [(row.change_number, row.id, _open_to_all(row)) for row in rows]
                if not batch or self._index.catch_up(batch) == seen:
                    return seen

    def _candidate(self, item: WorkItem, hit: Hit, other: WorkItem) -> Candidate:
        links = [link for link in item.links if link.key == other.key]
        links += [link for link in other.links if link.key == item.key]
        return Candidate(
            key=other.key,
            summary=other.summary,
            status=other.status,
            status_category=other.status_category,
            created=other.created,
            type=other.type,
            is_subtask=other.is_subtask,
            parent=other.parent,
            title_count=1 + self._index.title_count(other),
            is_clone=any(link.kind == "clone" for link in links),
            already_linked=bool(links),
            shared_words=hit.shared_words,
            score=hit.score,
            same_text=same_text(item.description, other.description),
        )


def _open_to_all(row: items.Item) -> WorkItem | None:
    item = items.work_item(row)
    return item if item is not None and not item.restricted else None
