"""Steps that are done one after the other, each told as it ends with the time it took."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot.doctor.findings import remedy_for, what_is
from integrations.tracker import TrackerError

REPORT = "The tracker changes what it is given: report this with its version."


@dataclass(frozen=True, slots=True)
class Step:
    """One step and how long it took, in seconds; `remedy` says what to do, or what follows from it."""

    state: Literal["ok", "FIX", "skipped"]
    what: str
    seconds: float
    remedy: str = ""


class Skipped(Exception):
    """The step has nothing to do here."""


class Unlike(Exception):
    """What was read back is not what was written, or not what it should be; `remedy` says what to do."""

    def __init__(self, what: str, remedy: str = REPORT) -> None:
        super().__init__(what)
        self.remedy = remedy


class Interrupted(Exception):
    """Somebody wants it to end."""


@dataclass
class Walk:
    """Tells of each step; `stopped` is asked before those that `walk` does."""

    tell: Callable[[Step], None]
    stopped: Callable[[], bool]
    is_well: bool = True

    def walk(self, what: str, work: Callable[[], str | None]) -> bool:
        self.go_on()
        return self.step(what, work)

    def step(self, what: str, work: Callable[[], str | None]) -> bool:
        """Do one step and tell of it. True if it went well; `work` may add a few words to what it is called."""
        started = time.perf_counter()

        def took() -> float:
            return time.perf_counter() - started

        try:
            detail = work()
        except Skipped as skipped:
            self.told("skipped", what, took(), str(skipped))
            return False
        except Unlike as unlike:
            self.fail(f"{what}: {unlike}", unlike.remedy, took())
            return False
        except TrackerError as error:
            self.fail(f"{what}: {what_is(error)}", remedy_for(error), took())
            return False
        self.told("ok", f"{what}: {detail}" if detail else what, took())
        return True

    def told(self, state: Literal["ok", "FIX", "skipped"], what: str, seconds: float, remedy: str = "") -> None:
        self.tell(Step(state, what, seconds, remedy))

    def fail(self, what: str, remedy: str, seconds: float = 0.0) -> None:
        self.is_well = False
        self.told("FIX", what, seconds, remedy)

    def go_on(self) -> None:
        """Raise Interrupted if it is to end."""
        if self.stopped():
            raise Interrupted
