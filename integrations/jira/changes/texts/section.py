"""Adding a section to the description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.jira.changes.texts.owned import DESCRIPTION, OwnedSection, Place
from integrations.sections import written_section
from integrations.tracker import Invalid, Plan
from rules.changes import AddSection


class WrittenSection(OwnedSection):
    """Each section of the bot is a piece of its own: undo of one leaves the others."""

    kind = "section"
    fields = (DESCRIPTION,)

    def plan(self, key: str, change: AddSection, fields: Mapping[str, Any], marker: str) -> Plan:
        if not change.heading.strip():
            raise Invalid("a section needs a heading")
        return self.planned(key, Place(), fields.get(DESCRIPTION), written_section(change), marker)
