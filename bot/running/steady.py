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

    `source` is asked every `every` seconds; one that fails (a database that is away) is asked again later.
    """

    def __init__(
        self,
        source: Callable[[], datetime],
        *,
        every: float = 0.0,
        monotonic: Callable[[], float] = time.monotonic,
        jumped: Callable[[timedelta], None] = lambda by: None,
    ) -> None:
        self._source, self._every, self._monotonic, self.jumped = source, every, monotonic, jumped
        self._lock = threading.Lock()
        self._asked = self._anchored = monotonic()
        self._anchor = source()
        self._odd_since: float | None = None

    def __call__(self) -> datetime:
        """The time now."""
        with self._lock:
            tick = self._monotonic()
            steady = self._anchor + timedelta(seconds=tick - self._anchored)
            if tick - self._asked < self._every:
                return steady
            self._asked = tick
            return self._compared(steady, tick)

    def _compared(self, steady: datetime, tick: float) -> datetime:
        try:
            told = self._source()
        except Exception as error:  # noqa: BLE001 - the time goes on whatever ails its source
            log.warning("time not told", error=type(error).__name__)
            return steady
        if abs(told - steady) <= TOLERANCE:
            self._odd_since = None
            # Small corrections are followed, but never backwards.
            if told > steady:
                self._anchor, self._anchored = told, tick
                return told
            return steady
        if self._odd_since is None:
            self._odd_since = tick
            log.warning("clock jumped", by_seconds=round((told - steady).total_seconds()))
        if tick - self._odd_since < BELIEVED_AFTER_SECONDS:
            return steady
        self._odd_since, self._anchor, self._anchored = None, told, tick
        self.jumped(told - steady)
        return told
