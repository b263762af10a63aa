"""One store on two databases: transactions, text, time and errors mean the same."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from bot.store import audit, inbox, items, spending
from bot.store.database import AWAY, Database, forgotten
from integrations.tracker import Event
from tests.bot.store.conftest import NOON, ODD


def event(delivery: str, item: str = "10001") -> Event:
    return Event(kind="created", delivery=delivery, item=item, name="jira:issue_created", project="SHOP")


def test_text_comes_back_as_it_was(store: Database) -> None:
    with store.write() as session:
        spending.keep_reply(session, "hash", ODD, {"text": ODD}, 1, NOON, about=("tracker", "1"))
    with store.read() as session:
        row = session.get_one(spending.PaidReply, "hash")
    assert (row.prompt, row.reply, row.at) == (ODD, {"text": ODD}, NOON)


def test_what_no_database_holds_is_left_out_and_found_again(store: Database) -> None:
    odd = "a\x00b\ud800c"
    with store.write() as session:
        spending.keep_reply(session, odd, odd, {odd: odd, "number": float("nan")}, 1, NOON, about=(odd, odd))
    with store.read() as session:
        row = session.get_one(spending.PaidReply, odd)
    assert row.prompt == "ab\ufffdc"
    assert row.reply == {odd: odd, "number": None}


def test_the_audit_of_text_that_no_database_holds_is_whole(store: Database) -> None:
    with store.write() as session:
        audit.record(session, "refused", "tracker:1\x00", {"reason": "a\x00b\ud800"}, NOON)
    with store.read() as session:
        assert list(audit.verify(session)) == []


def test_who_reads_and_then_writes_is_alone(store: Database) -> None:
    def count_up(_: int) -> None:
        for _ in range(5):
            with store.write() as session:
                counter = session.get_one(items.ChangeCounter, 1)
                counter.last += 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count_up, range(4)))
    with store.read() as session:
        assert session.get_one(items.ChangeCounter, 1).last == 20


def test_a_write_that_fails_leaves_nothing(store: Database) -> None:
    with pytest.raises(LookupError), store.write() as session:  # noqa: PT012 - the block is what fails
        inbox.add(session, "tracker", event("1"), "webhook", NOON)
        raise LookupError
    with store.read() as session:
        assert session.get(inbox.Delivery, "tracker:1") is None


def test_what_is_read_is_of_one_moment(store: Database) -> None:
    with store.read() as reading:
        before = reading.scalar(sa.select(items.ChangeCounter.last))
        with store.write() as session:
            session.get_one(items.ChangeCounter, 1).last = 7
        assert reading.scalar(sa.select(items.ChangeCounter.last)) == before
    with store.read() as reading:
        assert reading.scalar(sa.select(items.ChangeCounter.last)) == 7


def test_what_was_forgotten_stays_in_the_log_while_somebody_reads_it_and_is_remembered(store: Database) -> None:
    with store.read() as reading:
        assert audit.length(reading) == 0
        with store.write() as session:
            inbox.add(session, "a", event("1"), "webhook", NOON)
            forgotten(session)
        assert store.log_holds_forgotten
        store.begin_log_anew(patience_ms=1)
        assert store.log_holds_forgotten == store.is_sqlite, "PostgreSQL's is its own matter"
    store.begin_log_anew(patience_ms=1)
    assert not store.log_holds_forgotten


def test_a_delivery_is_known_the_second_time(store: Database) -> None:
    with store.append() as session:
        assert inbox.add(session, "tracker", event("1"), "webhook", NOON)
        assert not inbox.add(session, "tracker", event("1", item="another"), "poll", NOON)
    with store.read() as session:
        assert session.get_one(inbox.Delivery, "tracker:1").item == "10001"


def test_a_delivery_that_many_add_at_once_is_new_once(store: Database) -> None:
    def add(_: int) -> bool:
        with store.append() as session:
            return inbox.add(session, "tracker", event("1"), "webhook", NOON)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(add, range(24))) == 1


def test_on_postgresql_the_door_waits_for_no_writer(open_store: Callable[..., Database]) -> None:
    store = open_store("postgresql")
    with store.write() as writing:
        inbox.add(writing, "tracker", event("1"), "webhook", NOON)
        with store.append() as session:
            assert inbox.add(session, "tracker", event("2"), "webhook", NOON)


def test_the_time_is_the_databases_own_and_goes_on(store: Database) -> None:
    first, second = store.now(), store.now()
    assert first.tzinfo is not None
    assert first <= second


def test_both_ways_of_writing_an_address_are_understood(open_store: Callable[..., Database]) -> None:
    url = open_store("postgresql").url
    other = open_store(url=url.replace("postgresql://", "postgres://"))
    assert other.answers()
    assert other.is_current()


def test_a_database_that_is_there_answers(store: Database) -> None:
    assert store.answers()


def test_a_server_that_is_gone_does_not_answer() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        store = Database(f"postgresql://steward@127.0.0.1:{held.getsockname()[1]}/steward")
    assert not store.answers()
    with pytest.raises(AWAY), store.write():
        pass


def test_a_server_that_says_nothing_does_not_answer() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        assert not Database(f"postgresql://steward@127.0.0.1:{port}/steward?connect_timeout=2").answers()


def test_a_writer_that_was_paused_gives_way_to_the_others(open_store: Callable[..., Database]) -> None:
    store = open_store("postgresql")
    quick = open_store(url=store.url + "?options=-c%20idle_in_transaction_session_timeout%3D200ms", migrated=False)
    begun, over = threading.Event(), threading.Event()
    ended: list[type[Exception]] = []

    def pause() -> None:
        try:
            with quick.write() as session:
                inbox.add(session, "tracker", event("1"), "webhook", NOON)
                begun.set()
                over.wait(60)
        except AWAY as error:
            ended.append(type(error))

    paused = threading.Thread(target=pause)
    paused.start()
    try:
        assert begun.wait(60)
        with store.write() as session:
            assert inbox.add(session, "tracker", event("1"), "webhook", NOON)
    finally:
        over.set()
        paused.join()
    assert len(ended) == 1
