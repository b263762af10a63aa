"""Adding the section with acceptance criteria to a description, and taking it off."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from integrations.jira.answers import UNDERSTOOD
from integrations.jira.changes.live import LiveIssues
from integrations.jira.markup.plain import length
from integrations.jira.markup.sections import (
    SectionEditedError,
    SectionRefusedError,
    Sections,
    criteria_section,
)
from integrations.tracker import Invalid, Plan, Receipt
from rules.changes import AddCriteria

FIELD = "description"
LIMIT = 32_767


class DescriptionSection:
    """`after` of a plan holds the whole new description, the piece that was added, and what stood in an empty one."""

    fields = (FIELD,)

    def __init__(self, live: LiveIssues, sections: Sections) -> None:
        self._live = live
        self._sections = sections

    def plan(self, key: str, change: AddCriteria, fields: Mapping[str, Any], marker: str) -> Plan:
        before = fields.get(FIELD)
        try:
            added = self._sections.add(before, criteria_section(change.criteria))
        except SectionRefusedError as refused:
            raise Invalid(str(refused)) from None
        size = length(added.description if isinstance(added.description, str) else json.dumps(added.description))
        if size > LIMIT:
            raise Invalid("the description would be longer than Jira takes")
        after = {"description": added.description, "piece": added.piece, "empty": added.empty}
        return Plan(key, "criteria", FIELD, marker, before, after)

    def perform(self, plan: Plan) -> Receipt:
        with UNDERSTOOD:
            wanted, piece, empty = plan.after["description"], plan.after["piece"], plan.after["empty"]
        entries = self._live.entries(plan.item)
        live = self._live.fields(plan.item, FIELD).get(FIELD)
        written = self._sections.same(live, plan.before)
        if written:
            self._live.set(plan.item, FIELD, wanted)
            live = self._live.fields(plan.item, FIELD).get(FIELD)
        stored = self._sections.stored(live, plan.before, piece)
        if stored is None:
            raise self._live.conflict(plan.item, FIELD)
        writes = self._live.writes(plan.item, FIELD, entries if written else None)
        return Receipt(plan.item, "criteria", FIELD, writes, {"piece": stored, "empty": empty})

    def plan_undo(self, receipt: Receipt, marker: str) -> Plan:
        with UNDERSTOOD:
            piece, empty = receipt.details["piece"], receipt.details["empty"]
        live = self._live.fields(receipt.item, FIELD).get(FIELD)
        try:
            left = self._sections.remove(live, piece, empty)
        except SectionEditedError:
            raise self._live.conflict(receipt.item, FIELD) from None
        return Plan(receipt.item, "undo_criteria", FIELD, marker, live, {"description": left})

    def undo(self, plan: Plan) -> Receipt:
        with UNDERSTOOD:
            wanted = plan.after["description"]
        entries = self._live.entries(plan.item)
        live = self._live.fields(plan.item, FIELD).get(FIELD)
        if self._sections.same(live, wanted):
            return Receipt(plan.item, plan.kind, FIELD, self._live.writes(plan.item, FIELD))
        if not self._sections.same(live, plan.before):
            raise self._live.conflict(plan.item, FIELD)
        self._live.set(plan.item, FIELD, wanted)
        if not self._sections.same(self._live.fields(plan.item, FIELD).get(FIELD), wanted):
            raise self._live.conflict(plan.item, FIELD)
        return Receipt(plan.item, plan.kind, FIELD, self._live.writes(plan.item, FIELD, entries))
