"""A table read twice: once for what only the whole of it tells, once for its items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from integrations.exports.records import ExportedItem, Unread, UnusableEntry
from integrations.exports.tables.dates import Order
from integrations.exports.tables.rows import Row, Table, rows


class Form(Protocol):
    """What a vendor's table is like, once its first row is known."""

    order: Order

    def begins(self, cells: Sequence[str]) -> bool:
        """Whether these are the cells of an item, by its key."""

    def look(self, row: Row) -> None:
        """First reading: takes what other rows need to know."""

    def item(self, row: Row) -> ExportedItem | None:
        """Second reading, in the file's order: the item, or None for a row that is part of another.

        Raises UnusableEntry.
        """


def header(table: Table) -> list[str]:
    """The cells of the first row; none where there is no row."""
    return next((row.cells for row in rows(table, bool) if isinstance(row, Row)), [])


def items(table: Table, form: Form) -> Iterator[ExportedItem | Unread]:
    """Every item of the table in its order, and what could not be read."""
    for row in _below_header(table, form):
        if isinstance(row, Row) and form.begins(row.cells):
            form.look(row)
    yield from form.order.doubts()
    for row in _below_header(table, form):
        if isinstance(row, Unread):
            yield row
            continue
        try:
            item = form.item(row)
        except UnusableEntry as error:
            yield Unread(f"line {row.line}", str(error))
        else:
            if item is not None:
                yield replace(item, place=f"line {row.line}")


def _below_header(table: Table, form: Form) -> Iterator[Row | Unread]:
    below = False
    for row in rows(table, form.begins):
        if below:
            yield row
        below = below or isinstance(row, Row)
