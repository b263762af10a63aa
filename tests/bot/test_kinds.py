"""Jobs of connections that a worker does not know: settings change one process at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from bot import wiring
from bot.engine.attempt import EngineRun
from bot.jobs import Later
from bot.store.inbox import DeadLetter
from bot.wiring.kinds import LOST_PATIENCE


def run_of(kind: str, *args: str, failures: int = 0) -> EngineRun:
    return EngineRun("job", kind, ("unknown", *args), failures, failures, None, threading.Event())


def verdict(run: EngineRun) -> tuple[Later | None, list[str]]:
    told: list[str] = []
    return wiring.jobs({}, lambda run, reason: told.append(reason))[run.kind](run), told


@pytest.mark.parametrize("kind", ["poll", "sweep", "webhooks", "recheck"])
def test_a_round_of_an_unknown_connection_ends(kind: str) -> None:
    assert verdict(run_of(kind, "1")) == (None, [])


@pytest.mark.parametrize("kind", ["delivery", "triage", "hygiene", "backfill", "retell"])
def test_work_of_an_unknown_connection_waits_for_a_worker_that_knows_it(kind: str) -> None:
    later, told = verdict(run_of(kind, "1", "2", "3"))
    assert later is not None
    assert later.failed
    assert told == []


def test_work_whose_connection_nobody_knows_for_an_hour_is_a_dead_letter(make_world: Callable[..., Any]) -> None:
    world = make_world()
    job = wiring.jobs({}, wiring.gravedigger(world.db, world.queue.now))["delivery"]
    assert job(run_of("delivery", "unknown:1", failures=LOST_PATIENCE)) is None
    with world.db.read() as session:
        letter = session.scalars(sa.select(DeadLetter)).one()
    assert (letter.connection, letter.delivery) == ("unknown", "unknown:1")
    assert "no connection unknown" in letter.reason
