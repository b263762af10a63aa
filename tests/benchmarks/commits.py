"""What this disk takes at best: one row and its commit, again and again, without the bot.

As a module it is the process that writes, twenty times a second, until it is asked to end.
"""

from __future__ import annotations

import json
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg

from tests.benchmarks.companion import Companion
from tests.benchmarks.figures import Part, Tell
from tests.benchmarks.scale import Scale
from tests.postgres import PostgresServer, binaries

EVERY_SECONDS = 0.05
TABLE = "CREATE TABLE bare (text TEXT)"
INSERT = "INSERT INTO bare VALUES ('a delivery')"


def measure(scale: Scale, tell: Tell) -> Part:
    """Both databases side by side, nothing else of ours at work."""
    part = Part("commits", "20/s a database, one small INSERT a commit: SQLite (WAL, synchronous=full), PostgreSQL")
    with tempfile.TemporaryDirectory(prefix="steward-bench-") as name, beside_sqlite(Path(name)) as lite:
        if binaries() is None:
            tell("no PostgreSQL on this machine")
            time.sleep(scale.commits)
        else:
            with PostgresServer(Path(name) / "pg") as server, beside_postgres(server) as post:
                time.sleep(scale.commits)
                part.add_shares("PostgreSQL commit", post.end(), "ms")
        part.add_shares("SQLite commit", lite.end(), "ms")
    return part


@contextmanager
def beside_sqlite(folder: Path) -> Iterator[Companion]:
    """Bare commits in that folder; `end` gives their milliseconds."""
    with Companion(__name__, {"path": str(folder / "bare.db")}) as companion:
        yield companion


@contextmanager
def beside_postgres(server: PostgresServer) -> Iterator[Companion]:
    """Bare commits on that server; `end` gives their milliseconds."""
    with Companion(__name__, {"url": server.create("bare")}) as companion:
        yield companion


def _write(once: Callable[[], object]) -> None:
    waits: list[float] = []
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while not ended.wait(EVERY_SECONDS):
        began = time.perf_counter()
        once()
        waits.append((time.perf_counter() - began) * 1000)
    sys.stdout.write(json.dumps(waits) + "\n")


def main() -> None:
    """Write until the end."""
    order = json.loads(sys.stdin.readline())
    if "url" in order:
        with psycopg.connect(order["url"], autocommit=True) as server:
            server.execute(TABLE)
            _write(lambda: server.execute(INSERT))
        return
    with closing(sqlite3.connect(order["path"], isolation_level=None)) as connection:
        for statement in ("PRAGMA journal_mode=wal", "PRAGMA synchronous=full", TABLE):
            connection.execute(statement)
        _write(lambda: connection.execute(INSERT))


if __name__ == "__main__":
    main()
