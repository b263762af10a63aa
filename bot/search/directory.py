"""Where an index lies: a directory of its own, or memory."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tantivy

from rules.duplicates.tokens import VERSION as TOKENS_VERSION

LAYOUT = 1
"""Grows with every change of the fields."""

_POSITION = "position.json"


class Held(Exception):
    """Another worker writes to this directory."""


@contextmanager
def panics_as_faults() -> Iterator[None]:
    """Turn a panic of the engine (it asserts on broken files) into a RuntimeError.

    A panic arrives as a BaseException of a class that cannot be imported, so it is known by its name.
    """
    try:
        yield
    except BaseException as fault:
        if type(fault).__name__ == "PanicException":
            raise RuntimeError("the search engine gave up on its files") from None
        raise


class Shelf:
    """One index directory and the number of the last change its index has seen."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory

    def open(self, schema: Any) -> tuple[Any, int]:
        """The index and its change number; a new and empty one where there is none, or one of an older layout.

        Raises ValueError or OSError where the directory cannot be read, and Held where another worker has it.
        """
        if self._directory is None:
            return tantivy.Index(schema), 0
        self._directory.mkdir(parents=True, exist_ok=True)
        held = _is_held(tantivy.Index.open(str(self._directory))) if _has_index(self._directory) else False
        if held:
            raise Held
        number = self._recall()
        if number is None:
            self.clear()
            number = 0
        return tantivy.Index(schema, path=str(self._directory), reuse=True), number

    def remember(self, number: int, *, holds_gone: bool = False) -> None:
        """Note the change number, after the commit that made it true: a crash in between only repeats work.

        One that `holds_gone` still has words of items that are gone in its files: it is not opened again.
        """
        if self._directory is None:
            return
        fresh = self._directory / f"{_POSITION}.new"
        fresh.write_text(
            json.dumps({"layout": LAYOUT, "tokens": TOKENS_VERSION, "change_number": number, "gone": holds_gone})
        )
        os.replace(fresh, self._directory / _POSITION)

    def clear(self) -> None:
        """Empty the directory."""
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._directory.mkdir(parents=True, exist_ok=True)

    def _recall(self) -> int | None:
        """The change number; None where the index must be built anew."""
        assert self._directory is not None
        if not _has_index(self._directory):
            return None
        try:
            position = json.loads((self._directory / _POSITION).read_text())
            known = (position["layout"], position["tokens"]) == (LAYOUT, TOKENS_VERSION)
            return int(position["change_number"]) if known and not position.get("gone", False) else None
        except (OSError, ValueError, KeyError, TypeError):
            return None


def _has_index(directory: Path) -> bool:
    return bool(tantivy.Index.exists(str(directory)))


def _is_held(index: Any) -> bool:
    try:
        index.writer(heap_size=15_000_000, num_threads=1)
    except ValueError as fault:
        return "Lock" in str(fault)
    return False
