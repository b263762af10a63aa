"""How long each part takes: in earnest, and to see whether it works."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Seconds, but for what is counted."""

    commits: float = 15.0
    steady: float = 60.0
    burst: float = 2.0
    lower_rates: float = 15.0
    restarts: int = 10
    takeovers: int = 5
    deliveries: int = 20_000
    tickets: int = 60
    backfills: tuple[int, ...] = (1000, 10_000)


FULL = Scale()
SHORT = Scale(
    commits=4.0,
    steady=10.0,
    lower_rates=5.0,
    restarts=2,
    takeovers=1,
    deliveries=1000,
    tickets=10,
    backfills=(100, 1000),
)
