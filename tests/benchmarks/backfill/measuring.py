"""How long a project takes to be read whole, with how many requests, and how much memory the bot takes for it.

The bot is a process of its own, on SQLite; the sandbox is another, and its own time is told apart. Beside each stands
what the same requests take alone, one after the other, with the answers thrown away.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests
import sqlalchemy as sa

from bot.store.database import Database
from bot.store.items import ChangeCounter, Item, Progress
from integrations.sandbox.records import Flavour
from tests.benchmarks.backfill.tracker import Asked, asked, tracker
from tests.benchmarks.figures import Part, Tell
from tests.benchmarks.scale import Scale
from tests.benchmarks.stand import Memory, Running, wait_until
from tests.chaos.processes import STEWARD, Crew, free_port

FLAVOURS: tuple[Flavour, ...] = ("azure-devops", "jira-cloud", "jira-data-center")
GOAL_ITEMS, GOAL_SECONDS, GOAL_REQUESTS = 10_000, 25.0, {"azure-devops": 60}
JIRA_REQUESTS = 110
PATIENCE_SECONDS = 300.0
SAMPLE_SECONDS = 0.05
BARE_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class _Read:
    """One backfill: when it ended (seconds since the epoch), the bot's megabytes and seconds of processor time."""

    ended: float
    rest: float
    most: float
    busy: float


def measure(scale: Scale, tell: Tell) -> Part:
    """Each product, with few items and with many."""
    sizes = " and ".join(map(str, scale.backfills))
    part = Part(
        "backfill",
        f"{sizes} items (the sample backlog repeated), sandbox and steward run as processes of their own, SQLite, "
        "until all is stored and the duplicate index is ready",
    )
    for flavour in FLAVOURS:
        most = []
        for count in scale.backfills:
            told = len(part.figures)
            with tempfile.TemporaryDirectory(prefix="steward-bench-") as name:
                most.append(_measure(part, Path(name), flavour, count))
            tell("\n".join(f"{figure.name}: {figure.value:g} {figure.unit}" for figure in part.figures[told:]))
        part.add(f"{flavour}: memory with {scale.backfills[-1]} to {scale.backfills[0]}", most[-1] / most[0], "times")
    return part


def _measure(part: Part, folder: Path, flavour: Flavour, count: int) -> float:
    with tracker(folder, flavour, count) as place:
        read = _backfill(part, folder, flavour, place, count)
        whole = [one for one in asked(folder) if one.at <= read.ended]
        bare = _bare(place["url"], whole)
    name, goals = f"{flavour} {count}", count == GOAL_ITEMS
    began = next((one.at for one in whole if _searches(one)), read.ended)
    seconds = read.ended - began
    part.add(f"{name}: until all is stored and indexed", seconds, "s", GOAL_SECONDS if goals else None)
    part.add(f"{name}: of these the sandbox", sum(one.seconds for one in whole if one.at >= began), "s")
    part.add(f"{name}: the sandbox's processor time", sum(one.busy for one in whole), "s")
    part.add(f"{name}: the bot's processor time", read.busy, "s")
    part.add(f"{name}: the bare requests alone", bare, "s")
    part.add(f"{name}: in bare requests", seconds / bare, "times")
    most = GOAL_REQUESTS.get(flavour, JIRA_REQUESTS)
    part.add(f"{name}: requests", len(whole), "requests", most if goals else None)
    for operation, number in sorted(Counter(one.operation for one in whole).items()):
        part.add(f"  {operation}", number, "requests")
    part.add(f"{name}: memory before", read.rest, "MB")
    part.add(f"{name}: memory at most", read.most, "MB")
    return read.most


def _backfill(part: Part, folder: Path, flavour: Flavour, place: dict[str, str], count: int) -> _Read:
    port = free_port()
    command = (*STEWARD, "run", "-c", str(_settings(folder, flavour, place, port)))
    bot = Running("run", command, port, folder / "run.log")
    db = Database(f"sqlite:///{folder / 'data' / 'steward.db'}")
    try:
        Crew([bot]).start()
        start = bot.process.cpu_times()
        with Memory(bot.process, SAMPLE_SECONDS) as memory:
            with contextlib.suppress(TimeoutError):  # what is not stored by then is told as lost
                wait_until(lambda: _is_done(db, folder), f"{count} items of {flavour}", PATIENCE_SECONDS)
            ended, used = time.time(), bot.process.cpu_times()
        with db.read() as session:
            stored = session.scalar(sa.select(sa.func.count()).select_from(Item))
        if stored != count:
            part.lost.append(f"{flavour}: {stored} of {count} items are stored after {PATIENCE_SECONDS:g} s")
    finally:
        bot.stop()
        db.close()
    return _Read(ended, memory.samples[0], max(memory.samples), used.user + used.system - start.user - start.system)


def _is_done(db: Database, folder: Path) -> bool:
    """Whether the project has been read whole and the index has seen all of it."""
    position = folder / "data" / "index" / "tracker" / "position.json"
    if not position.exists():  # it comes last, and looking for it takes nothing from what is measured
        return False
    with db.read() as session:
        read = session.scalar(sa.select(Progress.backfilled)) is not None
        last = session.scalar(sa.select(ChangeCounter.last))
    return read and json.loads(position.read_text())["change_number"] == last


def _searches(one: Asked) -> bool:
    return "/search" in one.target or "/wiql" in one.target


def _bare(url: str, whole: Sequence[Asked]) -> float:
    """Seconds for the same requests again, with nothing done with the answers."""
    site = urlsplit(url)
    began = time.perf_counter()
    with requests.Session() as session:
        session.trust_env = False
        for one in whole:
            headers = {name.removeprefix("HTTP_").replace("_", "-").title(): text for name, text in one.headers.items()}
            address = f"{site.scheme}://{site.netloc}{one.target}"
            session.request(one.method, address, data=one.body, headers=headers, timeout=BARE_TIMEOUT)
    return time.perf_counter() - began


def _settings(folder: Path, flavour: Flavour, place: dict[str, str], port: int) -> Path:
    (folder / "token").write_text(place["token"])
    lines = [f'data = "{folder / "data"}"', "[server]", f"port = {port}", "[operations]", f"port = {free_port()}"]
    lines += [
        "[connections.tracker]",
        f'kind = "{flavour}"',
        f'url = "{place["url"]}"',
        'intake = "poll"',
        "poll_every = 3600",
    ]
    lines += [f'token = {{ file = "{folder / "token"}" }}']
    lines += [f'user = "{place["user"]}"'] if flavour == "jira-cloud" else []
    lines += ["[projects.main]", f'key = "{place["project"]}"', 'connection = "tracker"', 'nightly = "off"']
    path = folder / "steward.toml"
    path.write_text("\n".join(lines))
    return path
