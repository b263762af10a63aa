"""Dead letters as people read them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.store import inbox
from bot.store.database import Database
from bot.store.inbox import DeadLetter
from bot.telemetry.tracing import trace_id


def listed(database: Database, *, everything: bool = False) -> list[dict[str, Any]]:
    """All that are open, the newest first; with `everything` also those that were worked on again. No ticket text."""
    with database.read() as session:
        letters = inbox.dead_letters(session)
    return [_entry(letter) for letter in letters if everything or letter.replayed is None]


def shown(database: Database, number: int) -> dict[str, Any] | None:
    """One letter with its body, which may hold ticket text; None if there is none of that number."""
    with database.read() as session:
        letter = session.get(DeadLetter, number)
    if letter is None:
        return None
    body = letter.body.decode("utf-8", "replace") if letter.body is not None else None
    trace = trace_id(letter.delivery) if letter.delivery is not None else None
    return _entry(letter) | {"trace": trace, "headers": letter.headers, "body": body}


def as_line(letter: dict[str, Any]) -> str:
    """One letter in a line."""
    about = letter["job"] or letter["delivery"] or "a delivery"
    place = f"{letter['id']:>5}  {letter['at'][:16]}  {letter['connection']}  {letter['state']}"
    return f"{place}  {about}: {_plain(letter['reason'])}"


def as_lines(letter: dict[str, Any]) -> Iterator[str]:
    """One letter in full."""
    for name, value in letter.items():
        if value is not None:
            yield f"{name + ':':<12}{_plain(str(value))}"


def _entry(letter: DeadLetter) -> dict[str, Any]:
    asked = "to be replayed" if letter.replay_asked else "open"
    return {
        "id": letter.id,
        "at": letter.created.isoformat(),
        "connection": letter.connection,
        "state": "replayed" if letter.replayed else asked,
        "reason": letter.reason,
        "error_id": letter.error_id,
        "delivery": letter.delivery,
        "job": letter.job,
        "kind": letter.kind,
    }


def _plain(text: str) -> str:
    """Without what a terminal would obey."""
    return "".join(
        character if character.isprintable() or character == "\n" else "\N{REPLACEMENT CHARACTER}" for character in text
    )
