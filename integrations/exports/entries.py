"""From a file to JSON objects: one object a line or one document for all, with bounds on everything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from integrations.exports.records import BacklogUnreadable, Unread
from integrations.exports.unpacking import Unpacked, opened

LINE_LIMIT = 8 * 1024 * 1024
"""Bytes of one line; a longer one is named and left out."""
DOCUMENT_LIMIT = 256 * 1024 * 1024
"""Bytes of a file that is one JSON document, which has to be held as a whole."""

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Entry:
    """One JSON object of the file; `place` is "line 7" or "entry 7"."""

    place: str
    value: dict[str, Any]


def entries(path: Path) -> Iterator[Entry | Unread]:
    """Every object of the file in its order, and what could not be read in between.

    Raises BacklogUnreadable where there is no such file, where it is a folder, or a document without tickets.
    """
    whole = _document(path)
    if whole is not None:
        yield from _in_document(path, whole)
        return
    with opened(path) as file:
        for number, line in _lines(file):
            if isinstance(line, Unread):
                yield line
            elif line.strip():
                yield _parsed(number, line)


def _lines(file: Unpacked) -> Iterator[tuple[int, bytes | Unread]]:
    """The lines of a file, numbered, without byte order mark; one over the limit is skipped to its end and named."""
    number = 0
    while line := file.readline(LINE_LIMIT + 1):
        number += 1
        if len(line) > LINE_LIMIT:
            rest = line
            while rest and not rest.endswith(b"\n"):
                rest = file.readline(LINE_LIMIT + 1)
            yield number, Unread(f"line {number}", f"longer than {LINE_LIMIT // 1024 // 1024} MB")
        elif not (file.trouble and not line.endswith(b"\n")):
            yield number, line.removeprefix(_BOM) if number == 1 else line
    if file.trouble:
        yield number, Unread(f"line {number}", file.trouble)


def _document(path: Path) -> Any:
    """The whole file as one JSON value, or None where it has one value a line."""
    with opened(path) as file:
        first = b""
        while not first.strip() and (line := file.readline(LINE_LIMIT + 1)):
            first = line.removeprefix(_BOM)
        if not _begins_document(first):
            return None
        rest = file.read(DOCUMENT_LIMIT - len(first) + 1)
    value = _loads(first + rest) if len(first) + len(rest) <= DOCUMENT_LIMIT else None
    return value if isinstance(value, list | dict) else None


def _begins_document(first: bytes) -> bool:
    """Whether the first line is not yet a ticket: an array, an object that goes on, or an object that holds many."""
    start = first.lstrip()[:1]
    if start == b"[":
        return True
    if start != b"{":
        return False
    value = _loads(first)
    return not isinstance(value, dict) or "issues" in value


def _in_document(path: Path, whole: Any) -> Iterator[Entry | Unread]:
    found = whole
    if isinstance(whole, dict):
        found = whole["issues"] if isinstance(whole.get("issues"), list) else [whole]
    if not found:
        raise BacklogUnreadable(f"{path} is JSON, but holds no ticket.")
    for number, value in enumerate(found, 1):
        if isinstance(value, dict):
            yield Entry(f"entry {number}", value)
        else:
            yield Unread(f"entry {number}", "not an object")


def _parsed(number: int, line: bytes) -> Entry | Unread:
    place = f"line {number}"
    value = _loads(line)
    if isinstance(value, dict):
        return Entry(place, value)
    return Unread(place, value if isinstance(value, str) else "JSON, but not an object")


def _loads(raw: bytes) -> Any:
    """The JSON value, or a str that says why there is none (a JSON string counts as none: it is no ticket)."""
    try:
        value = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError:
        return "not UTF-8 text"
    except RecursionError:
        return "nested too deeply"
    except json.JSONDecodeError as error:
        return f"not JSON (column {error.colno})"
    except ValueError:
        return "not JSON (a number without end)"
    return "JSON, but not an object" if isinstance(value, str) else value
