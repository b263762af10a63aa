"""The items as last read, when they were last touched, and how far each project has been read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.store.database import Base
from rules.model import Child, Link, Person, WorkItem


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
    if item.restricted and not even_restricted:
        return False
    row = session.get(Item, (item.connection, item.id))
    content = _to_json(item)
    if row is not None and row.content == content and not row.deleted:
        return False
    number = _next_number(session)
    if row is None:
        session.add(
            Item(
                connection=item.connection,
                id=item.id,
                key=item.key,
                project=item.project,
                content=content,
                status_category=item.status_category,
                created=item.created,
                updated=item.updated,
                change_number=number,
                backfilled=backfilled,
                triaged_digest=content_digest(item) if backfilled else None,
            )
        )
        session.flush()
        return True
    row.key, row.project, row.content, row.status_category = item.key, item.project, content, item.status_category
    row.created, row.updated, row.change_number, row.deleted = item.created, item.updated, number, False
    return False


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


def _next_number(session: Session) -> int:
    counter = session.get_one(ChangeCounter, 1, with_for_update=True)
    counter.last += 1
    session.flush()
    return counter.last


def _to_json(item: WorkItem) -> dict[str, Any]:
    content = asdict(item)
    content["created"], content["updated"] = item.created.isoformat(), item.updated.isoformat()
    content["digests"] = dict(item.digests)
    # What JSON gives back is lists where tuples were: compare like with like.
    return {name: _plain(value) for name, value in content.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(entry) for entry in value]
    return value


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
