"""How a work item looks on the Azure DevOps wire: its fields, its relations, and its history as updates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.sandbox.azure_devops.answers import (
    END_OF_TIME,
    Json,
    guid,
    identity_ref,
    project_guid,
    stamp,
)
from integrations.sandbox.azure_devops.surroundings import Surroundings
from integrations.sandbox.azure_devops.vocabulary import CHILD, PARENT, RELATION_TYPES, RELATIONS
from integrations.sandbox.records import Item, Link
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
        self.near = Surroundings(tracker)
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
            "System.CommentCount": self.near.comments(item),
            "System.Title": item.summary,
            "Microsoft.VSTS.Common.Priority": priority_number(item.priority),
            "Microsoft.VSTS.Common.ClosedDate": stamp(item.resolved) if item.resolved else None,
            "System.Description": item.description or None,
            "System.Tags": tags_text(item.labels) or None,
            "System.Parent": item.parent,
            "System.History": self.near.last_words(item),
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

    def relations(self, item: Item) -> list[Relation]:
        """All relations, in the order in which they are shown and counted for removal."""
        found = [] if item.parent is None else [Relation(PARENT, item.parent)]
        found += [Relation(CHILD, child) for child in self.near.children(item)]
        for link in self.near.links(item):
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
            url = self.url(self.near.item(relation.other))
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


def node_id(project: str, path: str) -> int:
    """The number of an area or iteration."""
    return int(guid("node", project, path)[:6], 16)


def priority_number(priority: Any) -> int | None:
    text = str(priority or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


def _reason(item: Item) -> str:
    return {"todo": "New", "doing": "Implementation started", "done": "Acceptance tests pass"}[item.category]
