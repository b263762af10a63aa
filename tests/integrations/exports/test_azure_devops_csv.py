"""Azure DevOps' CSV: trees of titles, people with mail addresses, tags, HTML."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

Reading = Callable[..., Any]


def test_a_tree_query_is_read_whole(sample: Reading) -> None:
    read = sample("azure_devops_tree.csv")
    assert read.unread == []
    assert [(item.key, item.parent) for item in read.items] == [
        ("101", None),
        ("102", "101"),
        ("103", "102"),
        ("104", "101"),
        ("105", None),
    ]
    story = read.items[1]
    assert (story.project, story.area, story.sprint) == ("Corner Shop", "Corner Shop\\Web", "Corner Shop\\Sprint 1")
    assert (story.type, story.summary, story.status) == ("User Story", "As a buyer I pay by card", "New")
    assert (story.assignee, story.reporter) == ("Dana Duarte", "Rae Rossi")
    assert story.labels == ("checkout", "card payment")
    assert (story.priority, story.story_points) == ("1", 3.0)
    assert (story.text_format, story.acceptance_criteria) == ("html", "<div>The order is placed</div>")
    assert story.created == datetime(2026, 1, 6, 10, 30, tzinfo=UTC)
    assert [item.category for item in read.items] == ["doing", "todo", "done", "done", "todo"]
    assert (read.items[3].text_format, read.items[3].description) == ("markdown", "Plain words,\non two lines")
    assert read.items[2].story_points == 1.0


def test_a_flat_query_tells_parents_by_number(reading: Reading) -> None:
    read = reading("ID;Work Item Type;Title;Parent\r\n7;Bug;A;\r\n8;Task;B;7\r\n", "utf-8-sig")
    assert [(item.key, item.parent, item.project) for item in read.items] == [("7", None, ""), ("8", "7", "")]


def test_steps_of_test_cases_are_no_items(reading: Reading) -> None:
    text = '"ID","Work Item Type","Title","Test Step","Step Action","State"\n"5","Test Case","Pay","","","Design"\n'
    read = reading(text + '"","","","1","Press Pay",""\n"","","","2","Wait",""\n')
    assert [item.key for item in read.items] == ["5"]
    assert read.unread == []


def test_rows_for_an_import_have_no_number_yet_and_are_told(reading: Reading) -> None:
    read = reading("ID,Work Item Type,Title\n5,Bug,One,\n,Bug,Two,\n")
    assert read.unread == ["line 3: no ID"]
