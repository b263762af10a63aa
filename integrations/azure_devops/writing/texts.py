"""Long texts: sections that the bot adds and takes away again, and whole descriptions written anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.azure_devops import parts, sections
from integrations.azure_devops.reading import reading
from integrations.azure_devops.rewriting import is_rewritable, rewritten
from integrations.azure_devops.writing.edits import Edits, Raw
from integrations.azure_devops.writing.values import Value, is_value, operations, value_of
from integrations.sections import criteria_list, criteria_section, written_section
from integrations.tracker import Invalid, Plan, Receipt
from rules.changes import AddCriteria, AddSection, RewriteDescription


class TextWriter:
    """Writes into the description, or into the type's own field for acceptance criteria."""

    def __init__(self, edits: Edits) -> None:
        self._edits = edits

    def plan(self, key: str, raw: Raw, change: AddCriteria | AddSection | RewriteDescription, marker: str) -> Plan:
        """Raises Invalid where the text cannot take a section, or cannot be written anew without loss."""
        known = self._edits.processes.fields(*parts.place_of(parts.fields_of(raw)))
        if isinstance(change, AddCriteria) and parts.CRITERIA in known:
            before = value_of(raw, parts.CRITERIA)
            after = _extended(before, (criteria_list(change.criteria),))
            after["beside"] = value_of(
                raw, _description(raw, parts.REPRODUCTION in known)
            )  # what they were drafted from
            return Plan(key, change.kind, "acceptance_criteria", marker, before, after)
        before = value_of(raw, _description(raw, parts.REPRODUCTION in known))
        match change:
            case AddCriteria():
                after = _extended(before, criteria_section(change.criteria, change.heading))
            case AddSection():
                after = _extended(before, written_section(change))
            case RewriteDescription():
                after = _rewritten(before, change.text)
        return Plan(key, change.kind, "description", marker, before, after)

    def perform(self, plan: Plan) -> Receipt:
        """Writes the text, or finds its section there."""

        def attempt(raw: Raw) -> Receipt:
            if is_value(raw, plan.after) or self._has_gained(raw, plan):
                return self._found(raw, plan)
            turned = parts.format_of(raw, plan.after["name"]) != plan.after["format"]
            if turned or not is_value(raw, plan.before):
                raise self._edits.changed(plan.item, plan.field)
            if plan.after.get("beside") and not is_value(raw, plan.after["beside"]):
                raise self._edits.changed(plan.item, "description")
            written, revision = self._edits.write(raw, operations(plan.after))
            stored = value_of(written, plan.after["name"])["value"]
            after = {**plan.after, "value": plan.after["value"] if stored is None else stored}
            return Receipt(plan.item, plan.kind, plan.field, revision, {"before": plan.before, "after": after})

        return self._edits.perform(plan, attempt)

    def plan_undo(self, receipt: Receipt, marker: str) -> Plan:
        """Takes the section out of the text as it is now; a text written anew gets its old one back.

        Raises Conflict where the section, or the text that was written, is no longer as it was.
        """
        before, after = receipt.details["before"], receipt.details["after"]
        raw = self._edits.item(receipt.item)
        live = value_of(raw, after["name"])
        if is_value(raw, before):
            return Plan(receipt.item, receipt.kind, "nothing", marker)
        left = _without_section(live, after.get("section", ""))
        if left is None:
            if not is_value(raw, after):
                raise self._edits.changed(receipt.item, receipt.field)
            left = dict(before)
        if before["value"] is None and not left["value"]:
            left["value"] = None
        return Plan(receipt.item, receipt.kind, receipt.field, marker, live, left)

    def _has_gained(self, raw: Raw, plan: Plan) -> bool:
        """Whether the section has come in since it was planned, other sections after it perhaps."""
        section = plan.after.get("section", "")
        found, before = (_without_section(value, section) for value in (value_of(raw, plan.after["name"]), plan.before))
        return found is not None and before is None

    def _found(self, raw: Raw, plan: Plan) -> Receipt:
        """The receipt of a write that was made before, or by somebody who had the same wish (nothing to take back)."""
        wanted = reading(parts.plain(plan.after["value"]), plan.after["format"])
        entry = self._edits.own_entry(
            plan.item, plan.field, lambda edit: reading(edit.after, plan.after["format"]) == wanted
        )
        if entry is None:
            details = {"before": plan.after, "after": plan.after}
            return Receipt(plan.item, plan.kind, plan.field, (), details)
        after = {**plan.after, "value": value_of(raw, plan.after["name"])["value"]}
        return Receipt(plan.item, plan.kind, plan.field, (entry.id,), {"before": plan.before, "after": after})


def _description(raw: Raw, has_steps: bool) -> str:
    """Where a person looks for the description: a type with steps shows those, unless there is a description."""
    fields = parts.fields_of(raw)
    return parts.REPRODUCTION if has_steps and not fields.get(parts.DESCRIPTION) else parts.description_field(fields)


def _native(value: Mapping[str, Any]) -> str:
    return value["value"] if isinstance(value["value"], str) else ""


def _extended(before: Value, blocks: Any) -> Value:
    try:
        extended = sections.add(_native(before), blocks, before["format"])
    except sections.UnclosedTextError as error:
        raise Invalid(f"the text cannot take a section: {error}") from None
    return {**before, "value": extended.value, "section": extended.section}


def _rewritten(before: Value, text: str) -> Value:
    if not is_rewritable(_native(before), before["format"]):
        raise Invalid("the description holds more than could be written anew without loss; add a section instead")
    native = rewritten(text, before["format"])
    if not native:
        raise Invalid("there is no text to write")
    return {**before, "value": native}


def _without_section(value: Mapping[str, Any], section: str) -> Value | None:
    """The value without the section, or None where it does not stand there as it was added."""
    try:
        left = sections.remove(_native(value), section, value["format"])
    except sections.SectionEditedError:
        return None
    return {**value, "value": left}
