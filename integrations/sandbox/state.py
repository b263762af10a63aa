"""A tracker with real state: who may do what to which item, what it was before, and who is told.

    tracker = Tracker("cloud", "jira-cloud")             # in memory; give a path to keep it
    dana = tracker.user("dana")
    item = tracker.create_item(dana, "SHOP", "Story", "Save the cart", description=None)
    tracker.add_comment(dana, item.id, body)
    tracker.subscribe(lambda happening: ...)

Every mutation takes the acting user (None: the sandbox itself, which may do all and is recorded as `ada`), checks that
user's rights, writes history, and tells the subscribers after the change is in, in order, in the writing thread.
Raises NotFound, Forbidden, Invalid or StaleRevision of `records`. `with tracker.transaction():` joins several calls
into one: all or nothing, no other thread between. Loading (`seed`) checks nothing and tells nobody.

Jira adds a history entry for each change of fields and links, none for creation and comments. Azure DevOps counts
everything: creation is revision 1, and each change, comment and link is one revision with one history entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update

from integrations.sandbox import tables as t
from integrations.sandbox.cast import account, cast, vocabulary
from integrations.sandbox.reading import Readings
from integrations.sandbox.records import (
    Attachment,
    BotRights,
    Comment,
    Edit,
    Flavour,
    Forbidden,
    Happening,
    HappeningKind,
    HistoryEntry,
    Invalid,
    Item,
    Link,
    NotFound,
    Project,
    Seed,
    StaleRevision,
    Term,
    User,
)
from integrations.sandbox.seeding import load

Subscriber = Callable[[Happening], None]

_EDITABLE = frozenset(f.name for f in dataclass_fields(Item)) - {
    "id",
    "key",
    "project",
    "category",
    "created",
    "updated",
    "creator",
    "rev",
    "resolved",
    "updated_by",
    "fields",
    "formats",
}


class Tracker(Readings):
    """One tracker of one flavour. `bot` decides whether `steward` may ask about others ("administrator") or not."""

    def __init__(
        self, name: str, flavour: Flavour, path: str | Path | None = None, *, bot: BotRights = "administrator"
    ) -> None:
        super().__init__(path)
        self.name = name
        self.flavour: Flavour = flavour
        self.counts_everything = flavour == "azure-devops"
        self._subscribers: list[Subscriber] = []
        self._pending: list[Happening] = []
        with self.transaction():
            if not self.users():
                self._furnish(bot)

    def _furnish(self, bot: BotRights) -> None:
        for term in vocabulary(self.flavour):
            self.add_term(term)
        people = cast(self.flavour, bot)
        for person, _ in people:
            self.add_user(person)
        azure = self.counts_everything
        project = self.add_project("Shop" if azure else "SHOP", "Shop" if azure else "Corner Shop")
        for person, role in people:
            self.set_role(project.key, person.name, role)
        if not azure:
            self.set_group("jira-administrators", [person.name for person, _ in people if person.is_administrator])
        self.set_group("shop-deciders", ["ada", "dana"])

    def close(self) -> None:
        """Closes the database; a tracker in memory is gone."""
        with self._lock:
            self._connection.close()
            self._engine.dispose()

    # telling

    def subscribe(self, subscriber: Subscriber) -> None:
        """Calls `subscriber` after each change, in order. It must be quick; it may read the tracker."""
        self._subscribers.append(subscriber)

    def _forget(self) -> None:
        self._pending.clear()

    def _tell(self) -> None:
        while self._pending:
            happening = self._pending.pop(0)
            for subscriber in self._subscribers:
                subscriber(happening)

    def _happened(self, kind: HappeningKind, item: Item, actor: User, at: datetime, **more: Any) -> None:
        self._pending.append(Happening(kind, item, actor, at, **more))

    def hush(self) -> None:
        """Inside a transaction: nobody is told of what has been done in it so far."""
        self._pending.clear()

    def _actor(self, actor: User | None) -> User:
        return self.user("ada") if actor is None else actor

    # set-up: people, projects, words (no rights asked, nobody told)

    def add_user(self, user: User) -> User:
        with self.transaction():
            self._run(insert(t.users), {f.name: getattr(user, f.name) for f in dataclass_fields(User)})
        return user

    def add_account(
        self, name: str, display_name: str | None = None, role: str | None = None, project: str = ""
    ) -> User:
        """A new account with the id and token that follow from its login, in a role of a project if one is named."""
        with self.transaction():
            user = self.add_user(account(self.flavour, name, display_name or name))
            if role is not None:
                self.set_role(project or self.projects()[0].key, name, role)
        return user

    def set_user(self, name: str, **values: Any) -> User:
        """Changes an account: is_administrator, active, token, display_name, mail, time_zone."""
        with self.transaction():
            self._run(update(t.users).where(t.users.c.name == name).values(**values))
            return self.user(name)

    def set_role(self, project: str, user: str, role: str | None) -> None:
        """Puts an account into one role of a project (see ROLE_RIGHTS), or with None out of all."""
        with self.transaction():
            self._run(delete(t.roles).where((t.roles.c.project == project) & (t.roles.c.user == user)))
            if role is not None:
                self._run(insert(t.roles), {"project": project, "user": user, "role": role})

    def set_group(self, name: str, members: Iterable[str]) -> None:
        """Makes these logins the members of a group."""
        with self.transaction():
            self._run(delete(t.group_members).where(t.group_members.c.name == name))
            for member in members:
                self._run(insert(t.group_members), {"name": name, "user": member})

    def add_project(
        self, key: str, name: str, *, private: bool = False, roles: Mapping[str, str] | None = None
    ) -> Project:
        """`roles` is login -> role."""
        with self.transaction():
            project_id = self._next(t.projects, 10000)
            self._run(
                insert(t.projects), {"id": project_id, "key": key, "name": name, "private": private, "last_number": 0}
            )
            for user, role in (roles or {}).items():
                self.set_role(key, user, role)
            return self.project(key)

    def set_private(self, project: str, private: bool) -> None:
        with self.transaction():
            self._run(update(t.projects).where(t.projects.c.key == project).values(private=private))

    def add_term(self, term: Term) -> Term:
        """Adds a word to one of the tracker's lists; id 0 gives it the next free one."""
        with self.transaction():
            if not term.id:
                known = [other.id for other in self.terms(term.kind)]
                term = replace(term, id=max(known, default=9999) + 1, rank=term.rank or len(known))
            self._run(insert(t.terms), {f.name: getattr(term, f.name) for f in dataclass_fields(Term)})
            return term

    def seed(self, backlog: Iterable[Seed], project: str | None = None) -> list[str]:
        """Loads items with their past into a project (default: the first) and returns their keys."""
        with self.transaction():
            return load(self, self.project(project) if project else self.projects()[0], list(backlog))

    def skip_number(self, project: str) -> None:
        """Moves a project's counter, as Jira does for an issue that it then refuses to create."""
        with self.transaction():
            raised = t.projects.c.last_number + 1
            self._run(update(t.projects).where(t.projects.c.key == project).values(last_number=raised))

    def _next(self, table: Any, floor: int) -> int:
        highest = self._run(select(func.max(table.c.id))).scalar()
        return max(int(highest or 0), floor) + 1

    # items

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
            by = self._actor(actor)
            if not summary.strip():
                raise Invalid("a summary is needed", "summary")
            first = next((term for term in self.terms("status") if term.category == "todo"), self.terms("status")[0])
            numbers = self._run(select(t.projects.c.last_number).where(t.projects.c.key == home.key)).scalar_one() + 1
            item_id = self._next(t.items, 0 if self.counts_everything else 10000)
            at = self.now()
            blank = Item(
                item_id,
                str(item_id) if self.counts_everything else f"{home.key}-{numbers}",
                home.key,
                self.term("type", type).name,
                summary,
                None,
                first.name,
                "todo",
                at,
                at,
                by.name,
                updated_by=by.name,
                formats=dict(formats or {}),
            )
            defaults = {"reporter": by.name, "priority": "2" if self.counts_everything else "Medium"}
            item = self._with(blank, {**defaults, "description": description, **values})
            self._run(update(t.projects).where(t.projects.c.key == home.key).values(last_number=numbers))
            self._store(item, new=True)
            for key, value in (properties or {}).items():
                self.set_property(None, item_id, key, value)
            made = [
                self._insert_link(actor, name, *((item_id, other) if outward else (other, item_id)))
                for name, other, outward in add_links
            ]
            entry = None
            if self.counts_everything:
                edits = _differences(replace(blank, summary="", type="", status=""), item)
                edits += [Edit("link", None, self._end_of(link, item_id)) for link in made]
                entry = self._record(item, by, at, edits)
                for link in made:
                    self._note_other_end(link, item_id, by, at)
                self._note_child(item.parent, item, by, at)
            self._watch(item_id, by.name)
            self._happened("created", item, by, at, entry=entry)
            return item

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
            edits = _differences(old, new)
            written, gone = [], []
            for type_name, other, outward in add_links:
                ends = (item_id, other) if outward else (other, item_id)
                written.append(self._insert_link(actor, type_name, *ends))
                edits.append(Edit("link", None, self._end_of(written[-1], item_id)))
            for link_id in remove_links:
                gone.append(self.link(link_id))
                edits.append(Edit("link", self._end_of(gone[-1], item_id), None))
                self._run(delete(t.links).where(t.links.c.id == link_id))
            said = None
            if comment is not None:
                said = self._insert_comment(by, new, comment, comment_format, at)
                edits.append(Edit("comment", None, comment))
            if not edits and new == old:
                return old
            new = replace(new, rev=old.rev + 1, updated=at, updated_by=by.name)
            self._store(new)
            entry = self._record(new, by, at, edits)
            for link in [*written, *gone]:
                self._note_other_end(link, item_id, by, at, removed=link in gone)
            if new.parent != old.parent:
                self._note_child(old.parent, new, by, at, removed=True)
                self._note_child(new.parent, new, by, at)
            self._happened("updated", new, by, at, entry=entry, comment=said, notify=notify)
            for link in () if self.counts_everything else [*written, *gone]:
                kind: HappeningKind = "unlinked" if link in gone else "linked"
                self._happened(kind, self.item(link.source), by, at, link=link)
            if said is not None:
                self._happened("commented", new, by, at, entry=entry, comment=said, notify=notify)
            return new

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
            number = self._run(select(t.projects.c.last_number).where(t.projects.c.key == home.key)).scalar_one() + 1
            key = item.key if self.counts_everything else f"{home.key}-{number}"
            self._run(update(t.projects).where(t.projects.c.key == home.key).values(last_number=number))
            by, at = self._actor(None), self.now()
            moved = replace(item, project=home.key, key=key, updated=at, rev=item.rev + 1)
            self._store(moved)
            edits = [Edit("project", item.project, home.key), Edit("key", item.key, key)]
            entry = self._record(moved, by, at, [edit for edit in edits if edit.before != edit.after])
            self._happened("updated", moved, by, at, entry=entry)
            return moved

    def _with(self, item: Item, values: Mapping[str, Any]) -> Item:
        known = {name: value for name, value in values.items() if name in _EDITABLE}
        other = {name: value for name, value in values.items() if name not in _EDITABLE}
        if "summary" in known and not str(known["summary"]).strip():
            raise Invalid("a summary is needed", "summary")
        for name in ("type", "status", "priority", "resolution"):
            if known.get(name) is not None:
                try:
                    known[name] = self.term(name, known[name]).name
                except NotFound:
                    raise Invalid("not one of the tracker's own", name) from None
        if "status" in known:
            known |= self._done(item, self.term("status", known["status"]))
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
            "resolution": item.resolution or (None if self.counts_everything else "Done"),
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

    def _note_child(self, parent: int | None, child: Item, actor: User, at: datetime, *, removed: bool = False) -> None:
        if parent is None or not self.counts_everything:
            return
        value = {"item": child.id, "key": child.key}
        edit = Edit("child", value, None) if removed else Edit("child", None, value)
        moved, entry = self._touch(self.item(parent), actor, at, [edit])
        self._happened("updated", moved, actor, at, entry=entry)

    # links

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

    # comments

    def add_comment(
        self,
        actor: User | None,
        item_id: int,
        body: Any,
        *,
        format: str = "html",  # Azure DevOps' own word
        visibility: Mapping[str, str] | None = None,
        internal: bool = False,
        properties: Mapping[str, Any] | None = None,
        notify: bool = True,
    ) -> Comment:
        with self.transaction():
            item = self.item(item_id, actor)
            self.demand(actor, "comment", self.project(item.project))
            by, at = self._actor(actor), self.now()
            comment = self._insert_comment(by, item, body, format, at, visibility, internal, properties)
            edits = [Edit("comment", None, body)] if self.counts_everything else []
            moved, entry = self._touch(item, by, at, edits)
            self._watch(item_id, by.name)
            if entry is not None:
                self._happened("updated", moved, by, at, entry=entry, comment=comment, notify=False)
            self._happened("commented", moved, by, at, entry=entry, comment=comment, notify=notify)
            return comment

    def _insert_comment(
        self,
        actor: User,
        item: Item,
        body: Any,
        format: str,
        at: datetime,
        visibility: Mapping[str, str] | None = None,
        internal: bool = False,
        properties: Mapping[str, Any] | None = None,
    ) -> Comment:
        comment = Comment(
            self._next(t.comments, 10000),
            item.id,
            actor.name,
            body,
            at,
            at,
            actor.name,
            format,
            visibility,
            internal,
            dict(properties or {}),
        )
        self._run(insert(t.comments), comment_row(comment))
        return comment

    def edit_comment(
        self, actor: User | None, comment_id: int, body: Any, *, notify: bool = True, **values: Any
    ) -> Comment:
        """Replaces the text of one's own comment (administrators: of any). `values`: format, visibility, properties
        (merged into those that are there)."""
        with self.transaction():
            old, item = self._own_comment(actor, comment_id)
            by, at = self._actor(actor), self.now()
            values["properties"] = {**old.properties, **(values.get("properties") or {})}
            new = replace(old, body=body, updated=at, update_author=by.name, version=old.version + 1, **values)
            self._run(update(t.comments).where(t.comments.c.id == comment_id).values(**comment_row(new)))
            edits = [Edit("comment", old.body, body)] if self.counts_everything else []
            moved, entry = self._touch(item, by, at, edits)
            if entry is not None:
                self._happened("updated", moved, by, at, entry=entry, notify=False)
            self._happened("comment_edited", moved, by, at, entry=entry, comment=new, notify=notify)
            return new

    def delete_comment(self, actor: User | None, comment_id: int) -> None:
        with self.transaction():
            old, item = self._own_comment(actor, comment_id)
            by, at = self._actor(actor), self.now()
            self._run(delete(t.comments).where(t.comments.c.id == comment_id))
            moved, _ = self._touch(item, by, at, [Edit("comment", old.body, None)] if self.counts_everything else [])
            self._happened("comment_deleted", moved, by, at, comment=old)

    def _own_comment(self, actor: User | None, comment_id: int) -> tuple[Comment, Item]:
        comment = self.comment(comment_id, actor)
        item = self.item(comment.item, actor)
        home = self.project(item.project)
        self.demand(actor, "comment", home)
        if actor is not None and actor.name != comment.author and not self.may(actor, "administer", home):
            raise Forbidden("edit others' comments")
        return comment, item

    def set_comment_property(self, actor: User | None, comment_id: int, key: str, value: Any) -> None:
        """Sets one property of a comment; None takes it away."""
        with self.transaction():
            comment, _ = self._own_comment(actor, comment_id)
            merged = {k: v for k, v in {**comment.properties, key: value}.items() if v is not None}
            self._run(update(t.comments).where(t.comments.c.id == comment_id).values(properties=merged))

    # properties, watchers, files

    def set_property(self, actor: User | None, item_id: int, key: str, value: Any) -> None:
        """Sets one entity property of an item; None takes it away. Neither history nor `updated` moves."""
        with self.transaction():
            self.demand(actor, "edit", self.project(self.item(item_id, actor).project))
            self._run(delete(t.properties).where((t.properties.c.item == item_id) & (t.properties.c.key == key)))
            if value is not None:
                self._run(insert(t.properties), {"item": item_id, "key": key, "value": value})

    def set_watching(self, item_id: int, user: str, watching: bool) -> None:
        with self.transaction():
            self._run(delete(t.watchers).where((t.watchers.c.item == item_id) & (t.watchers.c.user == user)))
            if watching:
                self._run(insert(t.watchers), {"item": item_id, "user": user})

    def _watch(self, item_id: int, user: str) -> None:
        if not self.counts_everything:
            self.set_watching(item_id, user, True)

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


