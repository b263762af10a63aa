"""What was last heard of each connection, so that every process knows it: its answers, its failures, its webhooks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.store.database import Base, insert_new

AHEAD = timedelta(minutes=1)
"""How far one machine's clock may be ahead of another's. What was noted later than that is from before a clock was set
back, and would outlive all that comes."""
NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Heard:
    """Of one connection. `failing_since` is when the first answer in a row failed; `failure` says how the last did.

    `last_delivery` is when an authentic webhook last came, whatever it was about.
    """

    last_success: datetime | None = None
    failing_since: datetime | None = None
    failure: str = ""
    throttled_until: datetime | None = None
    last_failure: datetime | None = None
    last_delivery: datetime | None = None


class ConnectionHeard(Base):
    """See Heard."""

    __tablename__ = "connections_heard"
    connection: Mapped[str] = mapped_column(primary_key=True)
    last_success: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    failure: Mapped[str] = mapped_column(default="")
    throttled_until: Mapped[datetime | None]
    last_failure: Mapped[datetime | None]
    last_delivery: Mapped[datetime | None]

    def told(self) -> Heard:
        """As a value."""
        return Heard(
            self.last_success,
            self.failing_since,
            self.failure,
            self.throttled_until,
            self.last_failure,
            self.last_delivery,
        )


def together(one: Heard, other: Heard, now: datetime) -> Heard:
    """What two processes have heard, as if one had: the later answer counts."""
    both = _known_by(one, now), _known_by(other, now)
    later = max(both, key=lambda each: each.last_failure or NEVER)
    success = _latest(each.last_success for each in both)
    fails = later.last_failure is not None and (success is None or success < later.last_failure)
    begun = [each.failing_since for each in both if each.failing_since and each.failing_since > (success or NEVER)]
    return Heard(
        last_success=success,
        failing_since=min(begun, default=later.last_failure) if fails else None,
        failure=later.failure if fails else "",
        throttled_until=_latest(each.throttled_until for each in both),
        last_failure=later.last_failure,
        last_delivery=_latest(each.last_delivery for each in both),
    )


def hear(session: Session, connection: str, heard: Heard, now: datetime) -> None:
    """Add what one process has heard. Of several connections in one transaction: in the order of their names."""
    insert_new(session, ConnectionHeard, {"connection": connection, "failure": ""})
    row = session.get_one(ConnectionHeard, connection, with_for_update=True)
    for name, value in asdict(together(row.told(), heard, now)).items():
        setattr(row, name, value)
    session.flush()


def all_heard(session: Session) -> dict[str, Heard]:
    """What all processes have told, by connection."""
    return {row.connection: row.told() for row in session.scalars(sa.select(ConnectionHeard))}


def _known_by(heard: Heard, now: datetime) -> Heard:
    """Without the times that have yet to come."""
    times = ("last_success", "failing_since", "last_failure", "last_delivery")
    ahead = {name: None for name in times if (getattr(heard, name) or now) > now + AHEAD}
    return replace(heard, **ahead) if ahead else heard  # type: ignore[arg-type]  # each is a field of that type


def _latest(times: Iterable[datetime | None]) -> datetime | None:
    return max((time for time in times if time is not None), default=None)
