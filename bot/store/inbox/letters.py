"""Dead letters: what could not be worked on, kept within limits for a person to see."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.store.database import Base, changed

LETTERS_KEPT = 10_000
BODIES_KEPT = 64 * 1024 * 1024
"""Bytes of all bodies: a broken tracker must not fill the disk. No delivery that is taken is larger."""
TRIM_EVERY = 50
LARGE = 64 * 1024
"""A body from this size on is counted at once. Former releases cut bodies to it."""
DEADLY = "it ended its worker"
"""How the reason begins that a job was given up for because processes died of it."""
_AUTHENTICATES = re.compile("auth|sign|cookie|token|secret|key", re.IGNORECASE)

log = structlog.get_logger(__name__)


class DeadLetter(Base):
    """What could not be worked on: seen by a person, never thrown away in silence.

    A job has `kind`, `args` and `partition`, with which it can be queued again; a delivery nobody could read has
    `body` and `headers`. `replay_asked` is when a person asked for it, `replayed` when
    that was done.
    """

    __tablename__ = "dead_letters"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    connection: Mapped[str]
    delivery: Mapped[str | None]
    job: Mapped[str | None]
    kind: Mapped[str | None]
    args: Mapped[list[str] | None] = mapped_column(sa.JSON)
    partition: Mapped[str | None]
    headers: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
    reason: Mapped[str]
    error_id: Mapped[str | None]
    body: Mapped[bytes | None]
    created: Mapped[datetime]
    replay_asked: Mapped[datetime | None]
    replayed: Mapped[datetime | None]

    @property
    def is_cut(self) -> bool:
        """Whether only the beginning of the body was kept: a delivery is a JSON object, and ends as one."""
        return self.body is not None and len(self.body) == LARGE and not self.body.rstrip().endswith(b"}")


def bury(
    session: Session,
    connection: str,
    reason: str,
    now: datetime,
    *,
    delivery: str | None = None,
    job: str | None = None,
    kind: str | None = None,
    args: Sequence[str] | None = None,
    partition: str | None = None,
    headers: Mapping[str, str] | None = None,
    error_id: str | None = None,
    body: bytes | None = None,
) -> bool:
    """Keep a dead letter; for one delivery and one reason there is one that is open: False where it is there already.

    Of `headers` those that authenticate are left out. Where there are too many letters, the oldest give way; where
    their bodies are too large together, the bodies of the oldest do.
    """
    reason = reason[:500]
    if delivery is not None:
        known = sa.select(DeadLetter.id).where(DeadLetter.delivery == delivery, DeadLetter.reason == reason)
        if session.scalar(known.where(DeadLetter.replayed.is_(None)).limit(1)) is not None:
            return False
    letter = DeadLetter(
        connection=connection,
        delivery=delivery,
        job=job,
        kind=kind,
        args=list(args) if args is not None else None,
        partition=partition,
        headers=_harmless(headers) if headers is not None else None,
        reason=reason,
        error_id=error_id,
        body=body or None,
        created=now,
    )
    session.add(letter)
    session.flush()
    if letter.id % TRIM_EVERY == 0 or len(body or b"") >= LARGE:
        _trim(session)
    return True


def dead_letters(session: Session, limit: int | None = 200, *, only_open: bool = False) -> Sequence[DeadLetter]:
    """The newest dead letters, or the newest of those that nobody has dealt with."""
    query = sa.select(DeadLetter).where(_listed(only_open=only_open))
    return session.scalars(query.order_by(DeadLetter.id.desc()).limit(limit)).all()


def numbers(session: Session, *, only_open: bool = False) -> Sequence[int]:
    """The numbers of all dead letters, or of those that nobody has dealt with, the newest first."""
    query = sa.select(DeadLetter.id).where(_listed(only_open=only_open))
    return session.scalars(query.order_by(DeadLetter.id.desc())).all()


def is_deadly(session: Session, partition: str) -> bool:
    """Whether a job of the same item was given up because processes died of it, and nobody has had it tried again."""
    query = sa.select(DeadLetter.id).where(
        DeadLetter.partition == partition, DeadLetter.replayed.is_(None), DeadLetter.reason.startswith(DEADLY)
    )
    return session.scalar(query.limit(1)) is not None


def ask_replay(session: Session, ids: Collection[int], now: datetime) -> list[int]:
    """Note that a person wants letters worked on again; returns those that are open, whole and can be, in order."""
    can_be = sa.or_(DeadLetter.kind.is_not(None), DeadLetter.body.is_not(None))
    query = sa.select(DeadLetter).where(DeadLetter.id.in_(ids), DeadLetter.replayed.is_(None), can_be)
    letters = [letter for letter in session.scalars(query.order_by(DeadLetter.id)) if not letter.is_cut]
    for letter in letters:
        letter.replay_asked = letter.replay_asked or now
    return [letter.id for letter in letters]


def to_replay(session: Session, connection: str, limit: int = 100) -> Sequence[DeadLetter]:
    """Letters that a person wants worked on again and that have not been, the oldest first."""
    query = sa.select(DeadLetter).where(
        DeadLetter.connection == connection, DeadLetter.replay_asked.is_not(None), DeadLetter.replayed.is_(None)
    )
    return session.scalars(query.order_by(DeadLetter.id).limit(limit)).all()


def replayed(session: Session, letter: int, now: datetime) -> None:
    """A letter's work is in the queue again. What becomes of it is told anew, by another letter if need be."""
    session.execute(sa.update(DeadLetter).where(DeadLetter.id == letter).values(replayed=now, body=None))


def drop(session: Session, ids: Collection[int]) -> int:
    """Throw letters away, as a person wants; returns how many there were."""
    return changed(session, sa.delete(DeadLetter).where(DeadLetter.id.in_(ids)))


def _listed(*, only_open: bool) -> sa.ColumnElement[bool]:
    return DeadLetter.replayed.is_(None) if only_open else sa.true()


def _harmless(headers: Mapping[str, str]) -> dict[str, str]:
    return {name[:100]: text[:500] for name, text in headers.items() if not _AUTHENTICATES.search(name)}


def _trim(session: Session) -> None:
    """Hold to the limits. What was replayed goes first, then what is oldest."""
    order = (DeadLetter.replayed.is_(None), DeadLetter.id)
    size = sa.func.coalesce(sa.func.length(DeadLetter.body), 0)
    number, held = session.execute(sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(size), 0))).one()
    # Two that trim at once, as `append` allows, take different letters.
    if number > LETTERS_KEPT:
        oldest = sa.select(DeadLetter.id).order_by(*order).limit(number - LETTERS_KEPT)
        gone = session.scalars(oldest.with_for_update(skip_locked=True)).all()
        log.warning("dead letters dropped", number=drop(session, gone))
    if held <= BODIES_KEPT:
        return
    bodies = sa.select(DeadLetter.id, size).where(DeadLetter.body.is_not(None)).order_by(*order)
    emptied: list[int] = []
    for key, length in session.execute(bodies.with_for_update(skip_locked=True)):
        emptied.append(key)
        held -= length
        if held <= BODIES_KEPT:
            break
    session.execute(sa.update(DeadLetter).where(DeadLetter.id.in_(emptied)).values(body=None))
    log.warning("bodies of dead letters dropped", number=len(emptied))
