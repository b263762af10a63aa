"""Assigning an item, by the person's stable id and never by a name that is searched for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from integrations.jira.answers import UNDERSTOOD
from integrations.jira.changes.fields.value import OneValue
from integrations.jira.changes.live import LiveIssues
from integrations.jira.items import person
from integrations.jira.search import issue_path
from integrations.jira.session import Flavour, JiraSession
from integrations.tracker import Invalid, Plan
from rules.changes import SetField

MOST = 1000


class Assignee(OneValue):
    """What is compared is the person's id (None: nobody); `target` is what the write sends.

    Data Center wants names where it tells keys: `name_of` finds the name of a key, None where there is no such person.
    """

    kind = "assignee"
    field = "assignee"

    def __init__(
        self, session: JiraSession, flavour: Flavour, live: LiveIssues, name_of: Callable[[str], str | None]
    ) -> None:
        super().__init__(live)
        self._session = session
        self._cloud = flavour == "cloud"
        self._name_of = name_of

    def plan(self, key: str, change: SetField, fields: Mapping[str, Any], marker: str) -> Plan:
        if not change.identity:
            raise Invalid("a person is assigned by an id, and none was given")
        with UNDERSTOOD:
            before = person(fields.get(self.field))
        if (before.name or None) != change.old:
            raise self._live.conflict(key, self.field)
        body = self._body(change.identity)
        if not self._is_assignable(key, change.identity, body):
            raise Invalid("this item cannot be assigned to that person")
        return self.planned(key, marker, before.id or None, change.identity, body)

    def value(self, key: str, target: Any) -> Any:
        return self._live.native(self._live.fields(key, self.field), self.field)

    def write(self, key: str, value: Any, target: Any) -> None:
        self._session.put(issue_path(key, "assignee"), target, needs=f"Assign Issues on {key}")

    def back(self, key: str, value: Any, target: Any) -> Any:
        body = self._body(value)
        if value is not None and not self._is_assignable(key, value, body):
            raise Invalid("this item can no longer be assigned to the person who had it before")
        return body

    def _is_assignable(self, key: str, identity: str, body: Mapping[str, Any]) -> bool:
        """Asked of Jira; its filter is only a filter, so that exactly this person must be in the answer."""
        asked = {"accountId": identity} if self._cloud else {"username": body["name"]}
        params = {"issueKey": key, "maxResults": MOST, **asked}
        found = self._session.get("user/assignable/search", params, needs=f"Assign Issues on {key}")
        with UNDERSTOOD:
            return any(person(user).id == identity for user in found)

    def _body(self, identity: str | None) -> dict[str, str | None]:
        if self._cloud:
            return {"accountId": identity}
        name = None if identity is None else self._name_of(identity)
        if identity is not None and name is None:
            raise Invalid("Jira does not know the person of that id")
        return {"name": name}
