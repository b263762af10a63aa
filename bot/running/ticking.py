"""Which ticks there are: polls and sweeps of each connection, the nightly runs, and the upkeep of the whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from bot.clock import Every, Nightly
from bot.engine import TICKS, EngineClient
from bot.flows.forgetting import ROUND_SECONDS
from bot.settings import Settings
from bot.store import ticks
from bot.store.database import Database
from bot.wiring import Wired

SWEEP_SECONDS = 30.0
WEBHOOKS_SECONDS = 600.0
"""How often Azure DevOps is asked whether its subscriptions are switched on: told of within a quarter of an hour."""
UPKEEP_SECONDS = 600.0


class Ticking:
    """Turns ticks into jobs. Of several clocks that fire the same tick, one makes the job."""

    def __init__(
        self,
        settings: Settings,
        wired: Mapping[str, Wired],
        db: Database,
        engine: EngineClient,
        now: Callable[[], datetime],
    ) -> None:
        self._settings, self._wired, self._db, self._engine, self._now = settings, wired, db, engine, now

    def ticks(self) -> list[Every | Nightly]:
        """All ticks, for the clock."""
        found: list[Every | Nightly] = [
            self._every("upkeep", "all", UPKEEP_SECONDS),
            self._every("mend", "all", SWEEP_SECONDS),
        ]
        for name, each in self._wired.items():
            found.append(self._every("poll", name, each.settings.poll_seconds))
            found.append(self._every("sweep", name, SWEEP_SECONDS))
            if each.settings.intake == "webhook" and each.settings.vendor == "azure-devops":
                found.append(self._every("webhooks", name, WEBHOOKS_SECONDS))
            found.append(self._every("recheck", name, ROUND_SECONDS))
            for key, project in self._settings.projects_of(name).items():
                if project.nightly is not None:
                    at, fire = project.nightly, self._night(name, key)
                    found.append(Nightly(f"hygiene {name} {key}", at.hour, at.minute, project.zone, fire))
        return found

    def _every(self, kind: str, connection: str, seconds: float) -> Every:
        def fire() -> None:
            with self._db.write() as session:
                number = ticks.take(session, f"{kind}:{connection}", seconds, self._now())
            # One that takes longer than its interval is not begun again beside itself.
            if number is not None and not self._engine.has_unfinished(TICKS, f"{kind}:{connection}:tick-"):
                self._engine.enqueue(kind, f"{kind}:{connection}:tick-{number}", connection, str(number))

        return Every(f"{kind} {connection}", seconds, fire)

    def _night(self, connection: str, project: str) -> Callable[[str], None]:
        return lambda day: self._engine.enqueue(
            "hygiene", f"hygiene:{connection}:{project}:{day}", connection, project, day
        )
