"""One bot a data folder: its databases are SQLite files, and two bots would do the same work twice.

The operating system holds the lock and lets go of it with the process, however that ended: no lock is ever stale.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

NAME = "steward.lock"
_FAR = 1 << 20
"""Windows locks bytes, also against reading; the one that is locked lies beyond what is written."""


class FolderTaken(Exception):
    """Another process works on this folder, or it cannot be locked. The message is a sentence for a person."""


class FolderLock:
    """The right to work on a data folder (made if need be), until `close` or the end of the process.

    Raises FolderTaken.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file: IO[str] = (folder / NAME).open("a+", encoding="ascii", errors="replace")
        except OSError as error:
            raise FolderTaken(f"The data folder {folder} cannot be written to ({error.strerror}).") from None
        try:
            _lock(self._file)
        except (BlockingIOError, PermissionError):
            holder = _read(self._file)
            self._file.close()
            who = f"process {holder}" if holder.isdigit() else "another process"
            raise FolderTaken(
                f"Another bot ({who}) works on the data folder {folder}. End it, or name another folder under: data"
            ) from None
        except OSError as error:
            self._file.close()
            raise FolderTaken(f"The data folder {folder} cannot be locked ({error.strerror}).") from None
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def close(self) -> None:
        """Let go. The file stays: to delete it could take it from under a bot that has just begun."""
        self._file.close()


def _read(file: IO[str]) -> str:
    file.seek(0)
    return file.read(20).strip()


def _lock(file: IO[str]) -> None:
    if sys.platform == "win32":
        file.seek(_FAR)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        file.seek(0)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
