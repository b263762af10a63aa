"""A sandbox tracker with a backlog of any size, as a process of its own that writes down what it was asked.

Each exchange is a line of JSON, with the seconds that the sandbox itself took for it.
"""

from __future__ import annotations

import itertools
import json
import re
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from bot.demo.stage import SAMPLE
from integrations.exports.records import ExportedItem
from integrations.sandbox.loading import Backlog, read_backlog, seed_tracker
from integrations.sandbox.records import Flavour
from integrations.sandbox.site import Site, serve
from integrations.sandbox.state import Tracker
from tests.benchmarks.companion import REPOSITORY, Companion

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PLACE, LOG = "tracker.json", "exchanges.jsonl"
_IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9]+(?=/|$)|(?<=/)[A-Z]+-[0-9]+")
_SENT = ("HTTP_AUTHORIZATION", "HTTP_ACCEPT", "CONTENT_TYPE")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request and how long the sandbox took for it, and how long it was busy: less where others were as well.

    `at` is in seconds since the epoch.
    """

    at: float
    method: str
    target: str
    headers: dict[str, str]
    body: str
    seconds: float
    busy: float

    @property
    def operation(self) -> str:
        """Its method and path, without ids."""
        return f"{self.method} {_IDS.sub('N', self.target.partition('?')[0].partition('/tracker')[2])}"


@contextmanager
def tracker(folder: Path, flavour: Flavour, items: int) -> Iterator[dict[str, str]]:
    """Runs one; gives its address, its project's key, and what the bot signs in with."""
    with Companion(__name__, {"folder": str(folder), "flavour": flavour, "items": items}):
        place: dict[str, str] = json.loads((folder / PLACE).read_text("utf-8"))
        yield place


def asked(folder: Path) -> list[Asked]:
    """All that it was asked so far, in order."""
    return [Asked(**json.loads(line)) for line in (folder / LOG).read_text("utf-8").splitlines()]


class _Watched(Site):
    """A site that notes each exchange in a file."""

    def __init__(self, trackers: Iterable[Tracker], log: Path) -> None:
        super().__init__(trackers)
        self._lock, self._log = threading.Lock(), log.open("a", encoding="utf-8")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        target = quote(environ.get("PATH_INFO", ""), safe="/$") + (
            f"?{query}" if (query := environ["QUERY_STRING"]) else ""
        )
        at, began, busy, method = time.time(), time.perf_counter(), time.thread_time(), environ["REQUEST_METHOD"]
        headers = {name: str(environ[name]) for name in _SENT if environ.get(name)}
        answer = b"".join(super().__call__(environ, start_response))
        took = time.perf_counter() - began, time.thread_time() - busy
        noted = Asked(at, method, target, headers, body.decode(), *took)
        line = json.dumps({name: getattr(noted, name) for name in Asked.__slots__})
        with self._lock:
            self._log.write(line + "\n")
            self._log.flush()
        return [answer]


def backlog(count: int) -> Backlog:
    """So many items: the sample backlog again and again, each time a little older and under keys of its own."""
    sample = read_backlog(REPOSITORY / "bot" / SAMPLE).items
    repeated = itertools.chain.from_iterable(_copy(sample, number) for number in itertools.count())
    return Backlog(tuple(itertools.islice(repeated, count)))


def _copy(sample: tuple[ExportedItem, ...], number: int) -> Iterator[ExportedItem]:
    keys = {item.key: f"SHOP-{number * len(sample) + place}" for place, item in enumerate(sample, 1)}
    older = timedelta(minutes=number)
    for item in sample:
        links = tuple(replace(link, other=keys[link.other]) for link in item.links if link.other in keys)
        parent = keys.get(item.parent or "")
        moved = {"created": item.created, "updated": item.updated}
        times: dict[str, Any] = {name: at - older for name, at in moved.items() if at is not None}
        yield replace(item, key=keys[item.key], parent=parent, links=links, **times)


def main() -> None:
    """Serve until the end."""
    order = json.loads(sys.stdin.readline())
    folder, made = Path(order["folder"]), Tracker("tracker", order["flavour"])
    seed_tracker(made, backlog(order["items"]))
    site, ended = _Watched([made], folder / LOG), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with serve(site) as served:
        bot = made.user("steward")
        told = {"url": f"{served.url}/tracker", "project": made.projects()[0].key, "user": bot.mail, "token": bot.token}
        (folder / PLACE).write_text(json.dumps(told), "utf-8")
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        ended.wait()
    site.close()


if __name__ == "__main__":
    main()
