"""The items as last read, when they were last touched, and how far each project has been read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.store.database import Base
from rules.model import Child, Link, Person, WorkItem

_FIELDS = {kind: tuple(each.name for each in fields(kind)) for kind in (WorkItem, Child, Link, Person)}


class Item(Base):
    """One item. `change_number` grows with every stored change, so that derived indexes can follow.

    `backfilled`: it was there when the bot was connected, and what the rules read has not been edited since.
    `imported`: it came later and says it is older than the connection.
    `triaged_digest` is the content last looked at; `attended` the tracker's `updated` when its comments were last read.
    `confirmed` is when the round that looks for what is gone last found it there.
    `due` is when the look that was scheduled is to be done, `asked` the cause of one that a person asked for: both stay
    until it is done. `gone_since` is when it was found gone, and stays when it comes back.
    """

    __tablename__ = "items"
    connection: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(index=True)
    project: Mapped[str] = mapped_column(index=True)
    content: Mapped[dict[str, Any]]
    status_category: Mapped[str]
    created: Mapped[datetime]
    updated: Mapped[datetime]
    change_number: Mapped[int] = mapped_column(index=True)
    deleted: Mapped[bool] = mapped_column(default=False)
    backfilled: Mapped[bool] = mapped_column(default=False)
    imported: Mapped[bool] = mapped_column(default=False)
    triaged_digest: Mapped[str | None]
    first_touch: Mapped[datetime | None]
    last_delivery: Mapped[str | None]
    attended: Mapped[datetime | None]
    due: Mapped[datetime | None]
    asked: Mapped[str | None]
    gone_since: Mapped[datetime | None]
    confirmed: Mapped[datetime | None]
    muted: Mapped[bool] = mapped_column(default=False)


class ChangeCounter(Base):
    """One row, there from the start: the number given to the last stored change of any item."""

    __tablename__ = "change_counter"
    id: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


class Progress(Base):
    """How far a project has been read. Items that were there before `connected` are known, not triaged."""

    __tablename__ = "progress"
    connection: Mapped[str] = mapped_column(primary_key=True)
    project: Mapped[str] = mapped_column(primary_key=True)
    connected: Mapped[datetime]
    backfilled: Mapped[datetime | None]
    cursor: Mapped[datetime | None]
    page: Mapped[str | None]


def content_digest(item: WorkItem) -> str:
    """SHA-256 over what the rules read: a change elsewhere (a comment, a sprint) is no reason to look again."""
    parts = (item.summary, item.description, item.type, item.priority or "", item.acceptance_criteria)
    text = "\x1f".join((*parts, str(item.story_points), item.status_category))
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def save(session: Session, item: WorkItem, *, backfilled: bool = False, even_restricted: bool = False) -> bool:
    """Store an item as it was just read; nothing of a restricted one, if not asked. True if it was not known before."""
    return save_all(session, [item], backfilled=backfilled, even_restricted=even_restricted) == 1


def save_all(
    session: Session, read: Sequence[WorkItem], *, backfilled: bool = False, even_restricted: bool = False
) -> int:
    """Store items of one connection as they were just read; returns how many were not known before."""
    shown = {item.id: item for item in read if even_restricted or not item.restricted}
    known = rows(session, shown.values())
    changed = []
    for item in shown.values():
        row, content = known.get(item.id), _to_json(item)
        if row is None or row.deleted or row.content != content:
            changed.append((item, row, content))
    if not changed:
        return 0
    number = _next_number(session, len(changed))
    for change_number, (item, row, content) in enumerate(changed, number - len(changed) + 1):
        if row is None:
            row = Item(connection=item.connection, id=item.id, backfilled=backfilled)
            row.triaged_digest = content_digest(item) if backfilled else None
            session.add(row)
        row.key, row.project, row.content, row.status_category = item.key, item.project, content, item.status_category
        row.created, row.updated, row.change_number, row.deleted = item.created, item.updated, change_number, False
    session.flush()
    return sum(row is None for _, row, _ in changed)


def rows(session: Session, read: Iterable[WorkItem]) -> dict[str, Item]:
    """The rows of items of one connection, by id: of those that are known."""
    connections = {item.id: item.connection for item in read}
    found = sa.select(Item).where(Item.connection.in_(set(connections.values())), Item.id.in_(connections))
    return {row.id: row for row in session.scalars(found)} if connections else {}


def with_titles(session: Session, read: Sequence[WorkItem]) -> list[WorkItem]:
    """Items of one connection whose children have the titles that are known here, where they were read without.

    Whoever sees an item may not see its children in another project, nor those that are restricted.
    """
    untold = {child.key: item.connection for item in read for child in item.children if not child.summary}
    if not untold:
        return list(read)
    wanted = (Item.connection.in_(set(untold.values())), Item.key.in_(untold), Item.deleted.is_(False))
    found = [row for row in session.scalars(sa.select(Item).where(*wanted)) if not row.content.get("restricted")]
    titles = {(row.project, row.key): str(row.content["summary"]) for row in found}

    def titled(child: Child, project: str) -> Child:
        return child if child.summary else Child(child.key, titles.get((project, child.key), ""))

    return [replace(item, children=tuple(titled(child, item.project) for child in item.children)) for item in read]


def forget(session: Session, connection: str, item_id: str, now: datetime) -> None:
    """Drop what an item said, keeping only that it existed: it was deleted, or is hidden from the bot now."""
    row = session.get(Item, (connection, item_id))
    if row is not None and not row.deleted:
        row.gone_since = now
        row.due = row.asked = None
        row.content, row.deleted, row.change_number = {}, True, _next_number(session)


def load(session: Session, connection: str, id_or_key: str) -> WorkItem | None:
    """The item as last read, by id or by key; None if unknown or deleted."""
    row = find(session, connection, id_or_key)
    return _from_json(row) if row is not None and not row.deleted else None


def find(session: Session, connection: str, id_or_key: str) -> Item | None:
    """The row of an item, by id or by key."""
    row = session.get(Item, (connection, id_or_key))
    if row is None:
        by_key = sa.select(Item).where(Item.connection == connection, Item.key == id_or_key)
        row = session.scalars(by_key.order_by(Item.change_number.desc()).limit(1)).first()
    return row


def is_restricted(session: Session, connection: str, item_id: str) -> bool:
    """Whether an item that is kept is one that not all of its project see."""
    row = session.get(Item, (connection, item_id))
    return row is not None and bool(row.content.get("restricted"))


def touch(session: Session, connection: str, item_id: str, delivery: str, now: datetime) -> None:
    """Note that somebody is working on an item: the quiet wait begins anew, its upper bound does not."""
    row = session.get(Item, (connection, item_id))
    if row is None:
        return
    row.first_touch = row.first_touch or now
    row.last_delivery = delivery


def changed_since(session: Session, connection: str, number: int, limit: int = 1000) -> Sequence[Item]:
    """Rows stored after a change number, in that order: what a derived index has yet to see."""
    query = sa.select(Item).where(Item.connection == connection, Item.change_number > number)
    return session.scalars(query.order_by(Item.change_number).limit(limit)).all()


def open_items(session: Session, connection: str, project: str, after: str, limit: int) -> Sequence[Item]:
    """Open items of a project in order of their ids, for runs that go in batches."""
    query = sa.select(Item).where(
        Item.connection == connection,
        Item.project == project,
        Item.status_category != "done",
        Item.deleted.is_(False),
        Item.id > after,
    )
    return session.scalars(query.order_by(Item.id).limit(limit)).all()


def work_item(row: Item) -> WorkItem | None:
    """The item that a row holds; None where it was deleted."""
    return None if row.deleted else _from_json(row)


def _next_number(session: Session, count: int = 1) -> int:
    """The last of so many new numbers."""
    counter = session.get_one(ChangeCounter, 1, with_for_update=True)
    counter.last += count
    session.flush()
    return counter.last


def _to_json(item: WorkItem) -> dict[str, Any]:
    return {name: _plain(getattr(item, name)) for name in _FIELDS[WorkItem]}


def _plain(value: Any) -> Any:
    """As JSON gives it back, so that like is compared with like; `asdict` takes four times as long."""
    if isinstance(value, tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    return {name: getattr(value, name) for name in names} if (names := _FIELDS.get(type(value))) else value


def _from_json(row: Item) -> WorkItem:
    content = dict(row.content)
    for name in ("labels", "components"):
        content[name] = tuple(content[name])
    content["children"] = tuple(Child(**child) for child in content["children"])
    content["links"] = tuple(Link(**link) for link in content["links"])
    for name in ("reporter", "assignee"):
        content[name] = Person(**content[name]) if content[name] else None
    for name in ("created", "updated"):
        content[name] = datetime.fromisoformat(content[name])
    return WorkItem(**content)
