"""Who is who in Jira, and who may what."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from integrations.blocks import Mention
from integrations.jira.answers import UNDERSTOOD
from integrations.jira.items import person as person_of
from integrations.jira.search import issue_path
from integrations.jira.session import Flavour, JiraSession
from integrations.tracker import Invalid, Missing, NotSignedIn, Refused, Right
from rules.model import Person

PAGE = 200
PAGE_OF_GROUP = 50
MOST_PAGES = 40


class JiraPeople:
    """The People port, and the user names that Data Center wants beside its stable keys."""

    def __init__(self, session: JiraSession, flavour: Flavour) -> None:
        self._session = session
        self._cloud = flavour == "cloud"
        self._lock = threading.Lock()
        self._account: Person | None = None

    def me(self) -> Person:
        with UNDERSTOOD:
            me = person_of(self._session.ask(lambda client: client.myself(), "GET myself"))
        with self._lock:
            self._account = me
        return me

    def account(self) -> Person:
        """The same, remembered: a token belongs to one account for as long as it lives."""
        with self._lock:
            known = self._account
        return known or self.me()

    def may_edit(self, person: Person, key: str) -> Right:
        """Asks Jira itself; it answers only an administrator of Jira or of the project."""
        if not person.id or person.is_app:
            return Right(allowed=False)
        issue = self._session.get(issue_path(key), {"fields": "project"}, needs=f"Browse Projects for {key}")
        with UNDERSTOOD:
            project, issue_key = str(issue["fields"]["project"]["key"]), str(issue["key"])
        missing = f"Administer Projects on {project} (to ask for the rights of other people)"
        try:
            return Right(self._holds_edit(person, issue_key))
        except NotSignedIn:
            raise
        except Refused:
            return Right(allowed=None, missing=missing)

    def in_group(self, person: Person, group: str, project: str) -> bool:
        if not person.id:
            return False
        role = self._role(group, project)
        if role is None:
            return self._in_any(person, {group})
        groups = set()
        with UNDERSTOOD:
            for actor in role["actors"]:
                if self._is_actor(actor, person):
                    return True
                if str(actor.get("type", "")).endswith("group-role-actor"):
                    groups.add(str((actor.get("actorGroup") or {}).get("name") or actor["name"]))
        return bool(groups) and self._in_any(person, groups)

    def user_name(self, mention: Mention) -> str | None:
        """What stands in `[~...]` of wiki markup for a person; None where Jira does not know the person."""
        if self._cloud:
            return f"accountid:{mention.person_id}"
        return self.name_of(mention.person_id)

    def _holds_edit(self, person: Person, key: str) -> bool:
        if self._cloud:
            return self._found(person, {"accountId": person.id, "permissions": "EDIT_ISSUES", "issueKey": key})
        name = self.name_of(person.id)
        if name is None:
            return False
        try:
            return self._found(person, {"username": name, "permissions": "EDIT_ISSUE", "issueKey": key})
        except Invalid:
            # Older and newer releases spell the permission differently.
            return self._found(person, {"username": name, "permissions": "EDIT_ISSUES", "issueKey": key})

    def _found(self, person: Person, params: Mapping[str, Any]) -> bool:
        """Whether exactly this person is in the answer: Data Center's user name is only a filter."""
        for page in range(MOST_PAGES):
            query = {**params, "startAt": page * PAGE, "maxResults": PAGE}
            users = self._session.get("user/permission/search", query)
            with UNDERSTOOD:
                for user in users:
                    found = person_of(user)
                    if found.id == person.id:
                        return not found.is_app and user.get("active") is not False
                if len(users) < PAGE:
                    return False
        return False

    def name_of(self, key: str) -> str | None:
        """Data Center's user name for a stable key; None where Jira does not know the person."""
        try:
            user = self._session.get("user", {"key": key}, needs="Browse Users")
        except Missing:
            return None
        with UNDERSTOOD:
            return str(user["name"]) if user.get("key") == key else None

    def _role(self, name: str, project: str) -> Mapping[str, Any] | None:
        path = f"project/{quote(project, safe='')}/role"
        needs = f"Administer Projects on {project} (to see who is in a role)"
        roles = self._session.get(path, needs=needs)
        with UNDERSTOOD:
            for role, address in roles.items():
                if role.casefold() == name.casefold():
                    identity = quote(str(address).rstrip("/").rsplit("/", 1)[-1], safe="")
                    return dict(self._session.get(f"{path}/{identity}", needs=needs))
        return None

    def _is_actor(self, actor: Mapping[str, Any], person: Person) -> bool:
        if self._cloud:
            return bool((actor.get("actorUser") or {}).get("accountId") == person.id)
        if str(actor.get("type", "")) != "atlassian-user-role-actor":
            return False
        return str(actor.get("name", "")) == self.name_of(person.id)

    def _in_any(self, person: Person, groups: set[str]) -> bool:
        known = self._groups(person)
        if known is not None:
            return bool(known & {group.casefold() for group in groups})
        return any(self._is_member(person, group) for group in sorted(groups))

    def _groups(self, person: Person) -> set[str] | None:
        """The groups of a person in lower case; None where this Jira does not list them by person."""
        needs = "Browse Users (to see who is in a group)"
        try:
            if self._cloud:
                groups = self._session.get("user/groups", {"accountId": person.id}, needs=needs)
            else:
                user = self._session.get("user", {"key": person.id, "expand": "groups"}, needs=needs)
                with UNDERSTOOD:
                    groups = (user.get("groups") or {}).get("items")
        except Missing:
            return None
        with UNDERSTOOD:
            return None if groups is None else {str(group["name"]).casefold() for group in groups}

    def _is_member(self, person: Person, group: str) -> bool:
        for page in range(MOST_PAGES):
            query = {"groupname": group, "startAt": page * PAGE_OF_GROUP, "maxResults": PAGE_OF_GROUP}
            try:
                answer = self._session.get("group/member", query, needs="Browse Users (to see who is in a group)")
            except Missing:
                return False
            with UNDERSTOOD:
                if any(person_of(member).id == person.id for member in answer["values"]):
                    return True
                if answer.get("isLast") is True or not answer["values"]:
                    return False
        return False
