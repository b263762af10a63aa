"""Azure DevOps' "Export to CSV" of a query's result: its columns, in UTF-8 with a byte order mark.

A flat query has a column Title; one of trees has "Title 1", "Title 2" and so on, and an item is the child of the last
one above it that stands further left. Long texts are HTML, or Markdown where a field was switched to it.
https://learn.microsoft.com/en-us/azure/devops/boards/queries/import-work-items-from-csv
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from integrations.exports.records import ExportedItem, TextFormat, UnusableEntry
from integrations.exports.tables.columns import Columns
from integrations.exports.tables.dates import Order
from integrations.exports.tables.rows import Row
from integrations.exports.words import category_of, clean, is_subtask, long_text, number, title

_LEVELS = 15
_FIELDS = {
    "id": ("id",),
    "type": ("work item type",),
    "title": ("title", *(f"title {level}" for level in range(1, _LEVELS + 1))),
    "state": ("state",),
    "reason": ("reason",),
    "project": ("team project",),
    "area": ("area path",),
    "iteration": ("iteration path",),
    "tags": ("tags",),
    "priority": ("priority",),
    "points": ("story points", "effort", "size"),
    "description": ("description", "repro steps"),
    "criteria": ("acceptance criteria",),
    "parent": ("parent",),
    "created": ("created date",),
    "changed": ("changed date",),
    "closed": ("closed date", "resolved date"),
    "created by": ("created by",),
    "assigned to": ("assigned to",),
    "step": ("step action", "test step"),
}
_TITLES = {level: {"title": (f"title {level}",)} for level in range(1, _LEVELS + 1)}
_TAG = re.compile(r"<[a-z/!]", re.IGNORECASE)
_MAIL = re.compile(r"\s*<[^<>]*>\s*$")


class AzureDevOpsCsv:
    """The table of one file. Keeps the items above the one at hand, one a level."""

    def __init__(self, header: Sequence[str]) -> None:
        self._columns = Columns(header, _FIELDS)
        levels = [Columns(header, names) for names in _TITLES.values()]
        self._levels = [level for level in levels if level.has("title")]
        self._above: list[tuple[int, str]] = []
        self.order = Order()

    @property
    def is_recognised(self) -> bool:
        return self._columns.has("id", "type", "title")

    def begins(self, cells: Sequence[str]) -> bool:
        found = self._columns.first(cells, "id")
        return found.isascii() and found.isdigit() and len(found) <= 10

    def look(self, row: Row) -> None:
        cells, first = row.cells, self._columns.first
        later = [first(cells, what) for what in ("changed", "closed")]
        self.order.look(row.line, first(cells, "created"), later, number=int(first(cells, "id")))

    def item(self, row: Row) -> ExportedItem | None:
        cells, first = row.cells, self._columns.first
        summary = title((self._columns.all(cells, "title") or [""])[-1])
        if not summary and not first(cells, "id") and first(cells, "step"):
            return None  # a step of the test case above
        self._columns.check(cells)
        if not self.begins(cells):
            raise UnusableEntry("no ID" if not first(cells, "id") else "the ID is not a number")
        if not summary:
            raise UnusableEntry("no title")
        above = self._item_above(cells)
        area = clean(first(cells, "area"))
        text, criteria = long_text(first(cells, "description")), long_text(first(cells, "criteria"))
        created = self.order.moment(first(cells, "created"))
        told = first(cells, "parent")
        return ExportedItem(
            key=str(int(first(cells, "id"))),
            project=clean(first(cells, "project")) or area.split("\\")[0],
            summary=summary,
            type=clean(first(cells, "type")) or "Task",
            is_subtask=is_subtask(first(cells, "type")),
            description=text or None,
            text_format=_format_of(text or criteria),
            status=clean(first(cells, "state")),
            category=category_of(first(cells, "state")) or "todo",
            priority=clean(first(cells, "priority")) or None,
            labels=tuple(dict.fromkeys(filter(None, map(str.strip, clean(first(cells, "tags")).split(";"))))),
            created=created,
            updated=self.order.moment(first(cells, "changed")) or created,
            resolved=self.order.moment(first(cells, "closed")),
            reporter=_person(first(cells, "created by")),
            assignee=_person(first(cells, "assigned to")),
            parent=(str(int(told)) if told.isascii() and told.isdigit() and len(told) <= 10 else None) or above,
            story_points=number(first(cells, "points")),
            acceptance_criteria=criteria,
            area=area,
            sprint=clean(first(cells, "iteration")),
        )

    def _item_above(self, cells: Sequence[str]) -> str | None:
        filled = [depth for depth, level in enumerate(self._levels) if level.first(cells, "title")]
        if not filled:
            return None
        while self._above and self._above[-1][0] >= filled[-1]:
            self._above.pop()
        above = self._above[-1][1] if self._above else None
        self._above.append((filled[-1], str(int(self._columns.first(cells, "id")))))
        return above


def _person(cell: str) -> str | None:
    """The name alone of "Name <mail>": nobody is known by mail."""
    return _MAIL.sub("", clean(cell)).strip() or None


def _format_of(text: str) -> TextFormat:
    return "html" if _TAG.search(text) else "markdown"
