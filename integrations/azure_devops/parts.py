"""What stands in the JSON of a work item: the names of its fields and relations, and their values. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from integrations.tracker import Unintelligible
from rules.model import Person

TITLE = "System.Title"
DESCRIPTION = "System.Description"
REPRODUCTION = "Microsoft.VSTS.TCM.ReproSteps"
CRITERIA = "Microsoft.VSTS.Common.AcceptanceCriteria"
PRIORITY = "Microsoft.VSTS.Common.Priority"
TAGS = "System.Tags"
TYPE = "System.WorkItemType"
PROJECT = "System.TeamProject"
STATE = "System.State"
REASON = "System.Reason"
AREA = "System.AreaPath"
ITERATION = "System.IterationPath"
ASSIGNEE = "System.AssignedTo"
ESTIMATES = (
    "Microsoft.VSTS.Scheduling.StoryPoints",
    "Microsoft.VSTS.Scheduling.Effort",
    "Microsoft.VSTS.Scheduling.Size",
)

CHILD = "System.LinkTypes.Hierarchy-Forward"
PARENT = "System.LinkTypes.Hierarchy-Reverse"
DUPLICATE = "System.LinkTypes.Duplicate-"

_ITEM_IN_URL = re.compile(r"/workitems/([0-9]{1,10})/?$", re.IGNORECASE)
_APPS = ("aadsp.", "svc.", "s2s.", "imp.")  # descriptors of service principals and of the product's own services


def fields_of(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of an item. Raises Unintelligible."""
    fields = raw.get("fields")
    if not isinstance(fields, dict):
        raise Unintelligible("a work item without fields")
    return fields


def number_of(raw: Mapping[str, Any]) -> int:
    """The number of an item. Raises Unintelligible."""
    number = raw.get("id")
    if not isinstance(number, int):
        raise Unintelligible("a work item without its number")
    return number


def revision_of(raw: Mapping[str, Any]) -> int:
    """The revision of an item. Raises Unintelligible."""
    revision = raw.get("rev")
    if not isinstance(revision, int):
        raise Unintelligible("a work item without its revision")
    return revision


def relations_of(raw: Mapping[str, Any]) -> list[tuple[str, int]]:
    """(reference name, number of the other item) of each relation to a work item."""
    return list(pairs(raw.get("relations")))


def children_of(raw: Mapping[str, Any]) -> list[int]:
    """Numbers of the child items."""
    return [number for rel, number in relations_of(raw) if rel == CHILD]


def pairs(relations: object) -> Iterable[tuple[str, int]]:
    """(reference name, number of the other item) of each relation in such a list."""
    for one in relations if isinstance(relations, list) else ():
        if isinstance(one, dict) and isinstance(one.get("rel"), str):
            found = _ITEM_IN_URL.search(str(one.get("url", ""))[-60:])
            if found:
                yield one["rel"], int(found[1])


def description_field(fields: Mapping[str, Any]) -> str:
    """The field that a person sees as the description: the steps of a bug whose form has no other."""
    return REPRODUCTION if not fields.get(DESCRIPTION) and fields.get(REPRODUCTION) else DESCRIPTION


def format_of(raw: Mapping[str, Any], field: str) -> Literal["html", "markdown"]:
    """ "markdown" or "html": the format of one long text field of an item."""
    formats = raw.get("multilineFieldsFormat")
    told = formats.get(field) if isinstance(formats, dict) else None
    return "markdown" if str(told).lower() == "markdown" else "html"


def estimate_field(known: Collection[str]) -> str | None:
    """The field of a type's estimate, out of the type's fields."""
    return next((name for name in ESTIMATES if name in known), None)


def native(fields: Mapping[str, Any], field: str, known: Collection[str] = ()) -> str | None:
    """The native value of a field of the house's vocabulary, as a string; labels one a line, sorted.

    `known` holds the fields of the item's type; None for a field that the type does not have.
    """
    match field:
        case "description":
            return text(fields, description_field(fields))
        case "acceptance_criteria":
            return text(fields, CRITERIA) if CRITERIA in known else None
        case "labels":
            return "\n".join(sorted(tags(fields)))
        case "estimate":
            name = estimate_field(known)
            return plain(fields.get(name)) if name else None
        case "assignee":
            someone = person(fields.get(ASSIGNEE))
            return (someone.id or someone.name) if someone else ""
    return plain(fields.get({"summary": TITLE, "priority": PRIORITY, "components": AREA, "status": STATE}[field]))


_DIGESTED = (
    *("summary", "description", "acceptance_criteria", "priority", "labels", "components", "estimate", "assignee"),
    "status",
)


def digests(fields: Mapping[str, Any], known: Collection[str] = ()) -> dict[str, str]:
    """SHA-256 (hex) of the native value of each field that a change may touch and the item's type has."""
    values = {field: native(fields, field, known) for field in _DIGESTED}
    return {
        field: hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
        for field, value in values.items()
        if value is not None
    }


def place_of(fields: Mapping[str, Any]) -> tuple[str, str]:
    """(project, type) of an item."""
    return text(fields, PROJECT), text(fields, TYPE)


def tags(fields: Mapping[str, Any]) -> tuple[str, ...]:
    """The tags of an item, as its one string lists them."""
    return tuple(split_tags(text(fields, TAGS)))


def split_tags(value: str) -> list[str]:
    """The tags in one string of the product."""
    return [tag for part in value.split(";") if (tag := part.strip())]


def person(value: object) -> Person | None:
    """An identity; the form "Name <mail>" has no stable id, so `id` is empty there."""
    if isinstance(value, str) and value:
        return Person("", value.partition(" <")[0])
    if not isinstance(value, dict) or not (value.get("id") or value.get("displayName") or value.get("name")):
        return None
    name = str(value.get("displayName") or value.get("name") or "").partition(" <")[0]
    return Person(str(value.get("id") or ""), name, str(value.get("descriptor", "")).startswith(_APPS))


def text(fields: Mapping[str, Any], name: str) -> str:
    """A string value; empty where there is none."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def plain(value: object) -> str:
    """Any field value as a string: 2.0 as "2", a person as the name, nothing as ""."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dict):
        someone = person(value)
        return someone.name if someone else ""
    return str(value)


def moment(value: object) -> datetime | None:
    """A time of the product (any number of decimals, UTC where it does not say), or None."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value[:40])
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
