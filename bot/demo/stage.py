"""The stage of the demonstration: sandbox trackers with people and a backlog, and a bot connected to all of them."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import as_file, files
from pathlib import Path

from bot.running import Bot
from bot.settings import load
from integrations.sandbox.loading import Backlog, read_backlog, seed_tracker
from integrations.sandbox.records import Flavour
from integrations.sandbox.site import Mounted, Served, Site, serve
from integrations.sandbox.state import Tracker

FLAVOURS: Mapping[str, Flavour] = {"cloud": "jira-cloud", "dc": "jira-data-center", "ado": "azure-devops"}
WEBHOOK_SECRET = "demo-webhook-secret"  # noqa: S105 - the sandbox is on this machine and forgets all when it ends
SAMPLE = "samples/corner_shop.jsonl"


@dataclass(frozen=True, slots=True)
class Staging:
    """How the stage is set. Ports 0 are free ones; `quiet_wait` in seconds."""

    source: Path | None = None
    page_port: int = 0
    bot_port: int = 0
    quiet_wait: float = 1.0
    daily_budget: int = 50
    notice: str = ""


class Stage:
    """Sandbox and bot in this process, until `close`. Everything they keep is thrown away with it."""

    def __init__(self, staging: Staging, tell: Callable[[str], None]) -> None:
        self.backlog = _backlog(staging.source)
        self._folder = Path(tempfile.mkdtemp(prefix="steward-demo-"))
        tell(f"Loading {len(self.backlog.items)} items into three trackers ...")
        self.site = Site([Tracker(name, flavour) for name, flavour in FLAVOURS.items()])
        if staging.notice:
            self.site.notice = staging.notice
        self._projects = {mounted.tracker.name: self._seed(mounted.tracker) for mounted in self.site}
        self.served: Served = serve(self.site, port=staging.page_port)
        try:
            self.bot = Bot(load(self._settings(staging)))
            self._register_webhooks()
            self.bot.start()
        except BaseException:
            self.served.close()
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    def project_of(self, mounted: Mounted) -> str:
        """The key of the project that the bot looks after."""
        return self._projects[mounted.tracker.name]

    def _seed(self, tracker: Tracker) -> str:
        """Load the backlog; returns the project that most of it went into."""
        keys = seed_tracker(tracker, self.backlog, today=datetime.now(UTC).date())
        homes = Counter(tracker.item(key).project for key in keys.values())
        return homes.most_common(1)[0][0] if homes else tracker.projects()[0].key

    def close(self) -> None:
        """End the bot, then the trackers, and throw their data away."""
        self.bot.stop(drain_seconds=1.0, notice_seconds=0.0)
        self.served.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _register_webhooks(self) -> None:
        for mounted in self.site:
            vendor = "azure-devops" if mounted.tracker.flavour == "azure-devops" else "jira"
            url = f"{self.bot.url}/webhooks/{vendor}/{mounted.tracker.name}"
            if vendor == "azure-devops":
                mounted.webhooks.register(url, basic=("steward", WEBHOOK_SECRET))
            else:
                mounted.webhooks.register(url, secret=WEBHOOK_SECRET)

    def _settings(self, staging: Staging) -> Path:
        """A real settings file, with its secrets in files beside it."""
        secret, token = self._folder / "webhook-secret", self._folder / "token"
        secret.write_text(WEBHOOK_SECRET, "utf-8")
        lines = [f'data = "{self._folder / "data"}"', "[server]", f"port = {staging.bot_port}"]
        lines += ["[operations]", "port = 0"]
        for mounted in self.site:
            tracker = mounted.tracker
            steward = tracker.user("steward")
            token.write_text(steward.token, "utf-8")
            lines += [f"[connections.{tracker.name}]", f'kind = "{tracker.flavour}"', f'url = "{mounted.url}"']
            lines += [f'token = {{ file = "{token}" }}', f'webhook_secret = {{ file = "{secret}" }}']
            lines += ['intake = "webhook"', "poll_every = 5"]
            if tracker.flavour == "jira-cloud":
                lines.append(f'user = "{steward.mail}"')
            lines += [f"[projects.{tracker.name}]", f'key = "{self.project_of(mounted)}"']
            lines += [f'connection = "{tracker.name}"', 'mode = "suggest"', 'nightly = "off"']
            lines += [f'quiet_wait = "{staging.quiet_wait}s"', f"daily_budget = {staging.daily_budget}"]
        path = self._folder / "steward.toml"
        path.write_text("\n".join(lines), "utf-8")
        return path


def _backlog(source: Path | None) -> Backlog:
    if source is not None:
        return read_backlog(source)
    with as_file(files("bot").joinpath(SAMPLE)) as sample:
        return read_backlog(sample)
