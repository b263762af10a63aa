"""What all tests share: no network beyond this machine, the reference data if it is there, and one world to play in.

The world is a sandbox tracker spoken to over real HTTP, the bot's real wiring on a real SQLite file, and a queue that
runs jobs one after the other on a clock of its own: a wait of five minutes takes no time, and nothing sleeps.
"""

from __future__ import annotations

import gc
import heapq
import itertools
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings

from bot import wiring
from bot.flows.intake import polling
from bot.jobs import Job, QueuedJob
from bot.settings import load
from bot.store import items
from bot.store.database import Database
from bot.web.app import create_app
from bot.web.keeping import Keeper
from bot.web.serving import Server
from integrations.sandbox.records import Comment, Item, Seed, User
from integrations.sandbox.site import Mounted, Site, serve
from integrations.sandbox.state import Tracker
from tests import texts
from tests.postgres import PostgresServer, binaries

# The validators bring a package for a format that no schema here has: it takes five seconds of each process.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]  # as Python says that there is none

pytest_plugins = ["tests.specifications.plugin"]
REPOSITORY = Path(__file__).resolve().parent.parent

settings.register_profile(
    "steward",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("steward")


def pytest_collection_finish() -> None:
    """Spare the collector of garbage from walking again and again what stays until the end: a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(autouse=True)
def this_process_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that runs in this process would send all later logs to what pytest gives it for standard error.

    One that serves would give way to others ever after, and look for garbage no more.
    """
    monkeypatch.setattr("bot.logs.configure", lambda level=0: None)
    monkeypatch.setattr("bot.cli.serving.settle", lambda role: None)


@pytest.fixture(autouse=True, scope="session")
def statements_are_compiled_once() -> Iterator[None]:
    """Engines of one kind on SQLite share what they have compiled: a tenth of the time of a test in a world.

    Each world has two engines of its own, and asks what the last one has asked.
    """
    kinds: dict[tuple[Any, ...], sa.Engine] = {}
    make = sa.Engine.__init__

    def made(self: sa.Engine, pool: Any, dialect: Any, *args: Any, **named: Any) -> None:
        make(self, pool, dialect, *args, **named)
        if dialect.name != "sqlite":
            return
        kind = (type(dialect), dialect._json_serializer, dialect._json_deserializer)
        if kind not in kinds:
            kinds[kind] = self  # for itself, and so that the next line ends
            kinds[kind] = sa.create_engine("sqlite://", json_serializer=kind[1], json_deserializer=kind[2])
            kinds[kind].connect().close()
        self.dialect, self._compiled_cache = kinds[kind].dialect, kinds[kind]._compiled_cache

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sa.Engine, "__init__", made)
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The reference data beside the checkout; tests that need it are skipped where it is absent."""
    folder = REPOSITORY.parent / "shared"
    if not folder.is_dir():
        pytest.skip("no shared data")
    return folder


@dataclass(frozen=True, slots=True)
class InlineRun:
    """One attempt at a job; steps are simply done."""

    id: str
    kind: str
    args: tuple[str, ...]
    attempt: int
    partition: str | None = None
    failures: int = 0

    def step(self, name: str, work: Callable[[], Any]) -> Any:
        return work()


@dataclass
class InlineQueue:
    """A queue with a clock of its own. An id runs once for ever, as in the engine; a job that never ends is told."""

    jobs: dict[str, Job] = field(default_factory=dict)
    offset: timedelta = timedelta(0)
    ran: list[str] = field(default_factory=list)
    _waiting: list[tuple[datetime, int, InlineRun]] = field(default_factory=list)
    _known: set[str] = field(default_factory=set)
    _under_way: InlineRun | None = None
    _count: Iterator[int] = field(default_factory=itertools.count)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def enqueue(self, kind: str, job_id: str, *args: str, partition: str | None = None, delay: float = 0.0) -> None:
        if job_id not in self._known:
            self._known.add(job_id)
            self._push(InlineRun(job_id, kind, args, 0, partition), delay)

    def enqueue_many(self, jobs: Sequence[QueuedJob], connection: sa.Connection | None = None) -> None:
        for job in jobs:
            self.enqueue(job.kind, job.id, *job.args, partition=job.partition, delay=job.delay)

    def _push(self, run: InlineRun, delay: float) -> None:
        heapq.heappush(self._waiting, (self.now() + timedelta(seconds=delay), next(self._count), run))

    def run_due(self) -> int:
        """Run what is due now; returns how many jobs ran."""
        count = 0
        while self._waiting and self._waiting[0][0] <= self.now():
            _, _, run = heapq.heappop(self._waiting)
            self.ran.append(run.id)
            self._under_way = run
            later = self.jobs[run.kind](run)
            self._under_way = None
            count += 1
            assert run.attempt < 500, f"{run.id} comes again for ever"
            if later is not None:
                again = replace(run, attempt=run.attempt + 1, failures=run.failures + later.failed)
                self._push(again, later.seconds)
        return count

    def give_back(self) -> None:
        """The worker died: what it was doing is to be done again."""
        if self._under_way is not None:
            self._push(self._under_way, 0.0)
            self._under_way = None

    def leap(self) -> bool:
        """Move the clock to the next job; False if none waits."""
        if not self._waiting:
            return False
        due = self._waiting[0][0]
        self.offset += max(timedelta(0), due - self.now()) + timedelta(milliseconds=1)
        return True


def without_syncs(db: Database) -> None:
    """Let a SQLite store not wait for the disk: no test of these pulls the plug."""

    @sa.event.listens_for(db.engine, "connect")
    def forgo(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA synchronous=off")


class World:
    """A tracker with people, and a bot that looks after it."""

    def __init__(
        self,
        folder: Path,
        flavour: str,
        *,
        rights: str,
        account: str,
        intake: str,
        project: str,
        mode: str,
        database: str | None,
        language: str,
        empty_store: Path,
    ) -> None:
        self.kind, self.flavour, self.account = flavour, flavour.removesuffix("-server"), account
        self.tracker = Tracker("tracker", self.flavour, bot=rights, language=language)  # type: ignore[arg-type]
        self.site = Site([self.tracker], time_scale=0.0)
        self.served = serve(self.site)
        self.mounted: Mounted = self.site["tracker"]
        if flavour == "azure-devops-server":
            self.mounted.vendor.server = True
        self.project = self.tracker.projects()[0].key
        self.queue = InlineQueue()
        self.config = self._write_settings(folder, account, intake, project, mode, database)
        self.settings = load(self.config)
        url = wiring.database_url(self.settings)
        if database is None:
            shutil.copyfile(empty_store, sa.make_url(url).database or "")
        self.db = Database(url)
        if database is None:
            without_syncs(self.db)
        self.keeper = Keeper(self.db, self.queue.enqueue_many, self.queue.now)
        self.keeper.start()
        self.has_room = True
        self.wire()
        self.server = self.serve()
        self.server.start()
        if intake == "webhook":
            self.register_webhook()

    def serve(self, **limits: Any) -> Server:
        """A server of the bot's web application, which is to be started."""
        limits = {"threads": 4, "body_limit": self.settings.server.max_body_bytes} | limits
        return Server(self._app(), "127.0.0.1", 0, **limits)

    def wire(self) -> None:
        """Build all clients and flows anew, as a restart of the bot does."""
        wired = wiring.wire(self.settings, self.db, self.queue.enqueue, self.queue.now)
        self.wired = wired["tracker"]
        self.queue.jobs = dict(wiring.jobs(wired, wiring.gravedigger(self.db, self.queue.now)))
        polling.connect(self.wired.acceptance)

    def rewire(self, desk: str, **ports: Any) -> None:
        """Put other ports on a desk, "triage" or "acceptance"."""
        changed = {desk: replace(getattr(self.wired, desk), **ports)}
        self.wired = replace(self.wired, **changed)
        self.queue.jobs = dict(wiring.jobs({"tracker": self.wired}, wiring.gravedigger(self.db, self.queue.now)))

    def reconnect(self) -> None:
        """Connect the project as if for the first time, now."""
        with self.db.write() as session:
            session.execute(sa.delete(items.Progress))
            session.execute(sa.delete(items.Item))
        polling.connect(self.wired.acceptance)

    def close(self) -> None:
        self.server.close()
        self.keeper.stop()
        self.served.close()
        self.site.close()
        self.db.close()
        del self.wired  # and with it the index and its threads, which would stay until garbage is collected
        self.queue.jobs.clear()

    def bot(self) -> User:
        """The account that the bot uses."""
        return self.tracker.user("dana" if self.account == "shared" else "steward")

    # what people do

    def file(
        self, summary: str, text: str = "", *, who: str = "rae", type: str = "Story", priority: str | None = None
    ) -> Item:
        kind = "User Story" if type == "Story" and self.flavour == "azure-devops" else type
        values = {} if priority is None else {"priority": self.priority(priority)}
        return self.tracker.create_item(
            self.tracker.user(who), self.project, kind, summary, self.native(text) if text else None, **values
        )

    def seed(self, summary: str, text: str) -> Seed:
        """An item as an import brings it: older than it looks, and nobody is told."""
        then = datetime.now(UTC) - timedelta(days=400)
        kind = "User Story" if self.flavour == "azure-devops" else "Story"
        return Seed(type=kind, summary=summary, description=self.native(text), created=then, updated=then)

    def say(self, who: str, item: Item, text: str, **values: Any) -> Comment:
        return self.tracker.add_comment(self.tracker.user(who), item.id, self.native(text), **values)

    def edit(self, who: str, item: Item, **values: Any) -> Item:
        if isinstance(values.get("description"), str):
            values["description"] = self.native(values["description"])
        return self.tracker.change_item(self.tracker.user(who), item.id, values)

    def restrict(self, item: Item, *members: str, tell: bool = True) -> Item:
        """From now on only Ada and these see an item; the bot is one of them if it is named. `tell`: by webhook."""
        return self._silently(lambda: self.tracker.restrict(item.id, "ada", *members), tell=tell)

    def open_up(self, item: Item, *, tell: bool = True) -> Item:
        """All see it again."""
        return self._silently(lambda: self.tracker.open_up(item.id), tell=tell)

    def _silently(self, change: Callable[[], Item], *, tell: bool) -> Item:
        self.mounted.webhooks.never, before = not tell, self.mounted.webhooks.never
        try:
            return change()
        finally:
            self.mounted.webhooks.never = before

    def native(self, text: str) -> Any:
        """Paragraphs, "## " headings and "- " lists as the tracker's editor would store them."""
        return texts.native(self.flavour, text)  # type: ignore[arg-type]

    def priority(self, level: str) -> str:
        """ "lowest" or "highest" of the tracker's own scheme."""
        terms = self.tracker.terms("priority")
        return terms[0].name if level == "highest" else terms[-1].name

    # what the bot does

    def work(self, *, leap: bool = True, rounds: int = 200) -> None:
        """Let webhooks arrive and jobs run until nothing is left; with `leap`, waiting takes no time."""
        for _ in range(rounds):
            self.site.drain()
            assert self.keeper.settle()
            if self.queue.run_due():
                continue
            if not leap or not self.queue.leap():
                break
        self.site.drain()

    def poll(self) -> None:
        """One tick of the poll, with all that follows."""
        self.queue.offset += timedelta(seconds=1)
        self.queue.enqueue("poll", f"poll:{self.queue.now().isoformat()}", "tracker", "0")
        self.work()

    def register_webhook(self) -> None:
        vendor = "azure-devops" if self.flavour == "azure-devops" else "jira"
        url = f"{self.server.url}/webhooks/{vendor}/tracker"
        if vendor == "azure-devops":
            for event in ("created", "updated", "commented", "deleted", "restored"):
                self.mounted.webhooks.register(url, events=[f"workitem.{event}"], basic=("steward", "s3cret"))
        else:
            self.mounted.webhooks.register(url, secret="s3cret")

    # what is seen

    def now(self, item: Item) -> Item:
        return self.tracker.item(item.id)

    def own_comments(self, item: Item) -> list[str]:
        """The bot's comments as people read them (told apart by their first words where the account is shared)."""
        starts = ("Steward:", "Nothing", "Dana", "Rae", "Lee", "Otto", "Ada")
        texts = [self.text(comment.body, comment.format) for comment in self.tracker.comments(item.id)]
        return [text for text in texts if text.startswith(starts)]

    def proposal(self, item: Item) -> str:
        """The living comment, as text; empty if there is none."""
        return next((text for text in self.own_comments(item) if text.startswith("Steward:")), "")

    def answer(self, item: Item) -> str:
        """The answer comment, as text; empty if there is none."""
        return next((text for text in self.own_comments(item) if not text.startswith("Steward:")), "")

    def description(self, item: Item) -> str:
        """What a person reads of an item: its description, and its acceptance criteria if they have a field."""
        return texts.item_seen(self.flavour, self.now(item))  # type: ignore[arg-type]

    def text(self, body: Any, format: str = "html") -> str:
        return texts.seen(self.flavour, body, format)  # type: ignore[arg-type]

    def number(self, item: Item, title: str) -> int:
        """The number under which the living comment shows a change."""
        found = re.search(rf"(\d+)\. {re.escape(title)}", self.proposal(item))
        assert found, f"{title!r} is not in: {self.proposal(item)!r}"
        return int(found.group(1))

    def requests(self, method: str = "", path: str = "") -> list[Any]:
        """What the bot has asked of the tracker, newest last."""
        return [
            entry
            for entry in self.mounted.faults.requests
            if entry.method.startswith(method) and re.search(path, entry.path)
        ]

    def _app(self) -> Any:
        door = wiring.door(self.wired, self.settings, self.queue.now, self.keeper, lambda: self.has_room)
        return create_app({"tracker": door}, lambda: {"store": self.db.answers()})

    def _write_settings(
        self, folder: Path, account: str, intake: str, project: str, mode: str, database: str | None
    ) -> Path:
        steward = self.tracker.user("dana" if account == "shared" else "steward")
        (folder / "token").write_text(steward.token)
        (folder / "secret").write_text("s3cret")
        lines = [f'data = "{folder / "data"}"', "[connections.tracker]", f'kind = "{self.kind}"']
        lines += [f'url = "{self.mounted.url}"', f'account = "{account}"', f'intake = "{intake}"']
        lines += [f'token = {{ file = "{folder / "token"}" }}', f'webhook_secret = {{ file = "{folder / "secret"}" }}']
        lines += [f'user = "{steward.mail}"'] if self.flavour == "jira-cloud" else []
        lines += ["[projects.main]", f'key = "{self.project}"', 'connection = "tracker"', f'mode = "{mode}"']
        lines.append(project.format_map({user.name: user.id for user in self.tracker.users()}))
        if database is not None:
            (folder / "database").write_text(database)
            lines += ["[engine]", f'database_url = {{ file = "{folder / "database"}" }}']
        path = folder / "steward.toml"
        path.write_text("\n".join(lines))
        return path


