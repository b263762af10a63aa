"""One value of one field: planned, written, read back and taken back, the same way for every field.

A plan's `before` and `after["value"]` are what is compared; `after["target"]` is what else the write needs (the id of
a field, for example), so that a plan can be made again from itself alone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from integrations.jira.answers import UNDERSTOOD
from integrations.jira.changes.live import LiveIssues
from integrations.tracker import Plan, Receipt
from rules.changes import SetField


class OneValue(ABC):
    """A kind of change that sets one value. `kind` is the change's, `field` the word of rules.model."""

    kind: str
    field: str

    def __init__(self, live: LiveIssues) -> None:
        self._live = live

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.field,)

    @abstractmethod
    def plan(self, key: str, change: SetField, fields: Mapping[str, Any], marker: str) -> Plan: ...

    @abstractmethod
    def value(self, key: str, target: Any) -> Any:
        """The live value as it is compared, by one request."""

    @abstractmethod
    def write(self, key: str, value: Any, target: Any) -> None:
        """Makes `value` the live one; never repeats a request."""

    def back(self, key: str, value: Any, target: Any) -> Any:
        """The target of the plan that takes the change back to `value`. May raise Invalid."""
        return target

    def planned(self, key: str, marker: str, before: Any, after: Any, target: Any = None) -> Plan:
        return Plan(key, self.kind, self.field, marker, before, {"value": after, "target": target})

    def perform(self, plan: Plan) -> Receipt:
        with UNDERSTOOD:
            wanted, target = plan.after["value"], plan.after["target"]
        entries = self._live.entries(plan.item)
        live = self.value(plan.item, target)
        if live == wanted:
            found = () if plan.before == wanted else self._live.writes(plan.item, self.field)
            return self._receipt(plan, found)
        if live != plan.before:
            raise self._live.conflict(plan.item, self.field)
        self.write(plan.item, wanted, target)
        if self.value(plan.item, target) != wanted:
            raise self._live.conflict(plan.item, self.field)
        return self._receipt(plan, self._live.writes(plan.item, self.field, entries))

    def plan_undo(self, receipt: Receipt, marker: str) -> Plan:
        with UNDERSTOOD:
            old, new, target = (receipt.details[name] for name in ("before", "after", "target"))
        live = self.value(receipt.item, target)
        if live != new:
            raise self._live.conflict(receipt.item, self.field)
        target = target if old == new else self.back(receipt.item, old, target)
        after = {"value": old, "target": target}
        return Plan(receipt.item, f"undo_{self.kind}", self.field, marker, live, after)

    def undo(self, plan: Plan) -> Receipt:
        return self.perform(plan)

    def _receipt(self, plan: Plan, writes: tuple[str, ...]) -> Receipt:
        details = {"before": plan.before, "after": plan.after["value"], "target": plan.after["target"]}
        return Receipt(plan.item, plan.kind, self.field, writes, details)
