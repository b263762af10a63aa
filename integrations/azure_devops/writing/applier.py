"""The Applier port for Azure DevOps: plans a change against the live item, performs it, takes it back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from integrations.azure_devops import parts
from integrations.azure_devops.writing.children import ChildWriter
from integrations.azure_devops.writing.edits import Edits, nothing
from integrations.azure_devops.writing.fields import FieldWriter
from integrations.azure_devops.writing.labels import LabelWriter
from integrations.azure_devops.writing.links import LinkWriter
from integrations.azure_devops.writing.texts import TextWriter
from integrations.tracker import Invalid, Plan, Receipt
from rules.changes import Change


class _Writer(Protocol):
    """One family of changes."""

    def plan(self, key: str, raw: Mapping[str, Any], change: Any, marker: str) -> Plan: ...

    def perform(self, plan: Plan) -> Receipt: ...

    def plan_undo(self, receipt: Receipt, marker: str) -> Plan: ...


class AzureDevOpsApplier:
    """Changes items of one organisation."""

    def __init__(self, edits: Edits, children: ChildWriter) -> None:
        self._edits = edits
        self._children = children
        self._labels = LabelWriter(edits)
        texts, fields, links = TextWriter(edits), FieldWriter(edits), LinkWriter(edits)
        self._writers: dict[str, _Writer] = {
            **dict.fromkeys(("criteria", "section", "rewrite"), texts),
            **dict.fromkeys(("priority", "summary", "component", "estimate", "assignee", "status"), fields),
            **dict.fromkeys(("duplicate", "close_duplicate"), links),
            **dict.fromkeys(("subtasks", "children"), children),
            "label": self._labels,
        }

    def plan(self, key: str, change: Change, expected: Mapping[str, str], marker: str) -> Plan:
        """Raises Conflict where the item is no longer as expected, Invalid where the change cannot be made."""
        raw = self._edits.item(key)
        fields = parts.fields_of(raw)
        live = parts.digests(fields, self._edits.processes.words(*parts.place_of(fields)).fields)
        for field, digest in expected.items():
            if live.get(field) != digest:
                raise self._edits.changed(key, field)
        return self._writer(change.kind).plan(key, raw, change, marker)

    def perform(self, plan: Plan) -> Receipt:
        """Repeatable: a write that has been made is found. Raises Conflict if a person was faster."""
        return nothing(plan) if plan.field == "nothing" else self._writer(plan.kind).perform(plan)

    def plan_undo(self, receipt: Receipt, marker: str) -> Plan:
        """Raises Conflict where a person has edited since. What was never written has nothing to take back."""
        if not receipt.details:
            return Plan(receipt.item, receipt.kind, "nothing", marker)
        return self._writer(receipt.kind).plan_undo(receipt, marker)

    def remove_label(self, key: str, label: str) -> None:
        """Takes a tag off, if it is on."""
        self._labels.remove(key, label)

    def discard(self, key: str, marker: str) -> None:
        """Deletes what the bot created, while nobody has touched it. Raises Conflict for anything else."""
        self._children.discard(key, marker)

    def _writer(self, kind: str) -> _Writer:
        if kind not in self._writers:
            raise Invalid(f"no such change can be made here: {kind}")
        return self._writers[kind]
