"""The time, without jumps: a machine's clock that is set by an hour ends no wait early and begins none anew.

What others say of the time is believed when it has stood for a minute: by then no wait for an answer is left.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

log = structlog.get_logger(__name__)

TOLERANCE = timedelta(seconds=2)
BELIEVED_AFTER_SECONDS = 60.0


class SteadyClock:
    """Call it for the time. `source` tells the time of day and may jump; `jumped` hears of a jump that is believed.

    With `every`, a thread asks the source each so many seconds, from `start` to `stop`, because it may keep one waiting
    (a database); else it is asked with each call. A source that fails is asked again later.
    """

    def __init__(
        self,
        source: Callable[[], datetime],
        *,
        every: float = 0.0,
        monotonic: Callable[[], float] = time.monotonic,
        jumped: Callable[[timedelta], None] = lambda by: None,
    ) -> None:
        self._source, self._every, self._monotonic, self._jumped = source, every, monotonic, jumped
        self._lock = threading.Lock()
        self._anchor, self._anchored = source(), monotonic()
        self._odd_since: float | None = None
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin to ask the source now and then, if it is not asked with each call."""
        if self._every:
            threading.Thread(target=self._run, name="steady clock", daemon=True).start()

    def stop(self) -> None:
        """Ask no more."""
        self._stopped.set()

    def __call__(self) -> datetime:
        """The time now."""
        if not self._every:
            return self.look()
        with self._lock:
            return self._steady(self._monotonic())

    def look(self) -> datetime:
        """Ask the source, and return the time now."""
        try:
            told = self._source()
        except Exception as error:  # noqa: BLE001 - the time goes on whatever ails its source
            log.warning("time not told", error=type(error).__name__)
            told = None
        with self._lock:
            tick = self._monotonic()
            now, jump = self._compared(told, self._steady(tick), tick)
        if jump:
            self._jumped(jump)
        return now

    def _run(self) -> None:
        while not self._stopped.wait(self._every):
            self.look()

    def _steady(self, tick: float) -> datetime:
        return self._anchor + timedelta(seconds=tick - self._anchored)

    def _compared(self, told: datetime | None, steady: datetime, tick: float) -> tuple[datetime, timedelta]:
        if told is None:
            return steady, timedelta(0)
        if abs(told - steady) <= TOLERANCE:
            self._odd_since = None
            # Small corrections are followed, but never backwards.
            if told > steady:
                self._anchor, self._anchored = told, tick
            return max(told, steady), timedelta(0)
        if self._odd_since is None:
            self._odd_since = tick
            log.warning("clock jumped", by_seconds=round((told - steady).total_seconds()))
        if tick - self._odd_since < BELIEVED_AFTER_SECONDS:
            return steady, timedelta(0)
        self._odd_since, self._anchor, self._anchored = None, told, tick
        return told, told - steady
