"""Issues, their links and attachments, and their comments, in Jira's JSON."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from integrations.sandbox.jira.scheme import EPIC_LINK
from integrations.sandbox.jira.shapes.words import STORY_POINTS, Words
from integrations.sandbox.records import Comment, Item, Link

_FIELD_NAMES = (
    *("summary", "issuetype", "project", "status", "priority", "resolution", "resolutiondate", "labels", "components"),
    *("reporter", "creator", "assignee", "created", "updated", "description", "subtasks", "issuelinks", "attachment"),
    *("watches", "votes", "comment", "worklog", "progress", "aggregateprogress", "timetracking", "workratio"),
    *("fixVersions", "versions", "duedate", "environment"),
)


class Issues(Words):
    """Issues as the viewer sees them."""

    def short(self, item: Item) -> dict[str, Any]:
        """An issue as parents, sub-tasks and links show it."""
        fields = {name: self._field(item, name) for name in ("summary", "status", "priority", "issuetype")}
        return {"id": str(item.id), "key": item.key, "self": self.link(f"issue/{item.id}"), "fields": fields}

    def issue(self, item: Item, wanted: Collection[str] | None = None, without: Collection[str] = ()) -> dict[str, Any]:
        """An issue with these fields (None: all), less those of `without`."""
        names = [name for name in self.field_names(item) if (wanted is None or name in wanted) and name not in without]
        fields = {name: self._field(item, name) for name in names}
        if not self.cloud and "parent" in fields and fields["parent"] is None:
            del fields["parent"]
        return {
            "expand": "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations",
            "id": str(item.id),
            "self": self.link(f"issue/{item.id}"),
            "key": item.key,
            "fields": fields,
        }

    def field_names(self, item: Item) -> list[str]:
        parent = ["parent"] if item.parent is not None else []
        scheme = self.scheme(item.project)
        own = [field.id for field in scheme.fields if field.is_for(item.type)]
        names = dict.fromkeys([*_FIELD_NAMES, STORY_POINTS, *parent, *own, *item.fields])
        return [name for name in names if name not in scheme.without]

    def _field(self, item: Item, name: str) -> Any:
        simple: dict[str, Callable[[], Any]] = {
            "summary": lambda: item.summary,
            "description": lambda: self.text(item.description),
            "issuetype": lambda: self.known("type", item.type),
            "project": lambda: self.project(self.tracker.project(item.project)),
            "status": lambda: self.known("status", item.status),
            "priority": lambda: self.known("priority", item.priority),
            "resolution": lambda: self.known("resolution", item.resolution),
            "resolutiondate": lambda: None if item.resolved is None else self.time(item.resolved),
            "labels": lambda: list(item.labels),
            "components": lambda: [self.known("component", name) for name in item.components],
            "reporter": lambda: self.user(item.reporter),
            "creator": lambda: self.user(item.creator),
            "assignee": lambda: self.user(item.assignee),
            "created": lambda: self.time(item.created),
            "updated": lambda: self.time(item.updated),
            "parent": lambda: next((self.short(above) for above in self._seen([item.parent])), None),
            "subtasks": lambda: self._subtasks(item),
            "issuelinks": lambda: self._links(item),
            "attachment": lambda: [self.attachment(a.id) for a in self.tracker.attachments(item.id)],
            "watches": lambda: self._watches(item),
            "votes": lambda: {"self": self.link(f"issue/{item.key}/votes"), "votes": 0, "hasVoted": False},
            "comment": lambda: self._first_comments(item),
            "worklog": lambda: {"startAt": 0, "maxResults": 20, "total": 0, "worklogs": []},
            "progress": lambda: {"progress": 0, "total": 0},
            "aggregateprogress": lambda: {"progress": 0, "total": 0},
            "timetracking": dict,
            "workratio": lambda: -1,
            "security": lambda: self.known("security", item.fields.get("security")),
            "fixVersions": list,
            "versions": list,
        }
        return simple[name]() if name in simple else self._own_field(item, name)

    def _own_field(self, item: Item, name: str) -> Any:
        value = item.fields.get(name)
        if isinstance(value, dict) and value.get("type") == "doc":
            return self.text(value)
        field = next((field for field in self.scheme(item.project).fields if field.id == name), None)
        if field is not None and field.schema.get("custom") == EPIC_LINK and item.parent is not None:
            return self.tracker.item(item.parent).key
        return value

    def _subtasks(self, item: Item) -> list[dict[str, Any]]:
        kinds = self.terms_by_name["type"]
        children = self._seen(child.id for child in self.tracker.children(item.id))
        return [self.short(child) for child in children if kinds[child.type].category == "subtask"]

    def _links(self, item: Item) -> list[dict[str, Any]]:
        """Those with another end that the viewer may see."""
        found = self.tracker.links(item.id)
        others = {link.id: link.target if link.source == item.id else link.source for link in found}
        seen = {other.id for other in self._seen(others.values())}
        return [self.issue_link(link, item.id) for link in found if others[link.id] in seen]

    def _seen(self, ids: Iterable[int | None]) -> Iterator[Item]:
        """Those of some items that the viewer may see."""
        for number in ids:
            if number is not None and self.tracker.sees(self.viewer, item := self.tracker.item(number)):
                yield item

    def _watches(self, item: Item) -> dict[str, Any]:
        watchers = self.tracker.watchers(item.id)
        mine = self.viewer is not None and self.viewer.name in watchers
        return {"self": self.link(f"issue/{item.key}/watchers"), "watchCount": len(watchers), "isWatching": mine}

    def _first_comments(self, item: Item) -> dict[str, Any]:
        found = [self.comment(comment) for comment in self.tracker.comments(item.id, self.viewer)]
        where = {"self": self.link(f"issue/{item.id}/comment")} if self.cloud else {}
        return {"comments": found, **where, "maxResults": len(found), "total": len(found), "startAt": 0}

    def attachment(self, attachment_id: int) -> dict[str, Any]:
        made, _ = self.tracker.attachment(attachment_id)
        content = (
            self.link(f"attachment/content/{made.id}")
            if self.cloud
            else f"{self.base}/secure/attachment/{made.id}/{made.name}"
        )
        return {
            "self": self.link(f"attachment/{made.id}"),
            "id": str(made.id),
            "filename": made.name,
            "author": self.user(made.author),
            "created": self.time(made.created),
            "size": made.size,
            "mimeType": made.mime,
            "content": content,
        }

    def issue_link(self, link: Link, seen_from: int | None = None) -> dict[str, Any]:
        """A link with both of its ends, or with the other one as an issue shows it."""
        shown: dict[str, Any] = {"id": str(link.id), "self": self.link(f"issueLink/{link.id}")}
        shown["type"] = self.known("link_type", link.type)
        if seen_from != link.target:
            shown["outwardIssue"] = self.short(self.tracker.item(link.target))
        if seen_from != link.source:
            shown["inwardIssue"] = self.short(self.tracker.item(link.source))
        return shown

    def comment(self, comment: Comment, *, properties: bool = False, rendered: bool = False) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "self": self.link(f"issue/{comment.item}/comment/{comment.id}"),
            "id": str(comment.id),
            "author": self.user(comment.author),
            "body": self.text(comment.body),
            "updateAuthor": self.user(comment.update_author),
            "created": self.time(comment.created),
            "updated": self.time(comment.updated),
        }
        if comment.visibility is not None:
            extra = {"identifier": comment.visibility["value"]} if self.cloud else {}
            shown["visibility"] = {**comment.visibility, **extra}
        if self.cloud:
            shown["jsdPublic"] = not comment.internal
            shown |= {} if comment.parent is None else {"parentId": comment.parent}
        if rendered:
            shown["renderedBody"] = self.html(comment.body)
        if properties:
            shown["properties"] = [{"key": key, "value": value} for key, value in comment.properties.items()]
        return shown
