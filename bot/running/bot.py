"""A process of the bot: web server, worker and clock together, or each by itself on PostgreSQL."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from socket import gethostname

import structlog

from bot import wiring
from bot.clock import Clock
from bot.engine import Engine, EngineClient
from bot.flows import upkeep
from bot.flows.intake import polling
from bot.jobs import Run
from bot.running import listening, policy
from bot.running.following import Following
from bot.running.listening import VERSION
from bot.running.pulse import Pulse
from bot.running.roles import ALL, Role, is_alone
from bot.running.steady import SteadyClock
from bot.running.ticking import Ticking
from bot.running.trial import trial
from bot.settings import Settings
from bot.store import inbox, retention
from bot.store.database import Database
from bot.store.folder import FolderLock
from bot.telemetry import tracing
from bot.telemetry.connections import Telling, heard
from bot.web.disk import Disk
from bot.web.keeping import Keeper
from bot.web.serving import Server

log = structlog.get_logger(__name__)

NOTICE_SECONDS = 1.0
"""How long "not ready" is said before anything ends, so that whoever asks sees it and goes elsewhere."""
DRAIN_SECONDS = 15.0
"""How long jobs under way may take to end; with all else the process is gone within 25 seconds."""
CLOCK_SECONDS, LEAVE_SECONDS = 2.0, 2.0
"""How long the clock, and the slot, may take to be let go of, where the database answers nobody."""
DATABASE_CLOCK_SECONDS = 5.0
ALONE = "steward-1"
"""The slot of a bot that has its data folder to itself."""


def _wall() -> datetime:
    return datetime.now(UTC)


class Bot:
    """One process. `start` returns when it does its work; `stop` when all that was under way is kept.

    `ended` is set when it should end by itself, with the reason in `reason`. `wall` tells the time of day.
    Raises FolderTaken if another bot works on the data folder, SeparateNeedsServer and CannotListen.
    """

    def __init__(
        self, settings: Settings, roles: frozenset[Role] = ALL, *, wall: Callable[[], datetime] = _wall
    ) -> None:
        self.settings, self.roles = settings, roles
        self._alone = is_alone(settings, roles)
        self._lock = FolderLock(settings.data) if self._alone else None
        self._draining, self.ended, self.reason = threading.Event(), threading.Event(), ""
        self.db = Database(wiring.database_url(settings))
        self._wall = wall
        self._clock_source = wall if self._alone else self.db.now
        self._steady: SteadyClock | None = None
        try:
            self._client = EngineClient(wiring.engine_url(settings))
            self.wired = wiring.wire(settings, self.db, self._client.enqueue, self.now)
            self._build()
        except BaseException:
            self._let_go()
            raise

    def _build(self) -> None:
        """What serves and listens; nothing works yet."""
        settings = self.settings
        self._keeper = Keeper(self.db, self._client.enqueue_many, self.now)
        # Elsewhere the database server keeps deliveries, and this disk holds nothing that cannot be made again.
        self._disk = Disk(settings.data) if self._alone else None
        self._server: Server | None = None
        if Role.WEB in self.roles:
            has_room = self._disk.has_room if self._disk is not None else lambda: True
            doors = {
                name: wiring.door(each, settings, self.now, self._keeper, has_room) for name, each in self.wired.items()
            }
            self._server = listening.public(doors, self.ready, settings)
        room = self._disk.room if self._disk is not None else lambda: None
        self._operations = listening.private(settings, self.db, self._client, self.ready, self._slot_time, room)
        self._worker = self._make_worker() if Role.WORKER in self.roles else None
        self._following = Following([each.index.forget_gone for each in self.wired.values()])
        telling = Telling(self.db, heard, self._slot_time)
        self._pulse = Pulse(self.db, self._slot_time, VERSION, self._look_round, self._end, telling)
        ticking = Ticking(settings, self.wired, self.db, self._client, self.now)
        self._clock = Clock(ticking.ticks() if Role.CLOCK in self.roles else (), self._wall)

    def _make_worker(self) -> Engine:
        keep_jobs = timedelta(seconds=self.settings.retention.finished_jobs)
        bury = wiring.gravedigger(self.db, self.now)
        own = {
            "upkeep": upkeep.upkeep(self._client, keep_jobs, self._purge, self.now),
            "mend": upkeep.mend(self._client, bury),
        }
        return Engine(
            self._client,
            {**wiring.jobs(self.wired, bury), **own},
            concurrency=self.settings.engine.workers,
            trial=trial(self.settings),
            bury=bury,
            is_suspect=self._is_suspect,
        )

    @property
    def url(self) -> str:
        """Where webhooks are taken; empty in a process that takes none."""
        return self._server.url if self._server is not None else ""

    @property
    def operations_url(self) -> str:
        """Where health, metrics and the status page are."""
        return self._operations.url

    def now(self) -> datetime:
        """The time, without jumps; on PostgreSQL the database's, so that machines agree."""
        return self._steady() if self._steady is not None else self._clock_source()

    def start(self) -> None:
        """Migrate, take up unfinished work, serve, keep time."""
        self._operations.start()
        if self.settings.telemetry.traces is not None:
            tracing.start(
                self.settings.telemetry.traces, VERSION, f"{'+'.join(sorted(self.roles))}@{gethostname()}-{os.getpid()}"
            )
        self.db.migrate()
        every = 0.0 if self._alone else DATABASE_CLOCK_SECONDS
        self._steady = SteadyClock(self._clock_source, every=every, jumped=self._jumped)
        self._steady.start()
        self._client.open()
        policy.note(self.db, self.settings, self.now())
        for each in self.wired.values():
            polling.connect(each.acceptance)
        if self._worker is not None:
            name = ALONE if self._alone else self.settings.engine.name or gethostname()
            self._worker.start(self._pulse.claim(name, alone=self._alone))
        self._pulse.start()
        self._following.start()
        if self._server is not None:
            self._keeper.start()
            self._server.start()
        if Role.CLOCK in self.roles:
            # A start looks for what was missed meanwhile, also within the slot of a tick that has fired before.
            for name in self.wired:
                for kind in ("sweep", "poll"):
                    self._client.enqueue(kind, f"{kind}:{name}:start-{secrets.token_hex(8)}", name, "start")
        self._clock.start()

    def stop(self, drain_seconds: float = DRAIN_SECONDS, notice_seconds: float = NOTICE_SECONDS) -> bool:
        """Say "not ready", stop ticking, let jobs end while deliveries are still kept, then stop listening and close.

        False if a job did not end within the time: its threads are still there, and it is resumed elsewhere or at the
        next start.
        """
        self._draining.set()
        _within(CLOCK_SECONDS, self._clock.stop)
        time.sleep(notice_seconds)
        if self._worker is not None:
            self._worker.drain(drain_seconds)
        if self._server is not None:
            self._server.close()
        self._keeper.stop()
        drained = self._worker.stop(min(1.0, drain_seconds)) if self._worker is not None else True
        self._following.stop()
        self._pulse.stop()
        if self._pulse.slot:
            _within(LEAVE_SECONDS, self._pulse.leave)
        if self._steady is not None:
            self._steady.stop()
        self._operations.close()
        tracing.stop()
        self._let_go()
        return drained

    def ready(self) -> dict[str, bool]:
        """Part by part: may deliveries come?"""
        parts = {"serving": not self._draining.is_set() and not self.ended.is_set(), "store": self.db.answers()}
        parts["engine"] = parts["store"] and self._client.alive()
        if self._disk is not None:
            parts["disk"] = self._disk.has_room()
        if self._server is not None:
            parts["door"] = self._keeper.is_alive()
        return parts

    def _is_suspect(self, run: Run) -> bool:
        if run.partition is None:
            return False
        with self.db.read() as session:
            return inbox.is_deadly(session, run.partition)

    def _purge(self) -> int:
        with self.db.write() as session:
            return sum(retention.purge(session, self.now(), self.settings.retention).values())

    def _slot_time(self) -> datetime:
        return self._clock_source() if not self._alone else self.now()

    def _look_round(self, dead: list[str]) -> None:
        if self._worker is None:
            return
        self._worker.take_up_orphans()
        self._worker.take_over(dead)
        if inherited := self._worker.inherit(dead):
            log.info("begun anew", jobs=inherited)

    def _jumped(self, by: timedelta) -> None:
        """The machine's clock was set back: nothing may wait until the time it was set back from."""
        if self._alone and by < timedelta(0):
            moved = self._client.shift_delays(by.total_seconds())
            log.info("delays moved", jobs=moved, by_seconds=round(by.total_seconds()))

    def _end(self, reason: str) -> None:
        if self.roles == {Role.WEB}:
            # It keeps what is delivered until its successor listens: a newer schema has room for its rows.
            log.warning("outdated", reason=reason)
            return
        self.reason = reason
        self.ended.set()

    def _let_go(self) -> None:
        if hasattr(self, "_client"):
            self._client.close()
        self.db.close()
        if self._lock is not None:
            self._lock.close()


def _within(seconds: float, work: Callable[[], None]) -> None:
    """Do something that may never end; after a while it is left alone."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
