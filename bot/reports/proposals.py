"""The list of proposals: what was said aloud, what was only recorded, what a guard held back and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from rich.text import Text

from bot.comments import change_line
from bot.store import items, proposals
from bot.store.database import Database
from bot.words.wording import clean

UNPOSTED = "not posted"
"""It is to be said aloud, and the comment is not there: just now, or for the tracker does not take it."""
STATES = ("shown", UNPOSTED, "held", "recorded", "closed")


def listed(db: Database, project: str | None = None) -> list[dict[str, Any]]:
    """The newest proposals, by connection and there the newest first, each with its changes and questions.

    Those on restricted items are left out: who reads the list may not read the items.
    """
    with db.read() as session:
        entries = [
            _entry(row, proposals.changes(session, row.connection, row.item))
            for row in proposals.recent(session, project=project)
            if not items.is_restricted(session, row.connection, row.item)
        ]
    return sorted(entries, key=lambda entry: str(entry["connection"]))  # stable: the newest stay first


def as_lines(entries: Sequence[dict[str, Any]]) -> Iterator[Text]:
    """The list for a terminal; texts of tickets are cleaned, so that none of them steers it."""
    if not entries:
        yield Text("Nothing has been proposed yet.")
    for entry in entries:
        because = f" ({entry['held_because']})" if entry["held_because"] else ""
        yield Text.assemble(
            f"{clean(entry['connection'], 80)}  ",
            (clean(entry["key"], 80), "bold"),
            f"  {entry['state']}{because}  {entry['updated']:%Y-%m-%d %H:%M}",
        )
        for change in entry["changes"]:
            yield Text.assemble(
                f"  {change['number']}. {clean(change['says'], 300)}  ", (f"[{change['state']}]", "dim")
            )
        for question in entry["questions"]:
            yield Text(f"  ? {clean(question, 300)}")
    if entries:
        yield Text(_counted(entries))


def _counted(entries: Sequence[dict[str, Any]]) -> str:
    """ "3 shown, 2 held, 1 recorded"."""
    counts = Counter[str](entry["state"] for entry in entries)
    order = {state: place for place, state in enumerate(STATES)}
    states = sorted(counts, key=lambda state: (order.get(state, len(order)), state))
    return ", ".join(f"{counts[state]} {clean(state, 40)}" for state in states)


def _entry(row: proposals.Proposal, changes: Sequence[proposals.ProposedChange]) -> dict[str, Any]:
    return {
        "connection": row.connection,
        "project": row.project,
        "key": row.key,
        "state": UNPOSTED if row.state == "shown" and row.comment is None else row.state,
        "held_because": row.held_because,
        "updated": row.updated,
        "questions": [question["text"] for question in row.questions],
        "changes": [
            {
                "number": change.number,
                "kind": change.kind,
                "says": _says(change),
                "reason": change.reason,
                "evidence": list(change.evidence),
                "state": change.state,
                "decided_by": change.decided_by,
            }
            for change in changes
            if change.state != "withdrawn"
        ],
    }


def _says(change: proposals.ProposedChange) -> str:
    return change_line(proposals.change_of(change)) if proposals.is_intact(change) else proposals.ALTERED
