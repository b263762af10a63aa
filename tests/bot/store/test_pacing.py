"""What a tracker asked one process to do is kept by all of them, and by the next one."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import sqlalchemy as sa

from bot.store import pacing
from bot.store.database import Database
from bot.store.pacing import ClosedGate, StoredBoard
from integrations.jira.session import BearerAuth, JiraSession
from integrations.tracker import Throttled

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Now:
    """A time of day that only moves when it is told to."""

    at = NOON

    def __call__(self) -> datetime:
        return self.at

    def seconds(self) -> float:
        return (self.at - NOON).total_seconds()

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def now() -> Now:
    return Now()


def test_a_board_on_which_nothing_is_written_closes_nothing(store: Database, now: Now) -> None:
    assert StoredBoard(store, "jira", now).look() == {}


def test_a_gate_is_closed_for_the_longest_that_was_asked_and_for_its_own_connection(store: Database, now: Now) -> None:
    board = StoredBoard(store, "jira", now)
    board.close("all", 120)
    board.close("all", 60)
    board.close("item:SHOP-1", 5)
    assert board.look() == {"all": 120, "item:SHOP-1": 5}
    assert StoredBoard(store, "other", now).look() == {}
    now.at += timedelta(seconds=100)
    assert board.look() == {"all": 20}


def test_what_has_passed_is_forgotten_when_the_next_is_written(store: Database, now: Now) -> None:
    board = StoredBoard(store, "jira", now)
    board.close("item:SHOP-1", 5)
    now.at += timedelta(seconds=5)
    board.close("nightly", 5)
    with store.read() as session:
        assert session.scalars(sa.select(ClosedGate.gate)).all() == ["nightly"]


def test_a_clock_that_is_set_back_leaves_no_gate_closed_for_an_hour(store: Database, now: Now) -> None:
    board = StoredBoard(store, "jira", now)
    board.close("all", 30)
    now.at -= timedelta(hours=1)
    assert board.look() == {}
    board.close("all", 30)
    assert board.look() == {"all": 30}


def test_a_store_that_is_away_costs_no_answer(open_store: Callable[..., Database], now: Now) -> None:
    board = StoredBoard(open_store(migrated=False), "jira", now)
    board.close("all", 30)
    assert board.look() == {}


class Tracker:
    """Answers 429 with a wait as long as `refuses`, and counts what it was asked."""

    def __init__(self) -> None:
        self.asked, self.headers = 0, dict[str, str]()
        self.status = 429
        tracker = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                tracker.asked += 1
                self.send_response(tracker.status)
                for name, value in {**tracker.headers, "Content-Length": "2"}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *args: Any) -> None:
                """Not on the screen."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def tracker() -> Iterator[Tracker]:
    tracker = Tracker()
    yield tracker
    tracker.close()


def asks(tracker: Tracker, store: Database, now: Now) -> JiraSession:
    """As a process of its own would: its memory is its own, the store is not."""
    board = StoredBoard(store, "jira", now)
    return JiraSession(tracker.url, BearerAuth("token"), "cloud", sleep=now.sleep, clock=now.seconds, board=board)


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_fault_23_of_two_processes_neither_asks_before_the_wait_is_over(
    open_store: Callable[..., Database],
    kind: str,
    make_url: Callable[[str], str],
    tracker: Tracker,
    now: Now,
    form: str,
) -> None:
    url = make_url(kind)
    one, other = (asks(tracker, open_store(url=url), now) for _ in range(2))
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=600), usegmt=True)
    tracker.headers = {"Retry-After": "600" if form == "seconds" else until}
    with pytest.raises(Throttled) as told:
        one.get("myself")
    asked = now.at + timedelta(seconds=told.value.retry_after)
    assert told.value.retry_after == pytest.approx(600, abs=2)
    for _ in range(20):
        for session in (one, other):
            with pytest.raises(Throttled) as told:
                session.get("myself")
            assert now.at + timedelta(seconds=told.value.retry_after) >= asked - timedelta(milliseconds=1)
        now.sleep(29)
    assert tracker.asked == 1
    tracker.status, tracker.headers = 200, {}
    now.at = asked
    assert (one.get("myself"), other.get("myself")) == ({}, {})
    assert tracker.asked == 3


CHILD = """
import sys
from datetime import UTC, datetime
from bot.store.database import Database
from bot.store.pacing import StoredBoard
from integrations.jira.session import BearerAuth, JiraSession
from integrations.tracker import Throttled

board = StoredBoard(Database(sys.argv[1]), "jira", lambda: datetime.now(UTC))
try:
    JiraSession(sys.argv[2], BearerAuth("token"), "cloud", board=board).get("myself")
except Throttled as error:
    print(round(error.retry_after / 100))
"""


def test_fault_23_a_process_that_starts_later_keeps_the_wait(
    open_store: Callable[..., Database], make_url: Callable[[str], str], tracker: Tracker
) -> None:
    url = make_url("sqlite")
    board = StoredBoard(open_store(url=url), "jira", lambda: datetime.now(UTC))
    tracker.headers = {"Retry-After": "600"}
    with pytest.raises(Throttled):
        JiraSession(tracker.url, BearerAuth("token"), "cloud", board=board).get("myself")
    told = subprocess.run([sys.executable, "-c", CHILD, url, tracker.url], capture_output=True, text=True, check=True)
    assert (told.stdout.strip(), tracker.asked) == ("6", 1)


def test_nothing_is_written_for_requests_that_change_nothing(
    open_store: Callable[..., Database], tracker: Tracker, now: Now, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store()
    session = asks(tracker, store, now)
    tracker.status, tracker.headers = 200, {"X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "80"}
    monkeypatch.setattr(pacing, "close", pytest.fail)
    for _ in range(30):
        session.get("myself")
    assert tracker.asked == 30
