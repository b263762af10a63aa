"""The tracker: creating, changing, moving and deleting items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, or_, select, update

from integrations.sandbox import tables as t
from integrations.sandbox.records import (
    Attachment,
    Edit,
    HappeningKind,
    Invalid,
    Item,
    Link,
    Project,
    StaleRevision,
    Term,
    User,
)
from integrations.sandbox.state.comments import Commented
from integrations.sandbox.state.rows import differences
from integrations.sandbox.state.seclusion import AREA, LEVEL, place_for


class Tracker(Commented):
    """One tracker of one flavour. `bot` decides whether `steward` may ask about others ("administrator") or not."""

    def create_item(
        self,
        actor: User | None,
        project: str,
        type: str,  # the field's own name
        summary: str,
        description: Any = None,
        *,
        formats: Mapping[str, str] | None = None,
        properties: Mapping[str, Any] | None = None,
        add_links: Sequence[tuple[str, int, bool]] = (),
        **values: Any,
    ) -> Item:
        """Creates an item; `values` are further fields of Item (parent is an id) or fields under the vendor's names.

        `add_links` are (type, other item, outward) and belong to the same revision.
        """
        with self.transaction():
            home = self.project(project, actor)
            self.demand(actor, "create", home)
            blank = self._blank(self._actor(actor), home, type, summary, formats or {})
            defaults = {"reporter": blank.creator, "priority": self._usual_priority(), **self._inherited(type, values)}
            item = self._with(blank, {**defaults, "description": description, **values})
            self._store(item, new=True)
            for key, value in (properties or {}).items():
                self.set_property(None, item.id, key, value)
            made = [
                self._insert_link(actor, name, *((item.id, other) if outward else (other, item.id)))
                for name, other, outward in add_links
            ]
            self._finish_creation(blank, item, made)
            return item

    def _inherited(self, kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """What a sub-task has from the item above: its security level."""
        if self.term("type", kind).category != "subtask" or values.get("parent") is None:
            return {}
        return {LEVEL: self.item(values["parent"]).fields.get(LEVEL)}

    def _usual_priority(self) -> str:
        if self.counts_everything:
            return "2"
        names = [term.name for term in self.terms("priority")]
        return "Medium" if "Medium" in names else names[len(names) // 2]

    def _blank(self, by: User, home: Project, kind: str, summary: str, formats: Mapping[str, str]) -> Item:
        """A new item with nothing in it, under the next id and key."""
        if not summary.strip():
            raise Invalid("a summary is needed", "summary")
        first = next((term for term in self.terms("status") if term.category == "todo"), self.terms("status")[0])
        number, at = self._next_number(home), self.now()
        item_id = self._next(t.items, 0 if self.counts_everything else 10000)
        key = str(item_id) if self.counts_everything else f"{home.key}-{number}"
        return Item(
            item_id,
            key,
            home.key,
            self.term("type", kind).name,
            summary,
            None,
            first.name,
            "todo",
            at,
            at,
            by.name,
            updated_by=by.name,
            formats=dict(formats),
        )

    def _next_number(self, home: Project) -> int:
        self.skip_number(home.key)
        last = self._run(select(t.projects.c.last_number).where(t.projects.c.key == home.key)).scalar_one()
        return int(last)

    def _finish_creation(self, blank: Item, item: Item, made: Sequence[Link]) -> None:
        """Writes the first history entry where the flavour has one, and tells."""
        by, at, entry = self.user(item.creator), item.created, None
        if self.counts_everything:
            edits = differences(replace(blank, summary="", type="", status=""), item)
            edits += [Edit("link", None, self._end_of(link, item.id)) for link in made]
            entry = self._record(item, by, at, edits)
            for link in made:
                self._note_other_end(link, item.id, by, at)
            self._note_child(item.parent, item, by, at)
        self._watch(item.id, by.name)
        self._happened("created", item, by, at, entry=entry)

    def change_item(
        self,
        actor: User | None,
        item_id: int,
        values: Mapping[str, Any],
        *,
        formats: Mapping[str, str] | None = None,
        expect_rev: int | None = None,
        comment: Any = None,
        comment_format: str = "html",
        add_links: Sequence[tuple[str, int, bool]] = (),
        remove_links: Sequence[int] = (),
        notify: bool = True,
    ) -> Item:
        """Changes fields, links (type, other item, outward) and, in Azure DevOps, comments, as one revision.

        Nothing happens, and nobody is told, where every value is already so.
        """
        with self.transaction():
            old = self.item(item_id, actor)
            home = self.project(old.project)
            only_talk = comment is not None and not (values or formats or add_links or remove_links)
            self.demand(actor, "comment" if only_talk else "edit", home)
            if expect_rev is not None and expect_rev != old.rev:
                raise StaleRevision(expect_rev, old.rev)
            by, at = self._actor(actor), self.now()
            new = replace(self._with(old, values), formats={**old.formats, **(formats or {})})
            edits = differences(old, new)
            written, gone = self._write_links(actor, item_id, add_links, remove_links)
            edits += self._ends(item_id, written, gone)
            said = None
            if comment is not None:
                said = self._insert_comment(by, new, comment, comment_format, at)
                edits.append(Edit("comment", None, comment))
            if not edits and new == old:
                return old
            new = replace(new, rev=old.rev + 1, updated=at, updated_by=by.name)
            self._store(new)
            if new.fields.get(LEVEL) != old.fields.get(LEVEL):
                self._pass_on(new)
            entry = self._record(new, by, at, edits)
            self._note_other_ends(old, new, by, at, written, gone)
            self._happened("updated", new, by, at, entry=entry, comment=said, notify=notify)
            self._tell_of_links(written, gone, by, at)
            if said is not None:
                self._happened("commented", new, by, at, entry=entry, comment=said, notify=notify)
            return new

    def _pass_on(self, item: Item) -> None:
        """Sub-tasks are of the level of the item above."""
        for child in self.children(item.id):
            if self.term("type", child.type).category == "subtask":
                self._store(self._with(child, {LEVEL: item.fields.get(LEVEL)}))

    def _write_links(
        self, actor: User | None, item_id: int, add: Sequence[tuple[str, int, bool]], remove: Sequence[int]
    ) -> tuple[list[Link], list[Link]]:
        written = [
            self._insert_link(actor, name, *((item_id, other) if outward else (other, item_id)))
            for name, other, outward in add
        ]
        gone = [self.link(link_id) for link_id in remove]
        for link in gone:
            self._run(delete(t.links).where(t.links.c.id == link.id))
        return written, gone

    def _tell_of_links(self, written: Sequence[Link], gone: Sequence[Link], by: User, at: datetime) -> None:
        """Jira tells of links apart from the issue."""
        if not self.counts_everything:
            for link in [*written, *gone]:
                kind: HappeningKind = "unlinked" if link in gone else "linked"
                self._happened(kind, self.item(link.source), by, at, link=link)

    def delete_item(self, actor: User | None, item_id: int) -> None:
        """Takes an item away with all it has, sub-tasks too. Jira asks for administer, Azure DevOps for edit."""
        with self.transaction():
            item = self.item(item_id, actor)
            self.demand(actor, "edit" if self.counts_everything else "administer", self.project(item.project))
            by = self._actor(actor)
            for child in self.children(item_id):
                if self.term("type", child.type).category == "subtask":
                    self.delete_item(None, child.id)
            for link in self.links(item_id):
                self._run(delete(t.links).where(t.links.c.id == link.id))
            for table in (t.comments, t.history, t.properties, t.watchers, t.labels, t.attachments):
                self._run(delete(table).where(table.c.item == item_id))
            self._run(update(t.items).where(t.items.c.parent == item_id).values(parent=None))
            self._run(delete(t.items).where(t.items.c.id == item_id))
            self._happened("deleted", item, by, self.now())

    def move_item(self, item_id: int, project: str) -> Item:
        """Moves an item to another project, where it gets a new key (Jira); the old key is gone."""
        with self.transaction():
            item, home = self.item(item_id), self.project(project)
            key = item.key if self.counts_everything else f"{home.key}-{self._next_number(home)}"
            by, at = self._actor(None), self.now()
            moved = replace(item, project=home.key, key=key, updated=at, rev=item.rev + 1)
            self._store(moved)
            edits = [Edit("project", item.project, home.key), Edit("key", item.key, key)]
            entry = self._record(moved, by, at, [edit for edit in edits if edit.before != edit.after])
            self._happened("updated", moved, by, at, entry=entry)
            return moved

    def restrict(self, item_id: int, *members: str, name: str = "Confidential", actor: User | None = None) -> Item:
        """Lets only these logins see an item from now on: a security level, or in Azure DevOps an area of its own."""
        with self.transaction():
            home = self.project(self.item(item_id).project)
            place = place_for(home.name, name, by_area=self.counts_everything)._replace(members=members)
            kind = "area" if self.counts_everything else "security"
            if place.name not in {term.name for term in self.terms(kind)}:
                self.add_term(Term(kind, 0, place.name, home.key))
            self.seclude(place)
            return self.change_item(actor, item_id, {place.kind: place.name})

    def open_up(self, item_id: int, actor: User | None = None) -> Item:
        """Takes an item out of its level or area."""
        return self.change_item(actor, item_id, {AREA if self.counts_everything else LEVEL: None})

    # properties, watchers, files

    def set_property(self, actor: User | None, item_id: int, key: str, value: Any) -> None:
        """Sets one entity property of an item; None takes it away. Neither history nor `updated` moves."""
        with self.transaction():
            self.demand(actor, "edit", self.project(self.item(item_id, actor).project))
            self._run(delete(t.properties).where((t.properties.c.item == item_id) & (t.properties.c.key == key)))
            if value is not None:
                self._run(insert(t.properties), {"item": item_id, "key": key, "value": value})

    def add_attachment(self, actor: User | None, item_id: int, name: str, mime: str, content: bytes) -> Attachment:
        with self.transaction():
            self.demand(actor, "comment", self.project(self.item(item_id, actor).project))
            by = self._actor(actor)
            made = Attachment(self._next(t.attachments, 10000), item_id, name, mime, len(content), by.name, self.now())
            row = {f.name: getattr(made, f.name) for f in dataclass_fields(Attachment)}
            self._run(insert(t.attachments), {**row, "created": t.to_ms(made.created), "content": content})
            return made

    def items_linked(self, item_id: int) -> list[int]:
        """Ids of the items at the other ends of this one's links."""
        with self.transaction():
            rows = self._run(select(t.links).where(or_(t.links.c.source == item_id, t.links.c.target == item_id)))
            return [row.target if row.source == item_id else row.source for row in rows]
