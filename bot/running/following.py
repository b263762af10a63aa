"""Each process's duplicate indexes follow the store, also in one that has nothing to look for: what is gone leaves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import structlog

log = structlog.get_logger(__name__)

EVERY_SECONDS = 3600.0


class Following:
    """One thread, from `start` to `stop`, that lets each index forget what is gone, every hour."""

    def __init__(self, forget: Sequence[Callable[[], object]]) -> None:
        self._forget = tuple(forget)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="following", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Follow no more; what is under way is left to end with the process."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(EVERY_SECONDS):
            for forget in self._forget:
                try:
                    forget()
                except Exception as error:  # noqa: BLE001 - whatever it is, the next hour tries again
                    log.warning("index not brought up to date", error=type(error).__name__)
