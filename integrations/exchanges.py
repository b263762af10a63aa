"""What passes between a client and a tracker, for who counts, times or announces it. No contents, no credentials."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer. `status` is None where no answer came; `seconds` until its headers were there.

    `path` may hold keys of items, and header names are without regard to case.
    """

    method: str
    path: str
    status: int | None
    seconds: float
    headers: Mapping[str, str]


Observe = Callable[[Exchange], None]
"""Is told of each exchange, tries that are repeated included. It must not raise."""


def unobserved(exchange: Exchange) -> None:
    """Nobody looks."""


READING = frozenset({"GET", "HEAD", "OPTIONS"})
_told_before_writes = ContextVar[Callable[[], None] | None]("told_before_writes", default=None)


@contextmanager
def before_writes(tell: Callable[[], None]) -> Iterator[None]:
    """Within it, call `tell` right before each request of this thread that may change something.

    Where `tell` raises, the request is not sent.
    """
    token = _told_before_writes.set(tell)
    try:
        yield
    finally:
        _told_before_writes.reset(token)


def observe(session: requests.Session, observer: Observe) -> None:
    """Tell the observer of every request that the session sends."""
    for scheme in ("https://", "http://"):
        session.mount(scheme, _ObservedAdapter(observer))


class _ObservedAdapter(HTTPAdapter):
    def __init__(self, observer: Observe) -> None:
        super().__init__()
        self._observer = observer

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        method, path = request.method or "", urlsplit(request.url or "").path
        if (tell := _told_before_writes.get()) is not None and method not in READING:
            tell()
        started = time.perf_counter()
        try:
            response = super().send(request, *args, **options)
        except Exception:
            self._observer(Exchange(method, path, None, time.perf_counter() - started, {}))
            raise
        seconds = time.perf_counter() - started
        self._observer(Exchange(method, path, response.status_code, seconds, response.headers))
        return response
