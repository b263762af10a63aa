"""The product's JSON for work items, comments and updates, as the vocabulary of the house. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from integrations.azure_devops.markup import marker_of
from integrations.azure_devops.reading import reading
from integrations.tracker import Comment, FieldEdit, HistoryEntry, Unintelligible
from rules.model import Child, Link, Person, StatusCategory, WorkItem

TITLE = "System.Title"
DESCRIPTION = "System.Description"
REPRODUCTION = "Microsoft.VSTS.TCM.ReproSteps"
CRITERIA = "Microsoft.VSTS.Common.AcceptanceCriteria"
PRIORITY = "Microsoft.VSTS.Common.Priority"
TAGS = "System.Tags"
_ESTIMATES = (
    "Microsoft.VSTS.Scheduling.StoryPoints",
    "Microsoft.VSTS.Scheduling.Effort",
    "Microsoft.VSTS.Scheduling.Size",
)

CHILD = "System.LinkTypes.Hierarchy-Forward"
PARENT = "System.LinkTypes.Hierarchy-Reverse"
DUPLICATE = "System.LinkTypes.Duplicate-"
SUBTASK_TYPE = "Task"

_CATEGORIES: Mapping[str, StatusCategory] = {
    "proposed": "todo",
    "inprogress": "doing",
    "resolved": "doing",
    "completed": "done",
    "removed": "done",
}
_WORDS = {
    TITLE: "summary",
    DESCRIPTION: "description",
    REPRODUCTION: "description",
    CRITERIA: "acceptance_criteria",
    PRIORITY: "priority",
    TAGS: "labels",
    "System.State": "status",
    "System.AssignedTo": "assignee",
    "System.WorkItemType": "type",
    "System.TeamProject": "project",
    "System.AreaPath": "components",
    "System.Parent": "parent",
    "System.History": "comment",
    **dict.fromkeys(_ESTIMATES, "story_points"),
}
_BOOKKEEPING = re.compile(
    r"System\.(?:Id|Rev|RevisedDate|AuthorizedDate|AuthorizedAs|ChangedDate|ChangedBy|CreatedDate|CreatedBy|Watermark"
    r"|PersonId|CommentCount|NodeName|AreaId|IterationId|AreaLevel\d|IterationLevel\d|BoardColumn|BoardColumnDone"
    r"|BoardLane|Reason)|WEF_.*|Microsoft\.VSTS\.Common\.(?:StateChangeDate|ActivatedDate|StackRank|BacklogPriority)"
)
_ITEM_IN_URL = re.compile(r"/workitems/([0-9]{1,10})/?$", re.IGNORECASE)
_APPS = ("aadsp.", "svc.", "s2s.", "imp.")  # descriptors of service principals and of the product's own services


@dataclass(frozen=True, slots=True)
class Dictionary:
    """What an item's JSON leaves out: categories of its states, names of relations, titles of children."""

    categories: Mapping[str, str]
    relation_names: Mapping[str, str]
    titles: Mapping[int, str]


def work_item(raw: Mapping[str, Any], connection: str, words: Dictionary) -> WorkItem:
    """One work item. Raises Unintelligible where it lacks what every item has."""
    fields = fields_of(raw)
    number, item_type = number_of(raw), text(fields, "System.WorkItemType")
    relations = relations_of(raw)
    parent = next((one for rel, one in relations if rel == PARENT), None)
    status = text(fields, "System.State")
    created = moment(fields.get("System.CreatedDate"))
    if created is None:
        raise Unintelligible("a work item without its date")
    return WorkItem(
        connection=connection,
        id=str(number),
        key=str(number),
        project=text(fields, "System.TeamProject"),
        type=item_type,
        summary=text(fields, TITLE),
        description=reading(text(fields, description_field(fields)), format_of(raw, description_field(fields))),
        status=status,
        status_category=_CATEGORIES.get(words.categories.get(status, "").replace(" ", "").lower(), "todo"),
        created=created,
        updated=moment(fields.get("System.ChangedDate")) or created,
        version=str(raw.get("rev", "")),
        is_subtask=item_type == SUBTASK_TYPE and parent is not None,
        priority=plain(fields.get(PRIORITY)) or None,
        labels=tags(fields),
        components=tuple(part for part in text(fields, "System.AreaPath").split("\\")[1:] if part),
        reporter=person(fields.get("System.CreatedBy")),
        assignee=person(fields.get("System.AssignedTo")),
        parent=str(parent) if parent else None,
        children=tuple(Child(str(one), words.titles[one]) for one in children_of(raw) if one in words.titles),
        links=tuple(_links(relations, words.relation_names)),
        story_points=next((float(fields[one]) for one in _ESTIMATES if isinstance(fields.get(one), int | float)), None),
        acceptance_criteria=reading(text(fields, CRITERIA), format_of(raw, CRITERIA)),
        digests=digests(fields),
    )


