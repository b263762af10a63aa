"""What may be proposed on a work item: each kind of change, what it touches, and how it is stored and sealed.

Everything here is frozen and knows no vendor, no clock and no storage.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Criterion:
    """One acceptance criterion; an assumption is shown as one."""

    text: str
    is_assumption: bool = False


@dataclass(frozen=True, slots=True)
class AddCriteria:
    """Add acceptance criteria: to the project's own field for them, else as a section of the description.

    `heading` is that of the section; empty is "Acceptance criteria".
    """

    criteria: tuple[Criterion, ...]
    kind: Literal["criteria"] = "criteria"
    heading: str = ""


@dataclass(frozen=True, slots=True)
class AddSection:
    """Add a section to the description, which the bot owns from then on: a heading, paragraphs, then a list."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()
    kind: Literal["section"] = "section"


@dataclass(frozen=True, slots=True)
class RewriteDescription:
    """Replace the whole description by this reading; only for an item whose description is `rewritable`."""

    text: str
    kind: Literal["rewrite"] = "rewrite"


@dataclass(frozen=True, slots=True)
class SetPriority:
    """Set the priority; both values are names of the project's own scheme."""

    old: str | None
    new: str
    kind: Literal["priority"] = "priority"


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A value for a field that the project requires, both as people read them.

    `spoken`: a person gave it beside an accept, so a field that is not there is told them. The settings name values for
    many types, of which each takes those that it has.
    """

    field: str
    value: str
    spoken: bool = False


def name_key(name: str) -> str:
    """What names of fields and values are compared by: neither case nor how an accent is written tells two apart."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name.strip()).casefold())


FieldKind = Literal["summary", "component", "estimate", "assignee", "status"]


@dataclass(frozen=True, slots=True)
class SetField:
    """Give one field a new value; both values as people read them, `old` None where there is none.

    component: in Jira one component (`old` None adds it, else it takes the place of `old`), in Azure DevOps the area
    path. estimate: story points, written as a plain number. assignee: display names, and `identity` is the stable id
    of the new one. status: names of the project's own workflow, and `fields` what its move requires beside it.
    """

    kind: FieldKind
    old: str | None
    new: str
    identity: str = ""
    fields: tuple[FieldValue, ...] = ()


@dataclass(frozen=True, slots=True)
class AddLabel:
    """Put a label (Azure DevOps: tag) on the item."""

    label: str
    kind: Literal["label"] = "label"


@dataclass(frozen=True, slots=True)
class LinkDuplicate:
    """Link this item as a duplicate of an earlier one; nothing is closed."""

    original: str
    original_summary: str
    kind: Literal["duplicate"] = "duplicate"


@dataclass(frozen=True, slots=True)
class CloseDuplicate:
    """Link this item as a duplicate of an earlier one, and close it; `fields` are what its move requires beside it."""

    original: str
    original_summary: str
    fields: tuple[FieldValue, ...] = ()
    kind: Literal["close_duplicate"] = "close_duplicate"


@dataclass(frozen=True, slots=True)
class AddSubtasks:
    """Create sub-tasks under the item, in this order; `fields` are what the project requires beside a summary."""

    summaries: tuple[str, ...]
    fields: tuple[FieldValue, ...] = ()
    kind: Literal["subtasks"] = "subtasks"


@dataclass(frozen=True, slots=True)
class AddChildren:
    """Create child items of a type (stories under an epic, for example), in this order; `fields` as for sub-tasks."""

    type: str
    summaries: tuple[str, ...]
    fields: tuple[FieldValue, ...] = ()
    kind: Literal["children"] = "children"


Duplicate = LinkDuplicate | CloseDuplicate

Change = (
    AddCriteria
    | AddSection
    | RewriteDescription
    | SetPriority
    | SetField
    | AddLabel
    | LinkDuplicate
    | CloseDuplicate
    | AddSubtasks
    | AddChildren
)

FIELDS_TOUCHED: Mapping[str, tuple[str, ...]] = {
    "criteria": ("description", "acceptance_criteria"),
    "section": ("description",),
    "rewrite": ("description",),
    "priority": ("priority",),
    "summary": ("summary",),
    "component": ("components",),
    "estimate": ("estimate",),
    "assignee": ("assignee",),
    "status": ("status",),
    "label": (),
    "duplicate": (),
    "close_duplicate": ("status",),
    "subtasks": ("summary", "description"),
    "children": ("summary", "description"),
}
"""Kind of change -> the fields that must still be as they were when the change was shown."""


def payload_of(change: Change) -> dict[str, Any]:
    """A change as it is stored. Of fields without values and of the usual heading it says nothing, as in the past."""
    payload = asdict(change)
    if not payload.get("fields", True):
        del payload["fields"]
    for one in payload.get("fields", ()):
        if not one["spoken"]:
            del one["spoken"]
    if payload["kind"] == "criteria" and not payload["heading"]:
        del payload["heading"]
    return payload


def change_hash(change: Change) -> str:
    """SHA-256 (hex) of the change's canonical JSON: what was shown is what is applied, or nothing is."""
    text = json.dumps(payload_of(change), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def change_from(payload: Mapping[str, Any]) -> Change:
    """Rebuild a change from `payload_of` it (JSON lists where tuples were).

    Raises ValueError for an unknown kind, and TypeError or KeyError for a payload of another shape.
    """
    match payload.get("kind"):
        case "criteria":
            criteria = tuple(Criterion(one["text"], one["is_assumption"]) for one in payload["criteria"])
            return AddCriteria(criteria, heading=payload.get("heading", ""))
        case "section":
            return AddSection(payload["heading"], tuple(payload["paragraphs"]), tuple(payload["entries"]))
        case "rewrite":
            return RewriteDescription(payload["text"])
        case "priority":
            return SetPriority(payload["old"], payload["new"])
        case "summary" | "component" | "estimate" | "assignee" | "status" as kind:
            return SetField(kind, payload["old"], payload["new"], payload["identity"], _values(payload))
        case "label":
            return AddLabel(payload["label"])
        case "duplicate":
            return LinkDuplicate(payload["original"], payload["original_summary"])
        case "close_duplicate":
            return CloseDuplicate(payload["original"], payload["original_summary"], _values(payload))
        case "subtasks":
            return AddSubtasks(tuple(payload["summaries"]), _values(payload))
        case "children":
            return AddChildren(payload["type"], tuple(payload["summaries"]), _values(payload))
    raise ValueError(f"unknown kind of change: {payload.get('kind')!r}")


def _values(payload: Mapping[str, Any]) -> tuple[FieldValue, ...]:
    return tuple(FieldValue(one["field"], one["value"], one.get("spoken", False)) for one in payload.get("fields", ()))
