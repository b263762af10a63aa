"""The test stand: a Jira Cloud sandbox in this process, and the bot beside it as processes of its own."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil
import sqlalchemy as sa

from bot.store.database import Database
from bot.store.inbox import Delivery
from integrations.sandbox.site import Site, serve
from integrations.sandbox.state import Tracker
from tests.benchmarks.figures import Part
from tests.benchmarks.sending import SECRET, Order, Report
from tests.chaos.processes import STEWARD, Crew, Slot, free_port

ITEMS = 50
ENDED = ("finished", "ignored", "dead")
KILL_PATIENCE_SECONDS = 30.0


class Running(Slot):
    """A process of the bot that may also stay away once it is killed."""

    @property
    def process(self) -> psutil.Process:
        """What the system knows of it."""
        assert self._process is not None
        return psutil.Process(self._process.pid)

    def die(self) -> None:
        """kill -9, and nobody starts it again."""
        self._end(signal.SIGKILL, KILL_PATIENCE_SECONDS)


class Memory(threading.Thread):
    """Samples the resident megabytes of a process, every so many seconds, within the block."""

    def __init__(self, process: psutil.Process, every: float) -> None:
        super().__init__(daemon=True)
        self._process, self._every, self._ended = process, every, threading.Event()
        self.samples: list[float] = []

    def __enter__(self) -> Memory:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.join()

    def run(self) -> None:
        """See above."""
        while not self._ended.wait(self._every):
            self.samples.append(self._process.memory_info().rss / 1e6)


class Stand:
    """Sandbox, settings and processes, until `close`; `start` starts the bot.

    With a database's address it is `steward web`, two workers and a clock, else `steward run` on SQLite. `workers` is
    how many jobs a process does at once, the product's own number unless given. `seed` fills the tracker; unless given
    it has 50 items, `issues`. `project` are further lines of the project's settings.
    """

    def __init__(
        self,
        folder: Path,
        database: str | None = None,
        workers: int | None = None,
        *,
        project: Sequence[str] = (),
        seed: Callable[[Tracker], None] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.database = folder, database
        self.tracker = Tracker("tracker", "jira-cloud")
        self.project = self.tracker.projects()[0].key
        self.issues: list[tuple[int, str]] = []
        if seed is not None:
            seed(self.tracker)
            self.project = self.tracker.projects()[0].key
        else:
            self.issues = [self._file(number) for number in range(ITEMS)]
        self.site = Site([self.tracker])
        self._served = serve(self.site, threads=48)
        self.port, self._operations = free_port(), free_port()
        self.config = self._write_settings(f"{self._served.url}/tracker", workers, project)
        self._db: Database | None = None
        parts = ["run"] if database is None else ["web", "worker-1", "worker-2", "clock"]
        self.parts = {part: self._slot(part) for part in parts}

    def start(self) -> None:
        """Start all of the bot; returns when all of it is ready. Raises RuntimeError with what it said."""
        Crew(list(self.parts.values())).start()

    def stop(self) -> None:
        """End what runs, the web server first."""
        for slot in self.parts.values():
            slot.stop()

    def close(self) -> None:
        """End all."""
        self.stop()
        if self._db is not None:
            self._db.close()
        self._served.close()
        self.site.close()

    def wait_ready(self, slot: Slot) -> None:
        """Until a process that was started says so."""
        wait_until(slot.ready, f"{slot.name} to be ready")

    def send(
        self, part: Part, name: str, count: int, *, rate: float = 0.0, event: str = "jira:issue_updated"
    ) -> Report:
        """Send, and note what was lost on the way."""
        order = self.order(name, count, rate=rate, event=event)
        with order.sender() as sender:
            report = Report(**sender.report(order.patience))
        self.check(part, name, report)
        return report

    def order(self, name: str, count: int, *, rate: float = 0.0, event: str = "jira:issue_updated") -> Order:
        """An order to the sender, about this stand's items."""
        return Order(self.port, name, count, self.issues, rate=rate, event=event)

    def check(self, part: Part, name: str, report: Report) -> None:
        """Nothing is lost if all was answered 2xx in the end, and all that was is in the inbox."""
        prefix = f"tracker:bench-{name}-"
        with self.db.read() as session:
            kept = set(session.scalars(sa.select(Delivery.id).where(Delivery.id.startswith(prefix, autoescape=True))))
        missing = {f"{prefix}{number}" for number in report.accepted} - kept
        if missing:
            part.lost.append(f"{len(missing)} deliveries of {name} were answered 2xx and are not in the inbox")
        if refused := report.sent - len(report.accepted):
            part.lost.append(f"{refused} deliveries of {name} were never answered 2xx")

    def unfinished(self) -> int:
        """How many deliveries have yet to be worked on."""
        query = sa.select(sa.func.count()).select_from(Delivery).where(Delivery.state.not_in(ENDED))
        with self.db.read() as session:
            return int(session.scalar(query) or 0)

    @property
    def db(self) -> Database:
        """The bot's own store."""
        if self._db is None:
            self._db = Database(self.database or f"sqlite:///{self.folder / 'data' / 'steward.db'}")
        return self._db

    def used(self) -> float:
        """Processor time of the bot so far, in seconds."""
        times = [slot.process.cpu_times() for slot in self.parts.values()]
        return sum(each.user + each.system for each in times)

    def _slot(self, name: str) -> Running:
        port = self.port if name in ("run", "web") else free_port()
        command = [*STEWARD, name.split("-")[0], "-c", str(self.config)]
        command += [] if name == "run" else ["--operations-port", str(0 if name == "web" else port)]
        command += ["--name", name] if name.startswith("worker") else []
        return Running(name, command, port, self.folder / f"{name}.log")

    def _file(self, number: int) -> tuple[int, str]:
        paragraph = {"type": "paragraph", "content": [{"type": "text", "text": "It does not work. Please fix it."}]}
        body = {"version": 1, "type": "doc", "content": [paragraph]}
        rae = self.tracker.user("rae")
        item = self.tracker.create_item(rae, self.project, "Bug", f"Search is broken {number}", body)
        return item.id, item.key

    def _write_settings(self, url: str, workers: int | None, project: Sequence[str]) -> Path:
        steward = self.tracker.user("steward")
        secrets = {"token": steward.token, "secret": SECRET, "database": self.database or ""}
        given = {name: f'{{ file = "{self.folder / name}" }}' for name in secrets}
        for name, text in secrets.items():
            (self.folder / name).write_text(text)
        lines = [f'data = "{self.folder / "data"}"', "[server]", f"port = {self.port}"]
        lines += ["[operations]", f"port = {self._operations}", "[engine]"]
        lines += [f"database_url = {given['database']}"] if self.database else []
        lines += [f"workers = {workers}"] if workers else []
        lines += ["[connections.tracker]", 'kind = "jira-cloud"', f'url = "{url}"', f'user = "{steward.mail}"']
        lines += [f"token = {given['token']}", f"webhook_secret = {given['secret']}", 'intake = "webhook"']
        lines += ["[projects.main]", f'key = "{self.project}"', 'connection = "tracker"']
        lines += ['mode = "suggest"', 'nightly = "off"', "daily_budget = 100000", "bulk_items = 100000", *project]
        path = self.folder / "steward.toml"
        path.write_text("\n".join(lines))
        return path


@contextlib.contextmanager
def stand(folder: Path, database: str | None = None, workers: int | None = None) -> Iterator[Stand]:
    """A stand whose bot is ready."""
    made = Stand(folder, database, workers)
    try:
        made.start()
        yield made
    finally:
        made.close()


def wait_until(seen: Callable[[], object], what: str, patience: float = 120.0) -> None:
    """Look again and again until it is so. Raises TimeoutError."""
    until = time.monotonic() + patience
    while not seen():
        if time.monotonic() > until:
            raise TimeoutError(f"waited {patience:.0f} s for {what}")
        time.sleep(0.01)
