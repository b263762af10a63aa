"""Turns at writing to a SQLite file: who comes first is served first, and the door before all others.

SQLite itself lets a writer sleep, for up to a tenth of a second at a time, while others come and go.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """One holder at a time among the threads of this process. Other processes are SQLite's own affair."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held = False
        self._urgent: deque[threading.Lock] = deque()
        self._others: deque[threading.Lock] = deque()

    @contextmanager
    def turn(self, *, urgent: bool = False) -> Iterator[None]:
        """Wait for a turn and hold it for the block; `urgent` ones go before all that wait."""
        with self._guard:
            place = self._place(self._urgent if urgent else self._others) if self._held else None
            self._held = True
        if place is not None:
            place.acquire()
        try:
            yield
        finally:
            self._pass_on()

    def _place(self, queue: deque[threading.Lock]) -> threading.Lock:
        place = threading.Lock()
        place.acquire()
        queue.append(place)
        return place

    def _pass_on(self) -> None:
        with self._guard:
            queue = self._urgent or self._others
            if queue:
                queue.popleft().release()
            else:
                self._held = False
