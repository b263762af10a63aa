"""The product's JSON for work items, comments and updates, as the vocabulary of the house. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from integrations.azure_devops import parts
from integrations.azure_devops.markup import marker_of
from integrations.azure_devops.reading import reading
from integrations.azure_devops.rewriting import is_rewritable
from integrations.tracker import Comment, FieldEdit, HistoryEntry, Unintelligible
from rules.model import Child, Link, Person, StatusCategory, WorkItem

_CATEGORIES: Mapping[str, StatusCategory] = {
    "proposed": "todo",
    "inprogress": "doing",
    "resolved": "doing",
    "completed": "done",
    "removed": "done",
}
_WORDS = {
    parts.TITLE: "summary",
    parts.DESCRIPTION: "description",
    parts.REPRODUCTION: "description",
    parts.CRITERIA: "acceptance_criteria",
    parts.PRIORITY: "priority",
    parts.TAGS: "labels",
    parts.STATE: "status",
    parts.ASSIGNEE: "assignee",
    "System.WorkItemType": "type",
    "System.TeamProject": "project",
    "System.AreaPath": "components",
    "System.Parent": "parent",
    "System.History": "comment",
    **dict.fromkeys(parts.ESTIMATES, "estimate"),
}
_BOOKKEEPING = re.compile(
    r"System\.(?:Id|Rev|RevisedDate|AuthorizedDate|AuthorizedAs|ChangedDate|ChangedBy|CreatedDate|CreatedBy|Watermark"
    r"|PersonId|CommentCount|NodeName|AreaId|IterationId|AreaLevel\d|IterationLevel\d|BoardColumn|BoardColumnDone"
    r"|BoardLane|Reason)|WEF_.*|Microsoft\.VSTS\.Common\.(?:StateChangeDate|ActivatedDate|StackRank|BacklogPriority)"
)


@dataclass(frozen=True, slots=True)
class Dictionary:
    """What an item's JSON leaves out.

    Categories of its states, the fields of its type, types of sub-tasks, names of relations, titles of children (empty
    where not all who see the item see the child), and whether not all of the project see the item.
    """

    categories: Mapping[str, str]
    fields: Collection[str]
    subtask_types: Collection[str]
    relation_names: Mapping[str, str]
    titles: Mapping[int, str]
    restricted: bool = False


def work_item(raw: Mapping[str, Any], connection: str, words: Dictionary) -> WorkItem:
    """One work item. Raises Unintelligible where it lacks what every item has."""
    fields = parts.fields_of(raw)
    number, item_type = parts.number_of(raw), parts.text(fields, "System.WorkItemType")
    relations = parts.relations_of(raw)
    parent = next((one for rel, one in relations if rel == parts.PARENT), None)
    status = parts.text(fields, "System.State")
    created = parts.moment(fields.get("System.CreatedDate"))
    if created is None:
        raise Unintelligible("a work item without its date")
    text_field = parts.description_field(fields)
    text, text_format = parts.text(fields, text_field), parts.format_of(raw, text_field)
    area = parts.text(fields, parts.AREA)
    return WorkItem(
        connection=connection,
        id=str(number),
        key=str(number),
        project=parts.text(fields, "System.TeamProject"),
        type=item_type,
        summary=parts.text(fields, parts.TITLE),
        description=reading(text, text_format),
        status=status,
        status_category=_CATEGORIES.get(words.categories.get(status, "").replace(" ", "").lower(), "todo"),
        created=created,
        updated=parts.moment(fields.get("System.ChangedDate")) or created,
        version=str(raw.get("rev", "")),
        is_subtask=item_type in words.subtask_types and parent is not None,
        priority=parts.plain(fields.get(parts.PRIORITY)) or None,
        labels=parts.tags(fields),
        components=(area,) if "\\" in area else (),
        reporter=parts.person(fields.get("System.CreatedBy")),
        assignee=parts.person(fields.get("System.AssignedTo")),
        parent=str(parent) if parent else None,
        children=tuple(Child(str(one), words.titles[one]) for one in parts.children_of(raw) if one in words.titles),
        links=tuple(_links(relations, words.relation_names)),
        story_points=_story_points(fields),
        acceptance_criteria=reading(parts.text(fields, parts.CRITERIA), parts.format_of(raw, parts.CRITERIA)),
        restricted=words.restricted,
        rewritable=is_rewritable(text, text_format),
        digests=parts.digests(fields, words.fields),
    )


def _story_points(fields: Mapping[str, Any]) -> float | None:
    return next((float(fields[one]) for one in parts.ESTIMATES if isinstance(fields.get(one), int | float)), None)


def comment(raw: Mapping[str, Any], name_format: str = "html") -> Comment:
    """One comment; `name_format` is the format of a server that does not say which."""
    created = parts.moment(raw.get("createdDate"))
    author = parts.person(raw.get("createdBy"))
    identity = raw.get("id", raw.get("commentId"))
    if created is None or author is None or not isinstance(identity, int):
        raise Unintelligible("a comment without number, author or date")
    modified = parts.moment(raw.get("modifiedDate")) or created
    version = raw.get("version")
    shown = reading(parts.text(raw, "text"), parts.text(raw, "format") or name_format)
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
    at = parts.moment(told.get("newValue")) if isinstance(told, dict) else None
    if at is None:
        at = parts.moment(raw.get("revisedDate"))
    if at is None or at.year > 9000:  # the latest update is "revised" at the end of time
        at = before
    actor = parts.person(raw.get("revisedBy")) or Person("", "")
    return HistoryEntry(str(raw.get("rev", raw.get("id", ""))), actor, at, tuple(edits))


def _field_edit(name: str, change: object) -> FieldEdit | None:
    if not isinstance(change, dict) or _BOOKKEEPING.fullmatch(name):
        return None
    before, after = change.get("oldValue"), change.get("newValue")
    if name == parts.TAGS:
        return FieldEdit("labels", _tag_list(before), _tag_list(after))
    return FieldEdit(_WORDS.get(name, name), parts.plain(before), parts.plain(after))


def _relation_edits(relations: Mapping[str, Any]) -> Iterable[FieldEdit]:
    for verb in ("added", "removed"):
        for rel, target in parts.pairs(relations.get(verb)):
            field = {parts.CHILD: "children", parts.PARENT: "parent"}.get(rel, "links")
            yield FieldEdit(field, "" if verb == "added" else str(target), str(target) if verb == "added" else "")


def _tag_list(value: object) -> str:
    return " ".join(quote(tag, safe="") if _needs_quoting(tag) else tag for tag in parts.split_tags(parts.plain(value)))


def _needs_quoting(tag: str) -> bool:
    return "%" in tag or any(char.isspace() for char in tag)


def _links(relations: Sequence[tuple[str, int]], names: Mapping[str, str]) -> Iterable[Link]:
    for rel, target in relations:
        if rel in (parts.CHILD, parts.PARENT):
            continue
        if rel.startswith(parts.DUPLICATE):
            yield Link("duplicates" if rel.endswith("Reverse") else "is duplicated by", str(target), "duplicate")
        else:
            yield Link((names.get(rel) or rel.rpartition(".")[2]).lower(), str(target))
