"""Closing an item as a duplicate: a link, then a transition to the end of the workflow; each found made after a crash.

The two are planned together and made one after the other. What the plan's `before` and `after` hold under "link" is
what `DuplicateLink` plans; "status" and "move" are as in `Status`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from integrations.jira.answers import UNDERSTOOD
from integrations.jira.changes.duplicates.link import DuplicateLink
from integrations.jira.changes.fields.status import Status
from integrations.jira.changes.live import LiveIssues
from integrations.jira.changes.workflow import Workflow
from integrations.tracker import NoWayBack, Plan, Receipt
from rules.changes import CloseDuplicate, LinkDuplicate

KIND = "close_duplicate"
FIELD = "status"


class ClosedDuplicate:
    """Undo moves the item back to the status before and takes away only the link that was made.

    Where the workflow offers no way back, the link goes and the status is "left" as it is.
    """

    fields = ("issuelinks", "status")

    def __init__(self, live: LiveIssues, link: DuplicateLink, status: Status, workflow: Workflow) -> None:
        self._live = live
        self._link = link
        self._status = status
        self._workflow = workflow

    def plan(self, key: str, change: CloseDuplicate, fields: Mapping[str, Any], marker: str) -> Plan:
        link = self._link.plan(key, LinkDuplicate(change.original, change.original_summary), fields, marker)
        with UNDERSTOOD:
            status, category = str(fields["status"]["id"]), fields["status"]["statusCategory"]["key"]
        before, after = {"link": link.before, "status": status}, {"link": link.after, "value": status, "target": None}
        if category != "done":
            move = self._workflow.to_duplicate(key, change.fields)
            after |= {"value": move.status, "target": self._status.target_of(key, move)}
        return Plan(key, KIND, FIELD, marker, before, after)

    def perform(self, plan: Plan) -> Receipt:
        link, status = _steps(plan)
        # A person's edit is seen before the first step, not only after it.
        if self._status.value(plan.item, None) not in {status.before, status.after["value"]}:
            raise self._live.conflict(plan.item, FIELD)
        linked = self._link.perform(link)
        moved = self._status.perform(status)
        details = {"link": dict(linked.details), "status": dict(moved.details)}
        return Receipt(plan.item, plan.kind, FIELD, linked.writes + moved.writes, details)

    def plan_undo(self, receipt: Receipt, marker: str) -> Plan:
        with UNDERSTOOD:
            link = replace(receipt, kind="duplicate", details=receipt.details["link"])
            status = replace(receipt, kind="status", details=receipt.details["status"])
        unlinked = self._link.plan_undo(link, marker)
        try:
            back = self._status.plan_undo(status, marker)
        except NoWayBack:
            if not link.details["links"]:
                raise
            live = self._status.value(receipt.item, None)
            back = replace(unlinked, before=live, after={"value": live, "target": None, "left": [FIELD]})
        before = {"link": unlinked.before, "status": back.before}
        return Plan(receipt.item, f"undo_{KIND}", FIELD, marker, before, {"link": None, **back.after})

    def undo(self, plan: Plan) -> Receipt:
        link, status = _steps(plan)
        moved = self._status.undo(status)
        unlinked = self._link.undo(link)
        left = [*plan.after.get("left", ()), *moved.details.get("left", ())]
        stays = {"left": left, "edited": [*moved.details.get("edited", ())]}
        told = {why: fields for why, fields in stays.items() if fields}
        return Receipt(plan.item, plan.kind, FIELD, moved.writes + unlinked.writes, told)


def _steps(plan: Plan) -> tuple[Plan, Plan]:
    """The two plans in one: of the link, and of the status."""
    with UNDERSTOOD:
        link = replace(plan, field="link", before=plan.before["link"], after=plan.after["link"])
        target = {"value": plan.after["value"], "target": plan.after["target"]}
        return link, replace(plan, field=FIELD, before=plan.before["status"], after=target)
