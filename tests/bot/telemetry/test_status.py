"""Is all well? What is wrong is a sentence with a remedy; what passes by itself is a note."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from bot.store.database import Database
from bot.store.inbox import bury
from bot.store.spending import TokenBudget
from bot.store.ticks import Tick
from bot.telemetry.connections import Hearing
from bot.telemetry.status.ages import ago, in_words
from bot.telemetry.status.looking import look
from bot.telemetry.status.recent import reason_class
from bot.telemetry.status.values import Room, Status
from tests.bot.telemetry import filled
from tests.postgres import PostgresServer

Look = Callable[..., Status]


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    made = filled.database(tmp_path)
    yield made
    made.close()


@pytest.fixture
def see(db: Database, tmp_path: Path) -> Look:
    def now(hearing: Hearing | None = None, later: timedelta = timedelta(0), room: Room | None = None) -> Status:
        at, heard = filled.NOW + later, hearing or Hearing()
        return look(filled.settings(tmp_path), db, lambda: filled.JOBS, heard, lambda: at, "0.1.0", room)

    return now


def problems(status: Status) -> list[str]:
    return [problem.what for problem in status.problems]


def test_an_ordinary_day_is_well(db: Database, see: Look) -> None:
    filled.fill(db)
    status = see()
    assert (status.headline, status.problems, status.notes) == ("All is well.", (), ())
    assert [number for _, number in status.hourly][-1] == 28
    assert status.projects[0].last_night == filled.NOW - timedelta(hours=11)


def test_both_databases_say_the_same(db: Database, tmp_path: Path, postgres: PostgresServer) -> None:
    other = Database(postgres.create(uuid4().hex))
    other.migrate()
    told = []
    for each in (db, other):
        filled.fill(each, trouble=True)
        told.append(look(filled.settings(tmp_path), each, lambda: filled.JOBS, Hearing(), lambda: filled.NOW, "0.1.0"))
    other.close()
    assert told[0] == told[1]


def test_a_fresh_database_wants_a_worker_and_nothing_else(see: Look) -> None:
    status = see()
    assert problems(status) == ["No worker is at work."]
    assert status.day == {"worked on": 0, "nothing to do": 0, "dead letter": 0, "waiting": 0}
    assert status.notes == ()


def test_a_worker_that_fell_silent_is_a_note_while_others_work(db: Database, see: Look) -> None:
    filled.fill(db)
    with db.write() as session:
        session.add(filled.worker("shop-floor-2", filled.NOW - timedelta(minutes=1)))
    assert see().notes == ("shop-floor-2 no longer beats: other workers take over that work.",)
    assert problems(see(later=timedelta(seconds=11))) == ["No worker is at work."]


def test_deliveries_that_wait_too_long_are_a_problem(db: Database, see: Look) -> None:
    filled.fill(db)
    with db.write() as session:
        session.add(filled.delivery(-1, filled.NOW - timedelta(seconds=100), "received", None))
    assert see().problems == ()
    with db.write() as session:
        session.add(filled.delivery(-2, filled.NOW - timedelta(minutes=4), "queued", None))
    assert problems(see()) == ["2 deliveries wait to be worked on, the oldest for 4 minutes."]


def test_a_tracker_that_refuses_is_a_problem_after_a_minute_and_until_it_answers(db: Database, see: Look) -> None:
    filled.fill(db)
    hearing = Hearing()
    hearing.failure("cloud", "no answer", filled.NOW - timedelta(seconds=90))
    hearing.failure("cloud", "503", filled.NOW - timedelta(seconds=5))
    hearing.failure("azure", "503", filled.NOW - timedelta(seconds=5))
    assert problems(see(hearing)) == ["cloud has not worked for 1 minute (503)."]
    hearing.success("cloud", filled.NOW)
    assert see(hearing).problems == ()
    assert see(hearing).headline == "A tracker has just failed."
    hearing.success("azure", filled.NOW)
    assert see(hearing).headline == "All is well."


def test_a_tracker_that_asks_to_wait_is_a_note(db: Database, see: Look) -> None:
    filled.fill(db)
    hearing = Hearing()
    hearing.throttled("cloud", filled.NOW + timedelta(seconds=30))
    assert see(hearing).notes == ("cloud has asked the bot to wait; it goes on in 30 seconds.",)


def test_a_clock_that_stands_still_is_a_problem(db: Database, see: Look) -> None:
    filled.fill(db)
    with db.write() as session:
        for row in session.query(Tick):
            row.at = filled.NOW - timedelta(minutes=10)
    # The poll beside webhooks comes every five minutes: only the other one is late.
    assert problems(see()) == ["azure was last asked what has moved 10 minutes ago."]


def test_fault_13_webhooks_that_do_not_arrive_are_a_problem_within_a_quarter_of_an_hour(
    db: Database, see: Look
) -> None:
    with db.write() as session:
        session.add(filled.worker())
        session.add(filled.delivery(1, filled.NOW - timedelta(minutes=20)))
        session.add(filled.delivery(2, filled.NOW - timedelta(minutes=4), source="poll"))
    assert problems(see()) == ["The webhooks of cloud do not arrive: what moved there of late came by the poll."]
    with db.write() as session:
        session.add(filled.delivery(3, filled.NOW - timedelta(minutes=3)))
    assert see().problems == ()


def test_a_bot_that_has_just_started_does_not_miss_webhooks_yet(db: Database, see: Look) -> None:
    with db.write() as session:
        starting = filled.worker()
        starting.started = filled.NOW - timedelta(minutes=2)
        session.add(starting)
        session.add(filled.delivery(2, filled.NOW - timedelta(minutes=1), source="poll"))
    assert see().problems == ()


def test_what_waits_of_a_connection_that_is_no_longer_named_is_a_note(db: Database, see: Look) -> None:
    filled.fill(db)
    with db.write() as session:
        left = filled.delivery(-1, filled.NOW - timedelta(days=4), "queued", None)
        left.connection = "before"
        session.add(left)
    assert see().notes == ("1 delivery of before, which the settings no longer name: nobody works on what it sent.",)
    assert see().headline == "All is well."


def test_a_disk_with_room_is_no_problem_and_one_without_is_the_first(db: Database, see: Look) -> None:
    filled.fill(db)
    assert see(room=Room(200_000_001, 200_000_000)).headline == "All is well."
    status = see(room=Room(149_000_000, 200_000_000))
    assert [problem.what.split(":")[0] for problem in status.problems] == ["The disk of the data folder is nearly full"]
    assert "149 MB are free" in status.problems[0].what
    assert "Make room" in status.problems[0].remedy


def test_a_disk_that_is_full_is_named_also_where_the_database_no_longer_answers(tmp_path: Path) -> None:
    away = Database(f"sqlite:///{tmp_path / 'nowhere' / 'steward.db'}")
    room = Room(0, 200_000_000)
    status = look(filled.settings(tmp_path), away, lambda: filled.JOBS, Hearing(), lambda: filled.NOW, "0.1.0", room)
    assert [problem.what.split(":")[0] for problem in status.problems] == [
        "The disk of the data folder is nearly full",
        "The database does not answer.",
    ]


def test_dead_letters_are_a_problem_until_they_are_dealt_with(db: Database, see: Look) -> None:
    filled.fill(db)
    with db.write() as session:
        bury(session, "cloud", "unknown event 'x'", filled.NOW)
    status = see()
    assert problems(status) == ["1 dead letter: the bot could not do this work."]
    assert [(letter.connection, letter.reason) for letter in status.letters] == [("cloud", "unknown event")]


def test_tokens_that_are_spent_are_a_note(db: Database, see: Look) -> None:
    filled.fill(db)
    with db.write() as session:
        session.merge(TokenBudget(day=filled.NOW.date().isoformat(), spent=200_000))
    assert "rules do all the work" in see().notes[0]


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("Refused: GET issue/SHOP-1 was answered with 403", "Refused"),
        ("Unreachable after 60 attempts: no answer", "Unreachable after 60 attempts"),
        ("an internal error (KeyError)", "an internal error (KeyError)"),
        ("unknown event 'Secret words'", "unknown event"),
        ("not readable: Secret words", "not readable"),
        ("larger than 5000000 bytes", "larger than"),
        ("Secret words of a ticket", "another reason"),
        ("<b>", "another reason"),
        ("", "another reason"),
    ],
)
def test_only_the_class_of_a_reason_is_shown(reason: str, shown: str) -> None:
    assert reason_class(reason) == shown


def test_spans_of_time_are_said_as_people_do() -> None:
    said = [in_words(seconds) for seconds in (0.4, 1, 59.9, 60, 7_199, 86_400, 200_000)]
    assert said == ["now", "1 second", "59 seconds", "1 minute", "1 hour", "1 day", "2 days"]
    assert ago(filled.NOW - timedelta(hours=3), filled.NOW) == "3 hours ago"
    assert ago(filled.NOW + timedelta(minutes=3), filled.NOW) == "in 3 minutes"


def test_unknown_events_are_counted_by_names_that_look_like_one_and_few_are_named(db: Database, see: Look) -> None:
    filled.fill(db)
    assert see().unknown == ()
    names = ["jira:issue_teleported"] * 3 + ["workitem.linked"] * 2 + ["Secret words", "secret", "<b>"]
    names += [f"event_{number}" for number in range(20)]
    with db.write() as session:
        for name in names:
            bury(session, "cloud", f"unknown event {name!r}", filled.NOW)
    unknown = see().unknown
    assert [(one.name, one.number) for one in unknown[:2]] == [("jira:issue_teleported", 3), ("workitem.linked", 2)]
    assert len(unknown) <= 11
    assert sum(one.number for one in unknown) == len(names)
    assert "ecret" not in str(unknown)
