"""What a batch of deliveries writes into the inbox, and which jobs follow from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.jobs import QueuedJob
from bot.store import inbox, writes
from bot.store.schema.types import storable
from integrations.tracker import Event

Arrival = tuple[str, Event]
"""A connection, and what a delivery to it said."""

# The table, not its class: rows of which nobody keeps an object cost a third this way.
_TABLE: Any = inbox.Delivery.__table__
_INSERT = {
    "sqlite": sqlite.insert(_TABLE).on_conflict_do_nothing().returning(_TABLE.c.id),
    "postgresql": postgresql.insert(_TABLE).on_conflict_do_nothing().returning(_TABLE.c.id),
}


def delivery_id(arrival: Arrival) -> str:
    """The id as the inbox holds it."""
    return storable(inbox.delivery_id(*arrival))


def add(
    session: Session, arrivals: Mapping[str, Arrival], now: datetime, handed: Collection[str]
) -> tuple[set[str], list[QueuedJob]]:
    """Insert what is new; returns the new ids, and the jobs of all that has yet to be queued.

    `handed` are ids that are queued, though not marked so yet.
    """
    if not arrivals:
        return set(), []
    own = _own_comments(session, arrivals.values())
    # In one order everywhere: two processes that insert the same ids in different orders would block each other.
    rows = [_row(key, arrivals[key], now, own) for key in sorted(arrivals)]
    new = set(session.connection().scalars(_INSERT[session.get_bind().dialect.name], rows))
    known = [row["id"] for row in rows if row["id"] not in new and row["id"] not in handed]
    received = inbox.Delivery.id.in_(known), inbox.Delivery.state == "received"
    left = set(session.scalars(sa.select(inbox.Delivery.id).where(*received))) if known else set()
    left |= {row["id"] for row in rows if row["id"] in new and row["state"] == "received"}
    return new, [_job(row) for row in rows if row["id"] in left]


def mark_queued(session: Session, ids: Collection[str]) -> None:
    """Note that deliveries have been handed over, unless they are worked on already."""
    received = inbox.Delivery.id.in_(ids), inbox.Delivery.state == "received"
    session.execute(sa.update(inbox.Delivery).where(*received).values(state="queued"))


def _own_comments(session: Session, arrivals: Iterable[Arrival]) -> set[tuple[str, str]]:
    """Which of the comments the bot wrote itself, by connection and id."""
    ids = [event.comment for _, event in arrivals if event.comment is not None]
    if not ids:
        return set()
    query = sa.select(writes.OwnComment.connection, writes.OwnComment.comment)
    return {(row[0], row[1]) for row in session.execute(query.where(writes.OwnComment.comment.in_(ids)))}


def _row(key: str, arrival: Arrival, now: datetime, own: Collection[tuple[str, str]]) -> dict[str, Any]:
    """The columns of a delivery. The bot's own comments are finished with at once."""
    connection, event = arrival
    is_own = event.comment is not None and (connection, event.comment) in own
    return {
        "id": key,
        "connection": connection,
        "source": "webhook",
        "kind": event.kind,
        "name": event.name[:200],
        "item": storable(event.item[:200]),
        "project": event.project[:200] if event.project else None,
        "comment": event.comment[:100] if event.comment else None,
        "actor": ((event.actor.id or event.actor.name)[:300] or None) if event.actor else None,
        "received": now,
        "state": "finished" if is_own else "received",
        "outcome": "the bot's own comment" if is_own else None,
        "finished": now if is_own else None,
    }


def _job(row: Mapping[str, Any]) -> QueuedJob:
    connection, key = row["connection"], row["id"]
    return QueuedJob("delivery", key, (connection, key), f"{connection}:{row['item']}")