def plain(value: Any) -> Any:
    """A field's value as JSON takes it."""
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def row_of(item: Item) -> dict[str, Any]:
    """The row of `tables.items` that holds this item."""
    row = {f.name: getattr(item, f.name) for f in dataclass_fields(Item)}
    row |= {"created": t.to_ms(item.created), "updated": t.to_ms(item.updated)}
    row["resolved"] = None if item.resolved is None else t.to_ms(item.resolved)
    row |= {"labels": list(item.labels), "components": list(item.components)}
    row |= {"fields": dict(item.fields), "formats": dict(item.formats)}
    row["number"] = int(item.key.rpartition("-")[2])
    return row


def comment_row(comment: Comment) -> dict[str, Any]:
    """The row of `tables.comments` that holds this comment."""
    row = {f.name: getattr(comment, f.name) for f in dataclass_fields(Comment)}
    row |= {"created": t.to_ms(comment.created), "updated": t.to_ms(comment.updated)}
    row["visibility"] = None if comment.visibility is None else dict(comment.visibility)
    return row


def _differences(old: Item, new: Item) -> list[Edit]:
    names = [name for name in _EDITABLE_ORDER if getattr(old, name) != getattr(new, name)]
    edits = [Edit(name, plain(getattr(old, name)), plain(getattr(new, name))) for name in names]
    for name in sorted(old.fields.keys() | new.fields.keys()):
        if old.fields.get(name) != new.fields.get(name):
            edits.append(Edit(name, old.fields.get(name), new.fields.get(name)))
    return edits


_EDITABLE_ORDER = [f.name for f in dataclass_fields(Item) if f.name in _EDITABLE]
