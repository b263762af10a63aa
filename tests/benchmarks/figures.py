"""What a part of the benchmarks tells: its load in words, its figures beside their goals, and what was lost."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. `goal` is the most it should be, in the same unit."""

    name: str
    value: float
    unit: str
    goal: float | None = None


@dataclass(slots=True)
class Part:
    """One part. `load` says what was done to the bot; each sentence in `lost` is a loss."""

    name: str
    load: str
    figures: list[Figure] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    load_average: tuple[float, float] = (0.0, 0.0)
    """Of the machine, over the last minute, before and after: what else ran counts too."""

    def add(self, name: str, value: float, unit: str, goal: float | None = None) -> None:
        """Tell one more figure."""
        self.figures.append(Figure(name, round(value, 2), unit, goal))

    def add_shares(self, name: str, waits: Sequence[float], unit: str, goal: float | None = None) -> None:
        """Tell the median, the 99th percentile and the largest of some waits; the goal is the percentile's."""
        ordered = sorted(waits)
        self.add(f"{name} p50", share(ordered, 50), unit)
        self.add(f"{name} p99", share(ordered, 99), unit, goal)
        self.add(f"{name} max", share(ordered, 100), unit)

    def as_json(self) -> dict[str, Any]:
        """As it goes into the file."""
        return asdict(self)


def share(ordered: Sequence[float], percent: int) -> float:
    """The value that so many of a hundred do not exceed; NaN of nothing."""
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] if ordered else float("nan")


def load_average() -> float:
    """How many wanted a processor or the disk, over the last minute."""
    return round(os.getloadavg()[0], 2)
