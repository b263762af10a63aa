"""Adding a component, or putting it in the place of another; all others stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from integrations.jira.answers import UNDERSTOOD
from integrations.jira.changes.fields.value import OneValue
from integrations.jira.changes.live import LiveIssues
from integrations.jira.session import JiraSession
from integrations.tracker import Plan, WrongValue
from rules.changes import SetField, name_key


class Component(OneValue):
    """What is compared is which of the concerned components (`target`: their ids) the item has."""

    kind = "component"
    field = "components"

    def __init__(self, session: JiraSession, live: LiveIssues) -> None:
        super().__init__(live)
        self._session = session

    def plan(self, key: str, change: SetField, fields: Mapping[str, Any], marker: str) -> Plan:
        with UNDERSTOOD:
            project = str(fields["project"]["key"])
            held = {str(one["name"]): str(one["id"]) for one in fields.get(self.field) or ()}
        if change.old is not None and change.old not in held:
            raise self._live.conflict(key, self.field)
        new = self._identity(project, change.new)
        gone = set() if change.old is None else {held[change.old]}
        concerned = gone | {new}
        before = sorted(concerned & set(held.values()))
        return self.planned(key, marker, before, [new], sorted(concerned))

    def value(self, key: str, target: Any) -> Any:
        held = self._live.native(self._live.fields(key, self.field), self.field)
        return [identity for identity in held if identity in target]

    def write(self, key: str, value: Any, target: Any) -> None:
        verbs = [{"add" if identity in value else "remove": {"id": identity}} for identity in target]
        self._live.amend(key, self.field, verbs)

    def _identity(self, project: str, name: str) -> str:
        path = f"project/{quote(project, safe='')}/components"
        known = self._session.get(path, needs=f"Browse Projects on {project}")
        with UNDERSTOOD:
            ids = {str(one["name"]): str(one["id"]) for one in known}
        folded = {name_key(known_name): identity for known_name, identity in ids.items()}
        found = ids.get(name) or folded.get(name_key(name))
        if found is None:
            raise WrongValue(f"{project} has no component of that name", self.field, name, tuple(ids))
        return found
