"""Whether projects, people and groups that the settings name are there, and what Jira itself calls them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from integrations.jira.answers import UNDERSTOOD
from integrations.jira.items import person as person_of
from integrations.jira.session import Flavour, JiraSession
from integrations.tracker import Invalid, Missing, Named, Refused

MOST = 5


class JiraNames:
    """The Names port."""

    def __init__(self, session: JiraSession, flavour: Flavour) -> None:
        self._session = session
        self._cloud = flavour == "cloud"

    def project(self, key: str) -> str:
        try:
            found = self._project(key)
        except Missing:
            if key == key.upper():
                raise
            found = self._project(key.upper())  # here Jira minds the case, elsewhere it does not
        with UNDERSTOOD:
            return str(found["key"])

    def person(self, identity: str) -> Named:
        try:
            if self._user({"accountId" if self._cloud else "key": identity}, identity) is not None:
                return Named(True)
            by_name = None if self._cloud else self._user({"username": identity})
            found = [by_name] if by_name is not None else self._like(identity)
        except Refused:
            return Named(None)
        with UNDERSTOOD:
            return Named(False, tuple(f"{one.id} ({one.name})" for one in map(person_of, found)))

    def group(self, name: str, project: str, kind: str = "") -> Named:
        try:
            roles = [] if kind == "group" else self._roles(project)
        except (Refused, Missing):
            return Named(None)
        if name in roles or (not kind and name.casefold() in map(str.casefold, roles)):
            return Named(True)
        if kind == "role":
            return Named(False, tuple(roles))
        try:
            self._session.get("group/member", {"groupname": name, "maxResults": 1}, needs="Browse Users")
        except Missing:
            return Named(False, tuple(roles))
        except (Refused, Invalid):
            return Named(None)
        return Named(True)

    def _project(self, key: str) -> Mapping[str, Any]:
        answer = self._session.get(f"project/{quote(key, safe='')}", needs=f"Browse Projects on {key}")
        with UNDERSTOOD:
            return dict(answer)

    def _roles(self, project: str) -> list[str]:
        with UNDERSTOOD:
            return list(self._session.get(f"project/{quote(project, safe='')}/role"))

    def _user(self, asked: Mapping[str, str], identity: str = "") -> Mapping[str, Any] | None:
        """None where Jira knows nobody of that; with `identity` also where it found somebody by another word."""
        try:
            found = self._session.get("user", asked, needs="Browse Users")
        except (Missing, Invalid):
            return None
        with UNDERSTOOD:
            return dict(found) if not identity or person_of(found).id == identity else None

    def _like(self, words: str) -> list[Mapping[str, Any]]:
        try:
            asked = {"query" if self._cloud else "username": words, "maxResults": MOST}
            found = self._session.get("user/search", asked, needs="Browse Users")
        except (Missing, Invalid):
            return []
        with UNDERSTOOD:
            return [dict(one) for one in found]
