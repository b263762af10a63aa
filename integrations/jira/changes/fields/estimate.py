"""Setting the estimate, in whichever of the site's fields for it the item has on its edit screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.jira.changes.fields.value import OneValue
from integrations.numbers import number_in
from integrations.tracker import Invalid, Plan, WrongValue
from rules.changes import SetField


class Estimate(OneValue):
    """What is compared is the number (None: no estimate); `target` is the id of the field."""

    kind = "estimate"
    field = "estimate"

    def plan(self, key: str, change: SetField, fields: Mapping[str, Any], marker: str) -> Plan:
        new = _number(change.new)
        screen = self._live.edit_screen(key)
        field = next((name for name in self._live.extra_ids(self.field) if name in screen), None)
        if field is None:
            raise Invalid("this item has no field for story points on its edit screen")
        before = fields.get(field)
        old = None if change.old is None else _number(change.old)
        if before != old:
            raise self._live.conflict(key, self.field)
        return self.planned(key, marker, before, new, field)

    def value(self, key: str, target: Any) -> Any:
        return self._live.fields(key, target).get(target)

    def write(self, key: str, value: Any, target: Any) -> None:
        self._live.set(key, target, value)


def _number(text: str) -> float:
    number = number_in(text)
    if number is None or number < 0:
        raise WrongValue("an estimate is a plain number", Estimate.field, text, is_number=True)
    return int(number) if number.is_integer() else number
