"""Setting a priority, and setting it back while it is still ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.jira.answers import UNDERSTOOD
from integrations.jira.changes.live import LiveIssues
from integrations.jira.items import native
from integrations.jira.reader import JiraReader
from integrations.tracker import Plan, Receipt, WrongValue
from rules.changes import SetPriority, name_key

FIELD = "priority"


class Priority:
    """`before` and `after` of a plan are names (None: no priority), `after` with the id to write."""

    fields = (FIELD,)

    def __init__(self, live: LiveIssues, reader: JiraReader) -> None:
        self._live = live
        self._reader = reader

    def plan(self, key: str, change: SetPriority, fields: Mapping[str, Any], marker: str) -> Plan:
        with UNDERSTOOD:
            before, project = native(fields, FIELD), fields["project"]["key"]
        if before != change.old:
            raise self._live.conflict(key, FIELD)
        return Plan(key, "priority", FIELD, marker, before, self._named(project, change.new))

    def perform(self, plan: Plan) -> Receipt:
        with UNDERSTOOD:
            wanted, identity = plan.after["name"], plan.after["id"]
        entries = self._live.entries(plan.item)
        live = self._name(plan.item)
        if live == wanted:
            return self._receipt(plan, self._live.writes(plan.item, FIELD))
        if live != plan.before:
            raise self._live.conflict(plan.item, FIELD)
        self._live.set(plan.item, FIELD, None if identity is None else {"id": identity})
        if self._name(plan.item) != wanted:
            raise self._live.conflict(plan.item, FIELD)
        return self._receipt(plan, self._live.writes(plan.item, FIELD, entries))

    def plan_undo(self, receipt: Receipt, marker: str) -> Plan:
        with UNDERSTOOD:
            old, new = receipt.details["before"], receipt.details["after"]
        fields = self._live.fields(receipt.item, FIELD, "project")
        with UNDERSTOOD:
            live, project = native(fields, FIELD), fields["project"]["key"]
        if live != new:
            raise self._live.conflict(receipt.item, FIELD)
        after = {"id": None, "name": None} if old is None else self._named(project, old)
        return Plan(receipt.item, "undo_priority", FIELD, marker, live, after)

    def undo(self, plan: Plan) -> Receipt:
        return self.perform(plan)

    def _receipt(self, plan: Plan, writes: tuple[str, ...]) -> Receipt:
        return Receipt(plan.item, plan.kind, FIELD, writes, {"before": plan.before, "after": plan.after["name"]})

    def _name(self, key: str) -> Any:
        fields = self._live.fields(key, FIELD)
        with UNDERSTOOD:
            return native(fields, FIELD)

    def _named(self, project: str, name: str) -> dict[str, str]:
        with UNDERSTOOD:
            known = {str(priority["name"]): str(priority["id"]) for priority in self._reader.priorities(project)}
        found = name if name in known else next((one for one in known if name_key(one) == name_key(name)), None)
        if found is None:
            raise WrongValue(f"{project} has no priority of that name", FIELD, name, tuple(known))
        return {"id": known[found], "name": found}
