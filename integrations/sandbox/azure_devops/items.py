"""How a work item looks on the Azure DevOps wire: its fields, its relations, and its history as updates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.sandbox.azure_devops.answers import (
    END_OF_TIME,
    Json,
    combined_name,
    guid,
    identity_ref,
    project_guid,
    stamp,
)
from integrations.sandbox.azure_devops.vocabulary import CHILD, COLUMNS, PARENT, RELATION_TYPES, RELATIONS
from integrations.sandbox.records import Edit, HistoryEntry, Item, Link, User
from integrations.sandbox.state import Tracker

HYPERLINKS = "System.Hyperlinks"
"""Where Item.fields keeps relations that lead out of the tracker; it is no field on the wire."""


@dataclass(frozen=True, slots=True)
class Relation:
    """One relation of an item. `other` is the item at its end, `link` the sandbox's link (None: parent or child)."""

    rel: str
    other: int | None = None
    link: int | None = None
    url: str = ""
    comment: str = ""


def tags_text(labels: Iterable[str]) -> str:
    """Tags as the product writes them: one string, in order of the alphabet."""
    return "; ".join(sorted(labels, key=str.casefold))


def rel_of(link: Link, seen_from: int) -> str:
    """The relation by which an item sees a link: the forward end names what lies at the target."""
    forward = link.source == seen_from
    for relation in RELATION_TYPES:
        if relation.link == link.type and relation.forward == forward:
            return relation.rel
    return link.type


