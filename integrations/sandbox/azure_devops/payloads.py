"""Service hook payloads: what one happening is in the words that Azure DevOps posts to a subscriber.

The shape is that of resourceVersion 1.0 unless the subscription asks for another: people are strings ("Name <mail>"),
and the item is told by its fields. `resource.id` is the item in created, commented, deleted and restored, but the
number of the update in updated, where the item is `resource.workItemId`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from integrations.sandbox.azure_devops.answers import Json, combined_name, guid, project_guid, stamp
from integrations.sandbox.azure_devops.items import Shapes
from integrations.sandbox.azure_devops.updates import Updates
from integrations.sandbox.records import Happening, Item

EVENTS: Mapping[str, str] = {
    "created": "workitem.created",
    "updated": "workitem.updated",
    "commented": "workitem.commented",
    "deleted": "workitem.deleted",
}
"""What the sandbox does -> what the product calls it. Edits of comments are told as the update that they are."""

_DONE = {
    "workitem.created": "created",
    "workitem.updated": "updated",
    "workitem.commented": "commented on",
    "workitem.deleted": "deleted",
    "workitem.restored": "restored",
}
_LONGEST_COMMENT = 400
_PEOPLE = ("System.AssignedTo", "System.CreatedBy", "System.ChangedBy")
Detail = str
"""all, minimal or none: how much of the resource and of the messages a subscription wants."""


def payload(
    happening: Happening, shapes: Shapes, event: str, subscription: str, number: int, inputs: Mapping[str, Any]
) -> Json:
    """The JSON body of one notification. `number` counts the notifications of the subscription."""
    item = happening.item
    version = str(inputs.get("resourceVersion") or "1.0")
    as_text = version.startswith("1.0")
    title = f"{item.type} #{item.id} ({item.summary}) {_DONE[event]} by {happening.actor.display_name}."
    project = shapes.projects[item.project]
    return {
        "subscriptionId": subscription,
        "notificationId": number,
        "id": str(uuid.uuid4()),
        "eventType": event,
        "publisherId": "tfs",
        "message": _message(inputs.get("messagesToSend"), item, shapes, title, []),
        "detailedMessage": _message(
            inputs.get("detailedMessagesToSend"), item, shapes, title, _details(happening, shapes, event)
        ),
        "resource": _resource(happening, shapes, event, inputs.get("resourceDetailsToSend"), as_text),
        "resourceVersion": version,
        "resourceContainers": {
            "collection": {"id": guid("instance"), "baseUrl": f"{shapes.base}/"},
            "account": {"id": guid("account"), "baseUrl": f"{shapes.base}/"},
            "project": {"id": project_guid(project), "baseUrl": f"{shapes.base}/"},
        },
        "createdDate": stamp(happening.at),
    }


# messages


def _message(wanted: Detail | None, item: Item, shapes: Shapes, title: str, lines: list[str]) -> Json | None:
    """The same words as text, HTML and Markdown; None where the subscription wants none."""
    kind = str(wanted or "all").casefold()
    if kind == "none":
        return None
    link = f"{shapes.base}/web/wi.aspx?id={item.id}"
    name = f"{item.type} #{item.id}"
    rest = title.removeprefix(name)
    said: dict[str, Callable[[], str]] = {
        "text": lambda: f"{title}\r\n({link})" + "".join(f"\r\n{line}" for line in lines),
        "html": lambda: (
            f'<a href="{link}">{escape(name)}</a>{escape(rest)}' + "".join(f"<br/>{escape(line)}" for line in lines)
        ),
        "markdown": lambda: f"[{name}]({link}){rest}" + "".join(f"\r\n{line}" for line in lines),
    }
    kinds = said if kind == "all" else [kind]
    return {name: said[name]() for name in kinds if name in said} or {"text": said["text"]()}


def _details(happening: Happening, shapes: Shapes, event: str) -> list[str]:
    if event == "workitem.commented":
        return [_words(happening)[:_LONGEST_COMMENT]]
    if event == "workitem.updated" and happening.entry is not None:
        known = {
            "summary": "Title",
            "status": "State",
            "assignee": "Assigned to",
            "labels": "Tags",
            "priority": "Priority",
        }
        return [f"- New {known[e.field]}: {e.after or ''}" for e in happening.entry.edits if e.field in known]
    assignee = shapes.people.get(happening.item.assignee or "")
    return [f"- State: {happening.item.status}", f"- Assigned to: {assignee.display_name if assignee else ''}"]


def _words(happening: Happening) -> str:
    return "" if happening.comment is None else str(happening.comment.body)


# resources


def _resource(happening: Happening, shapes: Shapes, event: str, wanted: Detail | None, as_text: bool) -> Json | None:
    kind = str(wanted or "all").casefold()
    if kind == "none":
        return None
    item = happening.item
    url = shapes.url(item)
    if event == "workitem.updated":
        return _update(happening, shapes, kind, as_text)
    if kind == "minimal":
        return {"id": item.id, "url": url}
    fields = _fields(item, shapes, as_text)
    if event == "workitem.commented":
        fields["System.History"] = _words(happening)
    return {"id": item.id, "rev": item.rev, "fields": fields, "_links": shapes.links(item), "url": url}


def _fields(item: Item, shapes: Shapes, as_text: bool) -> Json:
    fields = {name: value for name, value in shapes.fields(item).items() if name != "System.History"}
    if as_text:
        for name, login in zip(_PEOPLE, (item.assignee, item.creator, item.updated_by or item.creator), strict=True):
            if name in fields and login is not None:
                fields[name] = combined_name(shapes.people[login])
    return fields


def _update(happening: Happening, shapes: Shapes, kind: str, as_text: bool) -> Json:
    item, entry = happening.item, happening.entry
    history = shapes.tracker.history(item.id)
    known = [one.id for one in history]
    number = known.index(entry.id) + 1 if entry is not None and entry.id in known else len(history)
    # What came after it is not known yet when it is told.
    update = Updates(shapes, as_text=as_text).one(item, number, history[:number])
    if kind == "minimal":
        return {"id": number, "workItemId": item.id, "url": update["url"]}
    url = shapes.url(item)
    revision = {
        "id": item.id,
        "rev": item.rev,
        "fields": _fields(item, shapes, as_text),
        "_links": shapes.links(item),
        "url": f"{url}/revisions/{item.rev}",
    }
    links = {
        "self": {"href": update["url"]},
        "parent": {"href": url},
        "workItemUpdates": {"href": f"{url}/updates"},
    }
    return update | {"_links": links, "revision": revision}


def subscriptions_filter(inputs: Mapping[str, Any], happening: Happening, shapes: Shapes) -> bool:
    """Whether the publisher inputs of a subscription (project, type, area, changed field, comment) take a happening."""
    item = happening.item
    project = shapes.projects[item.project]
    wanted = {name: str(value) for name, value in inputs.items() if value not in (None, "")}
    if wanted.get("projectId", project_guid(project)) != project_guid(project):
        return False
    if wanted.get("workItemType", item.type).casefold() != item.type.casefold():
        return False
    area = str(item.fields.get("System.AreaPath") or project.name).casefold()
    top = wanted.get("areaPath", area).casefold()
    if area != top and not area.startswith(top + "\\"):
        return False
    if "commentPattern" in wanted and happening.kind == "commented":
        return wanted["commentPattern"].casefold() in _words(happening).casefold()
    if "changedFields" in wanted and happening.kind == "updated" and happening.entry is not None:
        return wanted["changedFields"] in Updates(shapes).one(item, 1, [happening.entry])["fields"]
    return True
