"""Draft sub-tasks: made beforehand only where a project's policy says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.steps import LARGE

FLAVOURS = ["jira-cloud", "jira-data-center", "azure-devops"]


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_without_the_policy_nothing_is_drafted(make_world: Callable[..., Any], flavour: str) -> None:
    world = make_world(flavour)
    item = world.file(*LARGE)
    world.work()
    assert world.tracker.children(item.id) == []


@pytest.mark.parametrize("flavour", FLAVOURS)
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


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_draft_whose_answer_was_lost_is_not_made_twice(make_world: Callable[..., Any], flavour: str) -> None:
    world = make_world(flavour, project="draft_subtasks = true")
    path = "workitems/" if flavour == "azure-devops" else "/issue$"
    world.mounted.faults.lose_answer(method="POST", path=path, times=2)
    item = world.file(*LARGE)
    world.work()
    assert len(world.tracker.children(item.id)) == 5
