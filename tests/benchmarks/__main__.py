"""`make bench`: how long a settled ticket waits for its comment, how fast the command is, what the bot takes.

Tickets are filed in a Jira Cloud sandbox in this process, open loop: on schedule, whatever the bot does. The bot is
a process of its own, without a model. Its quiet wait is 0, its daily budget and its bulk guard are lifted: they would
hold back most of what is measured.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
import requests
from rich.console import Console
from rich.table import Table

from bot.demo.stage import SAMPLE
from integrations.sandbox.loading import read_backlog, seed_tracker
from integrations.sandbox.site import Site, serve
from integrations.sandbox.state import Tracker

REPOSITORY = Path(__file__).resolve().parents[2]
STEWARD = (sys.executable, "-m", "bot.cli")
GRACE_SECONDS = 30.0
SECRET = "benchmark"
LIFTED = "quiet wait 0, daily budget and bulk guard lifted, no model, Jira Cloud sandbox, webhooks"


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="how long tickets are filed")
    parser.add_argument("--rate", type=float, default=1.0, help="tickets a second")
    parser.add_argument("--json", action="store_true", help="print JSON")
    asked = parser.parse_args()
    progress = Console(stderr=True)
    with progress.status("steward --help") as status:
        figures: dict[str, Any] = {"help_seconds": help_seconds()}
        status.update("starting the bot")
        with tempfile.TemporaryDirectory(prefix="steward-bench-") as folder:
            figures |= Bench(Path(folder)).measure(asked.seconds, asked.rate, status.update)
    if asked.json:
        Console().print_json(json.dumps({"setting": LIFTED, **figures}))
        return
    table = Table("measured", "value", title="backlog-steward", caption=LIFTED)
    for name, value in figures.items():
        table.add_row(name.replace("_", " "), f"{value:.3g}" if isinstance(value, float) else str(value))
    Console().print(table)


def help_seconds() -> float:
    """Wall time of `steward --help`, the median of five."""
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([*STEWARD, "--help"], check=True, stdout=subprocess.DEVNULL, cwd=REPOSITORY)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


class Bench:
    """A sandbox with the sample backlog, and a bot in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tracker = Tracker("tracker", "jira-cloud")
        seed_tracker(self.tracker, read_backlog(REPOSITORY / "bot" / SAMPLE))
        self.project = self.tracker.projects()[0].key
        self.site = Site([self.tracker])
        self.commented: dict[int, float] = {}

    def measure(self, seconds: int, rate: float, tell: Any) -> dict[str, Any]:
        """Start the bot, file tickets on schedule, and end it."""
        with serve(self.site) as served:
            port = served.port + 1 if served.port < 65_000 else served.port - 1
            config = self._settings(f"{served.url}/tracker", port)
            began = time.perf_counter()
            bot = subprocess.Popen([*STEWARD, "run", "-c", str(config)], cwd=REPOSITORY, stderr=subprocess.DEVNULL)
            try:
                _wait_ready(bot, port)
                started = time.perf_counter() - began
                self.site["tracker"].webhooks.register(f"http://127.0.0.1:{port}/webhooks/jira/tracker", secret=SECRET)
                process = psutil.Process(bot.pid)
                tell("at rest")
                rest, idle = _at_rest(process)
                waits, missing = self._load(seconds, rate, tell)
                after = process.memory_info().rss
            finally:
                bot.terminate()
                bot.wait(30)
        self.site.close()
        return {
            "tickets": len(waits) + missing,
            "without_comment": missing,
            "ticket_to_comment_p50_seconds": _percentile(waits, 50),
            "ticket_to_comment_p99_seconds": _percentile(waits, 99),
            "start_to_ready_seconds": started,
            "memory_at_rest_mb": rest / 1e6,
            "memory_after_load_mb": after / 1e6,
            "cpu_at_rest_percent": idle,
        }

    def _load(self, seconds: int, rate: float, tell: Any) -> tuple[list[float], int]:
        filed: dict[int, float] = {}
        seen: dict[int, float] = {}
        count, began = round(seconds * rate), time.perf_counter()
        while len(seen) < count and time.perf_counter() < began + seconds + GRACE_SECONDS:
            now = time.perf_counter()
            if len(filed) < count and now >= began + len(filed) / rate:
                filed[self._file(len(filed))] = now
                tell(f"{len(filed)} of {count} tickets filed, {len(seen)} commented")
            for item in filed.keys() - seen.keys():
                if any(comment.author == "steward" for comment in self.tracker.comments(item)):
                    seen[item] = time.perf_counter()
            time.sleep(0.005)
        return sorted(seen[item] - filed[item] for item in seen), count - len(seen)

    def _file(self, number: int) -> int:
        said = f"It does not work since release {number}. Please fix it."
        paragraph = {"type": "paragraph", "content": [{"type": "text", "text": said}]}
        body = {"version": 1, "type": "doc", "content": [paragraph]}
        rae = self.tracker.user("rae")
        return self.tracker.create_item(rae, self.project, "Bug", f"Search is broken {number}", body).id

    def _settings(self, url: str, port: int) -> Path:
        steward = self.tracker.user("steward")
        token, secret = self.folder / "token", self.folder / "secret"
        token.write_text(steward.token)
        secret.write_text(SECRET)
        lines = [
            'data = "data"',
            "[server]",
            f"port = {port}",
            "[operations]",
            "port = 0",
            "[connections.tracker]",
            'kind = "jira-cloud"',
        ]
        lines += [f'url = "{url}"', f'user = "{steward.mail}"', f'token = {{ file = "{token}" }}']
        lines += [f'webhook_secret = {{ file = "{secret}" }}', 'intake = "webhook"', "[projects.main]"]
        lines += [f'key = "{self.project}"', 'connection = "tracker"', 'mode = "suggest"', 'nightly = "off"']
        lines += ["quiet_wait = 0", "daily_budget = 100000", "bulk_items = 100000"]
        path = self.folder / "steward.toml"
        path.write_text("\n".join(lines))
        return path


def _wait_ready(bot: subprocess.Popen[bytes], port: int) -> None:
    until = time.perf_counter() + GRACE_SECONDS
    while True:
        if bot.poll() is not None or time.perf_counter() > until:
            raise SystemExit("the bot did not start")
        try:
            if requests.get(f"http://127.0.0.1:{port}/readyz", timeout=5).ok:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.02)


def _at_rest(process: psutil.Process) -> tuple[int, float]:
    """Resident bytes and share of one processor, over five seconds after the backlog has been read."""
    time.sleep(5.0)
    return process.memory_info().rss, process.cpu_percent(interval=5.0)


def _percentile(sorted_values: list[float], percent: int) -> float:
    if not sorted_values:
        return float("nan")
    return sorted_values[min(len(sorted_values) - 1, len(sorted_values) * percent // 100)]


if __name__ == "__main__":
    main()
