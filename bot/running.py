"""One process that is the whole bot: web server, worker and clock, started and ended in the right order."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from bot import wiring
from bot.clock import Clock, Every, Nightly
from bot.engine import Engine
from bot.flows import polling
from bot.settings import Settings
from bot.store.database import Database
from bot.store.folder import FolderLock
from bot.web.app import create_app
from bot.web.serving import Server

SWEEP_SECONDS = 30.0
BESIDE_WEBHOOKS_SECONDS = 300.0
"""How often the poll looks for what webhooks did not bring."""
NOTICE_SECONDS = 1.0
"""How long "not ready" is said before anything ends, so that whoever asks sees it and goes elsewhere."""
DRAIN_SECONDS = 15.0
"""How long jobs under way may take to end; with all else the process is gone within 25 seconds."""


def _now() -> datetime:
    return datetime.now(UTC)


class Bot:
    """The embedded bot. `start` returns when it serves; `stop` when all that was under way is kept.

    Raises FolderTaken if another bot works on the data folder, and OSError if the address cannot be listened on.
    """

    def __init__(self, settings: Settings, now: Callable[[], datetime] = _now) -> None:
        self.settings, self._now = settings, now
        self._lock = FolderLock(settings.data) if settings.engine.database_url is None else None
        self.db = Database(wiring.database_url(settings))
        try:
            self.wired = wiring.wire(settings, self.db, self._enqueue, now)
            doors = {name: wiring.door(each, settings, now) for name, each in self.wired.items()}
            self._server = Server(create_app(doors, self.ready), settings.server.host, settings.server.port)
        except BaseException:
            self._let_go()
            raise
        self.engine = Engine(wiring.engine_url(settings), wiring.jobs(self.wired), concurrency=settings.engine.workers)
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
        # A start looks for what was missed meanwhile, also within the slot of a tick that has fired before.
        for name in self.wired:
            self._enqueue("poll", f"poll:{name}:start-{secrets.token_hex(8)}", name, "start")
        self._clock.start()

    def stop(self, drain_seconds: float = DRAIN_SECONDS, notice_seconds: float = NOTICE_SECONDS) -> bool:
        """Say "not ready", stop ticking, let jobs end while deliveries are still kept, then stop listening and close.

        False if a job did not end within the time: its threads are still there, and it is resumed at the next start.
        """
        self._draining.set()
        self._clock.stop()
        time.sleep(notice_seconds)
        self.engine.drain(drain_seconds)
        self._server.close()
        drained = self.engine.stop(min(1.0, drain_seconds))
        self._let_go()
        return drained

    def _let_go(self) -> None:
        self.db.close()
        if self._lock is not None:
            self._lock.release()

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
