"""How long a delivery waits for its answer: embedded, in a burst, and on PostgreSQL.

The bot's worker is at work on what comes in, and beside it runs a bare commit, to say what the disk takes meanwhile.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from tests.benchmarks.commits import beside_postgres, beside_sqlite
from tests.benchmarks.figures import Part, Tell, share
from tests.benchmarks.scale import Scale
from tests.benchmarks.sending import Report
from tests.benchmarks.stand import Stand, stand
from tests.postgres import PostgresServer, binaries

EMBEDDED = "SQLite, steward run with its worker at work, 50 items"
SEPARATE = "PostgreSQL, steward web, two steward worker, steward clock, 50 items"
STEADY_RATE, BURST_RATE, SERVER_RATE = 100.0, 500.0, 300.0
LOWER_RATES = (100.0, 200.0)
STEADY_GOAL_MS, BURST_GOAL_MS, SERVER_GOAL_MS = 50.0, 500.0, 75.0


def embedded(scale: Scale, tell: Tell) -> Part:
    """A steady load on the embedded bot."""
    return _on_sqlite("embedded", STEADY_RATE, scale.steady, STEADY_GOAL_MS)


def burst(scale: Scale, tell: Tell) -> Part:
    """More at once than the embedded bot can work on."""
    return _on_sqlite("burst", BURST_RATE, scale.burst, BURST_GOAL_MS)


def server(scale: Scale, tell: Tell) -> Part:
    """A steady load on the bot's parts; lower ones too if the goal is not met."""
    part = Part("server", f"open loop, {SERVER_RATE:.0f}/s for {scale.steady:.0f} s; {SEPARATE}")
    if binaries() is None:
        tell("no PostgreSQL on this machine")
        return part
    with tempfile.TemporaryDirectory(prefix="steward-bench-") as name, PostgresServer(Path(name) / "pg") as postgres:
        with beside_postgres(postgres) as bare:
            with stand(Path(name) / "at-300", postgres.create("at-300")) as made:
                report = _loaded(made, part, SERVER_RATE, scale.steady, SERVER_GOAL_MS)
            part.add_shares("bare PostgreSQL commit meanwhile", bare.end(), "ms")
        if share(sorted(report.waits), 99) <= SERVER_GOAL_MS:
            return part
        for rate in LOWER_RATES:
            tell(f"server: the goal is not met, so {rate:.0f}/s for {scale.lower_rates:.0f} s")
            database = f"at-{rate:.0f}"
            with stand(Path(name) / database, postgres.create(database)) as made:
                _loaded(made, part, rate, scale.lower_rates, SERVER_GOAL_MS)
    return part


def _on_sqlite(name: str, rate: float, seconds: float, goal: float) -> Part:
    part = Part(name, f"open loop, {rate:.0f}/s for {seconds:.0f} s; {EMBEDDED}")
    with tempfile.TemporaryDirectory(prefix="steward-bench-") as temporary:
        folder = Path(temporary)
        with stand(folder) as made, beside_sqlite(folder) as bare:
            report = _loaded(made, part, rate, seconds, goal)
            commits = sorted(bare.end())
    part.add_shares("bare SQLite commit meanwhile", commits, "ms")
    part.add("answer p99 in bare commits p99", share(sorted(report.waits), 99) / share(commits, 99), "times")
    return part


def _loaded(made: Stand, part: Part, rate: float, seconds: float, goal: float) -> Report:
    used, began = made.used(), time.perf_counter()
    report = made.send(part, f"{rate:.0f}", round(rate * seconds), rate=rate)
    busy = (made.used() - used) / (time.perf_counter() - began)
    part.add_shares(f"answer at {rate:.0f}/s", report.waits, "ms", goal)
    part.add(f"sent at {rate:.0f}/s", report.sent, "deliveries")
    part.add(f"not answered 2xx at once at {rate:.0f}/s", sum(report.answers.values()), "answers", 0)
    part.add(f"the bot's processor time at {rate:.0f}/s", busy * 100, "% of one core")
    return report
