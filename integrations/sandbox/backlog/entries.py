"""From a file to JSON objects: gzipped or not, one object a line or one document for all, with bounds on everything."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

LINE_LIMIT = 8 * 1024 * 1024
"""Bytes of one line; a longer one is named and left out."""
DOCUMENT_LIMIT = 256 * 1024 * 1024
"""Bytes of a file that is one JSON document, which has to be held as a whole."""
TOTAL_LIMIT = 2 * 1024 * 1024 * 1024
"""Bytes of a file after unpacking."""

_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_BROKEN_GZIP = (EOFError, gzip.BadGzipFile, zlib.error)
_OTHER_KINDS = (
    (b"PK\x03\x04", "a zip archive (or a spreadsheet); unpack it first"),
    (b"\xff\xfe", "text saved as UTF-16; save it as UTF-8"),
    (b"\xfe\xff", "text saved as UTF-16; save it as UTF-8"),
    (b"%PDF", "a PDF"),
    (b"SQLite format 3\x00", "a database"),
    (b"<", "XML or HTML; export as JSON instead"),
)


class BacklogUnreadable(ValueError):
    """The file as a whole cannot be taken; the message is a sentence for the person who named it."""


@dataclass(frozen=True, slots=True)
class Unread:
    """One line (of a document: one entry) that could not be read, and why. `reason` quotes nothing of it."""

    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One JSON object of the file; `place` is "line 7" or "entry 7"."""

    place: str
    value: dict[str, Any]


def entries(path: Path) -> Iterator[Entry | Unread]:
    """Every object of the file in its order, and what could not be read in between.

    Raises BacklogUnreadable where there is no such file, where it is a folder, or where it is no JSON at all.
    """
    try:
        with path.open("rb") as raw:
            head = raw.read(16)
            raw.seek(0)
            for magic, kind in _OTHER_KINDS:
                if head.removeprefix(_BOM).startswith(magic):
                    raise BacklogUnreadable(f"{path} is {kind}. A backlog is a JSON file: one ticket a line.")
            if head.startswith(_GZIP):
                with gzip.open(raw) as unpacked:
                    yield from _read(path, cast(IO[bytes], unpacked))
            else:
                yield from _read(path, raw)
    except FileNotFoundError:
        raise BacklogUnreadable(f"There is no file {path}.") from None
    except IsADirectoryError:
        raise BacklogUnreadable(f"{path} is a folder. Name the file in it.") from None
    except PermissionError:
        raise BacklogUnreadable(f"{path} may not be read by this account.") from None
    except OSError as error:
        raise BacklogUnreadable(f"{path} cannot be read: {error.strerror or 'input/output error'}.") from None


def _read(path: Path, file: IO[bytes]) -> Iterator[Entry | Unread]:
    lines = _lines(file)
    start, first = 0, b""
    for number, line in lines:
        if isinstance(line, Unread):
            yield line
        elif line.strip():
            start, first = number, line
            break
    if not first:
        return
    whole = _document(first, file) if _begins_document(first) else None
    if whole is not None:
        yield from _in_document(path, whole)
        return
    yield _parsed(start, first)
    for number, line in lines:
        if isinstance(line, Unread):
            yield line
        elif line.strip():
            yield _parsed(number, line)


def _lines(file: IO[bytes]) -> Iterator[tuple[int, bytes | Unread]]:
    """The lines that follow, numbered, without byte order mark; one over the limit is skipped to its end and named."""
    number = total = 0
    while True:
        number += 1
        try:
            line = file.readline(LINE_LIMIT + 1)
            if len(line) > LINE_LIMIT:
                rest = line
                while rest and not rest.endswith(b"\n"):
                    rest = file.readline(LINE_LIMIT + 1)
                    total += len(rest)
                    if total > TOTAL_LIMIT:
                        break
                yield number, Unread(f"line {number}", f"longer than {LINE_LIMIT // 1024 // 1024} MB")
        except _BROKEN_GZIP:
            yield number, Unread(f"line {number}", "the compressed file is damaged or breaks off here")
            return
        if not line:
            return
        total += len(line)
        if total > TOTAL_LIMIT:
            yield (
                number,
                Unread(f"line {number}", f"the file is longer than {TOTAL_LIMIT // 1024**3} GB, the rest is left"),
            )
            return
        if len(line) <= LINE_LIMIT:
            yield number, line.removeprefix(_BOM) if number == 1 else line


def _begins_document(first: bytes) -> bool:
    """Whether the first line is not yet a ticket: an array, an object that goes on, or an object that holds many."""
    start = first.lstrip()[:1]
    if start == b"[":
        return True
    if start != b"{":
        return False
    value = _loads(first)
    return not isinstance(value, dict) or "issues" in value


def _document(first: bytes, file: IO[bytes]) -> Any:
    """The whole file as one JSON value, or None (and the file where it was) if it is not one."""
    position = file.tell()
    try:
        rest = file.read(DOCUMENT_LIMIT - len(first) + 1)
    except _BROKEN_GZIP:
        rest = b""
    value = _loads(first + rest) if len(first) + len(rest) <= DOCUMENT_LIMIT else None
    if isinstance(value, list | dict):
        return value
    file.seek(position)
    return None


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
