"""A tracker on a bad day: 503, 429 with Retry-After, answers lost after the write, writes that land a second late."""

from __future__ import annotations

import random
import threading
from collections import Counter

from integrations.sandbox.faults import Faults

EVERY_SECONDS = 0.25
LATE_SECONDS = 1.0
WRITES = ("POST", "PUT", "PATCH")


class Weather:
    """Orders one fault at a time, from a seed, until `clear`. `ordered` counts by kind; not every one is met."""

    def __init__(self, faults: Faults, seed: int, share: float = 0.6) -> None:
        self.ordered: Counter[str] = Counter()
        self._faults, self._share = faults, share
        self._chance = random.Random(seed)  # noqa: S311 - bad luck, nothing secret
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="weather", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def clear(self) -> None:
        """Fine weather from here on; what is on its way still lands."""
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join(10)
        self._faults.clear()

    def _work(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            self._faults.clear()
            if self._chance.random() < self._share:
                self._order()

    def _order(self) -> None:
        chance = self._chance
        kind = chance.choice(("503", "503 with a wait", "429", "answer lost", "write lost", "late", "late 503"))
        self.ordered[kind] += 1
        method = chance.choice(WRITES)
        match kind:
            case "503":
                self._faults.unavailable()
            case "503 with a wait":
                self._faults.unavailable(1)
            case "429":
                self._faults.throttle(1, form=chance.choice(("seconds", "date")))
            case "answer lost":
                self._faults.lose_answer()
            case "write lost":
                self._faults.lose_answer(method=method)
            case "late":
                self._faults.land_late(LATE_SECONDS, method=method)
            case _:
                self._faults.land_late(LATE_SECONDS, method=method, answer="503")
