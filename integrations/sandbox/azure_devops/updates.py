"""The history of a work item as updates: who, when, which fields from what to what, which relations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integrations.sandbox.azure_devops.answers import END_OF_TIME, Json, combined_name, identity_ref, stamp
from integrations.sandbox.azure_devops.items import HYPERLINKS, Relation, Shapes, priority_number, tags_text
from integrations.sandbox.azure_devops.vocabulary import CHILD, COLUMNS, PARENT, RELATION_TYPES, RELATIONS
from integrations.sandbox.records import Edit, HistoryEntry, Item, User


class Updates:
    """Renders history. With `as_text` people are strings, as in resourceVersion 1.0 of service hooks."""

    def __init__(self, shapes: Shapes, *, as_text: bool = False) -> None:
        self.shapes = shapes
        self.base = shapes.base
        self.as_text = as_text

    def of(self, item: Item) -> list[Json]:
        """The whole history, oldest first; an update's id is its place in the list."""
        history = self.shapes.tracker.history(item.id)
        return [self.one(item, number, history) for number in range(1, len(history) + 1)]

    def one(self, item: Item, number: int, history: Sequence[HistoryEntry]) -> Json:
        """The update of this number."""
        entry = history[number - 1]
        before = history[number - 2] if number > 1 else None
        after = history[number] if number < len(history) else None
        actor = self.shapes.people[entry.actor]
        url = f"{self.shapes.url(item)}/updates/{number}"
        body: Json = {
            "id": number,
            "workItemId": item.id,
            "rev": entry.rev,
            "revisedBy": {**identity_ref(actor, self.base), "name": combined_name(actor)},
            "revisedDate": END_OF_TIME if after is None else stamp(after.at),
            "fields": self._changes(item, entry, before),
        }
        added, removed = self._moved_relations(entry)
        if added or removed:
            body["relations"] = {k: v for k, v in (("added", added), ("removed", removed)) if v}
        return body | {"url": url}

    def _changes(self, item: Item, entry: HistoryEntry, before: HistoryEntry | None) -> Json:
        changes: dict[str, tuple[Any, Any]] = {
            "System.Rev": (before and before.rev, entry.rev),
            "System.AuthorizedDate": (before and stamp(before.at), stamp(entry.at)),
            "System.RevisedDate": (before and stamp(entry.at), END_OF_TIME),
            "System.ChangedDate": (before and stamp(before.at), stamp(entry.at)),
            "System.Watermark": (before and item.id * 1000 + before.rev, item.id * 1000 + entry.rev),
        }
        if before is None or before.actor != entry.actor:
            changes["System.ChangedBy"] = (before and self._who(before.actor), self._who(entry.actor))
        if before is None:
            changes |= {
                "System.Id": (None, item.id),
                "System.TeamProject": (None, self.shapes.projects[item.project].name),
                "System.CreatedDate": (None, stamp(item.created)),
                "System.CreatedBy": (None, self._who(item.creator)),
            }
        for edit in entry.edits:
            for name, (old, new) in self._changed_field(edit).items():
                changes[name] = (old if before is not None else None, new)
        return {
            name: {k: v for k, v in (("oldValue", old), ("newValue", new)) if v is not None}
            for name, (old, new) in changes.items()
        }

    def _changed_field(self, edit: Edit) -> dict[str, tuple[Any, Any]]:
        ends = (edit.before, edit.after)
        if edit.field == "comment":
            return {"System.History": (None, edit.after)} if edit.after is not None else {}
        if edit.field == "assignee":
            return {"System.AssignedTo": (self._who(edit.before), self._who(edit.after))}
        if edit.field == "labels":
            return {"System.Tags": (tags_text(edit.before or ()) or None, tags_text(edit.after or ()) or None)}
        if edit.field == "priority":
            return {"Microsoft.VSTS.Common.Priority": (priority_number(edit.before), priority_number(edit.after))}
        known = {column: name for name, column in COLUMNS.items()} | {
            "type": "System.WorkItemType",
            "parent": "System.Parent",
        }
        name = known.get(edit.field, edit.field)
        return {name: ends} if "." in name and name != HYPERLINKS else {}

    def _who(self, name: Any) -> Any:
        user: User | None = self.shapes.people.get(str(name or ""))
        if user is None:
            return None
        return combined_name(user) if self.as_text else identity_ref(user, self.base)

    def _moved_relations(self, entry: HistoryEntry) -> tuple[list[Json], list[Json]]:
        added: list[Json] = []
        removed: list[Json] = []
        for edit in entry.edits:
            for value, into in ((edit.after, added), (edit.before, removed)):
                if value is not None:
                    into.extend(self._ends_of(edit.field, value))
        if HYPERLINKS in {edit.field for edit in entry.edits}:
            added, removed = [r for r in added if r not in removed], [r for r in removed if r not in added]
        return added, removed

    def _ends_of(self, field: str, value: Any) -> list[Json]:
        if field == "parent":
            return [self._end(PARENT, int(value))]
        if field == "child":
            return [self._end(CHILD, int(value["item"]))]
        if field == "link":
            forward = value["direction"] == "outward"
            rels = [r.rel for r in RELATION_TYPES if r.link == value["type"] and r.forward == forward]
            return [self._end(rels[0] if rels else value["type"], int(value["item"]))]
        if field == HYPERLINKS:
            return [self.shapes.relation(Relation(o["rel"], url=o["url"], comment=o.get("comment", ""))) for o in value]
        return []

    def _end(self, rel: str, other: int) -> Json:
        # The item at the other end may be gone by now: history keeps its address all the same.
        known = RELATIONS.get(rel)
        attributes = {"isLocked": False, "name": known.name if known else rel}
        return {"rel": rel, "url": f"{self.base}/_apis/wit/workItems/{other}", "attributes": attributes}
