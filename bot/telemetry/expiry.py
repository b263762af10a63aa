"""Tokens that end are announced two weeks ahead: in the log once a day, on the status page, and as a gauge."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import structlog

from bot.store import tokens
from bot.store.database import Database
from integrations.tracker import TrackerError

log = structlog.get_logger(__name__)

SOON = timedelta(days=14)
DAY = timedelta(days=1)


def end_of(written: date | None, ask: Callable[[], datetime | None]) -> datetime | None:
    """When a token ends: as the settings have it (that day's beginning, UTC), else as the tracker tells."""
    return ask() if written is None else datetime.combine(written, time(0), UTC)


def remind(
    db: Database, connection: str, written: date | None, ask: Callable[[], datetime | None], now: datetime
) -> None:
    """Look when the token ends, and say so in the log if it is soon. Does nothing if it was done within a day."""
    with db.read() as session:
        row = tokens.find(session, connection)
    is_other = row is not None and written is not None and row.ends != end_of(written, ask)
    if row is not None and abs(now - row.looked) < DAY and not is_other:
        return
    try:
        ends = end_of(written, ask)
    except TrackerError:
        return  # the next poll asks again
    with db.write() as session:
        tokens.note(session, connection, ends, now)
    if ends is not None and ends - now < SOON:
        log.warning("token ends", connection=connection, in_days=(ends - now).days)


def in_words(connection: str, ends: datetime | None, now: datetime) -> str | None:
    """A sentence, from two weeks before the end on."""
    if ends is None or ends - now >= SOON:
        return None
    if ends <= now:
        return (
            f"The token of {connection} ended on {ends:%Y-%m-%d}: make a new one in the tracker, and restart the bot."
        )
    days = (ends - now).days
    when = {0: "within a day", 1: "in 1 day"}.get(days, f"in {days} days")
    return f"The token of {connection} ends {when}, on {ends:%Y-%m-%d}: make a new one in the tracker before that."
