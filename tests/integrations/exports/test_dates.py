"""Times in the look and feel of whoever exported; day and month decided over the whole file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.exports.tables.dates import Order, written

Reading = Callable[..., Any]
AFTERNOON = datetime(2013, 1, 25, 15, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "25/Jan/13 3:04 PM",
            "25/Jan/13 03:04 PM",
            "25/Jan/13 3:04\u202fPM",
            "25/janv./13 15:04",
            "25/ene/13 3:04 p.m.",
        ),
        *("2013-01-25 15:04", "2013-01-25T15:04:00.000+0000", "2013-01-25T16:04:00+01:00", "2013-01-25 15:04:00Z"),
        *(
            "25.01.2013 15:04",
            "25.1.2013, 15:04:00",
            "25. Januar 2013 15:04",
            "25.01.13 15:04 Uhr",
            "25 janvier 2013 15h04",
        ),
        *("1/25/13 3:04 PM", "1/25/2013 3:04:00 PM", "Jan 25, 2013, 3:04 PM", "25 de janeiro de 2013 15:04"),
        *("25-01-2013 15:04", "2013/01/25 15:04", "25-Jan-2013 3:04 pm"),
    ],
)
def test_known_forms_of_one_moment(text: str) -> None:
    order = Order()
    order.look(2, text, ())
    assert order.moment(text) == AFTERNOON
    assert list(order.doubts()) == []


@pytest.mark.parametrize(
    "text", ["", "soon", "25", "32/Jan/13", "13:04", "25/Foo/13", "99/99/99", "1/2/3/4", "25/Jan/13 x"]
)
def test_what_is_no_time_is_none(text: str) -> None:
    assert Order().moment(text) is None


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_none(text: str) -> None:
    time = written(text)
    assert time is None or time.moment(day_first=True) is None or isinstance(time.moment(day_first=True), datetime)


def export(*times: tuple[str, str]) -> str:
    rows = "".join(f"A-{n},Title,{created},{updated}\n" for n, (created, updated) in enumerate(times, 1))
    return "Issue key,Summary,Created,Updated\n" + rows


def test_one_day_over_twelve_decides_the_whole_file(reading: Reading) -> None:
    day_first = reading(export(("01/02/2026", ""), ("02/03/2026", ""), ("13/03/2026", "")))
    assert [(i.created.day, i.created.month) for i in day_first.items] == [(1, 2), (2, 3), (13, 3)]
    month_first = reading(export(("01/02/2026", ""), ("02/03/2026", ""), ("03/13/2026", "")))
    assert [(i.created.day, i.created.month) for i in month_first.items] == [(2, 1), (3, 2), (13, 3)]
    assert day_first.unread == month_first.unread == []


def test_where_no_day_decides_items_are_changed_after_they_are_created(reading: Reading) -> None:
    read = reading(export(("05/06/2026", "04/07/2026")))
    assert (read.items[0].created.day, read.items[0].created.month) == (5, 6)
    read = reading(export(("06/05/2026", "07/04/2026")))
    assert (read.items[0].created.day, read.items[0].created.month) == (5, 6)


def test_where_no_day_decides_numbers_grow_with_time(reading: Reading) -> None:
    read = reading(export(("01/02/2026", ""), ("02/01/2026", "")))
    assert [(i.created.day, i.created.month) for i in read.items] == [(2, 1), (1, 2)]


@pytest.mark.parametrize("times", [(("01/02/2026", "02/03/2026"),), (("13/01/2026", ""), ("01/13/2026", ""))])
def test_what_cannot_be_decided_is_said_and_left_out(reading: Reading, times: tuple[tuple[str, str], ...]) -> None:
    read = reading(export(*times))
    assert {item.created for item in read.items} == {None}
    assert len(read.items) == len(times)
    assert "cannot be told" in read.unread[0]


def test_a_time_in_an_unknown_form_costs_no_ticket(reading: Reading) -> None:
    read = reading(export(("1404/11/05 ب.ظ", ""), ("heute", ""), ("2026-01-05 10:00", "")))
    assert [item.created is None for item in read.items] == [True, True, False]
    assert read.unread == ["line 2 and 1 more times: a time in a form that is not known; it is left out"]
