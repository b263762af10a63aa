"""Draft sub-tasks: made beforehand only where a project's policy says so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.flavours import FEW, MOST
from tests.steps import LARGE, night, tell

SPRINT = "customfield_10020"


@pytest.mark.parametrize("flavour", MOST)
def test_without_the_policy_nothing_is_drafted(make_world: Callable[..., Any], flavour: str) -> None:
    world = make_world(flavour)
    item = world.file(*LARGE)
    world.work()
    assert world.tracker.children(item.id) == []


@pytest.mark.parametrize("flavour", MOST)
def test_with_the_policy_drafts_are_made_once_and_an_accept_keeps_them(
    make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour, project="draft_subtasks = true")
    item = world.file(*LARGE)
    world.work()
    drafts = world.tracker.children(item.id)
    assert len(drafts) == 5
    assert all("steward-draft" in draft.labels and draft.assignee is None for draft in drafts)
    assert all(world.tracker.comments(draft.id) == [] for draft in drafts)
    assert drafts[0].key in world.proposal(item)
    world.say("dana", item, f"steward accept {world.number(item, 'Split into 5')}")
    world.work()
    kept = world.tracker.children(item.id)
    assert [child.id for child in kept] == [draft.id for draft in drafts]
    assert all("steward-draft" not in child.labels for child in kept)


@pytest.mark.parametrize("flavour", MOST)
def test_a_draft_whose_answer_was_lost_is_not_made_twice(make_world: Callable[..., Any], flavour: str) -> None:
    world = make_world(flavour, project="draft_subtasks = true")
    path = "workitems/" if flavour == "azure-devops" else "/issue$"
    world.mounted.faults.lose_answer(method="POST", path=path, times=2)
    item = world.file(*LARGE)
    world.work()
    assert len(world.tracker.children(item.id)) == 5


def drafting(world: Any) -> tuple[Any, list[Any]]:
    """An item with its five drafts."""
    item = world.file(*LARGE)
    world.work()
    return item, world.tracker.children(item.id)


def take_label_off(world: Any, who: str, draft: Any) -> None:
    labels = tuple(label for label in world.now(draft).labels if label != "steward-draft")
    world.edit(who, draft, labels=labels)
    world.work()


def close(world: Any, who: str, draft: Any) -> None:
    done = next(term for term in world.tracker.terms("status") if term.category == "done")
    world.edit(who, draft, status=done.name)
    world.work()


def labelled(world: Any, item: Any) -> list[str]:
    return [child.key for child in world.tracker.children(item.id) if "steward-draft" in child.labels]


@pytest.fixture(params=MOST)
def world(request: pytest.FixtureRequest, make_world: Callable[..., Any]) -> Any:
    return make_world(request.param, project="draft_subtasks = true\ndaily_budget = 100")


@pytest.mark.parametrize("world", FEW, indirect=True)
def test_an_accept_is_said_to_keep_what_is_drafted_already(world: Any) -> None:
    item = world.file(*LARGE)
    world.work()
    assert "keeps them" in world.proposal(item)
    assert "creates them" not in world.proposal(item)


@pytest.mark.parametrize("world", FEW, indirect=True)
def test_drafts_that_nobody_decides_on_change_nothing_of_what_is_said(world: Any) -> None:
    item, drafts = drafting(world)
    said = world.proposal(item)
    world.edit("lee", drafts[0], summary="In other words")
    world.work()
    night(world, "one")
    assert world.proposal(item) == said
    assert len(labelled(world, item)) == 5


def test_a_label_taken_off_by_a_person_keeps_that_draft_and_the_comment_says_how_many(world: Any) -> None:
    item, drafts = drafting(world)
    take_label_off(world, "dana", drafts[0])
    take_label_off(world, "lee", drafts[1])
    assert "2 of 5 kept." in world.proposal(item)
    close(world, "lee", drafts[2])
    assert "2 of 5 kept, 1 turned down." in world.proposal(item)
    assert world.number(item, "Split into 5")


@pytest.mark.parametrize("world", FEW, indirect=True)
def test_a_change_is_accepted_when_every_draft_is_decided_and_one_was_kept(world: Any) -> None:
    item, drafts = drafting(world)
    for draft in drafts[:4]:
        close(world, "lee", draft)
    take_label_off(world, "dana", drafts[4])
    assert "accepted by Dana" in world.proposal(item)
    assert "1 of 5 kept, 4 turned down" in world.proposal(item)


def test_a_change_is_rejected_when_every_draft_was_closed_and_is_not_suggested_again(world: Any) -> None:
    item, drafts = drafting(world)
    for draft in drafts:
        close(world, "lee", draft)
    assert "rejected by Lee" in world.proposal(item)
    world.edit("dana", item, summary="The loyalty programme")
    world.work()
    assert len(world.tracker.children(item.id)) == 5
    assert world.proposal(item).count("Split into") == 1


def test_a_label_that_an_automation_or_the_bot_takes_off_decides_nothing(world: Any) -> None:
    item, drafts = drafting(world)
    said = world.proposal(item)
    if world.flavour != "jira-data-center":  # which knows no accounts of apps
        world.tracker.add_account("robot", "Robot", "Administrators", is_app=True)
        take_label_off(world, "robot", drafts[0])
    take_label_off(world, "steward", drafts[1])
    assert world.proposal(item) == said


def test_a_clone_of_a_draft_decides_nothing(world: Any) -> None:
    item, drafts = drafting(world)
    said = world.proposal(item)
    clone = world.tracker.create_item(
        world.tracker.user("lee"), world.project, drafts[0].type, drafts[0].summary, None, parent=item.id
    )
    close(world, "lee", clone)
    assert world.proposal(item) == said


def test_a_draft_that_a_person_deletes_is_turned_down(world: Any) -> None:
    item, drafts = drafting(world)
    world.tracker.delete_item(world.tracker.user("ada"), drafts[0].id)
    world.work()
    assert "1 of 5 turned down." in world.proposal(item)


@pytest.mark.parametrize("world", FEW, indirect=True)
def test_an_accept_by_word_covers_the_drafts_on_which_nobody_has_decided(world: Any) -> None:
    item, drafts = drafting(world)
    close(world, "lee", drafts[0])
    tell(world, "dana", item, f"steward accept {world.number(item, 'Split into 5')}")
    assert "accepted by Dana" in world.proposal(item)
    assert "4 of 5 kept, 1 turned down" in world.proposal(item)
    assert labelled(world, item) == [drafts[0].key]
    assert len(world.tracker.children(item.id)) == 5


def test_a_no_by_word_deletes_untouched_drafts_and_leaves_those_a_person_has_worked_on(world: Any) -> None:
    item, drafts = drafting(world)
    world.edit("lee", drafts[0], summary="Points on each order")
    take_label_off(world, "lee", drafts[1])
    tell(world, "dana", item, f"steward reject {world.number(item, 'Split into 5')} later")
    assert "rejected by Dana" in world.proposal(item)
    left = world.tracker.children(item.id)
    assert [child.id for child in left] == [drafts[0].id, drafts[1].id]
    assert labelled(world, item) == []
    assert f"Not deleted: {drafts[0].key}" in world.answer(item)


def test_an_undo_deletes_kept_drafts_and_names_those_a_person_has_worked_on(world: Any) -> None:
    item, drafts = drafting(world)
    number = world.number(item, "Split into 5")
    take_label_off(world, "dana", drafts[0])
    world.edit("lee", drafts[1], summary="Vouchers")
    tell(world, "dana", item, f"steward accept {number}")
    tell(world, "dana", item, f"steward undo {number}")
    assert [child.id for child in world.tracker.children(item.id)] == [drafts[1].id]
    assert labelled(world, item) == []
    assert "undone by Dana" in world.proposal(item)
    assert f"not deleted: {drafts[1].key}" in world.proposal(item)


def test_after_an_undo_none_of_the_drafts_carries_the_label(world: Any) -> None:
    item, drafts = drafting(world)
    for draft in drafts[:2]:
        close(world, "lee", draft)
    for draft in drafts[2:]:
        take_label_off(world, "dana", draft)
    tell(world, "dana", item, "steward undo 1" if "1. Split" in world.proposal(item) else "steward undo 2")
    assert [child.id for child in world.tracker.children(item.id)] == [draft.id for draft in drafts[:2]]
    assert labelled(world, item) == []


@pytest.mark.parametrize("world", FEW, indirect=True)
def test_untouched_drafts_stay_for_thirty_days_and_are_withdrawn_after_them(world: Any) -> None:
    item, _ = drafting(world)
    world.queue.offset += timedelta(days=29)
    night(world, "early")
    assert len(world.tracker.children(item.id)) == 5
    world.queue.offset += timedelta(days=2)
    night(world, "late")
    assert world.tracker.children(item.id) == []
    assert "withdrawn: nobody has taken up its drafts" in world.proposal(item)
    night(world, "later")
    assert world.proposal(item).count("Split into") == 1


@pytest.mark.parametrize("world", FEW, indirect=True)
@pytest.mark.parametrize("touch", ["edit", "comment", "sprint"])
def test_a_draft_that_anybody_has_touched_is_not_withdrawn(world: Any, touch: str) -> None:
    item, drafts = drafting(world)
    if touch == "edit":
        world.edit("lee", drafts[0], summary="Points on each order")
    elif touch == "comment":
        world.say("lee", drafts[0], "I shall see to it")
    elif world.flavour == "azure-devops":
        world.edit("lee", drafts[0], **{"System.IterationPath": rf"{world.project}\Sprint 1"})
    else:
        world.edit("lee", drafts[0], **{SPRINT: "Sprint 1"})
    world.work()
    world.queue.offset += timedelta(days=31)
    night(world, "late")
    assert [child.id for child in world.tracker.children(item.id)] == [drafts[0].id]
    assert world.number(item, "Split into 5")


def test_with_no_days_drafts_stay(make_world: Callable[..., Any]) -> None:
    world = make_world(project="draft_subtasks = true\ndraft_days = 0")
    item, _ = drafting(world)
    world.queue.offset += timedelta(days=400)
    night(world, "late")
    assert len(labelled(world, item)) == 5


def test_drafts_are_in_no_sprint_although_their_item_is(world: Any) -> None:
    if world.flavour == "azure-devops":
        name, sprint, none = "System.IterationPath", rf"{world.project}\Sprint 1", world.project
    else:
        name, sprint, none = SPRINT, "Sprint 1", None
    item = world.file(*LARGE)
    world.edit("dana", item, **{name: sprint})
    world.work()
    assert world.now(item).fields[name] == sprint
    assert [world.now(draft).fields.get(name) for draft in world.tracker.children(item.id)] == [none] * 5


def test_one_history_entry_counts_once_whatever_brings_it_again(world: Any) -> None:
    item, drafts = drafting(world)
    take_label_off(world, "dana", drafts[0])
    said = world.proposal(item)
    world.poll()
    world.edit("lee", drafts[0], summary="Another title")
    world.work()
    assert world.proposal(item) == said


@pytest.mark.parametrize("flavour", FEW)
def test_on_a_shared_account_a_withdrawal_is_not_taken_for_a_no(make_world: Callable[..., Any], flavour: str) -> None:
    settings = 'draft_subtasks = true\naccept_people = ["{dana}", "{lee}"]'
    world = make_world(flavour, account="shared", project=settings)
    item, drafts = drafting(world)
    take_label_off(world, "dana", drafts[0])
    assert "1 of 5 kept." in world.proposal(item)
    world.queue.offset += timedelta(days=31)
    night(world, "late")
    if len(world.tracker.children(item.id)) == 1:  # where this account may delete
        assert "accepted by Dana" in world.proposal(item)
        assert "1 of 5 kept, 4 withdrawn" in world.proposal(item)
    else:
        assert "1 of 5 kept." in world.proposal(item)


@pytest.mark.parametrize("flavour", ["jira-cloud", "jira-data-center"])
def test_a_bot_that_may_delete_nothing_says_which_drafts_stay(make_world: Callable[..., Any], flavour: str) -> None:
    settings = 'draft_subtasks = true\naccept_people = ["{dana}"]'
    world = make_world(flavour, rights="plain", project=settings)
    item, drafts = drafting(world)
    tell(world, "dana", item, f"steward reject {world.number(item, 'Split into 5')}")
    assert "rejected by Dana" in world.proposal(item)
    assert all(draft.key in world.answer(item) for draft in drafts)
    assert labelled(world, item) == []
