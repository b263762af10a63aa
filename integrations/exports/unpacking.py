"""A file's bytes, unpacked where they are gzipped, with a bound on how many they become."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from integrations.exports.records import BacklogUnreadable

TOTAL_LIMIT = 2 * 1024 * 1024 * 1024
"""Bytes of a file after unpacking."""
SWELLING_LIMIT = 200
"""How many bytes one packed byte may become, on the whole; real exports stay below 30, a bomb reaches 1,000."""
SMALL = 64 * 1024 * 1024
"""Bytes after unpacking up to which nobody counts how much a file swells."""

_GZIP = b"\x1f\x8b"
_BROKEN_GZIP = (EOFError, gzip.BadGzipFile, zlib.error)
_OTHER_KINDS = (
    (b"PK\x03\x04", "a zip archive (or a spreadsheet); unpack it first, or save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet or document; save it as CSV"),
    (b"%PDF", "a PDF"),
    (b"SQLite format 3\x00", "a database"),
    (b"<", "XML or HTML; export as CSV or JSON instead"),
)
TAKEN = (
    "Taken are CSV exports of Jira and Azure DevOps, and JSON with one ticket a line (Jira's REST answers, or flat)."
)


class Unpacked(io.BufferedReader):
    """The bytes of a file. Damage or too many of them end it early, and `trouble` then says why."""

    def __init__(self, path: Path) -> None:
        self._source = _Source(path)
        super().__init__(self._source, 256 * 1024)

    @property
    def trouble(self) -> str:
        return self._source.trouble


class _Source(io.RawIOBase):
    def __init__(self, path: Path) -> None:
        self.trouble = ""
        self._file = path.open("rb")
        self._read = 0
        self._limit = TOTAL_LIMIT
        packed = self._file.read(2) == _GZIP
        self._file.seek(0)
        self._bytes: io.BufferedIOBase = self._file
        if packed:
            self._bytes = gzip.GzipFile(fileobj=self._file)
            self._limit = min(TOTAL_LIMIT, max(SMALL, SWELLING_LIMIT * os.fstat(self._file.fileno()).st_size))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed's Buffer has no length
        if self.trouble:
            return 0
        try:
            piece = self._bytes.read1(len(buffer))  # as much as there is, so that damage costs only what follows it
        except _BROKEN_GZIP:
            self.trouble = "the compressed file is damaged or breaks off here"
            return 0
        self._read += len(piece)
        if self._read > self._limit:
            self.trouble = f"the file unpacks to more than {self._limit // 1024**2} MB, the rest is left"
            return 0
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._file.close()
        super().close()


@contextmanager
def opened(path: Path) -> Iterator[Unpacked]:
    """Raises BacklogUnreadable where there is no such file, where it is a folder or of quite another kind."""
    try:
        with Unpacked(path) as file:
            head = file.peek(16).removeprefix(b"\xef\xbb\xbf")
            for magic, kind in _OTHER_KINDS:
                if head.startswith(magic):
                    raise BacklogUnreadable(f"{path} is {kind}. {TAKEN}")
            yield file
    except FileNotFoundError:
        raise BacklogUnreadable(f"There is no file {path}.") from None
    except IsADirectoryError:
        raise BacklogUnreadable(f"{path} is a folder. Name the file in it.") from None
    except PermissionError:
        raise BacklogUnreadable(f"{path} may not be read by this account.") from None
    except OSError as error:
        raise BacklogUnreadable(f"{path} cannot be read: {error.strerror or 'input/output error'}.") from None
