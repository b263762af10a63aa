"""The Applier port for Azure DevOps: plans a change against the live item, performs it, takes it back."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from integrations.azure_devops import parts, sections
from integrations.azure_devops.reader import number
from integrations.azure_devops.writing.drafter import AzureDevOpsDrafter
from integrations.azure_devops.writing.edits import Edits, find_relation, is_value, value_of
from integrations.tracker import Conflict, Invalid, Plan, Receipt
from rules.changes import AddCriteria, AddLabel, AddSubtasks, Change, LinkDuplicate, SetPriority

if TYPE_CHECKING:  # importing it for real needs the package's cache directory to be named first
    from integrations.azure_devops.sdk import Session


class AzureDevOpsApplier:
    """Changes items of one organisation."""

    def __init__(self, session: Session, edits: Edits, drafter: AzureDevOpsDrafter) -> None:
        self._session = session
        self._edits = edits
        self._drafter = drafter

    def plan(self, key: str, change: Change, expected: Mapping[str, str], marker: str) -> Plan:
        """Raises Conflict where the item is no longer as expected, Invalid where the change cannot be made."""
        raw = self._session.item(number(key))
        live = parts.digests(parts.fields_of(raw))
        for field, digest in expected.items():
            if live.get(field) != digest:
                raise Conflict(f"the {field} is no longer as it was", field, self._edits.last_editor(key, field))
        match change:
            case AddCriteria():
                before = value_of(raw, "description")
                return Plan(key, change.kind, "description", marker, before, _with_criteria(before, change))
            case SetPriority():
                before = value_of(raw, "priority")
                return Plan(key, change.kind, "priority", marker, before, self._with_priority(key, before, change))
            case AddLabel():
                present = list(parts.tags(parts.fields_of(raw)))
                return Plan(key, change.kind, "labels", marker, present, {"add": _tag(change.label)})
            case LinkDuplicate():
                if number(change.original) == number(key):
                    raise Invalid("an item cannot be a duplicate of itself")
                at, _ = find_relation(raw, self._edits.duplicate_end(), number(change.original))
                return Plan(key, change.kind, "link", marker, at is not None, {"add": change.original})
            case AddSubtasks():
                return Plan(key, change.kind, "subtasks", marker, None, {"add": list(change.summaries)})
        raise Invalid(f"no such change can be made here: {change.kind}")

    def perform(self, plan: Plan) -> Receipt:
        """Repeatable: a write that has been made is found. Raises Conflict if a person was faster."""
        match plan.field:
            case "labels":
                return self._edits.tag(plan)
            case "link":
                return self._edits.link(plan)
            case "subtasks":
                return self._drafter.perform(plan)
            case "nothing":
                return Receipt(plan.item, plan.kind, plan.field)
        return self._edits.field(plan)

    def plan_undo(self, receipt: Receipt, marker: str) -> Plan:
        """Raises Conflict where a person has edited since. What was never written has nothing to take back."""
        details, kind = receipt.details, receipt.kind
        match receipt.field:
            case "description" | "priority":
                raw = self._session.item(number(receipt.item))
                before, after = details["after"], _without_section(details)
                if not is_value(raw, before) and not is_value(raw, after):
                    by = self._edits.last_editor(receipt.item, receipt.field)
                    raise Conflict(f"the {receipt.field} has been edited since", receipt.field, by)
                return Plan(receipt.item, kind, receipt.field, marker, before, after)
            case "labels" if details.get("added"):
                return Plan(receipt.item, kind, "labels", marker, None, {"remove": details["added"]})
            case "link" if details.get("added"):
                undone = {"remove": details["added"], "marker": details["marker"]}
                return Plan(receipt.item, kind, "link", marker, None, undone)
            case "subtasks" if details.get("created"):
                self._drafter.check_untouched(details["created"])
                return Plan(receipt.item, kind, "subtasks", marker, None, {"remove": details["created"]})
        return Plan(receipt.item, kind, "nothing", marker)

    def remove_label(self, key: str, label: str) -> None:
        """Takes a tag off, if it is on."""
        self._edits.tag(Plan(key, "label", "labels", "", None, {"remove": label}))

    def _with_priority(self, key: str, before: Mapping[str, Any], change: SetPriority) -> dict[str, Any]:
        if not (change.new.isascii() and change.new.isdigit() and len(change.new) <= 3):
            raise Invalid("a priority of this tracker is a number")
        if (parts.plain(before["value"]) or None) not in (change.old, change.new):
            by = self._edits.last_editor(key, "priority")
            raise Conflict("the priority is no longer as it was", "priority", by)
        return {**before, "value": int(change.new)}


def _with_criteria(before: Mapping[str, Any], change: AddCriteria) -> dict[str, Any]:
    native = before["value"] if isinstance(before["value"], str) else ""
    try:
        extended = sections.add(native, change.criteria, before["format"])
    except sections.UnclosedTextError as error:
        raise Invalid(f"the description cannot take a section: {error}") from None
    return {**before, "value": extended.value, "section": extended.section}


def _without_section(details: Mapping[str, Any]) -> dict[str, Any]:
    """The value to go back to: the text as it was stored, without the section, where it stands there unchanged."""
    before, after = dict(details["before"]), details["after"]
    if before["value"] and after.get("section"):
        with suppress(sections.SectionEditedError):  # the product has written it in its own way: take the old text
            before["value"] = sections.remove(after["value"], after["section"])
    return before


def _tag(label: str) -> str:
    if not label.strip() or len(label) > 400 or any(char in ";,\r\n" for char in label):
        raise Invalid("a tag of this tracker has no semicolon or comma, and up to 400 characters")
    return label.strip()
