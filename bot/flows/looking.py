"""Looks at an item are jobs: one scheduled for when it has rested, one at once where a person asked.

Both can be queued again at any time: their ids are derived from what caused them, and an id runs once.
"""

from __future__ import annotations

from bot.flows.desk import Desk


def schedule(desk: Desk, item: str, delivery: str, wait: float) -> None:
    """Look at an item in `wait` seconds, because of a delivery."""
    args = (desk.connection, item, "scheduled", delivery)
    desk.enqueue("triage", f"triage:{delivery}", *args, partition=desk.partition(item), delay=wait)


def ask(desk: Desk, item: str, cause: str) -> None:
    """Look at an item now, because a person asked for it in `cause`."""
    args = (desk.connection, item, "asked", cause)
    desk.enqueue("triage", f"triage:{desk.connection}:{cause}", *args, partition=desk.partition(item))
