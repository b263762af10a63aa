"""The pulse of a process: whether it is still of the database's release; of a worker also that it lives.

Workers take over the work of those that do not.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.store import executors
from bot.store.database import Database
from bot.store.executors import BEAT_SECONDS, Executor

log = structlog.get_logger(__name__)

SURE_AFTER_BEATS = 5
"""Beats in a row before others are judged: after an outage of the database all have missed theirs."""


WATCHED_BEATS = 2.5
"""How long a holder is watched that cannot be told from this process, in beats."""


class Pulse:
    """A process's pulse, from `start` to `stop`; a worker's also has a slot, from `claim` to `leave`.

    `now` is the database's own time. `look_round` gets the slots of the dead with each beat; `ended` hears why this
    process should end: its slot is lost, or the database has become that of a newer release. `tell` is called with each
    beat.
    """

    def __init__(
        self,
        db: Database,
        now: Callable[[], datetime],
        version: str,
        look_round: Callable[[list[str]], None],
        ended: Callable[[str], None],
        tell: Callable[[], None] = lambda: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._db, self._now, self._version, self._look_round, self._ended = db, now, version, look_round, ended
        self._tell, self._monotonic = tell, monotonic
        self.slot, self._token = "", secrets.token_hex(16)
        self._beats = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)

    def claim(self, name: str, *, alone: bool = False) -> str:
        """Take the slot of that name, or the next free one; `alone`: whoever held it before has ended for certain."""
        host, silent = socket.gethostname(), frozenset[str]() if alone else self._silent()
        with self._db.write() as session:
            now = self._now()
            holder = Executor(
                id=name,
                token=self._token,
                host=host,
                pid=os.getpid(),
                version=self._version,
                started=now,
                beat=now,
                ended=False,
            )
            self.slot = executors.claim(
                session, name, holder, lambda row: alone or row.token in silent or _is_gone(row.host, row.pid)
            )
        return self.slot

    def _silent(self) -> frozenset[str]:
        """Holders under this process's own host name and number that do not beat any more.

        It may be what ran in this container before, or a living worker in a container of the same host name: each is
        number 1 to itself. Only time tells them apart.
        """
        first, beats = self._alike(), WATCHED_BEATS * BEAT_SECONDS
        until = self._monotonic() + beats
        silent = set(first)
        while silent and self._monotonic() < until and not self._stopped.wait(BEAT_SECONDS / 10):
            now = self._alike()
            silent = {token for token in silent if now.get(token) == first[token]}
        return frozenset(silent)

    def _alike(self) -> dict[str, datetime]:
        with self._db.read() as session:
            return executors.alike(session, socket.gethostname(), os.getpid())

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def stop(self) -> None:
        """Beat no more; others take over after a while."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2 * BEAT_SECONDS)

    def leave(self) -> None:
        """Give the slot up, so that others take over at once what is left in it."""
        try:
            with self._db.write() as session:
                executors.leave(session, self.slot, self._token)
        except SQLAlchemyError as error:
            log.warning("slot not given up", slot=self.slot, error=type(error).__name__)

    def _run(self) -> None:
        while not self._stopped.wait(BEAT_SECONDS):
            try:
                self.beat()
            except Exception as error:  # noqa: BLE001 - a pulse that ends would make the living seem dead
                self._beats = 0
                log.warning("no pulse", slot=self.slot, error=type(error).__name__)

    def beat(self) -> None:
        """One beat: is the release still the database's? A worker also looks at the others."""
        dead = self._live() if self.slot else []
        if self._stopped.is_set():
            return
        if not self._db.is_current():
            self._stopped.set()
            self._ended(
                "the database has been brought up to a newer release. Start this process again, of that release."
            )
            return
        self._tell()
        if self.slot and self._beats >= SURE_AFTER_BEATS:
            self._look_round(dead)
            if dead:
                # Only now: a slot that is forgotten is taken over by nobody.
                with self._db.write() as session:
                    executors.forget(session, dead, self._now())

    def _live(self) -> list[str]:
        """Say that this worker lives; returns the slots of those that do not."""
        with self._db.write() as session:
            now = self._now()
            if not executors.beat(session, self.slot, self._token, now):
                self._stopped.set()
                self._ended(f"another process has taken over the slot {self.slot}. Start this one again.")
                return []
            self._beats += 1
            return [slot for slot in executors.dead(session, now) if slot != self.slot]


def _is_gone(host: str, pid: int) -> bool:
    """Whether a process of this machine has ended; of another machine nothing is known."""
    if host != socket.gethostname():
        return False
    if pid == os.getpid():
        return False  # see Pulse._silent
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
