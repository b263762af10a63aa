"""Adding acceptance criteria: into the project's own field for them, else as a section of the description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.jira.answers import UNDERSTOOD
from integrations.jira.changes.texts.owned import OwnedSection, Place
from integrations.jira.extra import TEXT_LINE
from integrations.sections import criteria_list, criteria_section
from integrations.tracker import Invalid, Plan
from rules.changes import AddCriteria

OWN = "acceptance_criteria"


class Criteria(OwnedSection):
    """The field is used where the item has it on its edit screen and has room in it."""

    kind = "criteria"
    fields = ("description", OWN)

    def plan(self, key: str, change: AddCriteria, fields: Mapping[str, Any], marker: str) -> Plan:
        place = self._own_field(key)
        if place is not None:
            try:
                return self.planned(key, place, fields.get(place.field), (criteria_list(change.criteria),), marker)
            except Invalid:
                if not place.is_line:
                    raise
        section = criteria_section(change.criteria, change.heading)
        return self.planned(key, Place(), fields.get("description"), section, marker)

    def _own_field(self, key: str) -> Place | None:
        known = self._live.extra_ids(OWN)
        screen = self._live.edit_screen(key) if known else {}
        with UNDERSTOOD:
            for field in known:
                if field in screen and "set" in screen[field]["operations"]:
                    kind = str(screen[field]["schema"].get("custom") or "")
                    return Place(OWN, field, is_line=kind.endswith(TEXT_LINE))
        return None
