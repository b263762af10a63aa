"""Changing issues, and taking a change back.

Jira compares nothing on a write. So the live value is compared just before it, with no request in between, a write
that could take a person's edit away is never repeated blindly, and what was written is read back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from integrations.jira.changes.created.children import CreatedChildren
from integrations.jira.changes.created.subtasks import CreatedSubTasks
from integrations.jira.changes.created.untouched import UntouchedItems
from integrations.jira.changes.duplicates.close import ClosedDuplicate
from integrations.jira.changes.duplicates.link import DuplicateLink
from integrations.jira.changes.fields.assignee import Assignee
from integrations.jira.changes.fields.component import Component
from integrations.jira.changes.fields.estimate import Estimate
from integrations.jira.changes.fields.priority import Priority
from integrations.jira.changes.fields.status import Status
from integrations.jira.changes.fields.summary import Summary
from integrations.jira.changes.label import Label
from integrations.jira.changes.live import LiveIssues
from integrations.jira.changes.texts.criteria import Criteria
from integrations.jira.changes.texts.rewrite import RewrittenDescription
from integrations.jira.changes.texts.section import WrittenSection
from integrations.jira.changes.workflow import Workflow
from integrations.jira.items import digest
from integrations.jira.markup import Markup
from integrations.jira.markup.sections import Sections
from integrations.jira.reader import JiraReader
from integrations.jira.session import Flavour, JiraSession
from integrations.tracker import Invalid, Plan, Receipt
from rules.changes import Change

UNDO = "undo_"


class Kind(Protocol):
    """How one kind of change is made and taken back. All may raise TrackerError."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that `plan` wants to see."""

    def plan(self, key: str, change: Any, fields: Mapping[str, Any], marker: str) -> Plan:
        """`fields` holds the live native values of `fields` and of what is expected."""

    def perform(self, plan: Plan) -> Receipt: ...

    def plan_undo(self, receipt: Receipt, marker: str) -> Plan: ...

    def undo(self, plan: Plan) -> Receipt: ...


class JiraApplier:
    """The Applier port. A plan's kind is the kind of its change; one that takes a change back begins with "undo_"."""

    def __init__(
        self,
        session: JiraSession,
        flavour: Flavour,
        live: LiveIssues,
        reader: JiraReader,
        markup: Markup,
        sections: Sections,
        name_of: Callable[[str], str | None],
    ) -> None:
        self._live = live
        workflow = Workflow(session, markup.render)
        link, status = DuplicateLink(session, live), Status(live, workflow)
        self._label = Label(live)
        self._untouched = UntouchedItems(session, live)
        self._kinds: Mapping[str, Kind] = {
            "criteria": Criteria(live, sections),
            "section": WrittenSection(live, sections),
            "rewrite": RewrittenDescription(live, markup, sections),
            "priority": Priority(live, reader),
            "summary": Summary(live),
            "component": Component(session, live),
            "estimate": Estimate(live),
            "assignee": Assignee(session, flavour, live, name_of),
            "status": status,
            "label": self._label,
            "duplicate": link,
            "close_duplicate": ClosedDuplicate(live, link, status, workflow),
            "subtasks": CreatedSubTasks(session, live, reader, sections),
            "children": CreatedChildren(session, live, reader, sections),
        }

    def plan(self, key: str, change: Change, expected: Mapping[str, str], marker: str) -> Plan:
        kind = self._kinds[change.kind]
        fields = self._live.fields(key, "project", *kind.fields, *expected)
        for name, wanted in expected.items():
            if digest(self._live.native(fields, name)) != wanted:
                raise self._live.conflict(key, name)
        return kind.plan(key, change, fields, marker)

    def perform(self, plan: Plan) -> Receipt:
        kind = self._kind_of(plan.kind)
        return kind.undo(plan) if plan.kind.startswith(UNDO) else kind.perform(plan)

    def plan_undo(self, receipt: Receipt, marker: str) -> Plan:
        if receipt.kind.startswith(UNDO):
            raise Invalid("what took a change back is not taken back itself")
        return self._kind_of(receipt.kind).plan_undo(receipt, marker)

    def remove_label(self, key: str, label: str) -> None:
        self._label.take_off(key, label)

    def discard(self, key: str, marker: str) -> None:
        self._untouched.discard(key, marker)

    def _kind_of(self, name: str) -> Kind:
        kind = self._kinds.get(name.removeprefix(UNDO))
        if kind is None:
            raise Invalid(f"unknown kind of plan: {name!r}")
        return kind
