"""The bot's own command line on a shortened day: `python -m tests.chaos.launcher SHIFT_FILE SCALE run -c FILE`.

The time of day is that of the machine, moved by as many seconds as stand in SHIFT_FILE, which may change at any time.
Pauses that no setting names are divided by SCALE.
"""

from __future__ import annotations

import functools
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot import running
from bot.flows import outcome
from bot.running import ticking
from bot.settings import connections


def main() -> None:
    shift, scale = Path(sys.argv[1]), float(sys.argv[2])

    def wall() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(shift.read_text("ascii")))

    for place, name in (
        (ticking, "SWEEP_SECONDS"),
        (ticking, "UPKEEP_SECONDS"),
        (connections, "BESIDE_WEBHOOKS_SECONDS"),
    ):
        setattr(place, name, getattr(place, name) / scale)
    outcome.LONGEST_WAIT /= scale
    running.Bot = functools.partial(running.Bot, wall=wall)  # type: ignore[misc,assignment]
    from bot.cli import main as steward

    sys.argv = ["steward", *sys.argv[3:]]
    steward()


if __name__ == "__main__":
    main()