def comment(raw: Mapping[str, Any], name_format: str = "html") -> Comment:
    """One comment; `name_format` is the format of a server that does not say which."""
    created = moment(raw.get("createdDate"))
    author = person(raw.get("createdBy"))
    identity = raw.get("id", raw.get("commentId"))
    if created is None or author is None or not isinstance(identity, int):
        raise Unintelligible("a comment without number, author or date")
    modified = moment(raw.get("modifiedDate")) or created
    version = raw.get("version")
    shown = reading(text(raw, "text"), text(raw, "format") or name_format)
    edited = (isinstance(version, int) and version > 1) or modified != created
    return Comment(
        str(identity), author, shown, created, edited, marker_of(shown), modified if modified > created else None
    )


def history_entry(raw: Mapping[str, Any], before: datetime) -> HistoryEntry:
    """One update. `before` is the time of the update before it, for updates that tell none.

    `labels` are listed with single spaces between them, a space within a tag being written %20 and a percent sign
    %25, so that a list splits into its tags without loss.
    """
    changed = raw.get("fields") if isinstance(raw.get("fields"), dict) else {}
    edits = [edit for name in changed or {} if (edit := _field_edit(name, (changed or {})[name]))]
    relations = raw.get("relations")
    if isinstance(relations, dict):
        edits.extend(_relation_edits(relations))
    told = (changed or {}).get("System.ChangedDate")
    at = moment(told.get("newValue")) if isinstance(told, dict) else None
    if at is None:
        at = moment(raw.get("revisedDate"))
    if at is None or at.year > 9000:  # the latest update is "revised" at the end of time
        at = before
    actor = person(raw.get("revisedBy")) or Person("", "")
    return HistoryEntry(str(raw.get("rev", raw.get("id", ""))), actor, at, tuple(edits))


def _field_edit(name: str, change: object) -> FieldEdit | None:
    if not isinstance(change, dict) or _BOOKKEEPING.fullmatch(name):
        return None
    before, after = change.get("oldValue"), change.get("newValue")
    if name == TAGS:
        return FieldEdit("labels", _tag_list(before), _tag_list(after))
    return FieldEdit(_WORDS.get(name, name), plain(before), plain(after))


def _relation_edits(relations: Mapping[str, Any]) -> Iterable[FieldEdit]:
    for verb in ("added", "removed"):
        for rel, target in _pairs(relations.get(verb)):
            field = {CHILD: "children", PARENT: "parent"}.get(rel, "links")
            yield FieldEdit(field, "" if verb == "added" else str(target), str(target) if verb == "added" else "")


def _tag_list(value: object) -> str:
    return " ".join(quote(tag, safe="") if _needs_quoting(tag) else tag for tag in _split(plain(value)))


def _needs_quoting(tag: str) -> bool:
    return "%" in tag or any(char.isspace() for char in tag)


def _links(relations: Sequence[tuple[str, int]], names: Mapping[str, str]) -> Iterable[Link]:
    for rel, target in relations:
        if rel in (CHILD, PARENT):
            continue
        if rel.startswith(DUPLICATE):
            yield Link("duplicates" if rel.endswith("Reverse") else "is duplicated by", str(target), "duplicate")
        else:
            yield Link((names.get(rel) or rel.rpartition(".")[2]).lower(), str(target))


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
    return list(_pairs(raw.get("relations")))


def children_of(raw: Mapping[str, Any]) -> list[int]:
    """Numbers of the child items."""
    return [number for rel, number in relations_of(raw) if rel == CHILD]


def _pairs(relations: object) -> Iterable[tuple[str, int]]:
    for one in relations if isinstance(relations, list) else ():
        if isinstance(one, dict) and isinstance(one.get("rel"), str):
            found = _ITEM_IN_URL.search(str(one.get("url", ""))[-60:])
            if found:
                yield one["rel"], int(found[1])


def description_field(fields: Mapping[str, Any]) -> str:
    """The field that a person sees as the description: the steps of a bug whose form has no other."""
    return REPRODUCTION if not fields.get(DESCRIPTION) and fields.get(REPRODUCTION) else DESCRIPTION


def format_of(raw: Mapping[str, Any], field: str) -> str:
    """ "markdown" or "html": the format of one long text field of an item."""
    formats = raw.get("multilineFieldsFormat")
    told = formats.get(field) if isinstance(formats, dict) else None
    return "markdown" if str(told).lower() == "markdown" else "html"


def native(fields: Mapping[str, Any], field: str) -> str:
    """The native value of a field of the house's vocabulary, as a string; labels one a line, sorted."""
    match field:
        case "summary":
            return text(fields, TITLE)
        case "description":
            return text(fields, description_field(fields))
        case "priority":
            return plain(fields.get(PRIORITY))
        case "labels":
            return "\n".join(sorted(tags(fields)))
    return ""


def digests(fields: Mapping[str, Any]) -> dict[str, str]:
    """SHA-256 (hex) of the native value of each field that a change may touch."""
    return {
        field: hashlib.sha256(native(fields, field).encode("utf-8", "surrogatepass")).hexdigest()
        for field in ("summary", "description", "priority", "labels")
    }


def tags(fields: Mapping[str, Any]) -> tuple[str, ...]:
    """The tags of an item, as its one string lists them."""
    return tuple(_split(text(fields, TAGS)))


def _split(value: str) -> list[str]:
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