class Shapes:
    """Renders items of one tracker under one base address (the organisation's URL).

    `with_formats` adds the map of Markdown fields, which the product's versions before 7.2 do not tell.
    """

    def __init__(self, tracker: Tracker, base: str, *, with_formats: bool = True) -> None:
        self.tracker = tracker
        self.base = base
        self.with_formats = with_formats
        self.people = {user.name: user for user in tracker.users()}
        self.projects = {project.key: project for project in tracker.projects()}

    def person(self, name: str | None) -> Json | None:
        user = self.people.get(name or "")
        return None if user is None else identity_ref(user, self.base)

    def url(self, item: Item) -> str:
        return f"{self.base}/{project_guid(self.projects[item.project])}/_apis/wit/workItems/{item.id}"

    def fields(self, item: Item, *, everything: bool = False) -> Json:
        """The fields of an item by reference name; empty ones are absent. `everything` adds the internal ones."""
        project = self.projects[item.project]
        area = str(item.fields.get("System.AreaPath") or project.name)
        iteration = str(item.fields.get("System.IterationPath") or project.name)
        fields: Json = {
            "System.AreaPath": area,
            "System.TeamProject": project.name,
            "System.IterationPath": iteration,
            "System.WorkItemType": item.type,
            "System.State": item.status,
            "System.Reason": item.fields.get("System.Reason") or _reason(item),
            "System.AssignedTo": self.person(item.assignee),
            "System.CreatedDate": stamp(item.created),
            "System.CreatedBy": self.person(item.creator),
            "System.ChangedDate": stamp(item.updated),
            "System.ChangedBy": self.person(item.updated_by or item.creator),
            "System.CommentCount": len(self.tracker.comments(item.id)),
            "System.Title": item.summary,
            "Microsoft.VSTS.Common.Priority": _number(item.priority),
            "Microsoft.VSTS.Common.ClosedDate": stamp(item.resolved) if item.resolved else None,
            "System.Description": item.description or None,
            "System.Tags": tags_text(item.labels) or None,
            "System.Parent": item.parent,
            "System.History": self.last_words(item),
            **{name: value for name, value in item.fields.items() if name != HYPERLINKS},
        }
        if everything:
            fields |= {
                "System.Id": item.id,
                "System.Rev": item.rev,
                "System.AreaId": node_id(item.project, area),
                "System.NodeName": area.rpartition("\\")[2],
                "System.AreaLevel1": area.partition("\\")[0],
                "System.IterationId": node_id(item.project, iteration),
                "System.IterationLevel1": iteration.partition("\\")[0],
                "System.AuthorizedDate": stamp(item.updated),
                "System.AuthorizedAs": self.person(item.updated_by or item.creator),
                "System.RevisedDate": END_OF_TIME,
                "System.Watermark": item.id * 1000 + item.rev,
            }
        return {name: value for name, value in fields.items() if value is not None}

    def last_words(self, item: Item) -> str | None:
        """System.History of the latest revision: there only if that revision brought a comment."""
        history = self.tracker.history(item.id)
        if not history or history[-1].rev != item.rev:
            return None
        return next((str(edit.after) for edit in history[-1].edits if edit.field == "comment" and edit.after), None)

    def relations(self, item: Item) -> list[Relation]:
        """All relations, in the order in which they are shown and counted for removal."""
        found = [] if item.parent is None else [Relation(PARENT, item.parent)]
        found += [Relation(CHILD, child.id) for child in self.tracker.children(item.id)]
        for link in self.tracker.links(item.id):
            other = link.target if link.source == item.id else link.source
            found.append(Relation(rel_of(link, item.id), other, link.id))
        outside: Sequence[Mapping[str, str]] = item.fields.get(HYPERLINKS) or ()
        return found + [Relation(o["rel"], url=o["url"], comment=o.get("comment", "")) for o in outside]

    def relation(self, relation: Relation) -> Json:
        if relation.other is None:
            attributes: Json = {"id": int(guid(relation.url)[:7], 16)}
            url = relation.url
        else:
            known = RELATIONS.get(relation.rel)
            attributes = {"isLocked": False, "name": known.name if known else relation.rel}
            url = self.url(self.tracker.item(relation.other))
        if relation.comment:
            attributes["comment"] = relation.comment
        return {"rel": relation.rel, "url": url, "attributes": attributes}

    def item(self, item: Item, expand: str = "none", only: Sequence[str] | None = None) -> Json:
        """An item; `expand` is none, relations, fields, links or all; `only` the reference names of wanted fields."""
        fields = self.fields(item, everything=only is not None or expand in ("fields", "all"))
        if only is not None:
            wanted = {name.casefold() for name in only}
            fields = {name: value for name, value in fields.items() if name.casefold() in wanted}
        body: Json = {"id": item.id, "rev": item.rev, "fields": fields}
        if item.formats and self.with_formats:
            body["multilineFieldsFormat"] = {name: value.casefold() for name, value in item.formats.items()}
        if expand in ("relations", "all"):
            relations = [self.relation(relation) for relation in self.relations(item)]
            if relations:
                body["relations"] = relations
        if expand in ("links", "all"):
            body["_links"] = self.links(item)
        return body | {"url": self.url(item)}

    def links(self, item: Item) -> Json:
        url = self.url(item)
        project = self.projects[item.project]
        at_home = f"{self.base}/{project_guid(project)}"
        return {
            "self": {"href": url},
            "workItemUpdates": {"href": f"{url}/updates"},
            "workItemRevisions": {"href": f"{url}/revisions"},
            "workItemComments": {"href": f"{url}/comments"},
            "html": {"href": f"{self.base}/{project_guid(project)}/_workitems/edit/{item.id}"},
            "workItemType": {"href": f"{at_home}/_apis/wit/workItemTypes/{item.type.replace(' ', '%20')}"},
            "fields": {"href": f"{at_home}/_apis/wit/fields"},
        }

    # history

    def updates(self, item: Item) -> list[Json]:
        """The whole history, oldest first; an update's id is its place in the list."""
        history = self.tracker.history(item.id)
        return [self.update(item, number, history) for number in range(1, len(history) + 1)]

    def update(self, item: Item, number: int, history: Sequence[HistoryEntry], *, text: bool = False) -> Json:
        """One update. With `text` people are strings, as in resourceVersion 1.0 of service hooks."""
        entry = history[number - 1]
        before = history[number - 2] if number > 1 else None
        after = history[number] if number < len(history) else None
        actor = self.people[entry.actor]
        url = f"{self.url(item)}/updates/{number}"
        body: Json = {
            "id": number,
            "workItemId": item.id,
            "rev": entry.rev,
            "revisedBy": {**identity_ref(actor, self.base), "name": combined_name(actor)},
            "revisedDate": END_OF_TIME if after is None else stamp(after.at),
            "fields": self._changes(item, entry, before, text),
        }
        added, removed = self._moved_relations(entry)
        if added or removed:
            body["relations"] = {k: v for k, v in (("added", added), ("removed", removed)) if v}
        return body | {"url": url}

    def _changes(self, item: Item, entry: HistoryEntry, before: HistoryEntry | None, text: bool) -> Json:
        changes: dict[str, tuple[Any, Any]] = {
            "System.Rev": (before and before.rev, entry.rev),
            "System.AuthorizedDate": (before and stamp(before.at), stamp(entry.at)),
            "System.RevisedDate": (before and stamp(entry.at), END_OF_TIME),
            "System.ChangedDate": (before and stamp(before.at), stamp(entry.at)),
            "System.Watermark": (before and item.id * 1000 + before.rev, item.id * 1000 + entry.rev),
        }
        if before is None or before.actor != entry.actor:
            changes["System.ChangedBy"] = (before and self._who(before.actor, text), self._who(entry.actor, text))
        if before is None:
            changes |= {
                "System.Id": (None, item.id),
                "System.TeamProject": (None, self.projects[item.project].name),
                "System.CreatedDate": (None, stamp(item.created)),
                "System.CreatedBy": (None, self._who(item.creator, text)),
            }
        for edit in entry.edits:
            for name, (old, new) in self._changed_field(edit, text).items():
                changes[name] = (old if before is not None else None, new)
        return {
            name: {k: v for k, v in (("oldValue", old), ("newValue", new)) if v is not None}
            for name, (old, new) in changes.items()
        }

    def _changed_field(self, edit: Edit, text: bool) -> dict[str, tuple[Any, Any]]:
        ends = (edit.before, edit.after)
        if edit.field == "comment":
            return {"System.History": (None, edit.after)} if edit.after is not None else {}
        if edit.field == "assignee":
            return {"System.AssignedTo": (self._who(edit.before, text), self._who(edit.after, text))}
        if edit.field == "labels":
            return {"System.Tags": (tags_text(edit.before or ()) or None, tags_text(edit.after or ()) or None)}
        if edit.field == "priority":
            return {"Microsoft.VSTS.Common.Priority": (_number(edit.before), _number(edit.after))}
        known = {column: name for name, column in COLUMNS.items()} | {
            "type": "System.WorkItemType",
            "parent": "System.Parent",
        }
        name = known.get(edit.field, edit.field)
        return {name: ends} if "." in name and name != HYPERLINKS else {}

    def _who(self, name: Any, text: bool) -> Any:
        user: User | None = self.people.get(str(name or ""))
        if user is None:
            return None
        return combined_name(user) if text else identity_ref(user, self.base)

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
            return [self.relation(Relation(o["rel"], url=o["url"], comment=o.get("comment", ""))) for o in value]
        return []

    def _end(self, rel: str, other: int) -> Json:
        # The item at the other end may be gone by now: history keeps its address all the same.
        known = RELATIONS.get(rel)
        attributes = {"isLocked": False, "name": known.name if known else rel}
        return {"rel": rel, "url": f"{self.base}/_apis/wit/workItems/{other}", "attributes": attributes}


def node_id(project: str, path: str) -> int:
    """The number of an area or iteration."""
    return int(guid("node", project, path)[:6], 16)


def _number(priority: Any) -> int | None:
    text = str(priority or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


def _reason(item: Item) -> str:
    return {"todo": "New", "doing": "Implementation started", "done": "Acceptance tests pass"}[item.category]
