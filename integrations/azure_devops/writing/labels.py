"""Tags: one string in the product, so one is put on or taken off under a test of the revision."""

from __future__ import annotations

from typing import Any

from integrations.azure_devops import parts
from integrations.azure_devops.writing.edits import Edits, Raw
from integrations.tracker import Invalid, Plan, Receipt
from rules.changes import AddLabel


class LabelWriter:
    """Puts tags on and takes them off."""

    def __init__(self, edits: Edits) -> None:
        self._edits = edits

    def plan(self, key: str, raw: Raw, change: AddLabel, marker: str) -> Plan:
        """Raises Invalid for what the product does not take as a tag."""
        present = list(parts.tags(parts.fields_of(raw)))
        return Plan(key, change.kind, "labels", marker, present, {"add": _tag(change.label)})

    def plan_undo(self, receipt: Receipt, marker: str) -> Plan:
        """Takes off what was put on."""
        if not receipt.details.get("added"):
            return Plan(receipt.item, receipt.kind, "nothing", marker)
        return Plan(receipt.item, receipt.kind, "labels", marker, None, {"remove": receipt.details["added"]})

    def remove(self, key: str, label: str) -> None:
        """Takes a tag off, if it is on."""
        self.perform(Plan(key, "label", "labels", "", None, {"remove": label}))

    def perform(self, plan: Plan) -> Receipt:
        """Puts a tag on ({"add": tag}) or takes it off ({"remove": tag}); `before` is the tags when planned."""
        wanted, unwanted = plan.after.get("add"), plan.after.get("remove")

        def attempt(raw: Raw) -> Receipt:
            present = parts.tags(parts.fields_of(raw))
            kept = [tag for tag in present if not unwanted or tag.casefold() != unwanted.casefold()]
            if wanted and not _is_in(wanted, present):
                kept.append(wanted)
            if len(kept) == len(present):
                ours = wanted if wanted and not _is_in(wanted, plan.before or ()) else None
                entry = self._edits.own_entry(plan.item, "labels", lambda edit: True) if ours else None
                revisions = (entry.id,) if entry else ()
                return Receipt(plan.item, plan.kind, plan.field, revisions, {"added": ours if entry else None})
            _, revision = self._edits.write(raw, [_operation(kept, adds=bool(wanted))])
            return Receipt(plan.item, plan.kind, plan.field, revision, {"added": wanted})

        return self._edits.perform(plan, attempt)


def _operation(tags: list[str], *, adds: bool) -> dict[str, Any]:
    # "add" leaves in place the tags that the new value lacks, so taking one off needs "replace".
    path = f"/fields/{parts.TAGS}"
    if not tags:
        return {"op": "remove", "path": path}
    return {"op": "add" if adds else "replace", "path": path, "value": "; ".join(tags)}


def _tag(label: str) -> str:
    if not label.strip() or len(label) > 400 or any(char in ";,\r\n" for char in label):
        raise Invalid("a tag of this tracker has no semicolon or comma, and up to 400 characters")
    return label.strip()


def _is_in(tag: str, tags: Any) -> bool:
    return tag.casefold() in (one.casefold() for one in tags)
