"""The main job, on every tracker and with every kind of account."""

from __future__ import annotations

from typing import Any

from tests.steps import LARGE, proposed, tell

STORY = (
    "Let buyers save their cart",
    "As a buyer I want to save my cart so that I can go on later on another device.\n\n"
    "The cart must be kept for 30 days. A saved cart should show the prices of today.",
)
OUTAGE = (
    "Checkout is down for all customers",
    "Open the cart and press Pay.\n\nExpected: the order is placed.\n\nSeen: error 500, nobody can pay since 9:00.",
)
EXPORT = (
    "Export of invoices fails with error E1234",
    "The export of invoices as PDF fails with error E1234 after the update, and the file stays empty.",
)
CLEAR = (
    "Show the delivery date in the cart",
    "As a buyer I want to see the delivery date in the cart.\n\nAcceptance criteria\n\n"
    "Given an item in stock, when the cart is opened, then the date of delivery is shown beside it.\n\n"
    "Given an item out of stock, when the cart is opened, then the words 'not before' and a date are shown.",
)


def test_an_item_with_nothing_to_say_about_is_left_alone(world: Any) -> None:
    item = proposed(world, CLEAR, priority="lowest")
    assert world.own_comments(item) == []


def test_a_story_without_criteria_gets_one_comment(world: Any) -> None:
    item = proposed(world, STORY)
    assert len(world.own_comments(item)) == 1
    assert "The cart must be kept for 30 days" in world.proposal(item)
    assert world.now(item).description == item.description


def test_an_accepted_change_is_made_and_the_comment_says_so(world: Any) -> None:
    item = proposed(world, STORY)
    tell(world, "dana", item, f"steward accept {world.number(item, 'Acceptance criteria')}")
    assert "The cart must be kept for 30 days" in world.description(item)
    assert "Acceptance criteria" in world.description(item)
    assert "accepted by Dana" in world.proposal(item)
    assert len(world.own_comments(item)) == 1


def test_undo_gives_the_description_back_as_it_was(world: Any) -> None:
    item = proposed(world, STORY)
    number = world.number(item, "Acceptance criteria")
    tell(world, "dana", item, f"steward accept {number}")
    tell(world, "dana", item, f"Steward: undo {number}.")
    assert world.now(item).description == item.description
    assert "undone by Dana" in world.proposal(item)


def test_a_priority_is_changed_and_taken_back(world: Any) -> None:
    item = proposed(world, OUTAGE, type="Bug", priority="lowest")
    number = world.number(item, "Priority")
    tell(world, "dana", item, f"steward accept {number}")
    assert world.now(item).priority not in (world.priority("lowest"), None)
    tell(world, "dana", item, f"steward undo {number}")
    assert world.now(item).priority == world.priority("lowest")


def test_a_label_is_put_on_and_taken_off(world: Any) -> None:
    item = proposed(world, ("Search is broken", "It does not work. Please fix it."), type="Bug")
    number = world.number(item, "Label: add needs-details")
    tell(world, "dana", item, f"steward accept {number}")
    assert "needs-details" in world.now(item).labels
    tell(world, "dana", item, f"steward undo {number}")
    assert "needs-details" not in world.now(item).labels


def test_a_duplicate_is_linked_and_unlinked(world: Any) -> None:
    first = proposed(world, EXPORT, type="Bug")
    second = proposed(world, EXPORT, type="Bug")
    number = world.number(second, "Probably the same as" if "Probably" in world.proposal(second) else "Same title as")
    tell(world, "dana", second, f"steward accept {number}")
    assert world.tracker.items_linked(second.id) == [first.id]
    tell(world, "dana", second, f"steward undo {number}")
    assert world.tracker.items_linked(second.id) == []


def test_own_words_are_applied_instead_of_the_draft(world: Any) -> None:
    item = proposed(world, STORY)
    number = world.number(item, "Acceptance criteria")
    tell(world, "dana", item, f"steward accept {number}:\n- The cart is kept for a year")
    assert "The cart is kept for a year" in world.description(item)
    assert "prices of today" not in world.description(item).split("Acceptance criteria")[1]


