"""Dead letters as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bot.store import inbox
from bot.store.database import Database
from bot.store.inbox import DeadLetter
from bot.telemetry.tracing import trace_id

CUT = "only its beginning is kept: a former release cut it"
GONE = "none is kept: it was empty or too large, or gave way to others"


def listed(
    database: Database, limit: int | None = None, *, everything: bool = False
) -> tuple[list[dict[str, Any]], int]:
    """The newest that are open, and how many more there are; with `everything` also those that were worked on again.

    No ticket text.
    """
    with database.read() as session:
        letters = inbox.dead_letters(session, limit, only_open=not everything)
        more = len(inbox.numbers(session, only_open=not everything)) - len(letters)
    return [_entry(letter) for letter in letters], more


def shown(database: Database, number: int) -> dict[str, Any] | None:
    """One letter with its body, which may hold ticket text; None if there is none of that number."""
    with database.read() as session:
        letter = session.get(DeadLetter, number)
    if letter is None:
        return None
    body = letter.body.decode("utf-8", "replace") if letter.body is not None else None
    trace = trace_id(letter.delivery) if letter.delivery is not None else None
    return _entry(letter) | {"trace": trace, "headers": letter.headers, "note": _note(letter), "body": body}


def why_not(database: Database, wanted: Sequence[int]) -> str:
    """A sentence on letters that cannot be worked on again."""
    with database.read() as session:
        found = [(number, session.get(DeadLetter, number)) for number in wanted]
    cut = [str(number) for number, letter in found if letter is not None and letter.is_cut]
    others = [str(number) for number, letter in found if letter is None or not letter.is_cut]
    told = [f"nothing to work on again, or done already: {', '.join(others)}."] if others else []
    if cut:
        told.append(f"a delivery of which {CUT} cannot be read again: {', '.join(cut)}. Its ticket is seen by a poll.")
    return " ".join(told)


def as_line(letter: dict[str, Any]) -> str:
    """One letter in a line."""
    about = letter["job"] or letter["delivery"] or "a delivery"
    place = f"{letter['id']:>5}  {letter['at'][:16]}  {letter['connection']}  {letter['state']}"
    return f"{place}  {about}: {letter['reason']}"


def as_lines(letter: dict[str, Any]) -> Iterator[str]:
    """One letter in full."""
    for name, value in letter.items():
        if value is not None:
            yield f"{name + ':':<12}{value}"


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


def _note(letter: DeadLetter) -> str | None:
    if letter.is_cut:
        return f"of the body {CUT}"
    kept = letter.replayed or letter.kind is not None or letter.body is not None
    return None if kept else f"of the body {GONE}"
