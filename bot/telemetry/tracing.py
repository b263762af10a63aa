"""Traces: from a webhook to a comment, over processes and days, without storing anything for it.

A delivery's trace has an id that is worked out of the delivery's own, so that whoever works on it knows the trace.
Without the setting nothing is imported, and nothing done. Spans hold ids of connections, kinds, outcomes and classes of
errors; never a ticket's text or key, never a person.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

Attributes = Mapping[str, str | int | float | bool]


class Span(Protocol):
    """A span under way."""

    def set(self, attributes: Attributes) -> None:
        """Add what has become known."""


class Tracer(Protocol):
    """Where spans go. `cause` names the trace: a delivery's id, or a job's; without one it is that of the span around.

    `seconds` is how long ago a span began that has ended now. `first` is the one that all others of its cause are
    under: it may be told at another place, and later than they are.
    """

    def span(self, name: str, cause: str, under_first: bool, attributes: Attributes) -> Iterator[Span]: ...

    def ended(self, name: str, seconds: float, first: str, attributes: Attributes) -> None: ...

    def stop(self, seconds: float) -> None: ...


class _Nothing:
    def set(self, attributes: Attributes) -> None:
        pass


_NOTHING = _Nothing()
_live: Tracer | None = None


def start(endpoint: str, version: str, process: str) -> None:
    """Send spans to an OTLP/HTTP address. `process` names this process among its siblings."""
    from bot.telemetry.otlp import exporting

    use(exporting(endpoint, version, process))


def use(tracer: Tracer | None) -> None:
    """Put a tracer in place, or none."""
    global _live
    _live = tracer


def stop(seconds: float = 2.0) -> None:
    """Send what is left, for so long at most."""
    if _live is not None:
        _live.stop(seconds)
        use(None)


def is_on() -> bool:
    """Whether spans go anywhere."""
    return _live is not None


@contextmanager
def span(name: str, attributes: Attributes, *, cause: str = "", under_first: bool = False) -> Iterator[Span]:
    """A span around a block; an error that leaves the block is named by its class. See Tracer for `cause`."""
    if _live is None:
        yield _NOTHING
        return
    yield from _live.span(name, cause, under_first, attributes)


def ended(name: str, seconds: float, attributes: Attributes) -> None:
    """A span that ended just now, under the one around."""
    if _live is not None:
        _live.ended(name, seconds, "", attributes)


def taken_in(delivery: str, seconds: float, connection: str, source: str) -> None:
    """A new delivery is kept: the first span of its trace."""
    if _live is not None:
        _live.ended("take in", seconds, delivery, {"steward.connection": connection, "steward.source": source})


def ids(cause: str) -> tuple[int, int]:
    """The ids of a trace and of its first span. https://www.w3.org/TR/trace-context/#trace-id"""
    digest = hashlib.sha256(cause.encode()).digest()
    return int.from_bytes(digest[:16]) or 1, int.from_bytes(digest[16:24]) or 1


def trace_id(delivery: str) -> str:
    """The id under which a delivery's trace is looked up."""
    return f"{ids(delivery)[0]:032x}"
