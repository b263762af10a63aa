"""Reading from the sandbox of both flavours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.blocks import Paragraph, Text
from integrations.jira.items import digest
from integrations.sandbox.records import Seed
from integrations.tracker import Invalid, Missing
from rules.model import Child, Link


def test_an_issue_that_is_not_there_is_missing(world: Any) -> None:
    with pytest.raises(Missing):
        world.jira.reader.fetch("SHOP-999")


@pytest.mark.parametrize("key", ["", "../myself", "SHOP-1/comment", "SHOP-1?x=y", "SHOP-1\n", "1 OR 1"])
def test_what_is_no_key_never_becomes_part_of_an_address(world: Any, key: str) -> None:
    with pytest.raises(Invalid):
        world.jira.reader.fetch(key)
    assert not world.mounted.faults.requests


def test_an_issue_is_read_with_all_that_the_rules_need(world: Any) -> None:
    key = world.file("Checkout hangs", world.text("With Apple Pay"), priority="Medium", labels=("mobile", "pay"))
    other = world.file("Checkout hangs with Apple Pay")
    tracker = world.tracker
    tracker.add_link(tracker.user("dana"), "Duplicate", world.id(key), world.id(other))
    item = world.jira.reader.fetch(key)
    assert item.key == key
    assert item.connection == "shop"
    assert (item.project, item.type, item.summary, item.description) == (
        "SHOP",
        "Bug",
        "Checkout hangs",
        "With Apple Pay",
    )
    assert (item.priority, set(item.labels), item.status_category) == ("Medium", {"mobile", "pay"}, "todo")
    assert item.links == (Link("duplicates", other, "duplicate"),)
    assert world.jira.reader.fetch(other).links == (Link("is duplicated by", key, "duplicate"),)
    assert item.reporter is not None
    assert item.reporter.name == "Rae Rossi"
    assert item.digests["priority"] == digest("Medium")
    assert item.digests["labels"] == digest(["mobile", "pay"])
    assert world.jira.reader.fetch(item.id) == item


def test_a_digest_changes_with_its_field_alone(world: Any) -> None:
    key = world.file("A", world.text("b"))
    before = world.jira.reader.fetch(key).digests
    world.change(key, description=world.text("c"))
    after = world.jira.reader.fetch(key).digests
    assert {name for name in before if before[name] != after[name]} == {"description"}


def test_items_that_moved_come_oldest_change_first_and_over_pages(world: Any) -> None:
    keys = [world.file(f"Item {number}") for number in range(120)]
    found: list[str] = []
    page = None
    for _ in range(5):
        answer = world.jira.reader.moved("SHOP", None, page)
        found += [item.key for item in answer.items]
        page = answer.next
        if page is None:
            break
    assert set(keys) <= set(found)
    assert list(dict.fromkeys(found)) == sorted(set(found), key=lambda key: world.tracker.item(key).updated)


def test_items_that_moved_before_are_left_out(world: Any) -> None:
    now = datetime.now(UTC)
    hour, day = timedelta(hours=1), timedelta(days=1)
    world.tracker.seed([Seed("old", created=now - 3 * day, updated=now - 2 * day), Seed("new", updated=now - hour)])
    assert world.jira.reader.moved("SHOP", now).items == ()
    assert [item.summary for item in world.jira.reader.moved("SHOP", now - 2 * hour).items] == ["new"]
    assert [item.summary for item in world.jira.reader.moved("SHOP", now - 3 * day).items] == ["old", "new"]


@pytest.mark.parametrize("project", ["", 'SHOP" OR project != "X', "SHOP-1"])
def test_what_is_no_project_key_never_becomes_part_of_a_query(world: Any, project: str) -> None:
    with pytest.raises(Invalid):
        world.jira.reader.moved(project, None)


def test_comments_come_oldest_first_with_their_marker_and_whether_they_were_edited(world: Any) -> None:
    key = world.file("A")
    assert world.jira.reader.comments(key) == ()
    first = world.say(key, "steward accept 1")
    own = world.jira.commenter.post(key, (Paragraph((Text("Hello"),)),), "marker-1")
    edited = world.say(key, "before")
    world.tracker.edit_comment(world.tracker.user("dana"), int(edited), world.text("after"))
    comments = world.jira.reader.comments(key)
    assert [(c.id, c.text, c.marker, c.edited) for c in comments] == [
        (first, "steward accept 1", None, False),
        (own, "Hello", "marker-1", False),
        (edited, "after", None, True),
    ]
    assert comments[0].author.name == "Dana Duarte"
    assert comments[1].author == world.jira.people.me()


def test_all_comments_are_read_over_pages(world: Any) -> None:
    key = world.file("A")
    said = [world.say(key, f"comment {number}") for number in range(130)]
    assert [comment.id for comment in world.jira.reader.comments(key)] == said


def test_the_history_names_fields_in_the_words_of_the_model(world: Any) -> None:
    key = world.file("A", priority="Medium", labels=("x",))
    assert world.jira.reader.history(key) == ()
    world.change(key, priority="High", summary="B")
    world.change(key, by="lee", labels=("x", "steward-accept"))
    first, second = world.jira.reader.history(key)
    assert {(e.field, e.before, e.after) for e in first.edits} == {
        ("priority", "Medium", "High"),
        ("summary", "A", "B"),
    }
    assert first.actor.name == "Dana Duarte"
    (edit,) = second.edits
    assert edit.field == "labels"
    assert set(edit.after.split()) - set(edit.before.split()) == {"steward-accept"}
    assert second.actor.name == "Lee Lindqvist"
    assert second.id != first.id


def test_the_vocabulary_is_the_projects_own(world: Any) -> None:
    words = world.jira.reader.vocabulary("SHOP")
    assert words.priorities == ("Highest", "High", "Medium", "Low", "Lowest")
    assert "Bug" in words.types
    assert words.subtask_type == ("Subtask" if world.cloud else "Sub-task")
    assert words.subtask_type not in words.types


def test_children_are_read(world: Any) -> None:
    parent = world.file("Parent")
    child = world.jira.drafter.create(parent, "Write the test", (), "m")
    assert world.jira.reader.fetch(parent).children == (Child(child, "Write the test"),)
    item = world.jira.reader.fetch(child)
    assert (item.is_subtask, item.parent, item.labels) == (True, parent, ("steward-draft",))
