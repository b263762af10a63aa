"""Which cell of a row holds what, told by the names in the first row. A name may stand there many times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from integrations.exports.records import UnusableEntry
from integrations.exports.words import plain

LIMIT = 20_000
"""Columns; an export of all fields with many comments has some thousands."""


def heading(name: str) -> str:
    """A column's name without accents, capitals and the marks that some put behind it."""
    return plain(name[:200]).strip(" :*\ufeff")


class Columns:
    """The places of the columns that are asked for."""

    def __init__(self, header: Sequence[str], known: Mapping[str, Iterable[str]]) -> None:
        """`known`: what is asked for -> the names it may have, as `heading` gives them, the best one first."""
        self.width = len(header)
        self.headings = [heading(name) for name in header]
        named: dict[str, list[int]] = {}
        for place, name in enumerate(self.headings):
            named.setdefault(name, []).append(place)
        self._places = {what: [at for name in names for at in named.get(name, ())] for what, names in known.items()}

    def has(self, *names: str) -> bool:
        return all(self._places[name] for name in names)

    def all(self, cells: Sequence[str], what: str) -> list[str]:
        """Every cell of those columns that is not empty, in their order."""
        found = (cells[place].strip() for place in self._places[what] if place < len(cells))
        return [cell for cell in found if cell]

    def first(self, cells: Sequence[str], what: str) -> str:
        return next(iter(self.all(cells, what)), "")

    def check(self, cells: Sequence[str]) -> None:
        """Raises UnusableEntry where a row has more cells than there are columns: something in it moved."""
        if any(cells[self.width :]):
            raise UnusableEntry("more cells than the first row has columns")
