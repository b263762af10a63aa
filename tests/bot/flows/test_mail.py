"""How much mail the bot causes, under the trackers' own default schemes: two a person and item, up to the decision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from integrations.sandbox.records import Item
from tests.flavours import MOST
from tests.steps import LARGE, proposed, tell

World = Callable[..., Any]
VAGUE = ("Search is broken", "It does not work.")


def mails(world: Any, item: Item) -> Counter[str]:
    """How many mails each person has had by the bot's doing, on one item and since the last time this was asked."""
    found = Counter(one.to for one in world.mounted.mailbox.mails if one.actor == "steward" and one.item == item.key)
    world.mounted.mailbox.clear()
    return found


def watched(world: Any, item: Item) -> Item:
    """Rae has reported it, Lee is to do it, Otto watches it."""
    world.tracker.change_item(None, item.id, {"assignee": "lee"})
    world.tracker.set_watching(item.id, "otto", True)
    world.mounted.mailbox.clear()
    return item


@pytest.mark.parametrize("flavour", MOST)
def test_nobody_has_more_than_two_mails_from_proposal_to_decision_and_one_mention(
    make_world: World, flavour: str
) -> None:
    world = make_world(flavour)
    item = watched(world, world.file(*VAGUE, type="Bug"))
    world.work()
    mentioned = [one.to for one in world.mounted.mailbox.mails if one.reason == "mentioned"]
    told = mails(world, item)
    assert set(told.values()) == {1}
    assert mentioned == ["rae"], "with the questions, once"
    world.edit("dana", item, summary="Search is broken again")
    world.work()
    assert mails(world, item) == {}, "what says the same is not edited"

    tell(world, "dana", item, f"steward accept {world.number(item, 'Label')}")
    assert "accepted" in world.proposal(item)
    told += mails(world, item)
    assert max(told.values()) <= 2, told
    assert "dana" in told or flavour == "azure-devops", "who commented watches it, and hears once"

    tell(world, "dana", item, "steward undo 1")
    assert "undone" in world.proposal(item)
    assert max(mails(world, item).values(), default=0) <= 1, "an undo is a decision of its own"

    for asked in ("steward explain 1", "steward help"):
        tell(world, "dana", item, asked)
    answered = mails(world, item)
    assert max(answered.values()) <= (2 if flavour == "jira-data-center" else 1), "further answers are edits"
    assert "mentioned" not in {one.reason for one in world.mounted.mailbox.mails}


def test_draft_subtasks_and_the_decision_on_them_make_no_more_mail(make_world: World) -> None:
    world = make_world(project="draft_subtasks = true")
    item = watched(world, world.file(*LARGE))
    world.work()
    assert "Drafted as" in world.proposal(item)
    told = mails(world, item)
    tell(world, "dana", item, "steward accept all")
    told += mails(world, item)
    assert max(told.values()) <= 2, told


def test_without_the_right_to_be_silent_data_center_tells_of_the_write_itself(make_world: World) -> None:
    world = make_world("jira-data-center", rights="plain", project="accept_people = ['{dana}']")
    item = watched(world, proposed(world, VAGUE, type="Bug"))
    tell(world, "dana", item, "steward accept 1")
    assert "accepted" in world.proposal(item)
    refused = [one for one in world.requests("PUT") if one.status == 403]
    assert len(refused) == 1, "asked for once"
