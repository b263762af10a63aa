"""Replacing a description as a whole, and putting back the very text that stood there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.jira.answers import UNDERSTOOD
from integrations.jira.changes.live import LiveIssues
from integrations.jira.changes.texts.owned import DESCRIPTION, LIMIT
from integrations.jira.markup import Markup
from integrations.jira.markup.plain import length_of_text
from integrations.jira.markup.sections import Sections
from integrations.tracker import Invalid, Plan, Receipt, TooLong
from rules.changes import RewriteDescription


class RewrittenDescription:
    """`before` and `after` of a plan are the native texts."""

    fields = (DESCRIPTION,)

    def __init__(self, live: LiveIssues, markup: Markup, sections: Sections) -> None:
        self._live = live
        self._markup = markup
        self._sections = sections

    def plan(self, key: str, change: RewriteDescription, fields: Mapping[str, Any], marker: str) -> Plan:
        before = fields.get(DESCRIPTION)
        if not self._markup.is_rewritable(before):
            raise Invalid("the description holds formatting that a rewrite would lose; a section can be added instead")
        after = self._markup.rewritten(change.text)
        if length_of_text(after) > LIMIT:
            raise TooLong("the description would be longer than Jira takes")
        return Plan(key, "rewrite", DESCRIPTION, marker, before, after)

    def perform(self, plan: Plan) -> Receipt:
        entries = self._live.entries(plan.item)
        live = self._text(plan.item)
        if self._sections.same(live, plan.after):
            return self._receipt(plan, self._live.writes(plan.item, DESCRIPTION))
        if not self._sections.same(live, plan.before):
            raise self._live.conflict(plan.item, DESCRIPTION)
        self._live.set(plan.item, DESCRIPTION, plan.after)
        if not self._sections.same(self._text(plan.item), plan.after):
            raise self._live.conflict(plan.item, DESCRIPTION)
        return self._receipt(plan, self._live.writes(plan.item, DESCRIPTION, entries))

    def plan_undo(self, receipt: Receipt, marker: str) -> Plan:
        with UNDERSTOOD:
            old, new = receipt.details["before"], receipt.details["after"]
        live = self._text(receipt.item)
        if not self._sections.same(live, new):
            raise self._live.conflict(receipt.item, DESCRIPTION)
        return Plan(receipt.item, "undo_rewrite", DESCRIPTION, marker, live, old)

    def undo(self, plan: Plan) -> Receipt:
        return self.perform(plan)

    def _text(self, key: str) -> Any:
        return self._live.fields(key, DESCRIPTION).get(DESCRIPTION)

    def _receipt(self, plan: Plan, writes: tuple[str, ...]) -> Receipt:
        return Receipt(plan.item, plan.kind, DESCRIPTION, writes, {"before": plan.before, "after": plan.after})