def test_a_rejected_change_is_not_suggested_again(world: Any) -> None:
    item = proposed(world, STORY)
    tell(world, "dana", item, f"steward reject {world.number(item, 'Acceptance criteria')} we write none here")
    assert "we write none here" in world.proposal(item)
    world.edit("lee", item, summary="Let buyers save and name their cart")
    world.work()
    assert "suggestion" not in world.proposal(item).split("\n")[0]


def test_the_label_accepts_all_that_is_shown_and_is_taken_away(world: Any) -> None:
    item = proposed(world, STORY)
    world.edit("lee", item, labels=("steward-accept",))
    world.work()
    assert "Acceptance criteria" in world.description(item)
    assert "steward-accept" not in world.now(item).labels
    assert "accepted by Lee" in world.proposal(item)


def test_help_is_given_to_anybody_in_one_answer_comment(world: Any) -> None:
    item = proposed(world, STORY)
    tell(world, "rae", item, "steward help")
    tell(world, "rae", item, "steward acept 1")
    assert len(world.own_comments(item)) == 2
    newest, _, first = world.answer(item).partition(", on steward help: A command is a line of its own")
    assert "steward accept 1" in newest
    assert "All but help and explain" in first or "help and explain are for all" in first


def test_the_poll_alone_does_the_whole_job(world: Any) -> None:
    world.mounted.webhooks.never = True
    world.poll()
    item = world.file(*STORY)
    world.poll()
    world.say("dana", item, f"steward accept {world.number(item, 'Acceptance criteria')}")
    world.poll()
    assert "Acceptance criteria" in world.description(item)
    assert len(world.own_comments(item)) == 1


def test_items_that_were_there_before_are_known_and_not_commented(world: Any) -> None:
    world.mounted.webhooks.never = True
    item = world.file(*STORY)
    world.reconnect()
    world.poll()
    world.poll()
    assert world.own_comments(item) == []
    world.edit("lee", item, summary="Let buyers save, name and share their cart")
    world.poll()
    assert len(world.own_comments(item)) == 1


def test_sub_tasks_are_created_by_an_accept_and_gone_after_an_undo(world: Any) -> None:
    item = proposed(world, LARGE)
    number = world.number(item, "Split into 5")
    assert world.tracker.children(item.id) == []
    tell(world, "dana", item, f"steward accept {number}")
    children = world.tracker.children(item.id)
    assert [child.summary for child in children][:2] == [
        "Show the points of each order in the account",
        "Add vouchers for points",
    ]
    assert all(world.tracker.comments(child.id) == [] for child in children)
    tell(world, "dana", item, f"steward undo {number}")
    if world.flavour != "azure-devops" and not world.tracker.may(
        world.bot(), "administer", world.tracker.projects()[0]
    ):
        # Jira lets only administrators delete: the person who asked is told what is missing, and nothing is half done.
        assert "Delete Issues" in world.answer(item)
        assert len(world.tracker.children(item.id)) == 5
    else:
        assert world.tracker.children(item.id) == []


def test_a_comment_that_a_person_deleted_leaves_nothing_to_accept(world: Any) -> None:
    item = proposed(world, STORY)
    comment = next(each for each in world.tracker.comments(item.id) if each.author == world.bot().name)
    world.tracker.delete_comment(world.tracker.user("ada"), comment.id)
    tell(world, "lee", item, "steward accept 1")
    assert world.now(item).description == item.description
    tell(world, "lee", item, "steward expand")
    assert "Acceptance criteria" in world.proposal(item)


def test_undo_of_a_number_that_own_words_replaced_takes_those_back(world: Any) -> None:
    item = proposed(world, STORY)
    number = world.number(item, "Acceptance criteria")
    tell(world, "lee", item, f"steward accept {number}:\n- The cart is kept for a year")
    tell(world, "lee", item, f"steward undo {number}")
    assert world.now(item).description == item.description


def test_a_look_that_finds_nothing_new_is_answered(world: Any) -> None:
    item = proposed(world, STORY)
    tell(world, "lee", item, "steward expand")
    assert "anew" in world.answer(item)
