"""The inbox: every accepted delivery, once, and what became of it; and the dead letters a person can see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.store.database import Base
from integrations.tracker import Event

BODY_KEPT = 64 * 1024
"""Bytes of a delivery nobody could use that are kept for a person to look at."""


class Delivery(Base):
    """One delivery. It holds ids only: the item is read from the tracker when it is worked on."""

    __tablename__ = "inbox"
    id: Mapped[str] = mapped_column(sa.String(), primary_key=True)
    connection: Mapped[str] = mapped_column(sa.String(), index=True)
    source: Mapped[str] = mapped_column(sa.String())
    kind: Mapped[str] = mapped_column(sa.String())
    name: Mapped[str] = mapped_column(sa.String())
    item: Mapped[str] = mapped_column(sa.String())
    project: Mapped[str | None] = mapped_column(sa.String())
    comment: Mapped[str | None] = mapped_column(sa.String())
    actor: Mapped[str | None] = mapped_column(sa.String())
    received: Mapped[datetime]
    state: Mapped[str] = mapped_column(sa.String(), default="received", index=True)
    outcome: Mapped[str | None] = mapped_column(sa.String())
    finished: Mapped[datetime | None]

    __table_args__ = (sa.Index("inbox_by_actor", "connection", "actor", "received"),)


class DeadLetter(Base):
    """What could not be worked on: seen by a person, never thrown away in silence."""

    __tablename__ = "dead_letters"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    connection: Mapped[str] = mapped_column(sa.String())
    delivery: Mapped[str | None] = mapped_column(sa.String())
    job: Mapped[str | None] = mapped_column(sa.String())
    reason: Mapped[str] = mapped_column(sa.String())
    error_id: Mapped[str | None] = mapped_column(sa.String())
    body: Mapped[bytes | None]
    created: Mapped[datetime]
    replayed: Mapped[datetime | None]


def delivery_id(connection: str, event: Event) -> str:
    """The id under which a delivery is known for ever; also the id of its workflow."""
    return f"{connection}:{event.delivery}"[:300]


def add(session: Session, connection: str, event: Event, source: str, now: datetime) -> bool:
    """Keep a delivery. False if it is known already; it is then left as it is."""
    key = delivery_id(connection, event)
    if session.get(Delivery, key) is not None:
        return False
    session.add(
        Delivery(
            id=key,
            connection=connection,
            source=source,
            kind=event.kind,
            name=event.name[:200],
            item=event.item[:200],
            project=event.project[:200] if event.project else None,
            comment=event.comment[:100] if event.comment else None,
            actor=((event.actor.id or event.actor.name)[:300] or None) if event.actor else None,
            received=now,
            state="ignored" if event.kind == "ignored" else "received",
        )
    )
    session.flush()
    return True


def set_state(session: Session, key: str, state: str, now: datetime, outcome: str | None = None) -> None:
    """Say what became of a delivery: queued, finished, dead."""
    values: dict[str, object] = {"state": state}
    if outcome is not None:
        values["outcome"] = outcome[:300]
    if state in ("finished", "dead", "ignored"):
        values["finished"] = now
    session.execute(sa.update(Delivery).where(Delivery.id == key).values(**values))


def not_queued(session: Session, before: datetime, limit: int = 500) -> Sequence[str]:
    """Deliveries that were kept before a time and never reached the queue (the process died in between)."""
    query = sa.select(Delivery.id).where(Delivery.state == "received", Delivery.received <= before)
    return session.scalars(query.order_by(Delivery.received).limit(limit)).all()


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


def bury(
    session: Session,
    connection: str,
    reason: str,
    now: datetime,
    *,
    delivery: str | None = None,
    job: str | None = None,
    error_id: str | None = None,
    body: bytes | None = None,
) -> None:
    """Keep a dead letter; once for one delivery and one reason."""
    reason = reason[:500]
    if delivery is not None:
        known = sa.select(DeadLetter.id).where(DeadLetter.delivery == delivery, DeadLetter.reason == reason)
        if session.scalar(known.limit(1)) is not None:
            return
    session.add(
        DeadLetter(
            connection=connection,
            delivery=delivery,
            job=job,
            reason=reason,
            error_id=error_id,
            body=body[:BODY_KEPT] if body is not None else None,
            created=now,
        )
    )


def dead_letters(session: Session, limit: int = 200) -> Sequence[DeadLetter]:
    """The newest dead letters."""
    return session.scalars(sa.select(DeadLetter).order_by(DeadLetter.id.desc()).limit(limit)).all()
