from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.sandbox.jira.jql import JqlError, read
from integrations.sandbox.records import Seed
from integrations.sandbox.state import Tracker

NOW = datetime.now(UTC)
SMALL = Tracker("small", "jira-cloud")


@pytest.fixture(scope="module")
def tracker() -> Tracker:
    tracker = Tracker("it", "jira-cloud")
    tracker.set_user("dana", time_zone="Europe/Berlin")
    tracker.add_project("OTHER", "Other shop")
    day = timedelta(days=1)
    tracker.seed(
        [
            Seed("One", labels=("a", "b"), assignee="dana", created=NOW - 9 * day, updated=NOW - 5 * day),
            Seed("Two", labels=("b",), type="Bug", status="In Progress", created=NOW - 8 * day, updated=NOW - 2 * day),
            Seed("Three", type="Bug", status="Done", created=NOW - 7 * day, updated=NOW - timedelta(minutes=5)),
            Seed("Four", type="Subtask", parent="SHOP-1", reporter="dana", created=NOW - day, updated=NOW - day),
        ]
    )
    tracker.seed([Seed("Five", created=NOW, updated=NOW)], "OTHER")
    return tracker


def found(tracker: Tracker, jql: str, login: str = "dana") -> list[str]:
    viewer = tracker.user(login)
    query = read(jql, tracker, viewer)
    return [item.key for item in tracker.select(query.where, query.order, viewer)]


def test_an_empty_query_finds_all_and_says_that_it_is_unbounded(tracker: Tracker) -> None:
    assert len(found(tracker, "")) == 5
    assert not read("order by key", tracker, tracker.user("dana")).bounded


@pytest.mark.parametrize(
    ("jql", "keys"),
    [
        ("project = SHOP ORDER BY key", ["SHOP-1", "SHOP-2", "SHOP-3", "SHOP-4"]),
        ('project = "Other shop"', ["OTHER-1"]),
        ("project in (SHOP, OTHER) and key >= SHOP-3 order by key desc", ["SHOP-4", "SHOP-3", "OTHER-1"]),
        ("project = SHOP AND updated >= -180m", ["SHOP-3"]),
        ('project = SHOP AND updated >= "-3d" ORDER BY updated ASC', ["SHOP-2", "SHOP-4", "SHOP-3"]),
        ("created < -204h", ["SHOP-1"]),
        ("project = SHOP AND status = Done", ["SHOP-3"]),
        ('project = SHOP AND statusCategory in ("To Do", "In Progress") ORDER BY key', ["SHOP-1", "SHOP-2", "SHOP-4"]),
        ("type = bug order by key", ["SHOP-2", "SHOP-3"]),
        ("issuetype not in (Bug, Story)", ["SHOP-4"]),
        ("labels = b order by key", ["SHOP-1", "SHOP-2"]),
        ("labels != a", ["SHOP-2"]),
        ("labels is empty and project = SHOP order by key", ["SHOP-3", "SHOP-4"]),
        ("parent = SHOP-1", ["SHOP-4"]),
        ("assignee = currentUser()", ["SHOP-1"]),
        ("assignee is not EMPTY", ["SHOP-1"]),
        ("reporter = dana", ["SHOP-4"]),
        ("key in (SHOP-1, 'SHOP-4') order by key", ["SHOP-1", "SHOP-4"]),
        ("(labels = a or type = Bug) and status != Done order by key", ["SHOP-1", "SHOP-2"]),
    ],
)
def test_what_a_query_finds(tracker: Tracker, jql: str, keys: list[str]) -> None:
    assert found(tracker, jql) == keys


def test_dates_are_in_the_zone_of_the_asker(tracker: Tracker) -> None:
    moment = tracker.item("SHOP-2").updated
    in_berlin = moment.astimezone(ZoneInfo("Europe/Berlin")).strftime("%Y-%m-%d %H:%M")
    assert found(tracker, f'updated = "{in_berlin}"') == ["SHOP-2"]
    assert found(tracker, f'updated = "{in_berlin}"', "lee") == []


@pytest.mark.parametrize(
    ("jql", "said"),
    [
        ("colour = red", "Field 'colour' does not exist or you do not have permission to view it."),
        ("project = NOPE", "The value 'NOPE' does not exist for the field 'project'."),
        ("key = SHOP-99", "An issue with key 'SHOP-99' does not exist for field 'key'."),
        ("updated >= soon", "Date value 'soon' for field 'updated' is invalid."),
        ('updated >= "2026-02-31"', "Date value '2026-02-31' for field 'updated' is invalid."),
        ("project SHOP", "Expecting operator but got 'SHOP'."),
        ("labels ~ a", "The operator '~' is not supported by the 'labels' field."),
        ("status > Done", "The operator '>' is not supported by the 'status' field."),
        ("project = SHOP type = Bug", "Expecting either 'OR' or 'AND' but got 'type'."),
        ("assignee = membersOf(x)", "Unable to find JQL function 'membersOf()'."),
        ("project = SHOP order by rank", "Field 'rank' does not exist"),
        ('summary = "', "is a reserved JQL character"),
        ("project =", "before the end of the query"),
    ],
)
def test_what_is_not_understood_is_refused_in_the_vendors_words(tracker: Tracker, jql: str, said: str) -> None:
    with pytest.raises(JqlError) as caught:
        found(tracker, jql)
    assert said in str(caught.value)


@given(st.text(alphabet="abSHOP-1 ='\"(),<>!~\\ \n", max_size=60))
def test_no_text_does_anything_else_than_be_found_or_refused(text: str) -> None:
    with suppress(JqlError):
        found(SMALL, text)
