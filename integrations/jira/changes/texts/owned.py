"""Adding a section that the bot owns to a text of a person, and taking exactly it off again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from integrations.blocks import Blocks
from integrations.jira.answers import UNDERSTOOD
from integrations.jira.changes.live import LiveIssues
from integrations.jira.markup.plain import length_of_text
from integrations.jira.markup.sections import LineSections, SectionEditedError, SectionRefusedError, Sections
from integrations.tracker import Invalid, Plan, Receipt, TooLong

DESCRIPTION = "description"
LIMIT = 32_767
LINE_LIMIT = 255


@dataclass(frozen=True, slots=True)
class Place:
    """A field that takes a section: its word in rules.model, its id in Jira, and whether it is one line of text."""

    word: str = DESCRIPTION
    field: str = DESCRIPTION
    is_line: bool = False


class OwnedSection:
    """`after` of a plan holds the whole new text, the piece that was added, and what `Sections.remove` wants."""

    kind: str

    def __init__(self, live: LiveIssues, sections: Sections) -> None:
        self._live = live
        self._sections = sections

    def planned(self, key: str, place: Place, before: Any, blocks: Blocks, marker: str) -> Plan:
        """The plan that adds these blocks. Raises Invalid where the text would swallow them, TooLong."""
        try:
            added = self._sections_of(place.is_line).add(before, blocks)
        except SectionRefusedError as refused:
            raise Invalid(str(refused)) from None
        if length_of_text(added.description) > (LINE_LIMIT if place.is_line else LIMIT):
            raise TooLong(f"the {place.word.replace('_', ' ')} would be longer than Jira takes")
        after = {
            "description": added.description,
            "piece": added.piece,
            "empty": added.empty,
            "earlier": added.earlier,
            "field": place.field,
            "is_line": place.is_line,
        }
        return Plan(key, self.kind, place.word, marker, before, after)

    def perform(self, plan: Plan) -> Receipt:
        with UNDERSTOOD:
            wanted, piece = plan.after["description"], plan.after["piece"]
            details = {name: plan.after.get(name) for name in ("empty", "earlier", "field", "is_line")}
        field, sections = _field(details), self._sections_of(details["is_line"])
        entries = self._live.entries(plan.item)
        live = self._live.fields(plan.item, field).get(field)
        written = sections.same(live, plan.before)
        if written:
            self._live.set(plan.item, field, wanted)
            live = self._live.fields(plan.item, field).get(field)
        stored = sections.stored(live, plan.before, piece)
        if stored is None:
            raise self._live.conflict(plan.item, plan.field)
        writes = self._live.writes(plan.item, plan.field, entries if written else None)
        return Receipt(plan.item, self.kind, plan.field, writes, {"piece": stored, **details})

    def plan_undo(self, receipt: Receipt, marker: str) -> Plan:
        with UNDERSTOOD:
            piece, empty, earlier = receipt.details["piece"], receipt.details["empty"], receipt.details.get("earlier")
            is_line = bool(receipt.details.get("is_line"))
        field = _field(receipt.details)
        live = self._live.fields(receipt.item, field).get(field)
        try:
            left = self._sections_of(is_line).remove(live, piece, empty, earlier)
        except SectionEditedError:
            raise self._live.conflict(receipt.item, receipt.field) from None
        after = {"description": left, "field": field, "is_line": is_line}
        return Plan(receipt.item, f"undo_{self.kind}", receipt.field, marker, live, after)

    def undo(self, plan: Plan) -> Receipt:
        with UNDERSTOOD:
            wanted = plan.after["description"]
        field, sections = _field(plan.after), self._sections_of(plan.after.get("is_line"))
        entries = self._live.entries(plan.item)
        live = self._live.fields(plan.item, field).get(field)
        if sections.same(live, wanted):
            return Receipt(plan.item, plan.kind, plan.field, self._live.writes(plan.item, plan.field))
        if not sections.same(live, plan.before):
            raise self._live.conflict(plan.item, plan.field)
        self._live.set(plan.item, field, wanted)
        if not sections.same(self._live.fields(plan.item, field).get(field), wanted):
            raise self._live.conflict(plan.item, plan.field)
        return Receipt(plan.item, plan.kind, plan.field, self._live.writes(plan.item, plan.field, entries))

    def _sections_of(self, is_line: Any) -> Sections:
        return LineSections() if is_line else self._sections


def _field(details: Any) -> str:
    """The field of a plan or a receipt; what was stored before there could be others means the description."""
    return str(details.get("field") or DESCRIPTION)
