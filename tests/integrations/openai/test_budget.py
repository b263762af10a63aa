from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from integrations.writer import DailyBudget, Reason, WriterError

TODAY = date(2031, 4, 2)


def test_nothing_is_spent_at_first() -> None:
    assert DailyBudget(100, lambda: TODAY).spent() == 0


def test_a_reservation_is_replaced_by_what_was_spent() -> None:
    budget = DailyBudget(100, lambda: TODAY)
    reservation = budget.reserve(60)
    assert budget.spent() == 60
    budget.settle(reservation, 10)
    budget.settle(reservation, 10)
    assert budget.spent() == 10


def test_what_is_not_there_cannot_be_reserved() -> None:
    budget = DailyBudget(100, lambda: TODAY)
    budget.reserve(60)
    with pytest.raises(WriterError, match="100 tokens") as raised:
        budget.reserve(41)
    assert raised.value.reason is Reason.OVER_BUDGET
    assert budget.spent() == 60


def test_a_new_day_begins_with_nothing_spent() -> None:
    days = [TODAY]
    budget = DailyBudget(100, lambda: days[-1])
    reservation = budget.reserve(100)
    days.append(date(2031, 4, 3))
    assert budget.spent() == 0
    budget.settle(reservation, 100)
    assert budget.spent() == 0


def test_many_threads_cannot_overdraw() -> None:
    budget = DailyBudget(100, lambda: TODAY)

    def one(_: int) -> int:
        try:
            budget.reserve(30)
        except WriterError:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(40))) == 3
