"""The duplicate index of one connection: which earlier items share rare words with this one.

It is derived from the items table: it remembers the number of the last change it has seen, and can be dropped and
rebuilt from nothing. A directory that cannot be read is emptied; one that another worker holds is left alone and the
index lives in memory instead. Texts are kept only as stems, and none is ever logged.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import structlog
import tantivy

from bot.search.directory import Held, Shelf, panics_as_faults
from rules.duplicates.shared import in_common, shared_words
from rules.duplicates.title import normal_title
from rules.duplicates.tokens import surfaces, tokens
from rules.model import WorkItem

QUERY_TERMS = 32
TITLE_WEIGHT = 3
_HEAP_BYTES = 32_000_000
_STORED_TERMS = 400
_Faults = (ValueError, OSError, RuntimeError)

log = structlog.get_logger(__name__)


class Hit(NamedTuple):
    """An item that shares words: its key, the engine's score (for order only), the words as the query has them."""

    key: str
    score: float
    shared_words: tuple[str, ...]


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    for name in ("id", "key", "set", "title_key"):
        builder.add_text_field(name, stored=name in ("id", "key"), tokenizer_name="raw", index_option="basic")
    for name in ("title", "all"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("terms", stored=True, tokenizer_name="raw", index_option="basic")
    return builder.build()


class DuplicateIndex:
    """Candidates for one connection; `directory` None keeps everything in memory. Safe for use by several threads.

    `sets` maps projects to the name of a search set that they share; a project it does not name is a set of its own.
    """

    def __init__(self, directory: Path | None = None, sets: Mapping[str, str] | None = None) -> None:
        self._lock = threading.RLock()
        self._sets = dict(sets or {})
        self._schema = _schema()
        self._shelf = Shelf(directory)
        self._gone = False
        self._index: Any = None
        self._writer: Any = None
        self._open()

    @property
    def change_number(self) -> int:
        """The last change this index has seen; 0 when it is to be rebuilt."""
        return self._change_number

    def _open(self) -> None:
        try:
            self._start()
        except Held:
            log.info("duplicate_index_held_elsewhere")
            self._in_memory()
        except _Faults as fault:
            self._rebuild(fault)

    def _rebuild(self, fault: Exception) -> None:
        """Drop everything; the next `catch_up` starts from change 0."""
        log.warning("duplicate_index_dropped", reason=type(fault).__name__)
        self._empty()

    def _empty(self) -> None:
        self._gone = False
        self._writer = None  # lets go of the directory; searches under way keep the old index
        try:
            self._shelf.clear()
            self._start()
        except (Held, *_Faults):
            self._in_memory()

    def _in_memory(self) -> None:
        self._shelf = Shelf(None)
        self._start()

    def _start(self) -> None:
        with panics_as_faults():
            self._index, self._change_number = self._shelf.open(self._schema)
            self._writer = self._index.writer(heap_size=_HEAP_BYTES, num_threads=1)

    def upsert(self, items: Iterable[WorkItem]) -> None:
        """Add items, or replace what is held of them."""
        self._write((item.id, item) for item in items)

    add = upsert

    def remove(self, keys: Iterable[str]) -> None:
        """Forget items by key; unknown keys are passed over."""
        with self._lock:
            try:
                with panics_as_faults():
                    for key in keys:
                        self._writer.delete_documents_by_term("key", key)
                    self._commit()
            except _Faults as fault:
                self._rebuild(fault)

    def catch_up(self, rows: Iterable[tuple[int, str, WorkItem | None]]) -> int:
        """Follow the items table: rows are (change number, item id, the item or None where it is gone), in order.

        Rows already seen are passed over, so a row may come twice. Returns the number of the last change seen.
        """
        with self._lock:
            newest = self._change_number

            def fresh() -> Iterator[tuple[str, WorkItem | None]]:
                nonlocal newest
                for number, item_id, item in rows:
                    if number > self._change_number:
                        newest = max(newest, number)
                        self._gone |= item is None and self._searched("id", item_id)
                        yield item_id, item

            if self._write(fresh()) and newest != self._change_number:
                self._change_number = newest
                self._shelf.remember(newest, holds_gone=self._gone)
            return self._change_number

    def forget_gone(self) -> bool:
        """Empty an index that still has the words of items that are gone on its disk; whether there was anything.

        The engine only marks what is deleted, and writes it out of its files when it sees fit.
        """
        with self._lock:
            held = self._gone
            if held:
                log.info("duplicate_index_emptied")
                self._empty()
            return held

    def _searched(self, name: str, value: str) -> bool:
        return bool(self._index.searcher().doc_freq(name, value))

    def _write(self, changes: Iterable[tuple[str, WorkItem | None]]) -> bool:
        with self._lock:
            try:
                touched = 0
                for item_id, item in changes:
                    self._writer.delete_documents_by_term("id", item_id)
                    if item is not None:
                        self._writer.add_document(self._document(item))
                    touched += 1
                if touched:
                    self._commit()
            except _Faults as fault:
                self._rebuild(fault)
                return False
            return True

    def _commit(self) -> None:
        with panics_as_faults():
            self._writer.commit()
            self._index.reload()

    def _set_of(self, item: WorkItem) -> str:
        return self._sets.get(item.project, f"project {item.project}")

    def _document(self, item: WorkItem) -> Any:
        title, body = tokens(item.summary), tokens(item.description)
        document = tantivy.Document()
        for name, value in (("id", item.id), ("key", item.key), ("set", self._set_of(item))):
            document.add_text(name, value)
        document.add_text("title_key", normal_title(item.summary))
        document.add_text("title", " ".join(title))
        document.add_text("all", " ".join((*(title * TITLE_WEIGHT), *body)))
        document.add_text("terms", " ".join(list(dict.fromkeys((*title, *body)))[:_STORED_TERMS]))
        return document

    def title_count(self, item: WorkItem) -> int:
        """How many other items of the search set carry this item's title."""
        query = self._all_of(("set", self._set_of(item)), ("title_key", normal_title(item.summary)))
        try:
            with panics_as_faults():
                found = self._index.searcher().search(self._other_than(item, query), limit=1, count=True)
        except _Faults as fault:
            self._drop(fault)
            return 0
        return int(found.count)

    def candidates(self, item: WorkItem, limit: int = 20) -> tuple[Hit, ...]:
        """The items of the same search set that share the rarest words with this one, best first; never itself."""
        wanted = surfaces(f"{item.summary}\n{item.description}")
        try:
            with panics_as_faults():
                searcher = self._index.searcher()
                query, ranked = self._query(searcher, item)
                if query is None:
                    return ()
                hits = searcher.search(query, limit=limit, count=False).hits
                return tuple(self._hit(searcher.doc(address), score, wanted, ranked) for score, address in hits)
        except _Faults as fault:
            self._drop(fault)
            return ()

    def _drop(self, fault: Exception) -> None:
        with self._lock:
            self._rebuild(fault)

    def _hit(self, document: Any, score: float, wanted: Mapping[str, str], ranked: list[str]) -> Hit:
        theirs = str(document.get_first("terms") or "").split()
        return Hit(str(document.get_first("key")), float(score), shared_words(wanted, in_common(ranked, theirs)))

    def _query(self, searcher: Any, item: WorkItem) -> tuple[Any, list[str]]:
        counts = Counter(tokens(item.summary) * TITLE_WEIGHT + tokens(item.description))
        total, own = searcher.num_docs, min(1, searcher.doc_freq("id", item.id))
        idf = {}
        for term in counts:
            # Words of its own that nobody else has would only crowd out the words that can find something.
            others = searcher.doc_freq("all", term) - own
            if others > 0:
                idf[term] = math.log(1 + max(0.0, total - others + 0.5) / (others + 0.5))
        ranked = sorted(idf, key=lambda term: (-idf[term], term))[:QUERY_TERMS]
        if not ranked:
            return None, []
        should = []
        for term in ranked:
            # A term repeated in the query counts more, up to a ceiling (BM25's k3).
            weight = counts[term] * 9 / (counts[term] + 8)
            for name in ("title", "all"):
                leaf = tantivy.Query.term_query(self._schema, name, term, index_option="freq")
                should.append((tantivy.Occur.Should, tantivy.Query.boost_query(leaf, weight)))
        words = tantivy.Query.boolean_query(should)
        own_set = tantivy.Query.const_score_query(self._all_of(("set", self._set_of(item))), 0.0)
        both = tantivy.Query.boolean_query([(tantivy.Occur.Must, words), (tantivy.Occur.Must, own_set)])
        return self._other_than(item, both), ranked

    def _all_of(self, *pairs: tuple[str, str]) -> Any:
        leaves = [tantivy.Query.term_query(self._schema, name, value, index_option="basic") for name, value in pairs]
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, leaf) for leaf in leaves])

    def _other_than(self, item: WorkItem, query: Any) -> Any:
        itself = tantivy.Query.term_query(self._schema, "id", item.id, index_option="basic")
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.MustNot, itself)])
