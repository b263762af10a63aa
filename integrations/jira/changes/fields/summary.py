"""Setting the summary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.jira.answers import UNDERSTOOD
from integrations.jira.changes.fields.value import OneValue
from integrations.tracker import Invalid, Plan
from rules.changes import SetField

LIMIT = 255


class Summary(OneValue):
    """What is compared is the summary itself."""

    kind = "summary"
    field = "summary"

    def plan(self, key: str, change: SetField, fields: Mapping[str, Any], marker: str) -> Plan:
        new = " ".join(change.new.encode("utf-8", "replace").decode().split())
        if not new:
            raise Invalid("a summary cannot be empty")
        if len(new) > LIMIT:
            raise Invalid(f"a summary in Jira has at most {LIMIT} characters")
        before = fields.get(self.field)
        if before != change.old:
            raise self._live.conflict(key, self.field)
        return self.planned(key, marker, before, new)

    def value(self, key: str, target: Any) -> Any:
        fields = self._live.fields(key, self.field)
        with UNDERSTOOD:
            return fields[self.field]

    def write(self, key: str, value: Any, target: Any) -> None:
        self._live.set(key, self.field, value)
