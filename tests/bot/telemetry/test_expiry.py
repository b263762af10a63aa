"""Tokens that end are announced in time, and asked for once a day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import responses
from structlog.testing import capture_logs

from bot.store import tokens
from bot.store.database import Database
from bot.telemetry import expiry, metrics, snapshot
from bot.telemetry.status.judging import notes_on, problems_with
from bot.telemetry.status.values import Connection
from integrations.jira.session import BearerAuth, JiraSession
from integrations.jira.tokens import token_end
from integrations.tracker import Unreachable
from tests.bot.telemetry import filled

NOW = filled.NOW


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    made = filled.database(tmp_path)
    yield made
    made.close()


class Tracker:
    """Tells when the token ends, if it can."""

    ends: datetime | None = None
    asked, away = 0, False

    def __call__(self) -> datetime | None:
        self.asked += 1
        if self.away:
            raise Unreachable("away")
        return self.ends


def said(db: Database, now: datetime, ask: Tracker, written: date | None = None) -> list[int]:
    with capture_logs() as logs:
        expiry.remind(db, "jira", written, ask, now)
    assert all((entry["event"], entry["connection"]) == ("token ends", "jira") for entry in logs)
    return [entry["in_days"] for entry in logs]


def known(db: Database) -> dict[str, datetime]:
    with db.read() as session:
        return tokens.known(session)


def test_a_token_that_lasts_is_not_spoken_of(db: Database) -> None:
    tracker = Tracker()
    tracker.ends = NOW + timedelta(days=14)
    assert said(db, NOW, tracker) == []
    assert known(db) == {"jira": tracker.ends}
    assert expiry.in_words("jira", tracker.ends, NOW) is None


def test_one_that_ends_soon_is_logged_once_a_day(db: Database) -> None:
    tracker = Tracker()
    tracker.ends = NOW + timedelta(days=13, hours=1)
    hours = [said(db, NOW + timedelta(hours=hour), tracker) for hour in range(0, 49, 6)]
    assert hours == [[13], [], [], [], [12], [], [], [], [11]]
    assert tracker.asked == 3


def test_the_settings_count_more_and_a_changed_date_counts_at_once(db: Database) -> None:
    tracker = Tracker()
    tracker.ends = NOW + timedelta(days=1)
    assert said(db, NOW, tracker, date(2027, 11, 1)) == []
    assert said(db, NOW, tracker, NOW.date() + timedelta(days=3)) == [2]
    assert said(db, NOW, tracker, NOW.date() + timedelta(days=3)) == []
    assert tracker.asked == 0


def test_a_tracker_that_does_not_answer_is_asked_again(db: Database) -> None:
    tracker = Tracker()
    tracker.away = True
    assert said(db, NOW, tracker) == []
    tracker.away, tracker.ends = False, NOW + timedelta(days=2)
    assert said(db, NOW, tracker) == [2]
    tracker.away = True
    said(db, NOW + timedelta(days=1), tracker)
    assert known(db) == {"jira": tracker.ends}


def test_a_tracker_that_does_not_know_is_not_spoken_of(db: Database) -> None:
    assert said(db, NOW, Tracker()) == []
    assert known(db) == {}


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(days=13, hours=5), "ends in 13 days, on "),
        (timedelta(days=1, hours=5), "ends in 1 day, on "),
        (timedelta(hours=5), "ends within a day, on "),
        (timedelta(0), "ended on "),
    ],
)
def test_the_sentence_names_the_connection_and_what_to_renew(left: timedelta, words: str) -> None:
    told = expiry.in_words("jira", NOW + left, NOW)
    assert told is not None
    assert told.startswith(f"The token of jira {words}")
    assert "make a new one in the tracker" in told


def test_the_gauge_and_the_status_page_tell_it(db: Database) -> None:
    with db.write() as session:
        tokens.note(session, "cloud", NOW + timedelta(days=2), NOW)
    store = snapshot.take(db, ("cloud",), lambda: filled.JOBS, NOW, "0.1.0")
    body, _ = metrics.exposition(lambda: store)("text/plain")
    assert b'steward_token_expires_seconds{connection="cloud"} 172800.0' in body
    heard = filled_heard(failing=True)
    assert "The token of cloud ends in 2 days" in "".join(notes_on(store, [heard], [], None))
    assert "Check its address" in "".join(problem.remedy for problem in problems_with(store, [heard]))
    later = replace(store, at=NOW + timedelta(days=3))
    assert "The token of cloud ended on" in "".join(problem.remedy for problem in problems_with(later, [heard]))


def filled_heard(*, failing: bool) -> Connection:
    from bot.telemetry.connections import Heard

    since = NOW - timedelta(hours=1) if failing else None
    return Connection("cloud", "jira-cloud", "poll", 1e9, None, None, Heard(None, since, "401"))


PAT = "https://jira.corp/jira/rest/pat/latest/tokens"
ONE = {"id": 1, "name": "steward", "createdAt": "2026-11-01T08:00:00.000+0100"}


@pytest.mark.parametrize(
    ("status", "body", "ends"),
    [
        (200, [{**ONE, "expiringAt": "2026-12-01T08:00:00.000+0100"}], datetime(2026, 12, 1, 7, tzinfo=UTC)),
        (
            200,
            [
                {**ONE, "expiringAt": "2026-12-01T08:00:00.000Z", "lastAccessed": "2026-11-01T08:00:00.000Z"},
                {**ONE, "expiringAt": "2027-01-01T08:00:00.000Z", "lastAccessed": "2026-11-20T08:00:00.000Z"},
                {**ONE, "expiringAt": "2026-12-02T08:00:00.000Z"},
            ],
            datetime(2027, 1, 1, 8, tzinfo=UTC),
        ),
        (200, [{**ONE, "expiringAt": "2026-12-01T08:00:00.000Z"}] * 2, None),
        (200, [ONE], None),
        (200, [], None),
        (200, {"odd": True}, None),
        (200, [{**ONE, "expiringAt": 5}], None),
        (404, {}, None),
        (403, {}, None),
    ],
)
@responses.activate
def test_data_center_tells_the_end_of_the_token_that_is_used(status: int, body: object, ends: datetime | None) -> None:
    responses.get(PAT, status=status, json=body)
    assert token_end(JiraSession("https://jira.corp/jira", BearerAuth("token"), "data_center")) == ends
