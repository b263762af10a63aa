"""The sandbox's records in Jira's JSON: users, issues, comments, changelogs, lists."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from integrations.sandbox.markup import adf_to_wiki, to_html, to_plain
from integrations.sandbox.records import Category, Comment, HistoryEntry, Item, Link, Project, Term, User
from integrations.sandbox.state import Tracker

STORY_POINTS = "customfield_10016"
"""The field that holds story points."""

_CATEGORIES: Mapping[Category, tuple[int, str, str, str]] = {
    "todo": (2, "new", "blue-gray", "To Do"),
    "doing": (4, "indeterminate", "yellow", "In Progress"),
    "done": (3, "done", "green", "Done"),
}
_SIZES = {"48x48": "large", "24x24": "small", "16x16": "xsmall", "32x32": "medium"}


@dataclass(frozen=True)
class Shapes:
    """JSON as one person of one tracker sees it. `api` is "2" or "3"; `base` the tracker's address without a slash.
    Jira Cloud hides other people's mail addresses."""

    tracker: Tracker
    base: str
    api: str
    viewer: User | None = None
    _read: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def cloud(self) -> bool:
        return self.tracker.flavour == "jira-cloud"

    def link(self, path: str) -> str:
        """The address of a REST resource."""
        return f"{self.base}/rest/api/{self.api}/{path}"

    @property
    def _people(self) -> dict[str, User]:
        known: dict[str, User] = self._remembered("people", lambda: {user.name: user for user in self.tracker.users()})
        return known

    def _remembered(self, what: str, read: Callable[[], Any]) -> Any:
        # Not functools.cached_property: before Python 3.12 it holds one lock for all instances while it reads, and one
        # thread that holds the tracker would wait for another that waits for the tracker.
        if what not in self._read:
            self._read[what] = read()
        return self._read[what]

    def time(self, moment: datetime) -> str:
        zone = ZoneInfo(self.viewer.time_zone) if self.viewer else UTC
        local = moment.astimezone(zone)
        return local.strftime("%Y-%m-%dT%H:%M:%S.") + f"{local.microsecond // 1000:03d}" + local.strftime("%z")

    # people and lists

    def user(self, login: str | None) -> dict[str, Any] | None:
        """An account; None for none."""
        user = None if login is None else self._people.get(login)
        if user is None:
            return None
        shown: dict[str, Any] = {
            "avatarUrls": {size: f"{self.base}/avatar?size={name}&owner={user.name}" for size, name in _SIZES.items()},
            "displayName": user.display_name,
            "active": user.active,
            "timeZone": user.time_zone,
        }
        if self.cloud:
            own = {"emailAddress": user.mail} if self.viewer and self.viewer.name == user.name else {}
            where = self.link(f"user?accountId={user.id}")
            kind = "app" if user.is_app else "atlassian"
            return {"self": where, "accountId": user.id, **own, **shown, "accountType": kind}
        where = self.link(f"user?username={user.name}")
        return {"self": where, "name": user.name, "key": user.id, "emailAddress": user.mail, **shown}

    def project(self, project: Project) -> dict[str, Any]:
        avatars = {
            size: f"{self.base}/secure/projectavatar?size={name}&pid={project.id}" for size, name in _SIZES.items()
        }
        shown = {"self": self.link(f"project/{project.id}"), "id": str(project.id), "key": project.key}
        shown |= {"name": project.name, "projectTypeKey": "software"}
        more: dict[str, Any] = {"simplified": False} if self.cloud else {}
        return {**shown, **more, "avatarUrls": avatars}

    def status(self, term: Term) -> dict[str, Any]:
        number, key, color, name = _CATEGORIES[term.category]  # type: ignore[index]  # a status has one of the three
        category = {
            "self": self.link(f"statuscategory/{number}"),
            "id": number,
            "key": key,
            "colorName": color,
            "name": name,
        }
        return {**self._term("status", term), "description": "", "iconUrl": f"{self.base}/", "statusCategory": category}

    def priority(self, term: Term) -> dict[str, Any]:
        return {
            **self._term("priority", term),
            "iconUrl": f"{self.base}/images/icons/priorities/{term.name.lower()}.svg",
        }

    def type(self, term: Term) -> dict[str, Any]:
        icon = f"{self.base}/secure/viewavatar?size=medium&avatarType=issuetype&avatarId={10300 + term.rank}"
        shown = {
            **self._term("issuetype", term),
            "description": "",
            "iconUrl": icon,
            "subtask": term.category == "subtask",
        }
        level = -1 if term.category == "subtask" else int(term.name == "Epic")
        return {**shown, "avatarId": 10300 + term.rank, **({"hierarchyLevel": level} if self.cloud else {})}

    def resolution(self, term: Term) -> dict[str, Any]:
        return {**self._term("resolution", term), "description": ""}

    def component(self, term: Term) -> dict[str, Any]:
        return self._term("component", term)

    def _term(self, path: str, term: Term) -> dict[str, Any]:
        return {"self": self.link(f"{path}/{term.id}"), "id": str(term.id), "name": term.name}

    def link_type(self, term: Term) -> dict[str, Any]:
        return {**self._term("issueLinkType", term), "inward": term.inward, "outward": term.outward}

    def known(self, kind: str, name: str | None) -> dict[str, Any] | None:
        """A word of one of the lists by its name, in its shape."""
        if name is None:
            return None
        shape: dict[str, Callable[[Term], dict[str, Any]]] = {
            "status": self.status,
            "priority": self.priority,
            "type": self.type,
            "resolution": self.resolution,
            "component": self.component,
            "link_type": self.link_type,
        }
        return shape[kind](self._terms[kind][name])

    @property
    def _terms(self) -> dict[str, dict[str, Term]]:
        kinds = ("status", "priority", "type", "resolution", "component", "link_type")
        known: dict[str, dict[str, Term]] = self._remembered(
            "terms", lambda: {kind: {term.name: term for term in self.tracker.terms(kind)} for kind in kinds}
        )
        return known

    # issues

    def text(self, value: Any) -> Any:
        """A rich text in the form of this REST version."""
        if not self.cloud or self.api != "2":
            return value
        return None if value is None else adf_to_wiki(value)

    def html(self, value: Any) -> str:
        return to_html(self.tracker.flavour, value, name_of=self._name_of, browse=f"{self.base}/browse/")

    def _name_of(self, person: str) -> str:
        return next((u.display_name for u in self._people.values() if person in (u.id, u.name)), person)

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
        extra = [name for name in item.fields if name != STORY_POINTS]
        return [*_FIELD_NAMES, STORY_POINTS, *parent, *extra]

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
            "parent": lambda: None if item.parent is None else self.short(self.tracker.item(item.parent)),
            "subtasks": lambda: self._subtasks(item),
            "issuelinks": lambda: [self.issue_link(link, item.id) for link in self.tracker.links(item.id)],
            "attachment": lambda: [self.attachment(a.id) for a in self.tracker.attachments(item.id)],
            "watches": lambda: self._watches(item),
            "votes": lambda: {"self": self.link(f"issue/{item.key}/votes"), "votes": 0, "hasVoted": False},
            "comment": lambda: self._first_comments(item),
            "worklog": lambda: {"startAt": 0, "maxResults": 20, "total": 0, "worklogs": []},
            "progress": lambda: {"progress": 0, "total": 0},
            "aggregateprogress": lambda: {"progress": 0, "total": 0},
            "timetracking": dict,
            "workratio": lambda: -1,
            "fixVersions": list,
            "versions": list,
        }
        return simple[name]() if name in simple else item.fields.get(name)

    def _subtasks(self, item: Item) -> list[dict[str, Any]]:
        kinds = self._terms["type"]
        return [
            self.short(child) for child in self.tracker.children(item.id) if kinds[child.type].category == "subtask"
        ]

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

    # comments

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
        if rendered:
            shown["renderedBody"] = self.html(comment.body)
        if properties:
            shown["properties"] = [{"key": key, "value": value} for key, value in comment.properties.items()]
        return shown

    # changelog

    def history(self, entry: HistoryEntry) -> dict[str, Any]:
        items = [part for edit in entry.edits for part in self._edit(edit.field, edit.before, edit.after)]
        return {"id": str(entry.id), "author": self.user(entry.actor), "created": self.time(entry.at), "items": items}

    def edits(self, entry: HistoryEntry) -> list[dict[str, Any]]:
        """The items of one entry."""
        return [part for edit in entry.edits for part in self._edit(edit.field, edit.before, edit.after)]

    def _edit(self, field: str, before: Any, after: Any) -> list[dict[str, Any]]:
        if field == "components":
            gone, come = [c for c in before if c not in after], [c for c in after if c not in before]
            return [self._line("Component", "components", c, None, "component") for c in gone] + [
                self._line("Component", "components", None, c, "component") for c in come
            ]
        if field == "link":
            return [self._line("Link", "issuelinks", before, after, "link")]
        name, field_id, kind = _CHANGELOG.get(field, (field, field, "text"))
        if field == STORY_POINTS:
            name, kind = "Story point estimate" if self.cloud else "Story Points", "number"
        return [self._line(name, field_id, before, after, kind)]

    def _line(self, name: str, field_id: str, before: Any, after: Any, kind: str) -> dict[str, Any]:
        old, old_text = self._value(before, kind)
        new, new_text = self._value(after, kind)
        own = {"fieldId": field_id} if self.cloud else {}
        field_type = "custom" if field_id.startswith("customfield_") else "jira"
        shown = {"field": name, "fieldtype": field_type, **own}
        return {**shown, "from": old, "fromString": old_text, "to": new, "toString": new_text}

    def _value(self, value: Any, kind: str) -> tuple[str | None, str | None]:
        """The id and the words of one side of a changelog item."""
        if kind == "labels":
            return ("", " ".join(value or ()))
        if value is None:
            return (None, None)
        if kind == "person":
            person = self._people[value]
            return (person.id, person.display_name)
        if kind in ("status", "priority", "type", "resolution", "component"):
            return (str(self._terms[kind][value].id), value)
        if kind == "parent":
            return (str(value), self.tracker.item(value).key)
        if kind == "link":
            term = self._terms["link_type"][value["type"]]
            words = term.outward if value["direction"] == "outward" else term.inward
            return (value["key"], f"This issue {words} {value['key']}")
        if kind == "rich":
            return (None, to_plain(self.tracker.flavour, value))
        return (None, f"{value:g}" if isinstance(value, float) else str(value))


_CHANGELOG: Mapping[str, tuple[str, str, str]] = {
    "type": ("issuetype", "issuetype", "type"),
    "summary": ("summary", "summary", "text"),
    "description": ("description", "description", "rich"),
    "status": ("status", "status", "status"),
    "priority": ("priority", "priority", "priority"),
    "labels": ("labels", "labels", "labels"),
    "reporter": ("reporter", "reporter", "person"),
    "assignee": ("assignee", "assignee", "person"),
    "parent": ("IssueParentAssociation", "parent", "parent"),
    "resolution": ("resolution", "resolution", "resolution"),
    "project": ("project", "project", "text"),
    "key": ("Key", "", "text"),
}

_FIELD_NAMES = (
    *("summary", "issuetype", "project", "status", "priority", "resolution", "resolutiondate", "labels", "components"),
    *("reporter", "creator", "assignee", "created", "updated", "description", "subtasks", "issuelinks", "attachment"),
    *("watches", "votes", "comment", "worklog", "progress", "aggregateprogress", "timetracking", "workratio"),
    *("fixVersions", "versions", "duedate", "environment"),
)
