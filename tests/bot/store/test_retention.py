"""What is done with goes, what may come again or was decided stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from bot.settings.tree import RetentionSettings
from bot.store import audit, decisions, inbox, items, proposals, retention, spending, ticks, writes
from bot.store.database import Database
from bot.store.schema.tables import Base
from integrations.tracker import Event
from tests.bot.store.conftest import NOON

DAY = timedelta(days=1)
KEEP = RetentionSettings()
WINDOW = timedelta(seconds=KEEP.deliveries)
LATER = NOON + WINDOW + DAY


def purge(store: Database, now: Any = LATER, limit: int = 500) -> dict[str, int]:
    """Purge until nothing is left; returns what was dropped in all."""
    total: dict[str, int] = {}
    while True:
        with store.write() as session:
            dropped = retention.purge(session, now, KEEP, limit)
        if not dropped:
            return total
        assert sum(dropped.values()) <= limit
        for name, number in dropped.items():
            total[name] = total.get(name, 0) + number


def deliver(store: Database, name: str, at: Any, state: str, **values: Any) -> None:
    with store.write() as session:
        inbox.add(session, "tracker", Event("created", name, "10001", "x"), "webhook", at)
        if state != "received":
            inbox.set_state(session, f"tracker:{name}", state, values.get("finished", at))


def deliveries(store: Database) -> set[str]:
    with store.read() as session:
        return {key.removeprefix("tracker:") for key in session.scalars(sa.select(inbox.Delivery.id))}


def test_a_store_in_which_nothing_is_old_is_left_alone(store: Database) -> None:
    deliver(store, "finished", NOON, "finished")
    assert purge(store, NOON + WINDOW) == {}
    assert deliveries(store) == {"finished"}


def test_deliveries_that_are_done_with_go_and_those_that_are_not_stay(store: Database) -> None:
    for state in ("received", "queued", "finished", "dead", "ignored"):
        deliver(store, state, NOON, state)
    deliver(store, "just finished", NOON, "finished", finished=LATER - DAY)
    assert purge(store) == {"inbox": 3}
    assert deliveries(store) == {"received", "queued", "just finished"}


def test_a_delivery_that_an_open_letter_is_about_stays(store: Database) -> None:
    deliver(store, "dead", NOON, "dead")
    with store.write() as session:
        inbox.bury(
            session, "tracker", "broken", NOON, delivery="tracker:dead", kind="delivery", args=("tracker", "dead")
        )
    assert purge(store) == {}
    with store.write() as session:
        inbox.replayed(session, 1, NOON)
    assert purge(store) == {"inbox": 1, "dead_letters": 1}


def test_letters_replies_and_budgets_go_when_their_time_is_over(store: Database) -> None:
    with store.write() as session:
        inbox.bury(session, "tracker", "broken", NOON)
        spending.keep_reply(session, "hash", "criteria", {}, 1, NOON, about=("tracker", "1"))
        spending.take_comment(session, "tracker", "SHOP", NOON.date(), "comment", 10)
    assert purge(store, NOON + 3 * DAY) == {}
    assert purge(store, NOON + 5 * DAY) == {"comment_budget": 1}
    assert purge(store, NOON + 91 * DAY) == {"dead_letters": 1, "paid_replies": 1}


def test_of_an_items_answers_the_newest_stay(store: Database) -> None:
    with store.write() as session:
        for number in range(8):
            for item in ("1", "2"):
                decisions.add_answer(session, "tracker", item, f"{item}/{number}", "Dana", {"number": number}, NOON)
    assert purge(store, limit=3) == {"answers": 6}
    with store.read() as session:
        assert [line.content["number"] for line in decisions.answers(session, "tracker", "1")] == [3, 4, 5, 6, 7]


def gone_item(session: Any, key: str, *, gone_since: Any) -> None:
    session.add(
        items.Item(
            connection="tracker",
            id=key,
            key=f"SHOP-{key}",
            project="SHOP",
            content={},
            status_category="todo",
            created=NOON,
            updated=NOON,
            change_number=1,
            deleted=gone_since is not None,
            gone_since=gone_since,
        )
    )
    session.flush()
    writes.intend(session, writes.comment_name("tracker", key, 0), "tracker", key, NOON)
    writes.mark_done(session, writes.comment_name("tracker", key, 0), {"id": f"7{key}"}, NOON)
    writes.intend(session, writes.answer_name("tracker", key), "tracker", key, NOON)
    session.add(writes.OwnComment(connection="tracker", comment=f"7{key}", item=key, marker="m"))
    decisions.take(session, "tracker", f"{key}/1", key, {"by": "dana", "name": "Dana"}, NOON)


def test_of_an_item_that_is_long_gone_no_names_and_no_done_writes_stay(store: Database) -> None:
    with store.write() as session:
        gone_item(session, "1", gone_since=None)
        gone_item(session, "2", gone_since=NOON)
        gone_item(session, "3", gone_since=LATER - DAY)
    assert purge(store) == {"writes": 1, "own_comments": 1, "handled_comments": 1}
    assert purge(store) == {}
    with store.write() as session:
        assert decisions.take(session, "tracker", "2/1", "2", {}, NOON) == "taken"
        assert session.get_one(decisions.HandledComment, ("tracker", "2/1")).commands == {}
        name = writes.comment_name("tracker", "2", 0)
        # It comes back after all: what the bot said on it is looked for, not said again.
        assert writes.intend(session, name, "tracker", "2", LATER).sent is not None
        assert writes.is_ours(session, "tracker", "2", "72", writes.marker_for(session, name))


def test_the_audit_decisions_and_proposals_stay(store: Database) -> None:
    with store.write() as session:
        audit.record(session, "accepted", "tracker:1", {"by": "dana"}, NOON)
        session.add(proposals.Dismissal(connection="tracker", item="1", rule="r", subject="", at=NOON))
        times = {"created": NOON, "updated": NOON}
        session.add(
            proposals.Proposal(connection="tracker", item="1", key="SHOP-1", project="SHOP", state="shown", **times)
        )
    assert purge(store, NOON + 5000 * DAY) == {}


def test_sqlite_gives_the_room_back_to_the_disk(open_store: Callable[..., Database]) -> None:
    store = open_store()
    with store.write() as session:
        for number in range(200):
            inbox.bury(session, "tracker", f"broken {number}", NOON, body=b"x" * 65_536)
    assert purge(store, NOON + 91 * DAY) == {"dead_letters": 200}
    assert purge(store, NOON + 91 * DAY) == {}
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA freelist_count").scalar_one() < 100
        assert connection.exec_driver_sql("PRAGMA auto_vacuum").scalar_one() == 2


@pytest.fixture(scope="module")
def one_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, Iterator[int]]]:
    store = Database(f"sqlite:///{tmp_path_factory.mktemp('retention') / 'steward.db'}")
    store.migrate()
    yield store, count()
    store.close()


@given(
    st.lists(
        st.tuples(
            st.integers(0, 40 * 24),  # received, in hours
            st.sampled_from(["received", "queued", "finished", "dead", "ignored"]),
            st.integers(0, 20 * 24),  # hours until it ended
        ),
        max_size=12,
    ),
    st.integers(0, 60 * 24),
    st.integers(1, 5),
)
def test_no_delivery_of_the_window_is_ever_taken_twice(
    one_store: tuple[Database, Iterator[int]], rows: list[tuple[int, str, int]], now: int, limit: int
) -> None:
    store, run = one_store[0], next(one_store[1])
    moment = NOON + timedelta(hours=now)
    known = [(number, *row) for number, row in enumerate(rows) if row[0] <= now]
    with store.write() as session:
        for number, received, state, lasted in known:
            at = NOON + timedelta(hours=received)
            inbox.add(session, f"run-{run}", Event("created", str(number), "1", "x"), "webhook", at)
            if state != "received":
                inbox.set_state(session, f"run-{run}:{number}", state, at + timedelta(hours=lasted))
    purge(store, moment, limit)
    with store.write() as session:
        for number, received, _, _ in known:
            again = inbox.add(session, f"run-{run}", Event("created", str(number), "1", "x"), "webhook", moment)
            assert not (again and NOON + timedelta(hours=received) >= moment - WINDOW)


def test_every_table_of_the_schema_says_how_long_it_is_kept_and_why() -> None:
    assert set(retention.KEPT) == set(Base.metadata.tables)
    fields = {kept.setting for kept in retention.KEPT.values() if kept.setting}
    assert fields <= set(RetentionSettings.model_fields)
    assert all(kept.how_long and kept.why for kept in retention.KEPT.values())


def test_the_page_on_retention_lists_every_table() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs/retention.md").read_text("utf-8")
    for table, kept in retention.KEPT.items():
        setting = f"`{kept.setting}`" if kept.setting else "-"
        assert f"| `{table}` | {kept.how_long} | {setting} | {kept.why} |" in page


def test_what_is_left_of_items_that_are_gone_goes_only_where_the_settings_say_so(store: Database) -> None:
    with store.write() as session:
        gone_item(session, "1", gone_since=NOON)
        gone_item(session, "2", gone_since=None)
        for item in ("1", "2"):
            session.add(proposals.Dismissal(connection="tracker", item=item, rule="r", subject="", at=NOON))
    assert "items" not in purge(store)
    keep = RetentionSettings(gone_items="30d")
    with store.write() as session:
        assert retention.purge(session, NOON + 29 * DAY, keep) == {}
        assert retention.purge(session, NOON + 31 * DAY, keep) == {"dismissals": 1, "handled_comments": 1, "items": 1}
    with store.read() as session:
        assert session.scalars(sa.select(items.Item.id)).all() == ["2"]


def test_contents_of_the_audit_go_after_the_years_that_the_settings_say_and_the_chain_verifies(
    store: Database,
) -> None:
    with store.write() as session:
        for number in range(5):
            audit.record(session, "accepted", "tracker:1", {"by": "dana"}, NOON + number * 200 * DAY)
    keep = RetentionSettings(audit_years=1)
    now = NOON + 800 * DAY
    with store.write() as session:
        assert retention.purge(session, now, keep, 2) == {"audit_contents": 2}
        assert retention.purge(session, now, keep, 2) == {"audit_contents": 1}
        assert retention.purge(session, now, keep, 2) == {}
    with store.read() as session:
        assert list(audit.verify(session)) == []
        assert session.scalars(sa.select(audit.AuditContent.number)).all() == [4, 5, 6, 7]
    with store.write() as session:
        session.execute(sa.delete(audit.AuditContent).where(audit.AuditContent.number == 4))
    with store.read() as session:
        assert list(audit.verify(session)) == ["The contents of row 4 are missing."]


def test_spending_and_ticks_of_long_ago_go(store: Database) -> None:
    with store.write() as session:
        spending.take_tokens(session, NOON.date(), 5, 10)
        ticks.take(session, "poll:gone", 60, NOON)
    assert purge(store, NOON + 29 * DAY) == {}
    assert purge(store, NOON + 31 * DAY) == {"ticks": 1}
    assert purge(store, NOON + 367 * DAY) == {"token_budget": 1}


def test_a_reply_that_names_no_item_goes_at_once(store: Database) -> None:
    with store.write() as session:
        spending.keep_reply(session, "hash", "criteria", {}, 1, NOON, about=("tracker", "1"))
        session.add(spending.PaidReply(hash="old", prompt="p", reply={}, tokens=1, at=NOON))
    assert purge(store, NOON) == {"paid_replies": 1}
