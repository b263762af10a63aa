"""The day's tokens: reserved before they are spent, settled after, and never more than the day has."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from bot.flows.suggesting.drafting import StoredBudget
from bot.store.database import Database
from bot.store.spending import TokenBudget
from integrations.writer import Reason, WriterError

NOON = datetime(2031, 4, 2, 12, tzinfo=UTC)


@pytest.fixture
def store(open_store: Callable[..., Database]) -> Database:
    return open_store()


def spent(store: Database, at: datetime = NOON) -> int:
    with store.read() as session:
        row = session.get(TokenBudget, at.date().isoformat())
        return row.spent if row is not None else 0


def test_a_reservation_is_replaced_once_by_what_was_spent_and_what_is_not_there_cannot_be_reserved(
    store: Database,
) -> None:
    budget = StoredBudget(store, 100, lambda: NOON)
    reservation = budget.reserve(60)
    assert spent(store) == 60
    with pytest.raises(WriterError, match="100 tokens") as raised:
        budget.reserve(41)
    assert raised.value.reason is Reason.OVER_BUDGET
    budget.settle(reservation, 10)
    budget.settle(reservation, 10)
    assert spent(store) == 10


def test_a_new_day_begins_with_nothing_spent_and_what_is_settled_late_is_of_its_own_day(store: Database) -> None:
    times = [NOON]
    budget = StoredBudget(store, 100, lambda: times[-1])
    reservation = budget.reserve(100)
    times.append(NOON + timedelta(days=1))
    budget.settle(reservation, 90)
    assert (spent(store), spent(store, times[-1])) == (90, 0)
    budget.reserve(100)


def test_many_threads_cannot_overdraw(store: Database) -> None:
    budget = StoredBudget(store, 100, lambda: NOON)

    def one(_: int) -> int:
        try:
            budget.reserve(30)
        except WriterError:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(16))) == 3