SPARING = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
}


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """One PostgreSQL server for all tests that need no crash of it; it does not wait for the disk."""
    if binaries() is None:
        assert not os.environ.get("STEWARD_REQUIRE_POSTGRES"), "no PostgreSQL server on this machine"
        pytest.skip("no PostgreSQL server on this machine: install the package postgresql")
    with PostgresServer(tmp_path_factory.mktemp("postgres"), SPARING) as server:
        yield server


@pytest.fixture(scope="session")
def empty_database(postgres: PostgresServer) -> str:
    """The name of a PostgreSQL database with the newest schema and nothing in it: to make others like it."""
    db = Database(postgres.create("empty"))
    db.migrate()
    db.close()
    return "empty"


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite store with the newest schema and nothing in it: to copy, which takes less time than to migrate."""
    path = tmp_path_factory.mktemp("store") / "empty.db"
    db = Database(f"sqlite:///{path}")
    db.migrate()
    db.close()
    return path


@pytest.fixture
def make_world(tmp_path: Path, request: pytest.FixtureRequest, empty_store: Path) -> Iterator[Callable[..., World]]:
    """Makes worlds; each is closed at the end of the test. `database` "postgresql": not on SQLite.

    A flavour may also be "azure-devops-server"; `language` is that of a Jira's own words.
    """
    worlds: list[World] = []

    def make(
        flavour: str = "jira-cloud",
        *,
        rights: str = "administrator",
        account: str = "own",
        intake: str = "webhook",
        project: str = "",
        mode: str = "suggest",
        database: Literal["sqlite", "postgresql"] = "sqlite",
        language: str = "en",
    ) -> World:
        folder = tmp_path / f"world-{len(worlds)}"
        folder.mkdir()
        server: PostgresServer | None = None if database == "sqlite" else request.getfixturevalue("postgres")
        like = request.getfixturevalue("empty_database") if server is not None else ""
        url = server.create(f"world-{uuid4()}", like=like) if server is not None else None
        others = {"rights": rights, "account": account, "intake": intake, "project": project, "mode": mode}
        others["language"] = language
        worlds.append(World(folder, flavour, database=url, empty_store=empty_store, **others))
        return worlds[-1]

    yield make
    for world in worlds:
        world.close()
