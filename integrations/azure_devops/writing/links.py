"""Links to the original of a duplicate, with or without closing the duplicate, each in one write."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from integrations.azure_devops import parts
from integrations.azure_devops.markup import link_comment
from integrations.azure_devops.reader import number
from integrations.azure_devops.writing.edits import Edits, Raw
from integrations.azure_devops.writing.fields import given, labels, told_edited, with_possible_reason
from integrations.azure_devops.writing.values import (
    Value,
    along_operations,
    is_value,
    not_yet_back,
    operations,
    untouched_along,
    value_of,
    with_along,
)
from integrations.tracker import Incomplete, Invalid, Plan, Receipt
from rules.changes import CloseDuplicate, LinkDuplicate

_DUPLICATE_OF = f"{parts.DUPLICATE}Reverse"
_CLOSED = ("completed", "removed")  # categories of states, the better one first


class LinkWriter:
    """Links a duplicate to its original; the marker stands in the link's comment.

    Plans and receipts hold "add" or "remove" (the original's key, None for no link) and "state" (the value of the
    state, None where it stays as it is).
    """

    def __init__(self, edits: Edits) -> None:
        self._edits = edits
        self._duplicate_end: str | None = None

    def plan(self, key: str, raw: Raw, change: LinkDuplicate | CloseDuplicate, marker: str) -> Plan:
        """Raises Invalid where the item cannot be linked or closed, Incomplete where closing wants fields filled in."""
        if number(change.original) == number(key):
            raise Invalid("an item cannot be a duplicate of itself")
        at, _ = find_relation(raw, self.duplicate_end(), number(change.original))
        if isinstance(change, LinkDuplicate):
            return Plan(key, change.kind, "link", marker, at is not None, {"add": change.original})
        now = value_of(raw, parts.STATE)
        now, closed = self._closed(raw, now, given(self._edits, raw, change))
        before = {"linked": at is not None, "state": now if closed else None}
        return Plan(key, change.kind, "status", marker, before, {"add": change.original, "state": closed})

    def perform(self, plan: Plan) -> Receipt:
        """Makes what is not there yet of link and state, or takes away what is there of ours."""

        def attempt(raw: Raw) -> Receipt:
            state = plan.after.get("state")
            moves = bool(state) and not is_value(raw, state)
            if moves and not is_value(raw, plan.before["state"]):
                raise self._edits.changed(plan.item, "status")
            moving = operations(untouched_along(raw, state, plan.before["state"])) if state and moves else []
            edited: dict[str, Any] = {}
            beside: dict[str, Any] = {}
            if state and "remove" in plan.after:
                edited = told_edited(self._edits, raw, state, plan.before["state"])
                beside = {} if moves else not_yet_back(raw, state, plan.before["state"])
                moving = moving or along_operations(beside)
            linking, joined = self._link_operations(raw, plan)
            if not linking and not moving:
                return _with(self._found(plan, joined), edited)
            try:
                _, revision = self._edits.write(raw, [*linking, *moving])
            except Invalid:
                if not plan.after.get("remove") and not beside:
                    raise
                left = labels(self._edits, raw, beside) if beside else ["status"]
                return _with(self._only_unlinked(raw, plan, linking, left), edited)
            added = plan.after.get("add") if linking else None
            return _with(self._receipt(plan, revision, added, state if moves else None), edited)

        return self._edits.perform(plan, attempt)

    def plan_undo(self, receipt: Receipt, marker: str) -> Plan:
        """Raises Conflict where somebody has moved the item on since it was closed."""
        details = receipt.details
        state: Mapping[str, Any] | None = details.get("state")
        if not details.get("added") and not state:
            return Plan(receipt.item, receipt.kind, "nothing", marker)
        undone = {"remove": details.get("added"), "marker": details["marker"]}
        if not state:
            return Plan(receipt.item, receipt.kind, receipt.field, marker, None, undone)
        raw = self._edits.item(receipt.item)
        old = dict(state["before"])
        if not is_value(raw, old):
            if not is_value(raw, state["after"]):
                raise self._edits.changed(receipt.item, "status")
            with suppress(Incomplete):  # then the link goes and the state stays, see `perform`
                possible = with_possible_reason(self._edits, raw, untouched_along(raw, old, state["after"]))
                old = {**old, "reason": possible.get("reason", "")}
        return Plan(
            receipt.item, receipt.kind, receipt.field, marker, {"state": state["after"]}, {**undone, "state": old}
        )

    def duplicate_end(self) -> str:
        """The end of the Duplicate link whose other item is the original, as the organisation tells it."""
        if self._duplicate_end is None:
            ends = sorted(
                str(one.get("referenceName"))
                for one in self._edits.reader.relation_types()
                if str(one.get("referenceName", "")).startswith(parts.DUPLICATE)
                and (one.get("attributes") or {}).get("isForward") is False
            )
            self._duplicate_end = ends[0] if ends else _DUPLICATE_OF
        return self._duplicate_end

    def _only_unlinked(self, raw: Raw, plan: Plan, linking: list[dict[str, Any]], left: list[str]) -> Receipt:
        """The link is taken away, and the state (or what is beside it) "left": the process lets nobody back so."""
        revision = self._edits.write(raw, linking)[1] if linking else ()
        return Receipt(plan.item, plan.kind, plan.field, revision, {"left": left})

    def _closed(self, raw: Raw, now: Value, told: Mapping[str, str]) -> tuple[Value, Value | None]:
        """The state now, and the closed one that the product would let the item go to: None where it is in one.

        `told` are the values that people have given for fields that closing wants.
        """
        states = self._edits.processes.states(*parts.place_of(parts.fields_of(raw)))
        categories = {name: category.replace(" ", "").lower() for name, category in states.items()}
        if categories.get(str(now["value"])) in _CLOSED:
            return now, None
        names = [name for wanted in _CLOSED for name, category in categories.items() if category == wanted]
        refused: Invalid | None = None
        for name in names:
            before, after = with_along(raw, now, {**now, "value": name, "reason": ""}, told)
            try:
                self._edits.attempt(raw, operations(after))
            except Incomplete:
                raise
            except Invalid as error:
                refused = error
            else:
                return before, after
        raise refused or Invalid("items of this type have no state in which they are closed")

    def _link_operations(self, raw: Raw, plan: Plan) -> tuple[list[dict[str, Any]], bool]:
        """What is to be done about the link, and whether a link that may be ours is there."""
        wanted = plan.after.get("add")
        other = wanted or plan.after.get("remove")
        if not other:
            return [], False
        comment = link_comment(plan.marker if wanted else plan.after["marker"])
        at, said = find_relation(raw, self.duplicate_end(), number(str(other)))
        ours = at is not None and said in (comment, "")
        if wanted and at is None:
            url = self._edits.session.relation_url(number(wanted))
            value = {"rel": self.duplicate_end(), "url": url, "attributes": {"comment": comment}}
            return [{"op": "add", "path": "/relations/-", "value": value}], False
        if not wanted and ours:
            return [{"op": "remove", "path": f"/relations/{at}"}], True
        return [], ours  # there already, or taken away already, or made anew by a person

    def _found(self, plan: Plan, joined: bool) -> Receipt:
        """The receipt of what was done before; what a person had done is not there to be taken back."""
        added, state = plan.after.get("add"), plan.after.get("state")
        if not added:
            return self._receipt(plan, (), None, None)
        was_linked = plan.before["linked"] if isinstance(plan.before, dict) else plan.before
        linked = moved = None
        if joined and not was_linked:
            linked = self._edits.own_entry(plan.item, "links", lambda edit: edit.after == added)
        if state:
            moved = self._edits.own_entry(plan.item, "status", lambda edit: edit.after == state["value"])
        writes = tuple(dict.fromkeys(entry.id for entry in (linked, moved) if entry))
        return self._receipt(plan, writes, added if linked else None, state if moved else None)

    @staticmethod
    def _receipt(plan: Plan, writes: tuple[str, ...], added: str | None, state: Value | None) -> Receipt:
        details: dict[str, Any] = {"added": added, "marker": plan.marker}
        if state and plan.after.get("add"):
            details["state"] = {"before": plan.before["state"], "after": state}
        return Receipt(plan.item, plan.kind, plan.field, writes, details)


def _with(receipt: Receipt, edited: Mapping[str, Any]) -> Receipt:
    return replace(receipt, details={**receipt.details, **edited}) if edited else receipt


def find_relation(raw: Raw, rel: str, target: int) -> tuple[int | None, str]:
    """(index of the relation to `target`, by which a PATCH removes it, and the comment on it)."""
    relations = raw.get("relations")
    for at, one in enumerate(relations if isinstance(relations, list) else ()):
        if parts.relations_of({"relations": [one]}) == [(rel, target)]:
            attributes = one.get("attributes")
            return at, parts.text(attributes, "comment") if isinstance(attributes, dict) else ""
    return None, ""
