"""The keeper: many at a time, each once, and none lost with the process."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engine import EngineClient
from bot.jobs import QueuedJob
from bot.store import inbox, writes
from bot.store.database import Database
from bot.web import handing
from bot.web.keeping import Busy, Keeper, Unkeepable
from integrations.tracker import Event
from tests.postgres import PostgresServer, binaries

NUMBERS = itertools.count()


def now() -> datetime:
    return datetime.now(UTC)


def event(delivery: str, item: str = "10001", comment: str | None = None) -> Event:
    return Event("created", delivery, item, "jira:issue_created", project="SHOP", comment=comment)


@dataclass
class Queue:
    """What has been handed over; `gate` holds it back, `error` lets it fail."""

    jobs: list[str] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    asked: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None

    def __post_init__(self) -> None:
        self.gate.set()

    def enqueue_many(self, jobs: Sequence[QueuedJob], connection: sa.Connection | None = None) -> None:
        self.asked.set()
        self.gate.wait(30)
        if self.error is not None:
            raise self.error
        self.jobs += [job.id for job in jobs]


@dataclass
class Clock:
    """Tells each batch the time; `gate` holds it back, in the midst of its transaction."""

    gate: threading.Event = field(default_factory=threading.Event)
    asked: threading.Event = field(default_factory=threading.Event)
    batches: int = 0

    def __call__(self) -> datetime:
        self.batches += 1
        self.asked.set()
        self.gate.wait(30)
        return now()


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path_factory.mktemp('keeping') / 'steward.db'}")
    made.migrate()
    yield made
    made.close()


@pytest.fixture
def keepers(db: Database) -> Iterator[Callable[..., Keeper]]:
    """Makes keepers that run; each is stopped at the end of the test."""
    made: list[Keeper] = []

    def make(queue: Queue, clock: Callable[[], datetime] = now, **limits: Any) -> Keeper:
        made.append(Keeper(db, queue.enqueue_many, clock, **limits))
        made[-1].start()
        return made[-1]

    yield make
    for keeper in made:
        keeper.stop()


def state(db: Database, delivery: str) -> str:
    with db.read() as session:
        row = session.get(inbox.Delivery, f"tracker:{delivery}")
        return row.state if row is not None else "absent"


def held(keeper: Keeper, number: int) -> None:
    """Until so many wait."""
    patience = threading.Event()
    while keeper.waiting() < number:
        patience.wait(0.005)


@settings(max_examples=40)
@given(sent=st.lists(st.integers(0, 5), min_size=1, max_size=24), threads=st.integers(1, 8))
def test_however_deliveries_are_repeated_and_interleaved_each_is_one_row_and_one_job(
    db: Database, sent: list[int], threads: int
) -> None:
    queue, run = Queue(), next(NUMBERS)
    keeper = Keeper(db, queue.enqueue_many, now)
    keeper.start()
    with ThreadPoolExecutor(threads) as pool:
        new = list(pool.map(lambda number: keeper.keep("tracker", event(f"{run}-{number}")), sent))
    keeper.stop()

    ids = {f"tracker:{run}-{number}" for number in sent}
    with db.read() as session:
        mine = inbox.Delivery.id.startswith(f"tracker:{run}-")
        rows = session.execute(sa.select(inbox.Delivery.id, inbox.Delivery.state).where(mine)).all()
    assert sorted(rows) == sorted((key, "queued") for key in ids)
    assert sum(new) == len(ids)
    assert set(queue.jobs) == ids
    assert len(queue.jobs) == len(ids)


def test_what_waits_goes_into_one_batch(keepers: Callable[..., Keeper]) -> None:
    clock = Clock()
    keeper = keepers(Queue(), clock)
    with ThreadPoolExecutor(21) as pool:
        first = pool.submit(keeper.keep, "tracker", event("batch-first"))
        assert clock.asked.wait(30)
        others = [pool.submit(keeper.keep, "tracker", event(f"batch-{number}")) for number in range(20)]
        held(keeper, 20)
        clock.gate.set()
        assert all(each.result(30) for each in [first, *others])
    assert clock.batches == 2


def test_nobody_waits_for_the_engine_and_what_is_on_its_way_is_not_queued_twice(
    db: Database, keepers: Callable[..., Keeper]
) -> None:
    queue = Queue()
    keeper = keepers(queue)
    queue.gate.clear()
    assert keeper.keep("tracker", event("slow-engine"))
    assert queue.asked.wait(30)
    assert not keeper.keep("tracker", event("slow-engine"))
    assert keeper.keep("tracker", event("slow-engine-2"))
    assert not keeper.settle(0.0)
    assert state(db, "slow-engine") == "received"
    queue.gate.set()
    assert keeper.settle()
    assert queue.jobs == ["tracker:slow-engine", "tracker:slow-engine-2"]
    assert state(db, "slow-engine") == state(db, "slow-engine-2") == "queued"


def test_more_than_an_engine_takes_for_long_is_left_to_the_sweep(
    db: Database, keepers: Callable[..., Keeper], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handing, "ROOM", 1)
    queue = Queue()
    keeper = keepers(queue)
    queue.gate.clear()
    assert keeper.keep("tracker", event("room-0"))
    assert queue.asked.wait(30)
    assert all(keeper.keep("tracker", event(f"room-{number}")) for number in (1, 2))
    queue.gate.set()
    assert keeper.settle()
    assert [state(db, f"room-{number}") for number in range(3)] == ["queued", "queued", "received"]


REFUSE = "CREATE TRIGGER refuse BEFORE INSERT ON inbox WHEN NEW.item = 'odd' BEGIN SELECT RAISE(ABORT, 'refused'); END"


def test_one_that_the_database_refuses_does_not_spoil_the_others(db: Database, keepers: Callable[..., Keeper]) -> None:
    with db.write() as session:
        session.execute(sa.text(REFUSE))
    clock = Clock()
    keeper = keepers(Queue(), clock)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(keeper.keep, "tracker", event("spoil-first"))
        assert clock.asked.wait(30)
        bad = pool.submit(keeper.keep, "tracker", event("spoil-bad", item="odd"))
        good = [pool.submit(keeper.keep, "tracker", event(f"spoil-{number}")) for number in range(2)]
        held(keeper, 3)
        clock.gate.set()
        assert first.result(30)
        assert all(each.result(30) for each in good)
        assert isinstance(bad.exception(30), Unkeepable)
    assert state(db, "spoil-bad") == "absent"


def test_the_bots_own_comment_is_finished_with_at_once(db: Database, keepers: Callable[..., Keeper]) -> None:
    queue = Queue()
    keeper = keepers(queue)
    with db.write() as session:
        session.add(writes.OwnComment(connection="tracker", comment="77", item="10001", marker="m", purpose="answer"))
    assert keeper.keep("tracker", event("own", comment="77"))
    assert keeper.keep("tracker", event("theirs", comment="78"))
    assert keeper.keep("other", event("own", comment="77"))
    assert keeper.settle()
    assert queue.jobs == ["tracker:theirs", "other:own"]
    assert state(db, "own") == "finished"


def test_what_cannot_be_handed_over_is_kept_and_handed_over_when_it_comes_again(
    db: Database, keepers: Callable[..., Keeper]
) -> None:
    queue = Queue(error=RuntimeError("the engine is away"))
    keeper = keepers(queue)
    assert keeper.keep("tracker", event("unqueued"))
    assert keeper.settle()
    assert state(db, "unqueued") == "received"
    queue.error = None
    assert not keeper.keep("tracker", event("unqueued"))
    assert keeper.settle()
    assert queue.jobs == ["tracker:unqueued"]


def test_a_full_or_ended_keeper_says_so_at_once(keepers: Callable[..., Keeper]) -> None:
    full, ended = keepers(Queue(), room=0), keepers(Queue())
    ended.stop()
    for keeper in (full, ended):
        with pytest.raises(Busy):
            keeper.keep("tracker", event("turned-away"))


def test_one_that_is_asked_to_end_keeps_what_waits(db: Database, keepers: Callable[..., Keeper]) -> None:
    clock = Clock()
    keeper = keepers(Queue(), clock)
    with ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(keeper.keep, "tracker", event("ending-0"))]
        assert clock.asked.wait(30)
        sent += [pool.submit(keeper.keep, "tracker", event(f"ending-{number}")) for number in (1, 2)]
        held(keeper, 2)
        pool.submit(clock.gate.set)
        keeper.stop()
        assert all(each.result(30) for each in sent)
    assert {state(db, f"ending-{number}") for number in range(3)} == {"queued"}


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from bot.store.database import Database
from bot.web.keeping import Keeper
from integrations.tracker import Event

def enqueue_many(jobs, connection=None):
    os.kill(os.getpid(), signal.SIGKILL)

keeper = Keeper(Database(sys.argv[1]), enqueue_many, lambda: datetime.now(UTC))
keeper.start()
keeper.keep("tracker", Event("created", "killed", sys.argv[2], "jira:issue_created", project=sys.argv[3]))
keeper.settle()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
def test_killed_between_the_row_and_the_job_it_loses_nothing(make_world: Callable[..., Any]) -> None:
    world = make_world()
    world.mounted.webhooks.never = True
    item = world.file("Let buyers save their cart", "As a buyer I want to save my cart. It must be kept for 30 days.")

    arguments = [world.db.url, str(item.id), world.project]
    ended = subprocess.run([sys.executable, "-c", KILLED, *arguments], cwd=Path(__file__).parents[3], timeout=60)

    assert ended.returncode == -signal.SIGKILL
    assert state(world.db, "killed") == "received"
    world.queue.offset += timedelta(seconds=11)
    world.queue.enqueue("sweep", "sweep:1", "tracker", "1")
    world.work()
    assert state(world.db, "killed") == "finished"
    assert world.proposal(item)


@pytest.mark.skipif(binaries() is None, reason="no PostgreSQL on this machine")
def test_on_postgresql_the_row_and_the_job_are_one_transaction_and_a_stop_of_the_server_loses_nothing(
    tmp_path: Path,
) -> None:
    with PostgresServer(tmp_path / "pg") as server:
        url = server.create("steward")
        db, engine = Database(url), EngineClient(url)
        db.migrate()
        engine.open()
        keeper = Keeper(db, engine.enqueue_many, now)
        keeper.start()
        try:
            assert keeper.keep("tracker", event("one"))
            assert state(db, "one") == "queued"
            server.stop()
            with pytest.raises(sa.exc.SQLAlchemyError):
                keeper.keep("tracker", event("two"))
            server.start()
            assert keeper.keep("tracker", event("two"))
            assert not keeper.keep("tracker", event("two"))
            assert keeper.keep("tracker", event("th\x00ree", item="3\x00"))
            assert state(db, "three") == "queued"
            assert engine.unfinished() == 3
        finally:
            keeper.stop()
            engine.close()
            db.close()
