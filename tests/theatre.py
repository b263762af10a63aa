"""The bot as real processes beside a sandbox in this one, for tests that kill, pause and restart them."""

from __future__ import annotations

import re
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import requests

from bot.store.database import Database
from integrations.sandbox.markup import to_html
from integrations.sandbox.records import Item
from integrations.sandbox.site import Site, serve
from integrations.sandbox.state import Tracker

PATIENCE_SECONDS = 40.0
STEWARD = (sys.executable, "-m", "bot.cli")
SECRET = "s3cret"
STORY = (
    "As a buyer I want to save my cart {number}. The cart must be kept for {number} days. It should show the prices."
)


def wait(what: str, seen: Callable[[], Any], patience: float = PATIENCE_SECONDS) -> Any:
    """Poll until it is true; what was seen is returned."""
    until = time.monotonic() + patience
    while not (found := seen()):
        assert time.monotonic() < until, f"waited {patience:.0f} s for {what}"
        time.sleep(0.02)
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Theatre:
    """A Jira Cloud sandbox in this process, and the settings of a bot that looks after it from another one."""

    def __init__(self, folder: Path, database: str | None = None, settings: str = "") -> None:
        self.database_url = database or f"sqlite:///{folder / 'data' / 'steward.db'}"
        self.tracker = Tracker("tracker", "jira-cloud")
        self.site = Site([self.tracker], time_scale=0.0)
        self.served = serve(self.site)
        self.mounted = self.site["tracker"]
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.mounted.webhooks.register(f"{self.url}/webhooks/jira/tracker", secret=SECRET)
        self.config = self._write_settings(database, settings)
        self.errors = folder / "stderr.txt"
        self._running: list[subprocess.Popen[bytes]] = []

    def close(self) -> None:
        for process in self._running:
            if process.poll() is None:
                process.kill()
                process.wait()
        self.served.close()
        self.site.close()

    def start(self) -> subprocess.Popen[bytes]:
        """A bot that is ready."""
        process = self.begin()
        wait("a ready bot", lambda: self._alive(process) and self.ready() == 200)
        return process

    def begin(self, *command: str) -> subprocess.Popen[bytes]:
        """A process of the bot: the whole of it, or the part that the command names."""
        with self.errors.open("ab") as errors:
            process = subprocess.Popen([*STEWARD, *(command or ("run",)), "--config", str(self.config)], stderr=errors)
        return self.keep(process)

    def keep(self, process: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
        """Have a process ended with the theatre."""
        self._running.append(process)
        return process

    def ready(self) -> int | None:
        """The status of /readyz; None if nobody answers."""
        try:
            return requests.get(f"{self.url}/readyz", timeout=5).status_code
        except (requests.ConnectionError, requests.Timeout):
            return None

    def file(self, number: int, summary: str = "Cart number {number}") -> Item:
        text = {"type": "paragraph", "content": [{"type": "text", "text": STORY.format(number=number)}]}
        body = {"version": 1, "type": "doc", "content": [text]}
        project = self.tracker.projects()[0].key
        return self.tracker.create_item(self.tracker.user("rae"), project, "Story", summary.format(number=number), body)

    def say(self, item: Item, text: str) -> None:
        paragraph = {"type": "paragraph", "content": [{"type": "text", "text": text}]}
        body = {"version": 1, "type": "doc", "content": [paragraph]}
        self.tracker.add_comment(self.tracker.user("dana"), item.id, body)

    def proposals(self, item: Item) -> list[str]:
        """The bot's proposal comments on an item, as text. There should be one."""
        texts = [_text(comment.body) for comment in self.tracker.comments(item.id) if comment.author == "steward"]
        return [text for text in texts if "Steward:" in text]

    def accept(self, item: Item) -> None:
        found = re.search(r"(\d+)\. Acceptance criteria", self.proposals(item)[0])
        assert found
        self.say(item, f"steward accept {found[1]}")

    def undecided(self, filed: list[Item], accepted: list[Item]) -> list[Item]:
        return [item for item in filed if item not in accepted and self.proposals(item)]

    def applied(self, item: Item) -> int:
        """How often the bot has changed the description."""
        changes = [entry for entry in self.tracker.history(item.id) if entry.actor == "steward"]
        return sum(any(edit.field == "description" for edit in entry.edits) for entry in changes)

    def said_so(self, item: Item) -> bool:
        return any("accepted by Dana" in text for text in self.proposals(item))

    def under_way(self) -> bool:
        """Whether the engine works on an item."""
        with sqlite3.connect(f"file:{self.folder / 'data' / 'engine.db'}?mode=ro", uri=True) as connection:
            asked = "SELECT count(*) FROM workflow_status WHERE status = 'PENDING' AND queue_name = 'items'"
            return bool(connection.execute(asked).fetchone()[0])

    def database(self) -> Database:
        return Database(self.database_url)

    def _alive(self, process: subprocess.Popen[bytes]) -> bool:
        assert process.poll() is None, self.errors.read_text()
        return True

    def _write_settings(self, database: str | None, settings: str) -> Path:
        (self.folder / "token").write_text(self.tracker.user("steward").token)
        (self.folder / "secret").write_text(SECRET)
        engine = ""
        if database is not None:
            (self.folder / "database").write_text(database)
            engine = f'[engine]\ndatabase_url = {{ file = "{self.folder / "database"}" }}'
        path = self.folder / "steward.toml"
        path.write_text(f"""
data = "data"
[server]
port = {self.port}
[operations]
port = 0
{engine}
[connections.tracker]
kind = "jira-cloud"
url = "{self.mounted.url}"
user = "{self.tracker.user("steward").mail}"
token = {{ file = "{self.folder / "token"}" }}
webhook_secret = {{ file = "{self.folder / "secret"}" }}
intake = "poll"
poll_every = 2
[projects.main]
key = "{self.tracker.projects()[0].key}"
connection = "tracker"
mode = "suggest"
nightly = "off"
quiet_wait = 0.2
daily_budget = 1000
bulk_items = 1000
disabled_rules = ["possible_duplicate"]
{settings}
""")
        return path


def _text(body: Any) -> str:
    return unescape(re.sub(r"<[^>]*>", "", to_html("jira-cloud", body, "html")))
