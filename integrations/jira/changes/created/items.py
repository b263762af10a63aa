"""What the kinds of change that create items share: each made exactly once, and deleted while nobody has touched it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from integrations.blocks import Blocks
from integrations.jira.answers import UNDERSTOOD
from integrations.jira.changes.created.untouched import UntouchedItems
from integrations.jira.changes.live import LiveIssues
from integrations.jira.markup.sections import Sections
from integrations.jira.reader import JiraReader
from integrations.jira.session import JiraSession
from integrations.jira.subtasks import SubTasks
from integrations.tracker import Plan, Receipt


class CreatedItems(ABC):
    """`after` of a plan holds summaries and fields; the n-th item carries the plan's marker with ":n" behind it."""

    kind: str

    def __init__(self, session: JiraSession, live: LiveIssues, reader: JiraReader, sections: Sections) -> None:
        self._session = session
        self._live = live
        self._reader = reader
        self._sections = sections
        self._subtasks = SubTasks(session, reader)
        self._untouched = UntouchedItems(session, live)

    @abstractmethod
    def marked(self, plan: Plan) -> dict[str, str]:
        """Marker -> key of what was created before, each read directly."""

    def perform(self, plan: Plan) -> Receipt:
        with UNDERSTOOD:
            if isinstance(plan.after, list):  # planned before there were fields
                summaries, fields = plan.after, self._subtasks.home(plan.item)
            else:
                summaries, fields = plan.after["summaries"], plan.after["fields"]
        marked = self.marked(plan)
        keys: list[str] = []
        for index, summary in enumerate(summaries):
            marker = f"{plan.marker}:{index}"
            found = marked.get(marker)
            keys.append(found or self._subtasks.create_with({**fields, "summary": summary}, marker))
        return Receipt(plan.item, self.kind, self.kind, tuple(keys), {"created": keys})

    def plan_undo(self, receipt: Receipt, marker: str) -> Plan:
        with UNDERSTOOD:
            keys = [str(key) for key in receipt.details["created"]]
        for key in keys:
            self._untouched.refuse_if_touched(key, self.kind)
        return Plan(receipt.item, f"undo_{self.kind}", self.kind, marker, keys, None)

    def undo(self, plan: Plan) -> Receipt:
        for key in plan.before:
            self._untouched.refuse_if_touched(key, self.kind)
        for key in plan.before:
            self._untouched.delete(key)
        return Receipt(plan.item, plan.kind, self.kind, tuple(plan.before))

    def _rich(self, blocks: Blocks) -> Any:
        return self._sections.add(None, blocks).description
