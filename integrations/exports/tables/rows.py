"""The rows of a CSV file, one after the other, with the number of the line on which each begins."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from integrations.exports.records import Unread
from integrations.exports.unpacking import opened

ROW_LIMIT = 8 * 1024 * 1024
"""Characters of one row; a longer one is named and left out."""
READ_AGAIN_LIMIT = 8 * ROW_LIMIT
"""Characters that are read a second time, in all, to find the row after one whose quotes do not match."""


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file, and how it is to be read."""

    path: Path
    encoding: str
    delimiter: str


@dataclass(frozen=True, slots=True)
class Row:
    """`line` counts from 1; a cell may hold line breaks, so rows are not lines."""

    line: int
    cells: list[str]


def rows(table: Table, begins: Callable[[Sequence[str]], bool]) -> Iterator[Row | Unread]:
    """Every row with something in it, and what could not be read in between.

    After a row whose quotes do not match, what follows is left out until `begins` says of a row that it is one.
    """
    csv.field_size_limit(ROW_LIMIT + 1)  # the csv module's own limit is 131,072; descriptions and logs go beyond it
    with opened(table.path) as file:
        lines = _Lines(io.TextIOWrapper(file, table.encoding, errors="replace", newline=""))
        reader = csv.reader(lines, delimiter=table.delimiter, strict=True)
        searching = False
        while True:
            line = lines.begin_row()
            try:
                cells = next(reader)
            except StopIteration:
                break
            except (csv.Error, _TooLong) as error:
                if not searching:
                    yield Unread(f"line {line}", _reason(error))
                searching = True
                lines.step_back()
                continue
            searching = searching and not begins(cells)
            if not searching and any(cells) and not _names_separator(line, cells):
                yield Row(line, cells)
        if file.trouble:
            yield Unread(f"line {line}", file.trouble)


def _reason(error: Exception) -> str:
    if isinstance(error, _TooLong):
        return f"a row of more than {ROW_LIMIT // 1024**2} MB, or a quote that is never closed"
    return "the quotes of this row do not match"


def _names_separator(line: int, cells: list[str]) -> bool:
    """Excel's first line "sep=;"."""
    return line == 1 and cells[0].lower().startswith("sep=") and not any(cells[1:])


class _TooLong(Exception):
    pass


class _Lines:
    """Lines for csv.reader, which asks for as many as a row needs; those of the row at hand can be given again."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._again: deque[str] = deque()
        self._row: list[str] = []
        self._size = 0
        self._number = 0
        self._to_read_again = READ_AGAIN_LIMIT

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._read()
        if not line:
            raise StopIteration
        self._number += 1
        self._row.append(line)
        self._size += len(line)
        if self._size > ROW_LIMIT:
            raise _TooLong
        return line

    def begin_row(self) -> int:
        """The number of the line that comes next."""
        self._row, self._size = [], 0
        return self._number + 1

    def step_back(self) -> None:
        """To the second line of the row at hand, as long as not too much was read again already."""
        self._to_read_again -= self._size
        if self._to_read_again > 0:
            self._again.extendleft(reversed(self._row[1:]))
            self._number -= len(self._row) - 1

    def _read(self) -> str:
        line = rest = self._text.readline(ROW_LIMIT + 1)
        while len(rest) > ROW_LIMIT and not rest.endswith(("\n", "\r")):
            rest = self._text.readline(ROW_LIMIT + 1)
        return line
