"""What passes between a client and a tracker, for who counts, times or announces it. No contents, no credentials."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


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


def announce(method: str) -> None:
    """Tell whoever wants to know it before a request is sent."""
    tell = _told_before_writes.get()
    if tell is not None and method not in READING:
        tell()
