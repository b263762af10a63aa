"""The durable engine: an id runs once, later runs again, items in order, nothing lost over a restart, no text kept."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa

from bot.engine import Ending, Engine, EngineClient, JobFailed
from bot.engine.queues import APPLICATION_VERSION
from bot.flows import upkeep
from bot.jobs import Job, Later, QueuedJob, Run
from integrations.tracker import Unreachable

PATIENCE_SECONDS = 20.0


class Ran:
    """What jobs have told, in order; waits for the next."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self._moved = threading.Condition()

    def __call__(self, what: str) -> None:
        with self._moved:
            self.told.append(what)
            self._moved.notify_all()

    def wait_for(self, count: int) -> list[str]:
        with self._moved:
            assert self._moved.wait_for(lambda: len(self.told) >= count, PATIENCE_SECONDS), self.told
            return list(self.told)


def finished(engine: Engine) -> None:
    """Wait until no job is left."""
    until = time.monotonic() + PATIENCE_SECONDS
    while engine.client.unfinished():
        assert time.monotonic() < until, "jobs are left"
        time.sleep(0.02)


def begun(url: str, jobs: dict[str, Job], **options: Any) -> Engine:
    """An engine at work on a database."""
    client = EngineClient(url)
    client.open()
    engine = Engine(client, jobs, **options)
    engine.start("steward-1")
    return engine


def end(engine: Engine, seconds: float = 0.0) -> bool:
    drained = engine.stop(seconds)
    engine.client.close()
    return drained


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Engine]]:
    """Starts engines on one database, one after the other; the last is stopped at the end."""
    engines: list[Engine] = []

    def begin(**jobs: Job) -> Engine:
        if engines:
            end(engines[-1])
        engines.append(begun(f"sqlite:///{tmp_path / 'engine.db'}", jobs))
        return engines[-1]

    yield begin
    end(engines[-1])


def test_an_engine_without_work_is_alive_and_drained_at_once(start: Callable[..., Engine]) -> None:
    engine = start()
    assert engine.client.alive()
    assert engine.client.unfinished() == 0
    assert engine.drain(0.0)


def test_before_its_start_nothing_can_be_enqueued_and_it_is_not_alive(tmp_path: Path) -> None:
    client = EngineClient(f"sqlite:///{tmp_path / 'engine.db'}")
    assert not client.alive()
    with pytest.raises(RuntimeError, match="not open"):
        client.enqueue("note", "one")


