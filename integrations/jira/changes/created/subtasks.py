"""Creating sub-tasks exactly once, and deleting them while nobody has touched them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.jira.changes.created.items import CreatedItems
from integrations.jira.changes.created.required import required_values
from integrations.jira.subtasks import summary_line
from integrations.tracker import Plan
from rules.changes import AddSubtasks


class CreatedSubTasks(CreatedItems):
    """Found again among the sub-tasks that the item itself lists."""

    kind = "subtasks"
    fields = ("subtasks",)

    def plan(self, key: str, change: AddSubtasks, fields: Mapping[str, Any], marker: str) -> Plan:
        home = self._subtasks.home(key)
        screen = self._reader.create_fields(home["project"]["key"], home["issuetype"]["id"])
        values = required_values(screen, change.fields, self._rich)
        summaries = [summary_line(summary) for summary in change.summaries]
        return Plan(key, self.kind, self.kind, marker, None, {"summaries": summaries, "fields": {**home, **values}})

    def marked(self, plan: Plan) -> dict[str, str]:
        return self._subtasks.marked(plan.item)
