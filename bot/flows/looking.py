"""Looks at an item are jobs: one scheduled for when it has rested, one at once where a person asked.

Both can be queued again at any time: their ids are derived from what caused them, and an id runs once.
"""

from __future__ import annotations

from bot.flows.desk import Desk


def schedule(desk: Desk, item: str, touch: str, wait: float, *, again: str = "") -> None:
    """Look at an item in `wait` seconds, because of a touch: an attempt at a delivery.

    `again` sets a further look apart from one that has ended and changed nothing.
    """
    args = (desk.connection, item, "scheduled", touch)
    desk.enqueue("triage", f"triage:{touch}{again}", *args, partition=desk.partition(item), delay=wait)


def ask(desk: Desk, item: str, cause: str) -> None:
    """Look at an item now, because a person asked for it in `cause`."""
    args = (desk.connection, item, "asked", cause)
    desk.enqueue("triage", f"triage:{desk.connection}:{cause}", *args, partition=desk.partition(item))
