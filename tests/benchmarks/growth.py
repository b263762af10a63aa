"""What the embedded bot takes: memory at rest, under load and after it; and the disk, before and after retention."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.engine import EngineClient
from bot.settings import load
from bot.store import retention
from bot.store.database import Database
from tests.benchmarks.figures import Part, Tell, share
from tests.benchmarks.scale import Scale
from tests.benchmarks.stand import Memory, Stand, stand, wait_until

WORKERS = 32
"""More jobs at once than by default, so that twenty thousand are done within minutes."""
EVENT = "comment_created"
REST_SECONDS = 5.0
SAMPLE_SECONDS = 0.5
LATER = timedelta(days=400)
"""Beyond every window of retention."""
FILES = ("steward.db", "engine.db")


def measure(scale: Scale, tell: Tell) -> Part:
    """Send many, let all be worked on, stop, and let retention run as if a year had passed."""
    count = scale.deliveries
    part = Part(
        "growth",
        f"{count} deliveries ({EVENT}, 50 items), 32 clients one after the other, SQLite, steward run with "
        f"{WORKERS} jobs at once",
    )
    with tempfile.TemporaryDirectory(prefix="steward-bench-") as name:
        folder = Path(name)
        with stand(folder, workers=WORKERS) as made:
            made.stop()
            at_first = _on_disk(folder)
            made.start()
            time.sleep(REST_SECONDS)
            process = made.parts["run"].process
            part.add("memory at rest", process.memory_info().rss / 1e6, "MB")
            _load(made, part, count, tell)
            time.sleep(REST_SECONDS)
            part.add(f"memory after {count}", process.memory_info().rss / 1e6, "MB")
        grown = {file: size - at_first[file] for file, size in _on_disk(folder).items()}
        for file, size in grown.items():
            part.add(f"{file} before retention", size / count, "bytes a delivery")
        tell("growth: retention, as if 400 days had passed")
        _retain(folder, made.config)
        for file, size in _on_disk(folder).items():
            part.add(f"{file} after retention", (size - at_first[file]) / count, "bytes a delivery")
    return part


def _load(made: Stand, part: Part, count: int, tell: Tell) -> None:
    began = time.perf_counter()
    with Memory(made.parts["run"].process, SAMPLE_SECONDS) as memory:
        report = made.send(part, "growth", count, event=EVENT)
        part.add("taken at most", count / report.seconds, "deliveries/s")
        part.add_shares("answer to 32 clients", report.waits, "ms")
        tell(f"growth: {count} sent, {made.unfinished()} to be worked on")
        try:
            wait_until(lambda: made.unfinished() == 0, "all to be worked on", patience=60.0 + count / 5)
        except TimeoutError:
            part.lost.append(f"{made.unfinished()} deliveries were never worked on")
        part.add("worked on", count / (time.perf_counter() - began), "deliveries/s")
    samples = sorted(memory.samples)
    part.add("memory under load, median", share(samples, 50), "MB")
    part.add("memory under load, most", share(samples, 100), "MB")


def _retain(folder: Path, config: Path) -> None:
    """As the bot's own upkeep does, until nothing is left to drop."""
    later, windows = datetime.now(UTC) + LATER, load(config).retention
    db, client = Database(f"sqlite:///{folder / 'data' / FILES[0]}"), EngineClient(_engine(folder))
    try:
        dropped = 1
        while dropped:
            with db.write() as session:
                dropped = sum(retention.purge(session, later, windows).values())
        client.open()
        while client.forget(later):
            pass
    finally:
        client.close()
        db.close()


def _engine(folder: Path) -> str:
    return f"sqlite:///{folder / 'data' / FILES[1]}"


def _on_disk(folder: Path) -> dict[str, int]:
    """Bytes of each database of a bot that is not running, its log written back and its free pages given back."""
    sizes = {}
    for name in FILES:
        path = folder / "data" / name
        with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
            # It gives back a page a step, and Python's sqlite3 makes one step of a statement without columns.
            for _ in range(connection.execute("PRAGMA freelist_count").fetchone()[0]):
                connection.execute("PRAGMA incremental_vacuum(1)")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        sizes[name] = sum(each.stat().st_size for each in path.parent.glob(f"{name}*"))
    return sizes
