"""Moving an item to another status, by a transition that its workflow offers from where it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from integrations.jira.answers import UNDERSTOOD
from integrations.jira.changes.fields.value import OneValue
from integrations.jira.changes.live import LiveIssues
from integrations.jira.changes.workflow import Move, Workflow
from integrations.tracker import Incomplete, Invalid, NoWayBack, Plan, Receipt
from rules.changes import SetField


class Status(OneValue):
    """What is compared is the id of the status; `target` is the transition to make.

    A move may set fields beside the status. Its target holds their names and what was "before" under "beside", and its
    receipt what Jira "stored" for what was sent, which it may have rewritten; the way back puts the old values there
    again ("restore") where nobody has edited them since.
    """

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
        move = self._workflow.to_status(key, change.identity, change.new, change.fields)
        return self.planned(key, marker, before, move.status, self.target_of(key, move))

    def target_of(self, key: str, move: Move) -> dict[str, Any]:
        """The target of a move, with what is there now of the fields that it sets."""
        if not move.beside:
            return dict(move.target)
        live = self._live.fields(key, *move.beside)
        held = {one: {"name": name, "before": live.get(one)} for one, name in move.beside.items()}
        return {**move.target, "beside": held}

    def perform(self, plan: Plan) -> Receipt:
        receipt = super().perform(plan)
        with UNDERSTOOD:
            target = plan.after["target"] or {}
            restore: Mapping[str, Any] = target.get("restore") or {}
            beside: Mapping[str, Any] = target.get("beside") or {}
        if beside:
            live = self._live.fields(plan.item, *beside)
            stored = {one: {**held, "stored": live.get(one)} for one, held in beside.items()}
            return replace(receipt, details={**receipt.details, "target": {**target, "beside": stored}})
        stays: dict[str, list[str]] = {}
        for field, one in restore.items():
            if why := self._stays(plan.item, field, one):
                stays.setdefault(why, []).append(one["name"])
        return replace(receipt, details={**receipt.details, **stays}) if stays else receipt

    def value(self, key: str, target: Any) -> Any:
        return self._live.native(self._live.fields(key, self.field), self.field)

    def write(self, key: str, value: Any, target: Any) -> None:
        self._workflow.make(key, target)

    def back(self, key: str, value: Any, target: Any) -> Any:
        back = dict(self.way_back(key, value).target)
        with UNDERSTOOD:
            beside = target.get("beside") or {} if target else {}
            restore = {one: {**old, "written": target["fields"][one]} for one, old in beside.items()}
        return {**back, "restore": restore} if restore else back

    def way_back(self, key: str, status: str) -> Move:
        """The transition back to a status. Raises NoWayBack where the workflow has none, or wants values for it."""
        try:
            return self._workflow.to_status(key, status, "")
        except Incomplete as wanting:
            raise NoWayBack(f"the way back asks for values: {', '.join(wanting.fields)}") from None
        except Invalid:
            raise NoWayBack("the workflow offers no way back to the status before") from None

    def _stays(self, key: str, field: str, one: Mapping[str, Any]) -> str:
        """Why a field is not put back; empty where it is as it was before.

        "edited": a person has put something else there. "left": Jira does not let it be edited, or nobody knows whether
        a person has.
        """
        live = self._live.fields(key, field).get(field)
        if not any(name in one and _says(live, one[name]) for name in ("written", "stored")):
            if _says(live, one["before"]):
                return ""
            return "edited" if "stored" in one else "left"  # a receipt of an older release does not tell it
        try:
            self._live.set(key, field, _named(one["before"]))
        except Invalid:
            return "left"
        return ""


def _says(live: Any, written: Any) -> bool:
    """Whether a field still holds what was sent to it."""
    return bool(_named(live) == _named(written))


def _named(value: Any) -> Any:
    """A value as it is sent: of what Jira describes at length its id."""
    if isinstance(value, list):
        return [_named(one) for one in value]
    return {"id": str(value["id"])} if isinstance(value, Mapping) and "id" in value else value
