"""How long a settled ticket waits for its comment, how fast the command is, and what the bot takes at rest.

Tickets are filed in the sandbox open loop: on schedule, whatever the bot does. The bot is a process of its own,
without a model. Its quiet wait is 0, its daily budget and its bulk guard are lifted: they would hold back most of what
is measured.
"""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from bot.demo.stage import SAMPLE
from integrations.sandbox.loading import read_backlog, seed_tracker
from tests.benchmarks.figures import Part, Tell
from tests.benchmarks.scale import Scale
from tests.benchmarks.sending import SECRET
from tests.benchmarks.stand import Stand
from tests.chaos.processes import REPOSITORY, STEWARD

RATE = 1.0
GRACE_SECONDS = 30.0
TELL_EVERY = 10


def measure(scale: Scale, tell: Tell) -> Part:
    """File tickets at one a second."""
    part = Part(
        "tickets",
        f"open loop, {RATE:g} ticket/s for {scale.tickets} s, sample backlog, quiet wait 0, daily budget and bulk "
        "guard lifted, no model, Jira Cloud sandbox, webhooks",
    )
    part.add("steward --help", _help_seconds(), "s")
    with tempfile.TemporaryDirectory(prefix="steward-bench-") as name:
        made = Stand(Path(name), project=("quiet_wait = 0",), seed=_seed)
        try:
            _measure_on(made, part, scale.tickets, tell)
        finally:
            made.close()
    return part


def _measure_on(made: Stand, part: Part, count: int, tell: Tell) -> None:
    began = time.perf_counter()
    made.start()
    part.add("start to ready", time.perf_counter() - began, "s")
    made.site["tracker"].webhooks.register(f"http://127.0.0.1:{made.port}/webhooks/jira/tracker", secret=SECRET)
    process = made.parts["run"].process
    rest, idle = _at_rest(process)
    waits = _load(made, count, tell)
    part.add_shares("ticket to comment", waits, "s")
    part.add("tickets with a comment", len(waits), "tickets")
    if len(waits) < count:
        part.lost.append(f"{count - len(waits)} of {count} tickets got no comment")
    part.add("memory at rest", rest / 1e6, "MB")
    part.add("memory after load", process.memory_info().rss / 1e6, "MB")
    part.add("processor time at rest", idle, "% of one core")


def _help_seconds() -> float:
    """Wall time of `steward --help`, the median of five."""
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([*STEWARD, "--help"], check=True, stdout=subprocess.DEVNULL, cwd=REPOSITORY)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def _seed(tracker: Any) -> None:
    seed_tracker(tracker, read_backlog(REPOSITORY / "bot" / SAMPLE))


def _load(made: Stand, count: int, tell: Tell) -> list[float]:
    """Seconds from filing to the bot's comment, of those that got one."""
    filed: dict[int, float] = {}
    seen: dict[int, float] = {}
    began = time.perf_counter()
    while len(seen) < count and time.perf_counter() < began + count / RATE + GRACE_SECONDS:
        now = time.perf_counter()
        if len(filed) < count and now >= began + len(filed) / RATE:
            filed[_file(made, len(filed))] = now
            if len(filed) % TELL_EVERY == 0:
                tell(f"tickets: {len(filed)} of {count} filed, {len(seen)} commented")
        for item in filed.keys() - seen.keys():
            if any(comment.author == "steward" for comment in made.tracker.comments(item)):
                seen[item] = time.perf_counter()
        time.sleep(0.005)
    return [seen[item] - filed[item] for item in seen]


def _file(made: Stand, number: int) -> int:
    said = f"It does not work since release {number}. Please fix it."
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": said}]}
    body = {"version": 1, "type": "doc", "content": [paragraph]}
    rae = made.tracker.user("rae")
    return made.tracker.create_item(rae, made.project, "Bug", f"Search is broken {number}", body).id


def _at_rest(process: psutil.Process) -> tuple[int, float]:
    """Resident bytes and share of one processor, over five seconds after the backlog has been read."""
    time.sleep(5.0)
    return process.memory_info().rss, process.cpu_percent(interval=5.0)
