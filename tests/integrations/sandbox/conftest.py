"""A served sandbox with both Jira flavours, and a receiver for its webhooks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from integrations.sandbox.site import Served, Site, serve
from integrations.sandbox.state import Tracker


@pytest.fixture
def served() -> Iterator[Served]:
    """`cloud` and `dc` with a plain bot on port 0; waits between webhook retries are cut to almost nothing."""
    trackers = [Tracker("cloud", "jira-cloud", bot="plain"), Tracker("dc", "jira-data-center", bot="plain")]
    site = Site(trackers, time_scale=0.00001)
    with serve(site) as running:
        yield running
    site.close()


@dataclass
class Receiver:
    """Takes webhooks: `got` holds (path, headers in lower case, body); `answers` the status codes to give, then 200."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    taken = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(taken.answers.pop(0) if taken.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    taken.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield taken
    server.shutdown()
    thread.join()
    server.server_close()
