"""A SQLite file in the place of another, whatever state that one is in: built beside it, and moved when it is whole.

At every moment there is the old database or the new one. The old one is kept under another name.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from bot.store.backup.archive import BackupError
from bot.store.backup.saving import sync_folder

PREFIX = "sqlite:///"
PATIENCE_SECONDS = 5.0
"""How long somebody who only looks into the old file may take."""
LOGS = ("-wal", "-journal")
"""What may belong to a file that was not closed in order; "-shm" is made anew."""


@contextmanager
def in_place_of(url: str) -> Iterator[tuple[str, Path | None]]:
    """The address of a new file, which is moved to `url` at the end of the block; and as what the old one is kept.

    If the block fails, all is as it was. Raises BackupError, also if anybody has the old file open.
    """
    path = Path(os.path.realpath(url.removeprefix(PREFIX)))
    new = path.with_name(f"{path.name}.restoring")
    kept = path.with_name(f"{path.name}.before-restore-{datetime.now(UTC):%Y%m%dT%H%M%S%f}") if path.exists() else None
    try:
        with _refusals_told(path):
            _remove(new)
            if kept is not None:
                _close_up(path)
        yield f"{PREFIX}{new}", kept
        with _refusals_told(path):
            _move(new, path, kept)
    finally:
        _remove(new)


@contextmanager
def _refusals_told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BackupError(f"{path} cannot be replaced ({error.strerror}).") from None


def _move(new: Path, path: Path, kept: Path | None) -> None:
    if not _close_up(new):
        raise BackupError(f"{new} could not be written to the end.")
    if kept is not None:
        _close_up(path)
        _keep(path, new, kept)
    os.replace(new, path)
    sync_folder(path.parent)


def _close_up(path: Path) -> bool:
    """Let a file be whole by itself: what its log holds goes into it. False if it is damaged.

    Raises BackupError if anybody has it open: nobody else may have, for the log to go
    (https://www.sqlite.org/wal.html, "Persistence of WAL mode").
    """
    with closing(sqlite3.connect(path, timeout=PATIENCE_SECONDS)) as connection:
        try:
            mode = connection.execute("PRAGMA journal_mode=delete").fetchone()
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                return False
            mode = ("wal",)
    if mode == ("wal",):
        raise BackupError(f"Another process has {path} open. End it, and try again.")
    return bool(mode == ("delete",))


def _keep(path: Path, new: Path, kept: Path) -> None:
    """Give the old file a second name, and its owner and rights to the new one."""
    try:
        os.link(path, kept)
    except OSError:  # not every file system can
        shutil.copy2(path, kept)
    # Only a file that is damaged still has a log; beside another it would be taken for that one's.
    for ending in LOGS:
        with suppress(FileNotFoundError):
            os.replace(f"{path}{ending}", f"{kept}{ending}")
    Path(f"{path}-shm").unlink(missing_ok=True)
    old = path.stat()
    new.chmod(stat.S_IMODE(old.st_mode))
    if hasattr(os, "chown"):
        with suppress(PermissionError):
            os.chown(new, old.st_uid, old.st_gid)


def _remove(path: Path) -> None:
    for ending in ("", *LOGS, "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)
