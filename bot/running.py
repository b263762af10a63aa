"""One process that is the whole bot: web server, worker and clock, started and ended in the right order."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

from bot import wiring
from bot.clock import Clock, Every, Nightly
from bot.engine import Engine
from bot.flows import polling
from bot.settings import Settings
from bot.store.database import Database
from bot.web.app import create_app
from bot.web.serving import Server

SWEEP_SECONDS = 30.0
BESIDE_WEBHOOKS_SECONDS = 300.0
"""How often the poll looks for what webhooks did not bring."""


def _now() -> datetime:
    return datetime.now(UTC)


class Bot:
    """The embedded bot. `start` returns when it serves; `stop` when all that was under way is kept."""

    def __init__(self, settings: Settings, now: Callable[[], datetime] = _now) -> None:
        self.settings, self._now = settings, now
        self.db = Database(wiring.database_url(settings))
        self.wired = wiring.wire(settings, self.db, self._enqueue, now)
        self.engine = Engine(wiring.engine_url(settings), wiring.jobs(self.wired), concurrency=settings.engine.workers)
        doors = {name: wiring.door(each, settings, now) for name, each in self.wired.items()}
        self._server = Server(create_app(doors, self.ready), settings.server.host, settings.server.port)
        self._clock = Clock(self._ticks(), now)
        self._draining = threading.Event()

    @property
    def url(self) -> str:
        """Where the bot listens."""
        return self._server.url

    def start(self) -> None:
        """Migrate, take up unfinished work, serve, keep time."""
        self.db.migrate()
        for each in self.wired.values():
            polling.connect(each.acceptance)
        self.engine.start()
        self._server.start()
        self._clock.start()

    def stop(self, drain_seconds: int = 2) -> None:
        """Say "not ready", stop ticking and listening, let jobs end, close."""
        self._draining.set()
        self._clock.stop()
        self._server.close()
        self.engine.stop(drain_seconds)
        self.db.close()

    def ready(self) -> dict[str, bool]:
        """Part by part: may deliveries come?"""
        return {"serving": not self._draining.is_set(), "store": self.db.answers(), "engine": self.engine.alive()}

    def _enqueue(self, kind: str, job_id: str, *args: str, partition: str | None = None, delay: float = 0.0) -> None:
        self.engine.enqueue(kind, job_id, *args, partition=partition, delay=delay)

    def _ticks(self) -> list[Every | Nightly]:
        ticks: list[Every | Nightly] = []
        for name, each in self.wired.items():
            polls = each.settings.intake == "poll"
            every = each.settings.poll_every if polls else max(each.settings.poll_every, BESIDE_WEBHOOKS_SECONDS)
            ticks.append(Every(f"poll {name}", every, self._round("poll", name)))
            ticks.append(Every(f"sweep {name}", SWEEP_SECONDS, self._round("sweep", name)))
            for key, project in self.settings.projects_of(name).items():
                if project.nightly is not None:
                    at = project.nightly
                    night = self._night(name, key)
                    ticks.append(Nightly(f"hygiene {name} {key}", at.hour, at.minute, project.zone, night))
        return ticks

    def _round(self, kind: str, connection: str) -> Callable[[int], None]:
        return lambda tick: self._enqueue(kind, f"{kind}:{connection}:{tick}", connection, str(tick))

    def _night(self, connection: str, project: str) -> Callable[[str], None]:
        return lambda day: self._enqueue("hygiene", f"hygiene:{connection}:{project}:{day}", connection, project, day)
