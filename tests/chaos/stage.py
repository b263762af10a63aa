"""The stage: a sandbox tracker with people on it, and the settings of the bot that looks after it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from integrations.sandbox.records import Flavour
from integrations.sandbox.site import Mounted, Site, serve
from integrations.sandbox.state import Tracker
from tests.chaos.processes import free_port

CONNECTION = "tracker"
SECRET = "chaos"
RETRY_SCALE: Mapping[Flavour, float] = {"jira-cloud": 1 / 300, "jira-data-center": 1.0, "azure-devops": 1 / 10}
"""Jira Cloud sends again after 5 to 15 minutes: here 1 to 3 seconds. Data Center never does: the poll finds it."""


class Stage:
    """Sandbox and settings, until `close`. The bot is not started here.

    `database` is PostgreSQL's address; none is SQLite in the data folder. `said` are further lines for the project,
    `connected` for the connection. `retry_scale` shortens the vendor's waits before it sends a webhook again.
    """

    def __init__(
        self,
        folder: Path,
        flavour: Flavour,
        *,
        database: str | None = None,
        project: str = "quiet_wait = 0.3",
        connection: str = "",
        retry_scale: float | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.flavour, self.database = folder, flavour, database
        self.tracker = Tracker(CONNECTION, flavour)
        self.site = Site([self.tracker], time_scale=RETRY_SCALE[flavour] if retry_scale is None else retry_scale)
        self.served = serve(self.site, threads=16)
        self.mounted: Mounted = self.site[CONNECTION]
        self.project = self.tracker.projects()[0].key
        self.port, self.operations = free_port(), free_port()
        self.config = self._write_settings(project, connection)
        self._register()

    def close(self) -> None:
        self.served.close()
        self.site.close()

    def keep_subscribed(self) -> bool:
        """What an administrator does whose subscription was switched off; whether that was needed.

        Azure DevOps would try again for 36 hours first; the sandbox counts seven failures instead.
        """
        for hook in self.mounted.webhooks.hooks():
            if hook.state == "disabledBySystem":
                self.mounted.webhooks.remove(hook.id)
                self._register()
                return True
        return False

    def is_silent(self) -> bool:
        """Whether no webhook is on its way, nor waits to be sent again."""
        try:
            self.mounted.webhooks.drain(0)
        except TimeoutError:
            return False
        return True

    def _register(self) -> None:
        vendor = "azure-devops" if self.flavour == "azure-devops" else "jira"
        url = f"http://127.0.0.1:{self.port}/webhooks/{vendor}/{CONNECTION}"
        if vendor == "azure-devops":
            self.mounted.webhooks.register(url, basic=("steward", SECRET))
        else:
            self.mounted.webhooks.register(url, secret=SECRET)

    def _write_settings(self, project: str, connection: str) -> Path:
        steward = self.tracker.user("steward")
        token, secret = self.folder / "token", self.folder / "secret"
        token.write_text(steward.token, "utf-8")
        secret.write_text(SECRET, "utf-8")
        lines = [f'data = "{self.folder / "data"}"', "[server]", f"port = {self.port}"]
        lines += ["[operations]", f"port = {self.operations}"]
        lines += ["[engine]", "workers = 8"]
        if self.database:
            address = self.folder / "database-url"
            address.write_text(self.database, "utf-8")
            lines.append(f'database_url = {{ file = "{address}" }}')
        lines += [f"[connections.{CONNECTION}]", f'kind = "{self.flavour}"', f'url = "{self.mounted.url}"']
        lines += [f'token = {{ file = "{token}" }}', f'webhook_secret = {{ file = "{secret}" }}', 'intake = "webhook"']
        lines += [f'user = "{steward.mail}"'] if self.flavour == "jira-cloud" else []
        lines += [connection, "[projects.main]", f'key = "{self.project}"', f'connection = "{CONNECTION}"']
        lines += ['mode = "suggest"', 'nightly = "off"', "daily_budget = 100000", "bulk_items = 100000", project]
        path = self.folder / "steward.toml"
        path.write_text("\n".join(lines), "utf-8")
        return path
