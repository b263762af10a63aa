"""What the tests of writes do to one issue: a change is made against the issue as it is, and taken back."""

from __future__ import annotations

from typing import Any

from integrations.tracker import Receipt
from rules.changes import FIELDS_TOUCHED, Change


def expected(world: Any, key: str, change: Change) -> dict[str, str]:
    digests = world.jira.reader.fetch(key).digests
    return {name: digests[name] for name in FIELDS_TOUCHED[change.kind] if name in digests}


def apply(world: Any, key: str, change: Change, marker: str = "m") -> Receipt:
    applier = world.jira.applier
    receipt: Receipt = applier.perform(applier.plan(key, change, expected(world, key, change), marker))
    return receipt


def undo(world: Any, receipt: Receipt) -> Receipt:
    taken: Receipt = world.jira.applier.perform(world.jira.applier.plan_undo(receipt, "u"))
    return taken
