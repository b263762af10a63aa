"""When the next request to a tracker may be sent. What it said to one is kept by all who share its account.

Gates are closed for a time: one for all requests, one for the writes to each item, one for each endpoint and method,
and one for each kind of work that leaves what is left of the tracker's budget to work that is more urgent.
"""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import IntEnum
from typing import Protocol

from integrations.exchanges import READING, Exchange
from integrations.limits import told

ALL = "all"
LOOK_SECONDS = 1.0
"""How often the board is looked at, at most."""
RESET_SECONDS = 60.0
"""How long work that can wait does so, where the tracker does not say when its budget is whole again."""
LONGEST_PAUSE = 900.0
SPACING_WRITES, SPACING_SECONDS = 10, 2.0
"""Writes to one item within a time, after which the next waits: half of what Jira allows."""
_ITEM = re.compile(r"/rest/api/[0-9a-z]+/issue/([^/]+)")
_ID = re.compile(r"(?<=/)(?:[A-Z][^/]*|[^/]*[^A-Za-z/][^/]*)|(?<=/project/)[^/]+|(?<=/createmeta/)[^/]+")
"""What in a path names one of many. Rather too much: an endpoint that is taken for another waits with it."""


class Urgency(IntEnum):
    """For whom a request is made."""

    NIGHTLY = 0
    TICKET = 1
    PERSON = 2


KEPT_FREE = {Urgency.NIGHTLY: 0.3, Urgency.TICKET: 0.1}
"""The part of the tracker's budget that each kind of work leaves to what is more urgent."""
_urgency: ContextVar[Urgency] = ContextVar("urgency", default=Urgency.PERSON)


@contextmanager
def working_for(urgency: Urgency) -> Iterator[None]:
    """Within it, the requests of this thread are made for work of this kind."""
    token = _urgency.set(urgency)
    try:
        yield
    finally:
        _urgency.reset(token)


class Board(Protocol):
    """Where the closed gates of one connection are written for all processes. Neither method may raise."""

    def look(self) -> Mapping[str, float]:
        """Gates and for how many seconds from now they are closed."""

    def close(self, gate: str, seconds: float) -> None:
        """Write that a gate is closed for so long; one that is closed for longer stays so."""


class Pace:
    """The pace of one connection; safe to share among threads. `clock` gives seconds and never goes back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, board: Board | None = None) -> None:
        self._clock, self._board = clock, board
        self._lock = threading.Lock()
        self._closed: dict[str, float] = {}
        self._looked = float("-inf")
        self._writes: deque[tuple[float, str]] = deque()

    def turn(self, method: str, path: str) -> float:
        """0 where the request may be sent now, which counts it; else the seconds after which to ask again."""
        self._look()
        item = _written(method, path)
        gates = [ALL, _endpoint(method, path), *([_gate(item)] if item else []), _urgency.get().name.lower()]
        with self._lock:
            now = self._clock()
            wait = max(self._closed.get(gate, now) for gate in gates) - now
            if wait <= 0 and item:
                wait = self._spaced(item, now)
        return max(wait, 0.0)

    def heard(self, exchange: Exchange) -> None:
        """Close what the answer asks to close."""
        said = told(exchange.status, exchange.headers)
        if said.only_endpoint and exchange.status == 429:
            if said.wait:
                self._close(_endpoint(exchange.method, exchange.path), said.wait)
            return
        if said.wait:
            item = _written(exchange.method, exchange.path) if said.only_item else ""
            self._close(_gate(item) if item else ALL, said.wait)
        if said.share is not None:
            pause = RESET_SECONDS if said.reset is None else min(said.reset, LONGEST_PAUSE)
            for urgency, kept in KEPT_FREE.items():
                if said.share < kept:
                    # The time moves a little with each answer: not each is worth writing down.
                    self._close(urgency.name.lower(), pause, tolerance=5.0)

    def _close(self, gate: str, seconds: float, tolerance: float = 0.0) -> None:
        with self._lock:
            now = self._clock()
            until, known = now + seconds, self._closed.get(gate, now)
            if until <= known + tolerance:
                return
            self._closed = {name: end for name, end in self._closed.items() if end > now} | {gate: until}
        if self._board is not None:
            self._board.close(gate, seconds)

    def _look(self) -> None:
        if self._board is None:
            return
        with self._lock:
            now = self._clock()
            if now - self._looked < LOOK_SECONDS:
                return
            self._looked = now
        seen = self._board.look()
        with self._lock:
            for gate, seconds in seen.items():
                self._closed[gate] = max(self._closed.get(gate, now), now + seconds)

    def _spaced(self, item: str, now: float) -> float:
        while self._writes and self._writes[0][0] <= now - SPACING_SECONDS:
            self._writes.popleft()
        own = [at for at, written in self._writes if written == item]
        if len(own) >= SPACING_WRITES:
            return own[0] + SPACING_SECONDS - now
        self._writes.append((now, item))
        return 0.0


def _written(method: str, path: str) -> str:
    """The item that a request changes, where the path names it as Jira's do; else empty."""
    found = _ITEM.search(path) if method not in READING else None
    return found[1] if found else ""


def _endpoint(method: str, path: str) -> str:
    return f"{method} {_ID.sub('*', path)}"


def _gate(item: str) -> str:
    return f"item:{item}"