def test_an_id_runs_once_however_often_and_however_soon_it_is_enqueued(start: Callable[..., Engine]) -> None:
    ran = Ran()
    engine = start(note=lambda run: ran(run.id))
    threads = [threading.Thread(target=engine.client.enqueue, args=("note", "once")) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ran.wait_for(1)
    finished(engine)

    engine.client.enqueue("note", "once")
    engine.client.enqueue("note", "another")

    assert ran.wait_for(2) == ["once", "another"]


def test_a_job_that_says_later_is_run_again_as_the_next_attempt(start: Callable[..., Engine]) -> None:
    ran = Ran()

    def job(run: Run) -> Later | None:
        ran(f"{run.id} {run.attempt} {run.args}")
        return Later(0.1) if run.attempt < 2 else None

    engine = start(patient=job)
    engine.client.enqueue("patient", "p", "a", "b", partition="item")

    assert ran.wait_for(3) == [f"p {attempt} ('a', 'b')" for attempt in range(3)]
    finished(engine)


def test_jobs_of_one_item_run_in_order_and_never_two_at_a_time(start: Callable[..., Engine]) -> None:
    ran, under_way = Ran(), threading.Semaphore(1)

    def job(run: Run) -> None:
        assert under_way.acquire(blocking=False), "two jobs of one item at a time"
        ran(run.id)
        under_way.release()

    engine = start(note=job)
    for number in range(8):
        engine.client.enqueue("note", f"job {number}", partition="connection:item")

    assert ran.wait_for(8) == [f"job {number}" for number in range(8)]


def test_jobs_of_different_items_run_side_by_side(start: Callable[..., Engine]) -> None:
    together = threading.Barrier(3, timeout=PATIENCE_SECONDS)
    ran = Ran()

    def job(run: Run) -> None:
        together.wait()
        ran(run.id)

    engine = start(meet=job)
    for name in ("a", "b", "c"):
        engine.client.enqueue("meet", name, partition=name)

    assert sorted(ran.wait_for(3)) == ["a", "b", "c"]


def test_a_delayed_job_comes_after_one_that_is_not(start: Callable[..., Engine]) -> None:
    ran = Ran()
    engine = start(note=lambda run: ran(run.id))
    engine.client.enqueue("note", "delayed", partition="a", delay=1.0)
    engine.client.enqueue("note", "prompt", partition="b")

    assert ran.wait_for(2) == ["prompt", "delayed"]


def test_a_restart_goes_on_with_what_was_enqueued_and_what_was_delayed(start: Callable[..., Engine]) -> None:
    ran = Ran()
    engine = start(note=lambda run: ran(run.id))
    engine.drain(1.0)
    engine.client.enqueue("note", "kept", partition="a")
    engine.client.enqueue("note", "delayed", partition="b", delay=0.5)

    start(note=lambda run: ran(run.id))

    assert sorted(ran.wait_for(2)) == ["delayed", "kept"]


def test_a_job_that_does_not_end_in_time_goes_on_after_the_restart_and_repeats_no_step(
    start: Callable[..., Engine],
) -> None:
    """What the steps gave before is what they give again."""
    ran, released = Ran(), threading.Event()

    def job(run: Run) -> None:
        ran(f"got {run.step('first', lambda: _tell(ran, 'first done'))}")
        if not released.is_set():
            released.wait(PATIENCE_SECONDS)
            try:
                run.step("second", lambda: _tell(ran, "must not be"))
            except Ending:
                ran("left")
                raise
        run.step("second", lambda: _tell(ran, "second done"))

    engine = start(steps=job)
    engine.client.enqueue("steps", "s", partition="a")
    ran.wait_for(2)

    assert not end(engine, 0.1)
    released.set()
    assert ran.wait_for(3)[2] == "left"

    start(steps=job)
    assert ran.wait_for(5) == ["first done", "got 7", "left", "got 7", "second done"]


def test_a_job_of_a_kind_that_is_no_longer_known_does_not_hold_up_the_others(start: Callable[..., Engine]) -> None:
    ran = Ran()
    engine = start(note=lambda run: ran(run.id))
    engine.client.enqueue("of another release", "strange", partition="a")
    engine.client.enqueue("note", "known", partition="a")

    assert ran.wait_for(1) == ["known"]


def test_a_step_that_fails_leaves_only_the_class_of_its_error(start: Callable[..., Engine], tmp_path: Path) -> None:
    def work() -> None:
        raise ValueError("CANARY-of-a-message")

    def job(run: Run) -> None:
        with contextlib.suppress(ValueError):
            run.step("fails", work)

    engine = start(fails=job)
    engine.client.enqueue("fails", "f", partition="a")
    finished(engine)
    end(engine)

    kept = b"".join(path.read_bytes() for path in tmp_path.glob("engine.db*"))
    assert b"ValueError" in kept
    assert b"CANARY" not in kept


def _tell(ran: Ran, what: str) -> int:
    ran(what)
    return 7


def test_a_failed_step_is_told_as_what_it_was_after_a_crash(tmp_path: Path) -> None:
    url, seen, done = f"sqlite:///{tmp_path / 'engine.db'}", list[str](), threading.Event()

    def job(run: Any) -> None:
        def work() -> None:
            raise Unreachable("no answer")

        try:
            run.step("ask", work)
        except (Unreachable, JobFailed) as error:
            seen.append(type(error).__name__)
            if len(seen) == 1:
                done.set()
                raise Ending from None
            done.set()

    for _ in range(2):
        done.clear()
        engine = begun(url, {"job": job})
        try:
            engine.client.enqueue("job", "one", partition="p")
            assert done.wait(20)
        finally:
            end(engine)
    assert seen == ["Unreachable", "Unreachable"]


class Graves:
    """Keeps what is buried."""

    def __init__(self) -> None:
        self.reasons: list[str] = []
        self.dug = threading.Event()

    def __call__(self, run: Run, reason: str) -> None:
        self.reasons.append(f"{run.id}: {reason}")
        self.dug.set()


def test_a_job_that_the_engine_cannot_run_is_buried_at_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def job(run: Run) -> None:
        raise ValueError("CANARY-of-a-message")

    monkeypatch.setattr("bot.engine.worker.NOT_RUNNABLE_PATIENCE", 0)
    graves = Graves()
    engine = begun(f"sqlite:///{tmp_path / 'engine.db'}", {"fails": job}, bury=graves)
    try:
        engine.client.enqueue("fails", "f", partition="a")
        assert graves.dug.wait(PATIENCE_SECONDS)
    finally:
        end(engine)
    assert graves.reasons == ["f: it cannot be run (ValueError)"]


def test_jobs_put_in_together_are_there_together_and_known_ones_stay(start: Callable[..., Engine]) -> None:
    ran = Ran()
    engine = start(note=lambda run: ran(run.id))
    engine.client.enqueue("note", "one", partition="a")
    ran.wait_for(1)
    finished(engine)

    engine.client.enqueue_many([QueuedJob("note", name, (), "a") for name in ("one", "two", "three")])

    assert sorted(ran.wait_for(3)) == ["one", "three", "two"]


def test_a_client_counts_what_waits_and_forgets_what_has_ended(start: Callable[..., Engine]) -> None:
    ran = Ran()
    engine = start(note=lambda run: ran(run.id))
    engine.client.enqueue("note", "now", partition="a")
    engine.client.enqueue("note", "later", partition="b", delay=600.0)
    ran.wait_for(1)
    while ("items", "running") in engine.client.counts():
        time.sleep(0.02)

    assert {place: count.number for place, count in engine.client.counts().items()} == {("items", "delayed"): 1}
    assert engine.client.forget(datetime.now(UTC) - timedelta(days=1)) == 0
    assert engine.client.forget(datetime.now(UTC) + timedelta(minutes=1)) == 1
    assert engine.client.unfinished() == 1


def test_a_delay_set_by_a_clock_that_was_wrong_can_be_moved(start: Callable[..., Engine]) -> None:
    ran = Ran()
    engine = start(note=lambda run: ran(run.id))
    engine.client.enqueue("note", "n", partition="a", delay=3600.0)

    assert engine.client.shift_delays(-3600.0) == 1

    assert ran.wait_for(1) == ["n"]


def test_what_another_release_left_is_begun_again_as_a_new_attempt(
    start: Callable[..., Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran, going, hold = Ran(), threading.Event(), threading.Event()

    def job(run: Run) -> None:
        ran(f"{run.id} {run.attempt}")
        going.set()
        hold.wait(PATIENCE_SECONDS)
        run.step("of the old shape", lambda: None)

    engine = start(note=job)
    engine.client.enqueue("note", "n", "x", partition="a")
    assert going.wait(PATIENCE_SECONDS)
    engine.drain(0.0)
    monkeypatch.setattr("bot.engine.worker.APPLICATION_VERSION", "of the next release")
    engine = start(note=lambda run: ran(f"{run.id} {run.attempt} {run.args}"))
    hold.set()

    assert engine.inherit([]) == 1, "what its own slot ran before the upgrade is nobody else's"

    assert ran.wait_for(2) == ["n 0", "n 1 ('x',)"]
    assert engine.inherit([]) == 0


def set_row(engine: Engine, job_id: str, **values: str) -> None:
    """Change a row of the engine's tables, as a fault would."""
    changes = ", ".join(f"{name} = :{name}" for name in values)
    with engine.client.connections.begin() as connection:
        connection.execute(
            sa.text(f"UPDATE workflow_status SET {changes} WHERE workflow_uuid = :id"), values | {"id": job_id}
        )


def test_a_job_that_is_marked_as_running_and_is_not_is_put_back(start: Callable[..., Engine]) -> None:
    ran, hold, going = Ran(), threading.Event(), threading.Event()

    def job(run: Run) -> None:
        ran(run.id)
        if run.id == "really running":
            going.set()
            hold.wait(PATIENCE_SECONDS)

    engine = start(note=job)
    engine.client.enqueue("note", "orphan", partition="a", delay=600.0)
    engine.client.enqueue("note", "really running", partition="b")
    assert going.wait(PATIENCE_SECONDS)
    set_row(engine, "orphan", status="PENDING", executor_id="steward-1", application_version=APPLICATION_VERSION)

    assert engine.take_up_orphans() == 0, "it may be about to start"
    assert engine.take_up_orphans() == 1
    assert ran.wait_for(2) == ["really running", "orphan"]
    assert engine.take_up_orphans() == 0
    hold.set()


def test_a_job_that_the_engine_has_given_up_is_begun_again_and_buried_at_last(start: Callable[..., Engine]) -> None:
    ran, graves = Ran(), list[str]()
    engine = start(note=lambda run: ran(f"{run.id} {run.attempt} {run.args}"))
    engine.client.enqueue("note", "n", "x", partition="a")
    ran.wait_for(1)
    finished(engine)
    set_row(engine, "n", status="ERROR")

    def mended() -> None:
        upkeep.mend(engine.client, lambda job, reason: graves.append(f"{job.id}: {reason}"))(cast("Run", None))

    mended()
    assert ran.wait_for(2)[1] == "n 1 ('x',)"
    assert graves == []
    finished(engine)
    engine.client.enqueue_many([QueuedJob("note", "old", (), "b", attempt=70, failures=upkeep.PATIENCE)])
    ran.wait_for(3)
    finished(engine)
    set_row(engine, "old#70", status="ERROR")
    mended()
    assert graves == ["old: the engine has given it up, again and again"]
    assert engine.client.failed() == []


def test_a_job_that_cannot_be_put_off_for_a_moment_is_put_off_then(
    start: Callable[..., Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran, real, failures = Ran(), Engine._again, iter([OSError("the database is away")])

    def again(engine: Engine, job: Run, seconds: float) -> None:
        for failure in failures:
            raise failure
        real(engine, job, seconds)

    monkeypatch.setattr("bot.engine.worker.RETRY_SECONDS", 0.01)
    monkeypatch.setattr(Engine, "_again", again)

    def job(run: Run) -> Later | None:
        ran(str(run.attempt))
        return Later(0.01) if run.attempt == 0 else None

    engine = start(note=job)
    engine.client.enqueue("note", "n", partition="a")
    assert ran.wait_for(2) == ["0", "1"]


def test_a_job_that_was_taken_out_of_the_engine_while_it_ran_holds_nothing_up(start: Callable[..., Engine]) -> None:
    ran = Ran()

    def job(run: Run) -> Later:
        engine.client.drop([run.id])
        ran(run.id)
        return Later(0.1)

    engine = start(note=job)
    engine.client.enqueue("note", "n", partition="a")
    ran.wait_for(1)
    assert engine.drain(PATIENCE_SECONDS)


def test_a_client_knows_whether_a_job_of_that_name_is_unfinished(start: Callable[..., Engine]) -> None:
    engine = start(poll=lambda run: None)
    engine.client.enqueue("poll", "poll:a:tick-1", delay=600.0)
    assert engine.client.has_unfinished("ticks", "poll:a:tick-")
    assert not engine.client.has_unfinished("ticks", "poll:b:tick-")
    assert not engine.client.has_unfinished("rounds", "poll:a:tick-")
    set_row(engine, "poll:a:tick-1", status="SUCCESS")
    assert not engine.client.has_unfinished("ticks", "poll:a:tick-")


def test_fault_52_the_engine_keeps_neither_a_persons_name_or_id_nor_a_word_of_theirs(
    make_world: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.engine.worker.ROUNDS_POLLING_SECONDS", 0.1)
    world = make_world("jira-cloud", project="quiet_wait = 0", intake="poll")
    client = EngineClient(f"sqlite:///{tmp_path / 'engine.db'}")
    client.open()
    world.queue.enqueue = client.enqueue
    world.wire()
    engine = Engine(client, world.queue.jobs)
    engine.start("steward-1")
    try:
        item = world.file(
            "Let buyers save carts", "As a buyer I want to save my cart. It must stay 30 days.", who="dana"
        )
        client.enqueue("poll", "poll:1", "tracker", "1")
        finished(engine)
        world.say("dana", item, "steward explain 1")
        world.say("dana", item, "steward reject 1 carts are sold")
        client.enqueue("poll", "poll:2", "tracker", "2")
        finished(engine)
    finally:
        end(engine)
    dana = world.tracker.user("dana")
    assert f"rejected by {dana.display_name}" in world.proposal(item)
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("engine.db*"))
    assert kept.count(f"tracker:{item.id}".encode()) > 1
    assert [word for word in (dana.id, "Dana", "Duarte", "cart", "buyer", "sold") if word.encode() in kept] == []
