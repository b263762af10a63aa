"""How soon after kill -9 work goes on: embedded, for a worker that comes back, and for one that never does."""

from __future__ import annotations

import signal
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import sqlalchemy as sa

from bot.store.inbox import Delivery
from tests.benchmarks.companion import Companion
from tests.benchmarks.figures import Part, Tell
from tests.benchmarks.scale import Scale
from tests.benchmarks.sending import Order, Report
from tests.benchmarks.stand import Running, Stand, stand, wait_until
from tests.postgres import PostgresServer, binaries

RATE = 10.0
COUNT = 100_000
"""More than are ever sent: the sender is asked to end."""
BETWEEN_SECONDS = 2.0
RESTART_GOAL_SECONDS, TAKEOVER_GOAL_SECONDS = 4.0, 15.0
FINISH_PATIENCE_SECONDS = 600.0


def measure(scale: Scale, tell: Tell) -> Part:
    """Kill again and again under load; nothing may be lost meanwhile."""
    part = Part(
        "recovery",
        f"open loop, {RATE:.0f}/s all the while; kill -9; from process start to the first delivery that the new "
        "process has finished; for a worker that never comes back, from its end until others have finished what it was "
        "at",
    )
    with tempfile.TemporaryDirectory(prefix="steward-bench-") as name:
        folder = Path(name)
        with stand(folder / "embedded") as made:
            _embedded(made, part, scale.restarts, tell)
        if binaries() is None:
            tell("no PostgreSQL on this machine")
            return part
        with PostgresServer(folder / "pg") as postgres, stand(folder / "parts", postgres.create("parts")) as made:
            _separate(made, part, scale.takeovers, tell)
    return part


def _embedded(made: Stand, part: Part, times: int, tell: Tell) -> None:
    order, waits = made.order("restarts", COUNT, rate=RATE), []
    with order.sender() as sender:
        for number in range(times):
            time.sleep(BETWEEN_SECONDS)
            tell(f"recovery: embedded, kill {number + 1} of {times}")
            waits.append(_restarted(made))
        _end(made, part, order, sender)
    part.add_shares("SQLite, steward run started again", waits, "s", RESTART_GOAL_SECONDS)


def _separate(made: Stand, part: Part, times: int, tell: Tell) -> None:
    back: list[float] = []
    taken: list[float] = []
    order, worker = made.order("workers", COUNT, rate=RATE), made.parts["worker-1"]
    with order.sender() as sender:
        for number in range(times):
            time.sleep(BETWEEN_SECONDS)
            tell(f"recovery: PostgreSQL, a worker that comes back, {number + 1} of {times}")
            back.append(_come_back(made, worker))
        for number in range(times):
            time.sleep(BETWEEN_SECONDS)
            tell(f"recovery: PostgreSQL, a worker that never comes back, {number + 1} of {times}")
            taken.append(_taken_over(made))
            worker.start()
            made.wait_ready(worker)
        _end(made, part, order, sender)
    part.add_shares("PostgreSQL, the worker comes back", back, "s", RESTART_GOAL_SECONDS)
    part.add_shares("PostgreSQL, another takes over", taken, "s", TAKEOVER_GOAL_SECONDS)


def _restarted(made: Stand) -> float:
    slot = made.parts["run"]
    slot.kill()
    began = slot.starts[-1]
    wait_until(lambda: _finished_since(made, began), "a delivery to be finished")
    made.wait_ready(slot)
    return _finished_since(made, began)[0] - began


def _come_back(made: Stand, worker: Running) -> float:
    worker.kill()
    began = worker.starts[-1]
    wait_until(lambda: _done_by(made, worker.name, began), "the worker to finish a job")
    return _done_by(made, worker.name, began)[0] - began


def _taken_over(made: Stand) -> float:
    left, died = _kill_at_work(made), time.time()
    wait_until(lambda: len(_ended(made, left)) == len(left), "another to take over")
    return max(_ended(made, left)) - died


def _kill_at_work(made: Stand) -> list[str]:
    """Kill the worker in the midst of jobs, for good; returns their ids. It is paused first, to be sure of them."""
    worker, found = made.parts["worker-1"], list[str]()

    def caught() -> bool:
        worker.process.send_signal(signal.SIGSTOP)
        query = "SELECT workflow_uuid FROM dbos.workflow_status WHERE status = 'PENDING' AND executor_id = :slot"
        with made.db.read() as session:
            found.extend(session.scalars(sa.text(query), {"slot": worker.name}))
        if not found:
            worker.process.send_signal(signal.SIGCONT)
        return bool(found)

    wait_until(caught, "the worker to be at work")
    worker.die()
    return found


def _finished_since(made: Stand, began: float) -> list[float]:
    """When deliveries were finished since then, the first first, in seconds since the epoch."""
    query = sa.select(Delivery.finished).where(Delivery.finished.is_not(None)).order_by(Delivery.finished.desc())
    with made.db.read() as session:
        times = [finished.timestamp() for finished in session.scalars(query.limit(500)) if finished is not None]
    return sorted(at for at in times if at >= began)


def _done_by(made: Stand, slot: str, began: float) -> list[float]:
    query = (
        "SELECT completed_at FROM dbos.workflow_status WHERE executor_id = :slot AND status = 'SUCCESS' "
        "AND completed_at >= :began AND started_at_epoch_ms >= :began ORDER BY completed_at LIMIT 1"
    )
    return _seconds(made, query, slot=slot, began=int(began * 1000))


def _ended(made: Stand, ids: Iterable[str]) -> list[float]:
    query = "SELECT completed_at FROM dbos.workflow_status WHERE status = 'SUCCESS' AND workflow_uuid = ANY(:ids)"
    return _seconds(made, query, ids=list(ids))


def _seconds(made: Stand, query: str, **values: object) -> list[float]:
    with made.db.read() as session:
        return [at / 1000 for at in session.scalars(sa.text(query), values)]


def _end(made: Stand, part: Part, order: Order, sender: Companion) -> None:
    """All that was accepted is worked on in the end."""
    report = Report(**sender.end())
    made.check(part, order.name, report)
    try:
        wait_until(lambda: made.unfinished() == 0, "all deliveries to be worked on", FINISH_PATIENCE_SECONDS)
    except TimeoutError:
        part.lost.append(f"{made.unfinished()} deliveries of {order.name} were never worked on")
    part.add(f"deliveries kept while {order.name} were killed", len(report.accepted), "deliveries")
