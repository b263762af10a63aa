"""Dead letters: a person sees them, has them worked on again or throws them away; they cannot fill the disk."""

from __future__ import annotations

import pytest

from bot.store import inbox
from bot.store.database import Database
from bot.store.erasing.texts import forget_late_letters
from tests.bot.store.conftest import NOON


def bury(store: Database, reason: str = "broken", **values: object) -> None:
    with store.append() as session:
        inbox.bury(session, "tracker", reason, NOON, **values)  # type: ignore[arg-type]


def letters(store: Database) -> list[inbox.DeadLetter]:
    with store.read() as session:
        return list(reversed(inbox.dead_letters(session)))


def test_a_store_in_which_nothing_failed_has_no_letters(store: Database) -> None:
    assert letters(store) == []
    with store.read() as session:
        assert inbox.to_replay(session, "tracker") == []


def test_a_letter_holds_what_is_needed_to_go_on(store: Database) -> None:
    bury(store, job="j", kind="triage", args=("tracker", "1", "asked", "c"), partition="tracker:1")
    (letter,) = letters(store)
    assert (letter.kind, letter.args, letter.partition) == ("triage", ["tracker", "1", "asked", "c"], "tracker:1")


def test_of_headers_those_that_authenticate_are_not_kept(store: Database) -> None:
    secret = {"Authorization": "Basic x", "X-Hub-Signature": "sha256=0", "Cookie": "a"}
    bury(store, body=b"{", headers={"X-Atlassian-Webhook-Identifier": "1", "Content-Type": "text/json", **secret})
    (letter,) = letters(store)
    assert letter.headers == {"X-Atlassian-Webhook-Identifier": "1", "Content-Type": "text/json"}


def test_a_letter_is_worked_on_again_once_a_person_asks(store: Database) -> None:
    bury(store, kind="poll", args=("tracker", "1"))
    bury(store, "not readable", body=b"{")
    bury(store, "nothing left of it")
    with store.write() as session:
        assert inbox.ask_replay(session, [2, 1, 3, 99], NOON) == [1, 2]
        assert inbox.ask_replay(session, [1], NOON) == [1]
    with store.read() as session:
        assert [letter.id for letter in inbox.to_replay(session, "tracker")] == [1, 2]
    with store.write() as session:
        inbox.replayed(session, 1, NOON)
        assert [letter.id for letter in inbox.to_replay(session, "tracker")] == [2]
        assert inbox.ask_replay(session, [1], NOON) == []


def test_what_fails_again_after_a_replay_is_told_again(store: Database) -> None:
    for _ in range(2):
        bury(store, delivery="tracker:1", kind="delivery")
    assert len(letters(store)) == 1
    with store.write() as session:
        inbox.replayed(session, letters(store)[0].id, NOON)
    bury(store, delivery="tracker:1", kind="delivery")
    assert len(letters(store)) == 2


def test_a_letter_that_nobody_wants_is_thrown_away(store: Database) -> None:
    bury(store)
    with store.write() as session:
        assert inbox.drop(session, [1, 2]) == 1
    assert letters(store) == []


def test_too_many_letters_push_out_the_replayed_and_then_the_oldest(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.inbox.letters.LETTERS_KEPT", 10)
    for number in range(20):
        bury(store, str(number))
    with store.write() as session:
        inbox.replayed(session, 15, NOON)
    for number in range(20, 50):
        bury(store, str(number))
    assert [letter.reason for letter in letters(store)] == [str(number) for number in range(40, 50)]


def test_bodies_that_are_too_large_together_go_and_their_letters_stay(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.inbox.letters.BODIES_KEPT", 10_000)
    for number in range(50):
        bury(store, str(number), body=b"x" * 1000)
    kept = [letter.reason for letter in letters(store) if letter.body is not None]
    assert len(letters(store)) == 50
    assert kept == [str(number) for number in range(40, 50)]


def test_a_body_is_kept_whole_and_large_ones_are_held_to_the_limit_at_once(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.inbox.letters.BODIES_KEPT", 1_000_000)
    for number in range(3):
        bury(store, str(number), body=b"x" * 400_000)
    assert [len(letter.body or b"") for letter in letters(store)] == [0, 400_000, 400_000]


def test_a_body_that_a_former_release_cut_is_not_worked_on_again_and_a_whole_one_of_its_size_is(
    store: Database,
) -> None:
    bury(store, "cut", body=b'{"text": "'.ljust(64 * 1024, b"x"))
    bury(store, "whole", body=b'{"text": "'.ljust(64 * 1024 - 2, b"x") + b'"}')
    assert [letter.is_cut for letter in letters(store)] == [True, False]
    with store.write() as session:
        assert inbox.ask_replay(session, [1, 2], NOON) == [2]


def test_open_letters_are_found_behind_any_number_that_were_dealt_with(store: Database) -> None:
    for number in range(12):
        bury(store, str(number))
    with store.write() as session:
        for number in range(3, 13):
            inbox.replayed(session, number, NOON)
        assert [letter.id for letter in inbox.dead_letters(session, 5, only_open=True)] == [2, 1]
        assert inbox.numbers(session, only_open=True) == [2, 1]
        assert len(inbox.numbers(session)) == 12


def test_letters_of_another_connection_do_not_stand_in_the_way(store: Database) -> None:
    with store.write() as session:
        for name in ("removed", "tracker"):
            inbox.bury(session, name, "no", NOON, job=f"{name}:j", kind="poll", args=(name,))
        inbox.ask_replay(session, [letter.id for letter in inbox.dead_letters(session)], NOON)
        assert [letter.connection for letter in inbox.to_replay(session, "tracker", limit=1)] == ["tracker"]


def test_letters_of_restricted_issues_stay_where_the_bot_works_on_them(store: Database) -> None:
    with store.write() as session:
        for key in ("SHOP-1", "BOARD-1"):
            body = f'{{"issue": {{"key": "{key}", "fields": {{"security": {{"id": "1"}}}}}}}}'.encode()
            inbox.bury(session, "tracker", "unreadable", NOON, body=body)
        forget_late_letters(session, "tracker", ["SHOP"])
    assert [b"SHOP-1" in letter.body if letter.body else None for letter in letters(store)] == [True, None]
