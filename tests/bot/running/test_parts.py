"""The bot in parts: web server, workers and clocks as processes of their own on one PostgreSQL."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from bot.store import executors, inbox
from bot.store.executors import Executor
from bot.store.schema import migrating
from bot.store.ticks import Tick
from tests.commands import Told, config_of
from tests.postgres import PostgresServer
from tests.theatre import Theatre, wait

PARTS = ("web", "worker", "clock")


@pytest.fixture
def theatre(tmp_path: Path, postgres: PostgresServer, empty_database: str) -> Iterator[Theatre]:
    # With a schema, so that tests can look before a part has started.
    made = Theatre(tmp_path, postgres.create(f"parts-{uuid4()}", like=empty_database))
    yield made
    made.close()


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Theatre]:
    made = Theatre(tmp_path)
    yield made
    made.close()


def slots(theatre: Theatre) -> dict[str, Executor]:
    with theatre.database().read() as session:
        return {row.id: row for row in executors.listed(session)}


def unfinished(theatre: Theatre) -> list[str]:
    with theatre.database().read() as session:
        rows = session.query(inbox.Delivery).filter(inbox.Delivery.state.not_in(("finished", "ignored")))
        return [f"{row.id} {row.state}" for row in rows]


@pytest.mark.parametrize("part", PARTS)
def test_a_part_by_itself_on_sqlite_says_what_it_needs(
    steward: Callable[..., Told], make_world: Callable[..., Any], part: str
) -> None:
    told = steward(part, "-c", config_of(make_world()))
    assert told.code == 1
    assert told.err.startswith(f"steward: steward {part} needs PostgreSQL: set database_url under [engine].")
    assert "steward run" in told.err


def test_web_worker_and_clock_do_together_what_one_process_does(theatre: Theatre) -> None:
    parts = [theatre.begin(part) for part in PARTS]
    wait("a web server", lambda: theatre.ready() == 200)
    item = theatre.file(3)
    wait("a comment", lambda: theatre.proposals(item))
    theatre.accept(item)
    wait("the change", lambda: theatre.said_so(item))
    assert theatre.applied(item) == 1
    for process in parts:
        process.send_signal(signal.SIGTERM)
    assert [process.wait(25) for process in parts] == [0, 0, 0]
    assert all(row.ended for row in slots(theatre).values())


def test_fault_28_a_part_that_waits_for_a_migration_says_so_and_ends_when_asked(theatre: Theatre) -> None:
    with psycopg.connect(theatre.database_url) as migration:
        migration.execute(f"SELECT pg_advisory_xact_lock({migrating.WRITERS})")
        process = theatre.begin("worker")
        wait("a word of what it waits for", lambda: "waits for the database" in theatre.errors.read_text())
        told = theatre.errors.read_text()
        assert "waiting until others have written" in told
        assert str(migration.info.backend_pid) in told

        process.send_signal(signal.SIGTERM)

        assert process.wait(25) == 0
    assert "Traceback" not in theatre.errors.read_text()


def test_a_part_that_waited_for_a_migration_starts_when_it_is_done(theatre: Theatre) -> None:
    with psycopg.connect(theatre.database_url) as migration:
        migration.execute(f"SELECT pg_advisory_xact_lock({migrating.WRITERS})")
        theatre.begin("worker")
        wait("a word of what it waits for", lambda: "waits for the database" in theatre.errors.read_text())
    wait("the worker's slot", lambda: slots(theatre))


@pytest.mark.thorough
def test_a_worker_that_is_killed_comes_back_to_its_slot_and_its_work(theatre: Theatre) -> None:
    web = theatre.begin("web")
    clock = theatre.begin("clock")
    worker = theatre.begin("worker", "--name", "one")
    wait("a web server", lambda: theatre.ready() == 200)
    wait("a worker", lambda: "one" in slots(theatre))
    items = [theatre.file(number) for number in range(3, 9)]
    wait("some comment", lambda: any(theatre.proposals(item) for item in items))
    worker.kill()
    worker.wait()
    again = theatre.begin("worker", "--name", "one")
    for item in items:
        wait(f"a comment on {item.key}", lambda item=item: theatre.proposals(item))
    assert {item.key: len(theatre.proposals(item)) for item in items} == {item.key: 1 for item in items}
    assert list(slots(theatre)) == ["one"]
    assert {process.poll() for process in (web, clock, again)} == {None}


def test_fault_19_a_worker_that_was_paused_and_woken_after_another_took_over_changes_nothing(theatre: Theatre) -> None:
    theatre.begin("web")
    paused = theatre.begin("worker", "--name", "paused")
    wait("a web server", lambda: theatre.ready() == 200)
    wait("a worker", lambda: "paused" in slots(theatre))
    theatre.mounted.faults.delay(3.0, method="POST", path=r"/comment", times=1)
    item = theatre.file(4)
    wait("the comment to be sent", lambda: asked(theatre, "POST", "/comment"))
    paused.send_signal(signal.SIGSTOP)
    try:
        theatre.begin("worker", "--name", "other")
        wait("the other to take over", lambda: not unfinished_jobs_of(theatre, "paused"))
        wait("a comment", lambda: theatre.proposals(item))
        wait("an end", lambda: not unfinished(theatre))
        theatre.accept(item)
        wait("the change", lambda: theatre.said_so(item))
    finally:
        paused.send_signal(signal.SIGCONT)
    beat = slots(theatre)["paused"].beat
    wait("the woken one to beat", lambda: slots(theatre)["paused"].beat > beat)
    later = theatre.file(5)
    wait("work as before", lambda: theatre.proposals(later))
    assert len(theatre.proposals(item)) == 1
    assert theatre.applied(item) == 1
    assert paused.poll() is None


def test_workers_and_clocks_end_and_web_servers_stay_when_a_newer_release_has_been_at_the_database(
    theatre: Theatre,
) -> None:
    worker, clock, web = theatre.begin("worker", "--name", "old"), theatre.begin("clock"), theatre.begin("web")
    wait("a worker", lambda: "old" in slots(theatre))
    wait("a web server", lambda: theatre.ready() == 200)
    wait("a clock", lambda: last_tick(theatre) >= 1)
    with psycopg.connect(theatre.database_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'of the future'")
    assert worker.wait(25) == 1
    assert clock.wait(25) == 1
    wait("the web server to see it", lambda: '"outdated"' in theatre.errors.read_text())
    assert theatre.ready() == 200, "somebody has to take what is delivered until its successor listens"
    assert web.poll() is None
    told = theatre.errors.read_text()
    assert "brought up to a newer release. Start this process again, of that release." in told
    again = theatre.begin("worker", "--name", "old")
    assert again.wait(25) == 1
    assert "later version" in theatre.errors.read_text().removeprefix(told)


def asked(theatre: Theatre, method: str, path: str) -> bool:
    return any(entry.method == method and path in entry.path for entry in theatre.mounted.faults.requests)


def unfinished_jobs_of(theatre: Theatre, slot: str) -> int:
    with psycopg.connect(theatre.database_url) as connection:
        query = "SELECT count(*) FROM dbos.workflow_status WHERE status = 'PENDING' AND executor_id = %s"
        row = connection.execute(query, (slot,)).fetchone()
    return int(row[0]) if row else 0


@pytest.mark.thorough
def test_of_three_clocks_one_fires_each_tick_and_one_that_is_killed_is_not_missed(theatre: Theatre) -> None:
    began = time.monotonic()
    theatre.begin("worker")
    clocks = [theatre.begin("clock") for _ in range(3)]
    wait("ticks", lambda: last_tick(theatre) >= 3)
    clocks[0].kill()
    clocks[0].wait()
    theatre.begin("clock")
    seen = last_tick(theatre)
    wait("more ticks", lambda: last_tick(theatre) >= seen + 3)
    most = (time.monotonic() - began) / (0.8 * 2) + 2
    number = last_tick(theatre)
    assert number <= most, "three clocks must not tick three times as often"
    with psycopg.connect(theatre.database_url) as connection:
        query = "SELECT workflow_uuid FROM dbos.workflow_status WHERE workflow_uuid LIKE 'poll:tracker:tick-%'"
        jobs = {str(row[0]) for row in connection.execute(query)}
    assert jobs, "and none is left out for ever"


def last_tick(theatre: Theatre) -> int:
    with theatre.database().read() as session:
        row = session.get(Tick, "poll:tracker")
        return row.number if row is not None else 0


def test_fault_12_a_job_that_ends_its_worker_three_times_becomes_a_dead_letter_and_the_others_flow_on(
    alone: Theatre,
) -> None:
    poison, healthy = None, []
    for number in range(8, 20):
        bot = begin_poisoned(alone)
        wait("a ready or a dead bot", lambda bot=bot: bot.poll() is not None or alone.ready() == 200)
        poison = poison or alone.file(7, "A cart of poison")
        healthy.append(alone.file(number))
        wait("a death or a letter", lambda bot=bot: bot.poll() is not None or letters(alone))
        if letters(alone):
            break
    assert len(healthy) >= 4, "the job is tried again before it is given up"
    if bot.poll() is not None:
        bot = begin_poisoned(alone)
    for item in healthy:
        wait(f"a comment on {item.key}", lambda item=item: alone.proposals(item))
    assert poison is not None
    assert not alone.proposals(poison)
    assert set(letters(alone)) == {"it ended its worker, and then a process of its own: signal 9"}
    assert bot.poll() is None, "the poll brings the item again, and it is known by then"


def begin_poisoned(theatre: Theatre) -> subprocess.Popen[bytes]:
    launcher = Path(__file__).parents[2] / "launchers" / "poison.py"
    with theatre.errors.open("ab") as errors:
        command = [sys.executable, str(launcher), "run", "-c", str(theatre.config)]
        return theatre.keep(subprocess.Popen(command, stderr=errors))


def letters(theatre: Theatre) -> list[str]:
    if not (theatre.folder / "data" / "steward.db").exists():
        return []
    with theatre.database().read() as session:
        return [letter.reason for letter in inbox.dead_letters(session)]
