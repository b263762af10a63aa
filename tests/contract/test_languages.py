"""A project in another language: what the bot says is in it, what people type in it is understood."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.words.command_words import WORDS
from tests.contract.test_main_job import STORY
from tests.flavours import MOST
from tests.steps import proposed, tell


@pytest.mark.parametrize("flavour", MOST)
def test_a_german_project_is_spoken_to_and_understood_in_german(flavour: str, make_world: Callable[..., Any]) -> None:
    world = make_world(flavour, project='language = "de"')
    item = proposed(world, STORY)
    shown = world.proposal(item)
    assert "Steward: 1 Vorschlag. Antwort: steward annehmen 1 oder steward ablehnen 1 Grund." in shown
    assert "Bis dahin ändert sich nichts." in shown
    tell(world, "dana", item, f"steward {WORDS['de']['accept']} 1")
    assert "angenommen von Dana" in world.proposal(item)
    if flavour != "azure-devops":  # there, criteria have a field of their own
        assert "Akzeptanzkriterien" in world.description(item)
        assert "Acceptance criteria" not in world.description(item)
    world.rewire("acceptance", projects=_spoken_to(world, "es"))
    tell(world, "dana", item, f"steward {WORDS['de']['undo']} 1")
    assert world.now(item).description == item.description
    assert "deshecha por Dana" in world.proposal(item)
    assert len(world.own_comments(item)) == 1
    if flavour != "azure-devops":  # there, what is restricted lies in an area of its own
        world.restrict(item, "steward")
        world.work()
        assert "Steward: aquí no espera nada: ahora tiene acceso restringido, y" in world.own_comments(item)[0]


def _spoken_to(world: Any, code: str) -> dict[str, Any]:
    """The projects, after their setting has changed."""
    return {key: replace(project, language=code) for key, project in world.wired.acceptance.projects.items()}
