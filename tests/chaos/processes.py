"""The bot under test as real processes: started, killed and started again by their ids."""

from __future__ import annotations

import contextlib
import http.client
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
STEWARD = (sys.executable, "-m", "bot.cli")
PATIENCE_SECONDS = 300.0
"""For a start: a machine that does much else at the same time takes its time."""
DRAIN_SECONDS = 30.0


@dataclass
class Slot:
    """One place for a process, which is started again whenever it ends. `port` is where it answers /readyz.

    `starts` are times since the epoch; `died` counts ends that nobody here has brought about.
    """

    name: str
    command: Sequence[str]
    port: int
    log: Path
    works: bool = True
    cwd: Path = REPOSITORY
    starts: list[float] = field(default_factory=list)
    kills: int = 0
    died: int = 0
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self.command, stdout=log, stderr=log, cwd=self.cwd)
        self.starts.append(time.time())

    def kill(self) -> None:
        """kill -9, and the next one at once."""
        self._end(signal.SIGKILL, PATIENCE_SECONDS)
        self.kills += 1
        self.start()

    def stop(self) -> None:
        """SIGTERM, as a supervisor says it; kill -9 to what does not listen."""
        self._end(signal.SIGTERM, DRAIN_SECONDS)

    def look_after(self) -> None:
        """What a supervisor does with a process that has ended by itself."""
        if self.ended():
            self.died += 1
            self.start()

    def ended(self) -> bool:
        """Whether it has ended by itself."""
        return self._process is not None and self._process.poll() is not None

    def ready(self) -> bool:
        """Whether it says so."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        with contextlib.closing(connection):
            try:
                connection.request("GET", "/readyz")
                return connection.getresponse().status == 200
            except (OSError, http.client.HTTPException):
                return False

    def _end(self, how: signal.Signals, patience: float) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(PATIENCE_SECONDS)


class Crew:
    """All processes of one bot."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self.slots = list(slots)

    def start(self) -> None:
        """Start all, and wait until all are ready. Raises RuntimeError with what they said."""
        for slot in self.slots:
            slot.start()
        until = time.monotonic() + PATIENCE_SECONDS
        while not all(slot.ready() for slot in self.slots):
            if time.monotonic() > until or any(slot.ended() for slot in self.slots):
                said = "\n".join(f"{slot.name}: {slot.log.read_text('utf-8')[-2000:]}" for slot in self.slots)
                raise RuntimeError(f"the bot did not start\n{said}")
            time.sleep(0.05)

    def stop(self) -> None:
        for slot in self.slots:
            slot.stop()

    def look_after(self) -> None:
        for slot in self.slots:
            slot.look_after()

    def working(self) -> bool:
        """Whether at least one that works is ready."""
        return any(slot.works and slot.ready() for slot in self.slots)

    def wait_ready_for(self, seconds: float, patience: float = PATIENCE_SECONDS) -> None:
        """Wait until at least one that works has been ready for so long in all. Raises TimeoutError."""
        until, been, last = time.monotonic() + patience, 0.0, None
        while been < seconds:
            self.look_after()
            now = time.monotonic()
            if self.working():
                been += 0.0 if last is None else time.monotonic() - last
                last = time.monotonic()
            else:
                last = None
            if now > until:
                raise TimeoutError("no process that works became ready")
            time.sleep(0.005 if last else 0.02)


def one_process(config: Path, port: int, folder: Path) -> Crew:
    """SQLite: web, worker and clock in one."""
    command = (*STEWARD, "run", "-c", str(config))
    return Crew([Slot("run", command, port, folder / "run.log")])


def many_processes(config: Path, port: int, folder: Path, workers: int = 3) -> Crew:
    """PostgreSQL: workers, a web process and a clock."""
    slots = [Slot("web", _part("web", config), port, folder / "web.log", works=False)]
    for name in (*(f"worker-{number}" for number in range(1, workers + 1)), "clock"):
        kind = "clock" if name == "clock" else "worker"
        named = () if kind == "clock" else ("--name", name)
        at = free_port()
        command = (*_part(kind, config, at), *named)
        slots.append(Slot(name, command, at, folder / f"{name}.log", works=kind == "worker"))
    return Crew(slots)


def _part(kind: str, config: Path, operations: int = 0) -> tuple[str, ...]:
    return (*STEWARD, kind, "-c", str(config), "--operations-port", str(operations))


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])
