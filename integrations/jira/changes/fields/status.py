"""Moving an item to another status, by a transition that its workflow offers from where it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.jira.answers import UNDERSTOOD
from integrations.jira.changes.fields.value import OneValue
from integrations.jira.changes.live import LiveIssues
from integrations.jira.changes.workflow import Move, Workflow
from integrations.tracker import Invalid, Plan
from rules.changes import SetField


class Status(OneValue):
    """What is compared is the id of the status; `target` is the transition to make."""

    kind = "status"
    field = "status"

    def __init__(self, live: LiveIssues, workflow: Workflow) -> None:
        super().__init__(live)
        self._workflow = workflow

    def plan(self, key: str, change: SetField, fields: Mapping[str, Any], marker: str) -> Plan:
        with UNDERSTOOD:
            name, before = str(fields["status"]["name"]), str(fields["status"]["id"])
        if name != change.old:
            raise self._live.conflict(key, self.field)
        move = self._workflow.to_status(key, change.identity, change.new)
        return self.planned(key, marker, before, move.status, move.target)

    def value(self, key: str, target: Any) -> Any:
        return self._live.native(self._live.fields(key, self.field), self.field)

    def write(self, key: str, value: Any, target: Any) -> None:
        self._workflow.make(key, target)

    def back(self, key: str, value: Any, target: Any) -> Any:
        return self.way_back(key, value).target

    def way_back(self, key: str, status: str) -> Move:
        """The transition back to a status. Raises Invalid where the workflow has none."""
        try:
            return self._workflow.to_status(key, status, "")
        except Invalid as refused:
            if type(refused) is not Invalid:
                raise
            raise Invalid("the workflow offers no way back to the status before; move it by hand") from None
