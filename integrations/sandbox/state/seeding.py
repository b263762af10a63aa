"""Loading a backlog in bulk: fast, unchecked, silent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from integrations.sandbox import tables as t
from integrations.sandbox.records import Comment, Edit, Item, NotFound, Project, Seed, Term
from integrations.sandbox.state.furnishing import Furnished
from integrations.sandbox.state.rows import comment_row, row_of


class Seeded(Furnished):
    """A tracker that can be filled with a backlog."""

    def seed(self, backlog: Iterable[Seed], project: str | None = None) -> list[str]:
        """Loads items with their past into a project (default: the first) and returns their keys."""
        with self.transaction():
            return _load(self, self.project(project) if project else self.projects()[0], list(backlog))


class _Load:
    """One load: what is known before it, and the rows that it gathers."""

    def __init__(self, tracker: Furnished, project: Project) -> None:
        self.tracker = tracker
        self.project = project
        self.azure = tracker.flavour == "azure-devops"
        self.users = {user.name for user in tracker.users()}
        self.terms = {
            kind: {term.name: term for term in tracker.terms(kind)}
            for kind in ("status", "type", "priority", "resolution", "component", "link_type")
        }
        run = tracker._run
        self.ids: dict[str, int] = {row.key: row.id for row in run(select(t.items.c.key, t.items.c.id))}
        self.number = int(
            run(select(t.projects.c.last_number).where(t.projects.c.key == project.key)).scalar_one() or 0
        )
        self.highest = max(tracker.highest(t.items), 0 if self.azure else 10000)

    def word(self, kind: str, name: str | None, category: str = "") -> str | None:
        """A word of the tracker's list, made known if it is not."""
        if name is not None and name not in self.terms[kind]:
            made = self.tracker.add_term(Term(kind, 0, name, category))
            self.terms[kind][name] = made
        return name

    def person(self, name: str | None) -> str | None:
        if name is not None and name not in self.users:
            self.tracker.add_account(name)
            self.users.add(name)
        return name

    def place(self, seed: Seed) -> tuple[int, str]:
        """The id and key of a seed, given anew where it has none or where they are taken."""
        digits = (seed.key or "").rpartition("-")[2]
        wanted = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else None
        if self.azure:
            number = seed.id or wanted or self.highest + 1
            number = self.highest + 1 if str(number) in self.ids else number
            self.highest = max(self.highest, number)
            return number, str(number)
        key = f"{self.project.key}-{wanted}" if wanted is not None else ""
        if not key or key in self.ids:
            wanted = self.number + 1
            key = f"{self.project.key}-{wanted}"
        assert wanted is not None
        self.number = max(self.number, wanted)
        self.highest += 1
        return self.highest, key


def _load(tracker: Furnished, project: Project, seeds: list[Seed]) -> list[str]:
    """Inserts the seeds with their comments and links. Returns the keys, in order."""
    state = _Load(tracker, project)
    now = tracker.now()
    # Seeds that bring a number keep it; the others are numbered after all of those.
    ordered = sorted(range(len(seeds)), key=lambda n: seeds[n].key is None and seeds[n].id is None)
    places: dict[int, tuple[int, str]] = {}
    known_as: dict[str, int] = dict(state.ids)
    for n in ordered:
        places[n] = state.place(seeds[n])
        state.ids[places[n][1]] = places[n][0]
        known_as[seeds[n].key or places[n][1]] = places[n][0]
    items, comments = [], []
    next_comment = max(tracker.highest(t.comments), 10000)
    for n, seed in enumerate(seeds):
        item = _item(state, seed, places[n], known_as, now)
        items.append(item)
        for author, body, created in seed.comments:
            next_comment += 1
            name = state.person(author) or "ada"
            comments.append(Comment(next_comment, item.id, name, body, created, created, name))
    run = tracker._run
    _insert(tracker, t.items, (row_of(item) for item in items))
    _insert(tracker, t.labels, ({"item": i.id, "label": label} for i in items for label in dict.fromkeys(i.labels)))
    _insert(tracker, t.comments, (comment_row(comment) for comment in comments))
    watching = {(item.id, item.reporter or item.creator) for item in items} | {(c.item, c.author) for c in comments}
    if state.azure:
        _insert(tracker, t.history, _first_revisions(tracker, items))
    else:
        _insert(tracker, t.watchers, ({"item": item, "user": user} for item, user in sorted(watching)))
    _insert(tracker, t.links, _links(state, seeds, places, known_as))
    run(update(t.projects).where(t.projects.c.key == project.key).values(last_number=state.number))
    return [item.key for item in items]


def _item(state: _Load, seed: Seed, place: tuple[int, str], known_as: dict[str, int], now: datetime) -> Item:
    first = next(term for term in state.terms["status"].values() if term.category == "todo")
    status = state.word("status", seed.status, seed.category or "todo") or first.name
    created = seed.created or now
    reporter = state.person(seed.reporter)
    for component in seed.components:
        state.word("component", component)
    last_word = max((moment for _, _, moment in seed.comments), default=created)
    return Item(
        place[0],
        place[1],
        state.project.key,
        state.word("type", seed.type) or "Task",
        seed.summary,
        seed.description,
        status,
        state.terms["status"][status].category,  # type: ignore[arg-type]  # a status has one of the three
        created,
        seed.updated or max(created, last_word),
        reporter or "ada",
        priority=state.word("priority", seed.priority),
        labels=seed.labels,
        components=seed.components,
        reporter=reporter,
        assignee=state.person(seed.assignee),
        parent=known_as.get(seed.parent or ""),
        resolution=state.word("resolution", seed.resolution),
        resolved=seed.resolved,
        updated_by=reporter or "ada",
        fields=seed.fields,
        formats=seed.formats,
    )


def _first_revisions(tracker: Furnished, items: list[Item]) -> Iterable[dict[str, Any]]:
    next_id = max(tracker.highest(t.history), 10000)
    for item in items:
        next_id += 1
        names = ("type", "summary", "description", "status", "priority", "labels", "assignee", "parent")
        values = [(name, getattr(item, name)) for name in names] + list(item.fields.items())
        edits = [Edit(name, None, list(v) if isinstance(v, tuple) else v) for name, v in values if v]
        row = {"id": next_id, "item": item.id, "actor": item.creator, "at": t.to_ms(item.created), "rev": 1}
        yield row | {"edits": [[edit.field, edit.before, edit.after] for edit in edits]}


def _links(
    state: _Load, seeds: list[Seed], places: dict[int, tuple[int, str]], known_as: dict[str, int]
) -> Iterable[dict[str, Any]]:
    next_id = max(state.tracker.highest(t.links), 10000)
    seen = set()
    for n, seed in enumerate(seeds):
        for type_name, target_key in seed.links:
            source, target = places[n][0], known_as.get(target_key)
            if target is None or target == source or (type_name, source, target) in seen:
                continue
            seen.add((type_name, source, target))
            if type_name not in state.terms["link_type"]:
                raise NotFound("link type", type_name)
            next_id += 1
            yield {"id": next_id, "type": type_name, "source": source, "target": target}


def _insert(tracker: Furnished, table: Any, rows: Iterable[dict[str, Any]]) -> None:
    gathered = list(rows)
    if gathered:
        tracker._run(insert(table), gathered)
