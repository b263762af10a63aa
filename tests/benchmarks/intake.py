"""How long a delivery waits for its answer: `python -m tests.benchmarks.intake --rate 100 --seconds 60`.

Signed Jira Cloud deliveries of distinct ids, open loop: each is sent when it is due, whatever became of those before,
over a connection of its own, from a process of its own; its time is counted from when it was due. The bot is a third
process whose worker is at work on what it was sent; the tracker is a sandbox in this one. Beside them runs a bare
SQLite commit, twenty a second, to say what this disk takes at best.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import hmac
import json
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import requests

from integrations.sandbox.site import Site, serve
from integrations.sandbox.state import Tracker

REPOSITORY = Path(__file__).resolve().parents[2]
SECRET = "benchmark"
ITEMS = 50
PATIENCE_SECONDS = 30.0
BARE_EVERY_SECONDS = 0.05


def embedded(rate: float, seconds: float) -> dict[str, Any]:
    """Load the embedded bot on SQLite. Times are in milliseconds; `lost` were answered 200 and are not in the inbox."""
    tracker = Tracker("tracker", "jira-cloud")
    with tempfile.TemporaryDirectory(prefix="steward-bench-") as name, serve(Site([tracker])) as served:
        folder, port = Path(name), _free_port()
        issues = [_file(tracker, number) for number in range(ITEMS)]
        config = _settings(folder, f"{served.url}/tracker", tracker, port)
        bot = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "run", "-c", str(config)], cwd=REPOSITORY, stderr=subprocess.DEVNULL
        )
        try:
            _wait_ready(bot, port)
            began, used = time.perf_counter(), _used(bot)
            with _Bare(folder) as bare:
                told = _load(port, rate, seconds, issues)
            busy = (_used(bot) - used) / (time.perf_counter() - began)
            time.sleep(1.0)  # the last batch is marked
            kept = _kept(folder)
        finally:
            bot.terminate()
            bot.wait(PATIENCE_SECONDS)
    waits, answers = sorted(told["waits"]), Counter(told["answers"])
    return {
        "sent": len(told["answers"]),
        "answers": dict(answers),
        "lost": answers["200"] - kept,
        "bot_cpu_percent": round(busy * 100),
        **{f"answer_{name}": value for name, value in _shares(waits).items()},
        **{f"bare_commit_{name}": value for name, value in _shares(sorted(bare.waits)).items()},
    }


class _Bare:
    """One INSERT and its commit, again and again, on the disk that the bot uses."""

    def __init__(self, folder: Path) -> None:
        self.waits: list[float] = []
        self._path, self._ended = folder / "bare.db", threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> _Bare:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        with closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            for statement in ("PRAGMA journal_mode=wal", "PRAGMA synchronous=full", "CREATE TABLE bare (text TEXT)"):
                connection.execute(statement)
            while not self._ended.wait(BARE_EVERY_SECONDS):
                began = time.perf_counter()
                for statement in ("BEGIN IMMEDIATE", "INSERT INTO bare VALUES ('a delivery')", "COMMIT"):
                    connection.execute(statement)
                self.waits.append((time.perf_counter() - began) * 1000)


def _load(port: int, rate: float, seconds: float, issues: list[tuple[int, str]]) -> dict[str, Any]:
    """Run the sender as a process of its own."""
    order = json.dumps({"port": port, "rate": rate, "seconds": seconds, "issues": issues})
    command = [sys.executable, "-m", "tests.benchmarks.intake", "--send"]
    done = subprocess.run(command, input=order, capture_output=True, text=True, check=True, cwd=REPOSITORY)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


async def _send(order: dict[str, Any]) -> dict[str, Any]:
    """Send each delivery when it is due."""
    port, rate = order["port"], order["rate"]
    count = round(rate * order["seconds"])
    requests_ = [_request(number, *order["issues"][number % len(order["issues"])]) for number in range(count)]
    waits: list[float] = []
    answers: list[str] = []

    async def one(request: bytes, due: float) -> None:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request)
            answer = await asyncio.wait_for(reader.read(), PATIENCE_SECONDS)
            writer.close()
        except (OSError, TimeoutError) as error:
            answers.append(type(error).__name__)
            return
        waits.append((time.perf_counter() - due) * 1000)
        answers.append(answer[9:12].decode())

    began, tasks = time.perf_counter() + 0.2, []
    for number, request in enumerate(requests_):
        due = began + number / rate
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(one(request, due)))
    await asyncio.gather(*tasks)
    return {"waits": waits, "answers": answers}


def _request(number: int, issue: int, key: str) -> bytes:
    """A delivery as bytes, signed."""
    fields = {"summary": f"Search is broken {number}", "project": {"key": key.split("-")[0]}}
    payload = {
        "timestamp": 1_700_000_000_000 + number,
        "webhookEvent": "jira:issue_updated",
        "user": {"accountId": "5b10ac8d82e05b22cc7d4ef5", "displayName": "Rae"},
        "issue": {"id": str(issue), "key": key, "fields": {**fields, "description": "It does not work. " * 60}},
        "changelog": {"id": str(number), "items": [{"field": "description", "from": None, "to": None}]},
    }
    body = json.dumps(payload).encode()
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    head = [
        "POST /webhooks/jira/tracker HTTP/1.1",
        "Host: 127.0.0.1",
        "Connection: close",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        f"X-Hub-Signature: sha256={signature}",
        f"X-Atlassian-Webhook-Identifier: bench-{number}",
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


def _file(tracker: Tracker, number: int) -> tuple[int, str]:
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": "It does not work. Please fix it."}]}
    body = {"version": 1, "type": "doc", "content": [paragraph]}
    project = tracker.projects()[0].key
    item = tracker.create_item(tracker.user("rae"), project, "Bug", f"Search is broken {number}", body)
    return item.id, item.key


def _settings(folder: Path, url: str, tracker: Tracker, port: int) -> Path:
    steward = tracker.user("steward")
    token, secret = folder / "token", folder / "secret"
    token.write_text(steward.token)
    secret.write_text(SECRET)
    lines = [f'data = "{folder / "data"}"', "[server]", f"port = {port}", "[operations]", f"port = {_free_port()}"]
    lines += ["[connections.tracker]", 'kind = "jira-cloud"', f'url = "{url}"', f'user = "{steward.mail}"']
    lines += [f'token = {{ file = "{token}" }}', f'webhook_secret = {{ file = "{secret}" }}', 'intake = "webhook"']
    lines += ["[projects.main]", f'key = "{tracker.projects()[0].key}"', 'connection = "tracker"', 'mode = "suggest"']
    lines += ['nightly = "off"', "daily_budget = 100000", "bulk_items = 100000"]
    path = folder / "steward.toml"
    path.write_text("\n".join(lines))
    return path


def _wait_ready(bot: subprocess.Popen[bytes], port: int) -> None:
    until = time.perf_counter() + PATIENCE_SECONDS
    while True:
        if bot.poll() is not None or time.perf_counter() > until:
            raise SystemExit("the bot did not start")
        try:
            if requests.get(f"http://127.0.0.1:{port}/readyz", timeout=5).ok:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.05)


def _used(bot: subprocess.Popen[bytes]) -> float:
    """Processor time of the bot, in seconds."""
    times = psutil.Process(bot.pid).cpu_times()
    return times.user + times.system


def _kept(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "data" / "steward.db")) as connection:
        found = connection.execute("SELECT count(*) FROM inbox WHERE id LIKE 'tracker:bench-%'").fetchone()
    return int(found[0])


def _shares(waits: list[float]) -> dict[str, float]:
    def share(percent: float) -> float:
        return round(waits[min(len(waits) - 1, int(len(waits) * percent / 100))], 2) if waits else float("nan")

    return {"p50_ms": share(50), "p99_ms": share(99), "max_ms": share(100)}


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def main() -> None:
    """Measure, and print JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.intake", description=__doc__)
    parser.add_argument("--rate", type=float, default=100.0, help="deliveries a second")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long")
    parser.add_argument("--send", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    told = asyncio.run(_send(json.load(sys.stdin))) if asked.send else embedded(asked.rate, asked.seconds)
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
