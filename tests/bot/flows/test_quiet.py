"""What keeps the bot quiet: shadow mode, the wait, the budget, imports, clones, started work, bulk edits, a mute."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bot.reports.proposals import listed
from integrations.tracker import DRAFT_LABEL, SCRATCH_LABEL
from tests.steps import night

STORY = ("Let buyers save their cart", "As a buyer I want to save my cart. The cart must be kept for 30 days.")


def states(world: Any) -> dict[str, tuple[str, str | None]]:
    """Key -> state and why it was held."""
    return {entry["key"]: (entry["state"], entry["held_because"]) for entry in listed(world.db)}


def test_shadow_mode_records_and_writes_nothing(make_world: Callable[..., Any]) -> None:
    world = make_world(mode="shadow")
    item = world.file(*STORY)
    world.work()
    assert world.tracker.comments(item.id) == []
    assert states(world) == {item.key: ("recorded", None)}
    assert not [entry for entry in world.requests() if entry.method != "GET"]


def test_nothing_is_said_before_the_author_has_been_quiet(make_world: Callable[..., Any]) -> None:
    world = make_world()
    item = world.file(*STORY)
    world.work(leap=False)
    assert world.own_comments(item) == []
    world.queue.offset += timedelta(minutes=4)
    world.work(leap=False)
    assert world.own_comments(item) == []
    world.queue.offset += timedelta(minutes=2)
    world.work(leap=False)
    assert len(world.own_comments(item)) == 1


def test_an_edit_begins_the_wait_anew_and_the_longest_wait_ends_it(make_world: Callable[..., Any]) -> None:
    world = make_world()
    item = world.file(*STORY)
    world.work(leap=False)
    for minute in range(4, 28, 4):
        world.queue.offset += timedelta(minutes=4)
        world.edit("lee", item, summary=f"Let buyers save their cart, edit {minute}")
        world.work(leap=False)
        assert world.own_comments(item) == [], f"after {minute} minutes"
    world.queue.offset += timedelta(minutes=7)
    world.work(leap=False)
    assert len(world.own_comments(item)) == 1


def test_the_days_budget_holds_and_the_rest_is_listed_with_the_reason(make_world: Callable[..., Any]) -> None:
    world = make_world(project="daily_budget = 2")
    items = [world.file(f"{STORY[0]} in shop {number}", STORY[1]) for number in range(3)]
    world.work()
    assert sorted(len(world.own_comments(item)) for item in items) == [0, 1, 1]
    held = [why for state, why in states(world).values() if state == "held"]
    assert held == ["the project has had its 2 comments for the day"]


def test_who_asks_for_what_was_held_back_is_shown_it(make_world: Callable[..., Any]) -> None:
    world = make_world(project="daily_budget = 0")
    expanded, more, unasked = (world.file(f"{STORY[0]} in shop {number}", STORY[1]) for number in range(3))
    world.work()
    world.say("rae", expanded, "steward expand")
    world.say("lee", more, "steward accept 1")
    world.work()
    assert "right" in world.answer(expanded), "only who may edit the item is shown it"
    assert [world.proposal(item) for item in (expanded, more)] == ["", ""]
    world.say("lee", expanded, "steward expand")
    world.say("lee", more, "steward more")
    world.work()
    assert all("1. Acceptance criteria" in world.proposal(item) for item in (expanded, more))
    assert not any("nothing" in world.answer(item) for item in (expanded, more))
    world.say("lee", more, "steward accept 1")
    world.work()
    assert "Acceptance criteria" in world.description(more)
    assert world.own_comments(unasked) == []


def test_work_that_has_started_is_left_to_the_report(make_world: Callable[..., Any]) -> None:
    world = make_world()
    item = world.file(*STORY)
    world.tracker.change_item(None, item.id, {"status": "In Progress"})
    world.work()
    assert world.own_comments(item) == []
    assert states(world)[item.key] == ("held", "work on it has started")


def test_a_clone_is_left_to_the_report(make_world: Callable[..., Any]) -> None:
    world = make_world()
    world.mounted.webhooks.never = True
    original = world.file("Something quite different", STORY[1])
    world.mounted.webhooks.never = False
    item = world.file(*STORY)
    world.tracker.add_link(None, "Cloners", item.id, original.id)
    world.work()
    assert world.own_comments(item) == []
    assert states(world)[item.key] == ("held", "it is a clone")


def test_many_items_by_one_person_within_ten_minutes_are_left_to_the_report(make_world: Callable[..., Any]) -> None:
    world = make_world(project="bulk_items = 5\ndaily_budget = 100")
    items = [world.file(f"{STORY[0]} in shop {number}", STORY[1], who="dana") for number in range(6)]
    other = world.file(*STORY, who="lee")
    world.work()
    assert [len(world.own_comments(item)) for item in items] == [0] * 6
    assert len(world.own_comments(other)) == 1
    assert "more than 5 items" in str(states(world)[items[0].key][1])


def test_an_imported_item_is_left_to_the_report(make_world: Callable[..., Any]) -> None:
    world = make_world()
    world.poll()
    key = world.tracker.seed([world.seed(*STORY)])[0]
    item = world.tracker.item(key)
    world.edit("dana", item, labels=("imported",))
    world.work()
    assert world.own_comments(item) == []
    assert states(world)[item.key] == ("held", "it was imported")


def test_a_muted_item_is_left_alone_until_it_is_unmuted(make_world: Callable[..., Any]) -> None:
    world = make_world()
    item = world.file("Search is broken", "It does not work.", type="Bug")
    world.work()
    world.say("dana", item, "steward mute")
    world.work()
    before = world.proposal(item)
    world.edit("dana", item, description="It still does not work.", summary="Search is broken again")
    world.work()
    assert world.proposal(item) == before
    world.say("dana", item, "steward unmute")
    world.say("dana", item, "steward expand")
    world.work()
    assert "again" not in before


def test_a_no_to_a_suggestion_takes_along_what_it_asked(make_world: Callable[..., Any]) -> None:
    world = make_world()
    item = world.file("Search is broken", "It does not work.", type="Bug")
    world.work()
    assert "for an answer" in world.proposal(item) or "question" in world.proposal(item).lower()
    world.say("dana", item, "steward reject all")
    world.work()
    assert "question" not in world.proposal(item).lower()


def test_a_deleted_comment_is_an_answer_too(make_world: Callable[..., Any]) -> None:
    world = make_world()
    item = world.file(*STORY)
    world.work()
    world.tracker.delete_comment(world.tracker.user("ada"), world.tracker.comments(item.id)[0].id)
    world.edit("lee", item, description="As a buyer I want to save my cart. The cart must be kept for a year.")
    world.work()
    assert world.own_comments(item) == []
    assert states(world)[item.key] == ("closed", "its comment was deleted")


def test_a_nightly_run_records_what_was_there_before_and_says_nothing(make_world: Callable[..., Any]) -> None:
    world = make_world()
    world.mounted.webhooks.never = True
    item = world.file(*STORY)
    world.reconnect()
    world.poll()
    night(world, "one")
    assert world.own_comments(item) == []
    assert states(world)[item.key] == ("recorded", "it was there before the bot was connected")


def test_a_nightly_run_says_what_the_budget_held_back_the_day_before(make_world: Callable[..., Any]) -> None:
    world = make_world(project="daily_budget = 1")
    items = [world.file(f"{STORY[0]} in shop {number}", STORY[1]) for number in range(2)]
    world.work()
    assert sum(len(world.own_comments(item)) for item in items) == 1
    world.queue.offset += timedelta(days=1)
    night(world, "two")
    assert [len(world.own_comments(item)) for item in items] == [1, 1]


def test_a_ticket_that_is_filed_once_the_bot_has_started_is_looked_at_also_before_the_first_poll(
    make_world: Callable[..., Any],
) -> None:
    world = make_world(intake="poll")
    item = world.file(*STORY)
    world.queue.offset += timedelta(seconds=90)
    world.poll()
    assert len(world.own_comments(item)) == 1


def test_a_label_of_the_bots_silences_it_only_on_its_own_items(make_world: Callable[..., Any]) -> None:
    world = make_world(mode="shadow")
    labels = (DRAFT_LABEL, SCRATCH_LABEL)
    items = {who: [world.file(*STORY, who=who) for _ in labels] for who in ("steward", "dana")}
    for filed in items.values():
        for item, label in zip(filed, labels, strict=True):
            world.edit("dana", item, labels=[label])
    world.work()
    assert set(states(world)) == {item.key for item in items["dana"]}
