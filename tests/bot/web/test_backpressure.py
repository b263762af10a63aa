"""Bursts, and a bot that cannot keep what comes: 503 with a time, and the same delivery is kept once when it can."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from bot.store.database import Database
from bot.web.disk import Disk
from bot.web.keeping import Keeper
from tests.deliveries import Told, numbered, rows, send, signed, states, vendor
from tests.postgres import PostgresServer, binaries

ALL_FLAVOURS = pytest.mark.parametrize("flavour", ["jira-cloud", "jira-data-center", "azure-devops"])


def deliver(world: Any, number: int) -> Told:
    return send(world.server.url, *numbered(world, number), vendor(world))


def serve_anew(world: Any, db: Database | None = None, **limits: Any) -> None:
    """The same bot with another keeper."""
    world.server.close()
    world.keeper.stop()
    world.keeper = Keeper(db or world.db, world.queue.enqueue_many, world.queue.now, **limits)
    world.keeper.start()
    world.server = world.serve()
    world.server.start()


def refused(told: Told) -> bool:
    return told.status == 503 and 20 <= told.retry_after <= 60


def test_fault_07_of_a_burst_of_a_thousand_deliveries_none_is_lost(make_world: Callable[..., Any]) -> None:
    world = make_world()
    with ThreadPoolExecutor(64) as pool:
        told = Counter(pool.map(lambda number: deliver(world, number), range(1000)))

    assert all(each == Told(200, 0) or refused(each) for each in told)
    world.keeper.stop()
    assert rows(world) == told[Told(200, 0)]
    assert states(world) == {"queued"}


@ALL_FLAVOURS
def test_fault_08_a_full_queue_is_503_and_the_delivery_is_kept_once_when_it_comes_again(
    make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour)
    serve_anew(world, room=0)
    assert refused(deliver(world, 1))
    assert rows(world) == 0

    serve_anew(world)
    assert [deliver(world, 1).status for _ in range(2)] == [200, 200]
    assert rows(world) == 1


@ALL_FLAVOURS
def test_fault_08_an_engine_that_stands_still_keeps_nobody_waiting_and_works_on_all_once_it_moves(
    make_world: Callable[..., Any], flavour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(flavour)
    moves, enqueue_many = threading.Event(), world.queue.enqueue_many
    monkeypatch.setattr(world.queue, "enqueue_many", lambda *jobs: moves.wait(30) and enqueue_many(*jobs))
    serve_anew(world, patience=0.2)
    try:
        assert [deliver(world, number).status for number in (1, 2, 1)] == [200, 200, 200]
        assert states(world) == {"received"}
    finally:
        moves.set()
    world.work(leap=False)
    assert rows(world) == len(world.queue.ran) == 2


@ALL_FLAVOURS
def test_fault_08_a_locked_database_is_503(make_world: Callable[..., Any], flavour: str) -> None:
    world = make_world(flavour)
    serve_anew(world, patience=0.2)
    path = world.db.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert refused(deliver(world, 1))
        other.execute("ROLLBACK")
    serve_anew(world)
    assert deliver(world, 1).status == 200
    assert rows(world) == 1


@ALL_FLAVOURS
def test_fault_08_a_database_that_cannot_be_written_is_503(make_world: Callable[..., Any], flavour: str) -> None:
    world = make_world(flavour)
    path = world.db.url.removeprefix("sqlite:///")
    read_only = Database(f"sqlite:///file:{path}?mode=ro&uri=true")
    try:
        serve_anew(world, read_only)
        assert refused(deliver(world, 1))
    finally:
        read_only.close()
    serve_anew(world)
    assert deliver(world, 1).status == 200


@ALL_FLAVOURS
def test_fault_08_a_disk_that_is_full_in_the_midst_of_it_is_503(make_world: Callable[..., Any], flavour: str) -> None:
    world = make_world(flavour)
    tight = Database(world.db.url)
    sa.event.listen(tight.engine, "connect", lambda connection, _: connection.execute("PRAGMA max_page_count = 1"))
    try:
        serve_anew(world, tight)
        told = [deliver(world, number) for number in range(60)]
    finally:
        tight.close()
    kept = rows(world)
    assert refused(told[-1])
    assert all(each.status == 200 or refused(each) for each in told)
    assert kept == sum(each.status == 200 for each in told)

    serve_anew(world)
    assert {deliver(world, number).status for number in range(60)} == {200}
    assert rows(world) == 60


@ALL_FLAVOURS
def test_fault_08_a_disk_that_is_nearly_full_is_503_and_strangers_are_not_told(
    make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour)
    world.has_room = False
    assert refused(deliver(world, 1))
    stranger = send(world.server.url, *numbered(world, 1, secret="guessed"), vendor(world))
    assert stranger == Told(401, 0)
    assert rows(world) == 0
    world.has_room = True
    assert deliver(world, 1).status == 200


@ALL_FLAVOURS
def test_fault_08_an_error_nobody_thought_of_is_503_too(
    make_world: Callable[..., Any], flavour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(flavour)
    monkeypatch.setattr(world.keeper, "keep", lambda *_: 1 / 0)
    assert refused(deliver(world, 1))


@pytest.mark.skipif(binaries() is None, reason="no PostgreSQL on this machine")
def test_fault_08_a_database_server_that_is_away_is_503(make_world: Callable[..., Any], tmp_path: Path) -> None:
    world = make_world("azure-devops")
    with PostgresServer(tmp_path / "pg") as server:
        db = Database(server.create("steward"))
        db.migrate()
        try:
            serve_anew(world, db)
            assert deliver(world, 1).status == 200
            server.stop("immediate")
            assert refused(deliver(world, 2))
            server.start()
            assert [deliver(world, 2).status for _ in range(2)] == [200, 200]
            world.work(leap=False)
            assert len(world.queue.ran) == 2
        finally:
            world.keeper.stop()
            db.close()


def test_a_disk_is_looked_at_once_a_second_and_counts_as_full_where_it_cannot_be_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free, at = [500], [1000.0]
    monkeypatch.setattr("bot.web.disk.time.monotonic", lambda: at[0])
    disk = Disk(tmp_path, 200, lambda _: free.pop())
    assert disk.has_room()
    assert disk.has_room()
    free.append(100)
    at[0] = 1001.0
    assert not disk.has_room()
    assert not Disk(tmp_path / "gone").has_room()
    assert Disk(tmp_path, 1).has_room()


def test_a_flood_of_strangers_leaves_nothing_behind(make_world: Callable[..., Any]) -> None:
    world = make_world()
    body = b"x" * 300_000

    def knock(number: int) -> int:
        return send(world.server.url, body, signed(b"") if number % 2 else {}).status

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(knock, range(200))) == {401}
    assert rows(world) == 0
    assert requests.get(f"{world.server.url}/healthz", timeout=10).ok
