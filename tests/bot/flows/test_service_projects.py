"""In a service project the customer reads comments: not one of the bot's is for them, whatever the settings say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot import doctor
from integrations.sandbox.jira.scheme import Scheme, arrange
from integrations.sandbox.records import Happening
from tests.steps import tell

AUDIENCE = "comments_for = 'role:Administrators'\n"


@pytest.mark.parametrize(("flavour", "settings"), [("jira-cloud", ""), ("jira-data-center", AUDIENCE)])
def test_every_comment_and_every_edit_of_one_is_internal(
    make_world: Callable[..., Any], flavour: str, settings: str
) -> None:
    world = make_world(flavour, project=settings)
    arrange(world.tracker, world.project, Scheme(kind="service_desk"))
    said: list[tuple[str, bool, int | None]] = []

    def note(happening: Happening) -> None:
        comment = happening.comment
        if comment is not None and comment.author == "steward":
            said.append((happening.kind, comment.internal, comment.parent))

    world.tracker.subscribe(note)
    item = world.file("Search is broken", "It does not work.", type="Bug")
    world.work()
    for words in ("explain 1", "accept 1", "undo 1", "accept 99", "expand", "mute", "unmute", "reject all"):
        tell(world, "dana", item, f"steward {words}")
    assert world.answer(item)
    kinds = [kind for kind, _, _ in said]
    assert kinds.count("commented") == 2
    assert kinds.count("comment_edited") >= 4
    assert any(parent for _, _, parent in said) == (flavour == "jira-cloud"), "the answer is in the thread"

    before = len(said)
    steps: list[doctor.Step] = []
    doctor.rehearse(world.wired.client, next(iter(world.settings.projects.values())), steps.append)
    assert [step for step in steps if step.state != "ok"] == []
    assert {kind for kind, _, _ in said[before:]} >= {"commented", "comment_edited"}
    assert all(internal for _, internal, _ in said), said
