"""What issues are told with, in Jira's JSON: accounts, projects, the words of the lists, times and texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from integrations.sandbox.jira.scheme import Scheme, scheme_of
from integrations.sandbox.markup import adf_to_wiki, to_html
from integrations.sandbox.records import Category, Project, Term, User
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
class Words:
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
    def people_by_login(self) -> dict[str, User]:
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
        user = None if login is None else self.people_by_login.get(login)
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

    def scheme(self, project: str) -> Scheme:
        """How a project is arranged."""
        known: Scheme = self._remembered(f"scheme {project}", lambda: scheme_of(self.tracker, project))
        return known

    def project(self, project: Project) -> dict[str, Any]:
        avatars = {
            size: f"{self.base}/secure/projectavatar?size={name}&pid={project.id}" for size, name in _SIZES.items()
        }
        shown = {"self": self.link(f"project/{project.id}"), "id": str(project.id), "key": project.key}
        shown |= {"name": project.name, "projectTypeKey": self.scheme(project.key).kind}
        more: dict[str, Any] = {"simplified": self.scheme(project.key).is_team_managed} if self.cloud else {}
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
        level = -1 if term.category == "subtask" else int(term.name in ("Epic", "Epos"))
        return {**shown, "avatarId": 10300 + term.rank, **({"hierarchyLevel": level} if self.cloud else {})}

    def resolution(self, term: Term) -> dict[str, Any]:
        return {**self._term("resolution", term), "description": ""}

    def component(self, term: Term) -> dict[str, Any]:
        return self._term("component", term)

    def _term(self, path: str, term: Term) -> dict[str, Any]:
        return {"self": self.link(f"{path}/{term.id}"), "id": str(term.id), "name": term.name}

    def security(self, term: Term) -> dict[str, Any]:
        return {**self._term("securitylevel", term), "description": ""}

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
            "security": self.security,
        }
        return shape[kind](self.terms_by_name[kind][name])

    @property
    def terms_by_name(self) -> dict[str, dict[str, Term]]:
        """Kind of word -> name -> word."""
        kinds = ("status", "priority", "type", "resolution", "component", "link_type", "security")
        known: dict[str, dict[str, Term]] = self._remembered(
            "terms", lambda: {kind: {term.name: term for term in self.tracker.terms(kind)} for kind in kinds}
        )
        return known

    # texts

    def text(self, value: Any) -> Any:
        """A rich text in the form of this REST version."""
        if not self.cloud or self.api != "2":
            return value
        return None if value is None else adf_to_wiki(value)

    def html(self, value: Any) -> str:
        return to_html(self.tracker.flavour, value, name_of=self._name_of, browse=f"{self.base}/browse/")

    def _name_of(self, person: str) -> str:
        return next((u.display_name for u in self.people_by_login.values() if person in (u.id, u.name)), person)
