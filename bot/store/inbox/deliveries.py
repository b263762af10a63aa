"""Every accepted delivery, once, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.store.database import Base, insert_new
from integrations.tracker import Event


class Delivery(Base):
    """One delivery. It holds ids only: the item is read from the tracker when it is worked on."""

    __tablename__ = "inbox"
    id: Mapped[str] = mapped_column(primary_key=True)
    connection: Mapped[str]
    source: Mapped[str]
    kind: Mapped[str]
    name: Mapped[str]
    item: Mapped[str]
    project: Mapped[str | None]
    comment: Mapped[str | None]
    actor: Mapped[str | None]
    received: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="received")
    outcome: Mapped[str | None]
    finished: Mapped[datetime | None] = mapped_column(index=True)

    __table_args__ = (
        sa.Index("inbox_by_actor", "connection", "actor", "received"),
        sa.Index("inbox_by_item", "connection", "item", "received"),
        sa.Index("inbox_by_state", "state", "received", "connection"),
    )


def delivery_id(connection: str, event: Event) -> str:
    """The id under which a delivery is known for ever; also the id of its workflow."""
    return f"{connection}:{event.delivery}"[:300]


def add(session: Session, connection: str, event: Event, source: str, now: datetime) -> bool:
    """Keep a delivery. False if it is known already, also to a transaction of this moment; it is left as it is."""
    ignored = event.kind == "ignored"
    return insert_new(
        session,
        Delivery,
        {
            "id": delivery_id(connection, event),
            "connection": connection,
            "source": source,
            "kind": event.kind,
            "name": event.name[:200],
            "item": event.item[:200],
            "project": event.project[:200] if event.project else None,
            "comment": event.comment[:100] if event.comment else None,
            "actor": ((event.actor.id or event.actor.name)[:300] or None) if event.actor else None,
            "received": now,
            "state": "ignored" if ignored else "received",
            "finished": now if ignored else None,
        },
    )


def set_state(session: Session, key: str, state: str, now: datetime, outcome: str | None = None) -> None:
    """Say what became of a delivery: queued, finished, dead."""
    values: dict[str, object] = {"state": state}
    if outcome is not None:
        values["outcome"] = outcome[:300]
    if state in ("finished", "dead", "ignored"):
        values["finished"] = now
    session.execute(sa.update(Delivery).where(Delivery.id == key).values(**values))


def not_queued(session: Session, connection: str, before: datetime, limit: int = 500) -> Sequence[tuple[str, str]]:
    """Deliveries kept before a time that never reached the queue (the process died in between): id and item."""
    return _in_state(session, "received", connection, before, limit)


def long_queued(session: Session, connection: str, before: datetime, limit: int = 500) -> Sequence[tuple[str, str]]:
    """Deliveries that came before a time, were queued and have not ended: id and item, the oldest first."""
    return _in_state(session, "queued", connection, before, limit)


def _in_state(session: Session, state: str, connection: str, before: datetime, limit: int) -> Sequence[tuple[str, str]]:
    query = sa.select(Delivery.id, Delivery.item).where(
        Delivery.state == state, Delivery.connection == connection, Delivery.received <= before
    )
    return [(key, item) for key, item in session.execute(query.order_by(Delivery.received).limit(limit))]


def touches(session: Session, connection: str, names: tuple[str, ...], limit: int = 5) -> list[tuple[str, datetime]]:
    """Who created or edited an item lately, and when; `names` are its id and its key."""
    query = sa.select(Delivery.actor, Delivery.received).where(
        Delivery.connection == connection,
        Delivery.item.in_(names),
        Delivery.kind.in_(("created", "updated")),
        Delivery.actor.is_not(None),
    )
    rows = session.execute(query.order_by(Delivery.received.desc()).limit(limit))
    return [(actor, received) for actor, received in rows if actor is not None]


def items_touched_by(session: Session, connection: str, actor: str, since: datetime, until: datetime) -> int:
    """How many different items one actor created or edited between two times."""
    query = sa.select(sa.func.count(sa.distinct(Delivery.item))).where(
        Delivery.connection == connection,
        Delivery.actor == actor,
        Delivery.kind.in_(("created", "updated")),
        Delivery.received.between(since, until),
    )
    return session.scalar(query) or 0


def arrived(session: Session, connection: str) -> dict[str, datetime]:
    """Which kinds of events webhooks have brought of late, and when the last of each came."""
    query = sa.select(Delivery.kind, sa.func.max(Delivery.received))
    own = (Delivery.connection == connection, Delivery.source == "webhook")
    return dict(session.execute(query.where(*own).group_by(Delivery.kind).order_by(Delivery.kind)).all())
