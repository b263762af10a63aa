"""What this process has last heard from each tracker: kept in memory, for the status page."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Heard:
    """From one tracker. `failing_since` is when the first answer in a row failed; `failure` says how the last did."""

    last_success: datetime | None = None
    failing_since: datetime | None = None
    failure: str = ""
    throttled_until: datetime | None = None


class Hearing:
    """By connection; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heard: dict[str, Heard] = {}

    def success(self, connection: str, now: datetime) -> None:
        """It answered, and knew who asked."""
        with self._lock:
            before = self._heard.get(connection, Heard())
            self._heard[connection] = replace(before, last_success=now, failing_since=None, failure="")

    def failure(self, connection: str, how: str, now: datetime) -> None:
        """It did not answer, failed, or let nobody in; `how` is a status or a few fixed words."""
        with self._lock:
            before = self._heard.get(connection, Heard())
            self._heard[connection] = replace(before, failing_since=before.failing_since or now, failure=how)

    def throttled(self, connection: str, until: datetime) -> None:
        """It asked to wait."""
        with self._lock:
            before = self._heard.get(connection, Heard())
            self._heard[connection] = replace(before, throttled_until=until)

    def of(self, connection: str) -> Heard:
        """What was heard from one."""
        with self._lock:
            return self._heard.get(connection, Heard())


heard = Hearing()
