"""The bot's own comments and draft sub-tasks, in the sandbox of both flavours."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.blocks import Bullets, Code, Heading, ItemLink, Mention, Paragraph, Text
from integrations.sandbox.jira.scheme import Scheme, arrange
from integrations.tracker import Invalid, Unreachable

HELLO = (Paragraph((Text("Hello"),)),)


def test_no_comment_carries_a_marker_that_was_never_sent(world: Any) -> None:
    key = world.file("A")
    world.say(key, "marker-1")
    assert world.jira.commenter.find(key, "marker-1") is None


def test_a_comment_is_posted_found_and_edited_in_place(world: Any) -> None:
    key = world.file("A")
    comment = world.jira.commenter.post(key, HELLO, "marker-1")
    assert world.jira.commenter.find(key, "marker-1") == comment
    world.jira.commenter.edit(key, comment, (Paragraph((Text("Changed"),)),), "marker-2")
    assert world.jira.commenter.find(key, "marker-2") == comment
    (found,) = world.jira.reader.comments(key)
    assert (found.text, found.marker) == ("Changed", "marker-2")


def test_every_kind_of_block_arrives(world: Any) -> None:
    key, other = world.file("A"), world.file("B")
    rae = world.tracker.user("rae")
    blocks = (
        Heading(2, (Text("Three "), Text("suggestions", "strong"))),
        Bullets(((ItemLink(other),), (Text("gone", "strong_strike"),))),
        Code("a\n  b"),
        Paragraph((Mention(rae.id, "Rae Rossi"), Text(" does it *also* happen with [~dana]?"))),
    )
    world.jira.commenter.post(key, blocks, "m")
    (comment,) = world.jira.reader.comments(key)
    assert f"({world.jira.browse(other)})" in comment.text
    assert "```text\na\n  b\n```" in comment.text
    assert ("@Rae Rossi" if world.cloud else "@rae") in comment.text
    assert "*also*" in comment.text
    assert "[~dana]" in comment.text


def test_a_copied_marker_under_another_name_is_not_found(world: Any) -> None:
    key = world.file("A")
    tracker = world.tracker
    tracker.add_comment(tracker.user("dana"), world.id(key), world.text("x"), properties={"steward": {"write": "m"}})
    assert world.jira.commenter.find(key, "m") is None


def test_fault_24_a_comment_whose_answer_was_lost_is_sent_once_and_found(world: Any) -> None:
    key = world.file("A")
    world.mounted.faults.lose_answer(method="POST", path="/comment$")
    with pytest.raises(Unreachable):
        world.jira.commenter.post(key, HELLO, "marker-1")
    assert world.jira.commenter.find(key, "marker-1") is not None
    assert len(world.jira.reader.comments(key)) == 1


def test_an_edit_whose_answer_was_lost_is_repeated(world: Any) -> None:
    key = world.file("A")
    comment = world.jira.commenter.post(key, HELLO, "m")
    world.mounted.faults.lose_answer(method="PUT")
    world.jira.commenter.edit(key, comment, (Paragraph((Text("Changed"),)),), "m")
    assert world.jira.reader.comments(key)[0].text == "Changed"


def test_a_draft_sub_task_is_created_once_and_found(world: Any) -> None:
    parent = world.file("Parent")
    assert world.jira.drafter.find(parent, "m") is None
    world.mounted.faults.lose_answer(method="POST", path="/issue$")
    with pytest.raises(Unreachable):
        world.jira.drafter.create(parent, "Draft", HELLO, "m")
    key = world.jira.drafter.find(parent, "m")
    assert key is not None
    item = world.jira.reader.fetch(key)
    assert (item.summary, item.description, item.labels, item.assignee) == ("Draft", "Hello", ("steward-draft",), None)
    assert len(world.jira.reader.fetch(parent).children) == 1


def stored(world: Any, key: str) -> Any:
    return world.tracker.comments(world.id(key))[-1]


def test_an_answer_stands_in_the_thread_where_jira_has_threads(world: Any) -> None:
    key = world.file("A")
    asked = world.say(key, "steward accept 1")
    world.jira.commenter.post(key, HELLO, "m", reply_to=asked)
    assert stored(world, key).parent == (int(asked) if world.cloud else None)


def test_an_answer_to_a_comment_that_is_gone_stands_by_itself(world: Any) -> None:
    key = world.file("A")
    comment = world.jira.commenter.post(key, HELLO, "m", reply_to="999")
    assert [one.id for one in world.jira.reader.comments(key)] == [comment]


def group_of(world: Any) -> None:
    world.tracker.set_group("staff", ["steward", "dana"])


@pytest.mark.parametrize("audience", ["role:Administrators", "group:staff"])
def test_a_comment_for_some_stays_for_them_when_it_is_edited(world: Any, audience: str) -> None:
    group_of(world)
    key = world.file("A")
    kind, _, name = audience.partition(":")
    comment = world.jira.commenter.post(key, HELLO, "m", only_for=audience)
    assert stored(world, key).visibility == {"type": kind, "value": name}
    world.jira.commenter.edit(key, comment, HELLO, "m2", only_for=audience)
    assert stored(world, key).visibility == {"type": kind, "value": name}
    assert world.tracker.comments(world.id(key), world.tracker.user("rae")) == []


def test_trap_an_edit_that_does_not_name_the_audience_shows_the_comment_to_all(world: Any) -> None:
    group_of(world)
    key = world.file("A")
    comment = world.jira.commenter.post(key, HELLO, "m", only_for="group:staff")
    world.jira.commenter.edit(key, comment, HELLO, "m2")
    assert stored(world, key).visibility is None


@pytest.mark.parametrize("audience", ["staff", "team:x", "role:", "role:Nobody", "group:shop-deciders"])
def test_an_audience_that_jira_cannot_keep_is_refused_and_nothing_is_posted(world: Any, audience: str) -> None:
    key = world.file("A")
    with pytest.raises(Invalid):
        world.jira.commenter.post(key, HELLO, "m", only_for=audience)
    assert world.jira.reader.comments(key) == ()


def test_in_a_service_project_every_comment_is_internal_and_stays_so(world: Any) -> None:
    arrange(world.tracker, "SHOP", Scheme(kind="service_desk"))
    key = world.file("A")
    comment = world.jira.commenter.post(key, HELLO, "m")
    assert stored(world, key).internal
    world.jira.commenter.edit(key, comment, HELLO, "m2")
    assert stored(world, key).internal
    sent = [one for one in world.mounted.faults.requests if one.method == "PUT"]
    assert len(sent) == 1
    assert stored(world, key).properties["sd.public.comment"] == {"internal": True}
