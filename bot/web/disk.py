"""Whether the disk has room for what may come: a database that runs out of it in the midst of its work is worse off."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from bot.telemetry.status.values import Room

SPARE_BYTES = 200_000_000
"""Left for the work on what has been kept already."""
FRESH_SECONDS = 1.0


class Disk:
    """The disk that holds a folder. `free` says how many bytes are free there."""

    def __init__(self, folder: Path, spare: int = SPARE_BYTES, free: Callable[[Path], int] | None = None) -> None:
        self._folder, self._spare, self._free = folder, spare, free or _free
        self._looked, self._room = float("-inf"), Room(0, spare)

    def has_room(self) -> bool:
        """Whether more than the spare bytes are free; looked at once a second at most."""
        return not self.room().is_short

    def room(self) -> Room:
        """How much is free, likewise; nothing where it cannot be looked at."""
        now = time.monotonic()
        if now - self._looked >= FRESH_SECONDS:
            self._looked = now
            try:
                self._room = Room(self._free(self._folder), self._spare)
            except OSError:
                self._room = Room(0, self._spare)
        return self._room


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free
