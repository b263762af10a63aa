"""Putting a label on, and taking it off if the bot put it there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.jira.answers import UNDERSTOOD
from integrations.jira.changes.live import LiveIssues
from integrations.jira.items import native
from integrations.tracker import Invalid, Plan, Receipt
from rules.changes import AddLabel

FIELD = "labels"


class Label:
    """`after` of a plan is the label, `before` whether the item had it already."""

    fields = (FIELD,)

    def __init__(self, live: LiveIssues) -> None:
        self._live = live

    def plan(self, key: str, change: AddLabel, fields: Mapping[str, Any], marker: str) -> Plan:
        if not change.label or change.label != "".join(change.label.split()):
            raise Invalid("a label in Jira has no spaces")
        with UNDERSTOOD:
            had = change.label in native(fields, FIELD)
        return Plan(key, "label", FIELD, marker, had, change.label)

    def perform(self, plan: Plan) -> Receipt:
        details = {"label": plan.after, "added": not plan.before}
        if self._has(plan.item, plan.after):
            writes = () if plan.before else self._live.writes(plan.item, FIELD)
            return Receipt(plan.item, "label", FIELD, writes, details)
        entries = self._live.entries(plan.item)
        self._live.amend(plan.item, FIELD, [{"add": plan.after}])
        if not self._has(plan.item, plan.after):
            raise self._live.conflict(plan.item, FIELD)
        return Receipt(plan.item, "label", FIELD, self._live.writes(plan.item, FIELD, entries), details)

    def plan_undo(self, receipt: Receipt, marker: str) -> Plan:
        with UNDERSTOOD:
            label = receipt.details["label"] if receipt.details["added"] else None
        return Plan(receipt.item, "undo_label", FIELD, marker, label, None)

    def undo(self, plan: Plan) -> Receipt:
        if plan.before is None or not self._has(plan.item, plan.before):
            return Receipt(plan.item, plan.kind, FIELD)
        return Receipt(plan.item, plan.kind, FIELD, self.take_off(plan.item, plan.before))

    def take_off(self, key: str, label: str) -> tuple[str, ...]:
        """Removes one label; returns the history entries of that. Repeatable."""
        if not self._has(key, label):
            return ()
        entries = self._live.entries(key)
        self._live.amend(key, FIELD, [{"remove": label}])
        return self._live.writes(key, FIELD, entries)

    def _has(self, key: str, label: str) -> bool:
        fields = self._live.fields(key, FIELD)
        with UNDERSTOOD:
            return label in native(fields, FIELD)
