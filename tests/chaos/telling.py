"""Progress on standard error: one moving line for a person, a line every now and then for a log."""

from __future__ import annotations

import signal
import sys
import time
from types import TracebackType

from rich.console import Console
from rich.status import Status

EVERY_SECONDS = 15.0


class Teller:
    """Call it with how things stand; `line` stays."""

    def __init__(self, console: Console) -> None:
        self._console, self._told = console, 0.0
        self._status: Status | None = console.status("starting") if console.is_terminal else None

    def __call__(self, how: str) -> None:
        if self._status is not None:
            self._status.update(how)
        elif time.monotonic() - self._told >= EVERY_SECONDS:
            self._told = time.monotonic()
            self.line(how)

    def line(self, what: str) -> None:
        self._console.print(what, highlight=False, soft_wrap=True)

    def __enter__(self) -> Teller:
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._status is not None:
            self._status.stop()


def end_in_order() -> None:
    """Asked to end (SIGTERM), end what was started as well."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
