"""A line that was meant as a command is answered with one that can be carried out here and now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.steps import proposed, tell

VAGUE = ("Search is broken", "It does not work.")


def newest(world: Any, who: str, item: Any, words: str) -> str:
    tell(world, who, item, words)
    first: str = world.answer(item).split("\n")[0]
    return first


def test_a_hint_names_only_a_number_to_which_the_command_could_apply(make_world: Callable[..., Any]) -> None:
    world = make_world()
    item = proposed(world, VAGUE, type="Bug")
    shown = world.number(item, "Label")
    assert "No suggestion on this item is accepted" in newest(world, "lee", item, "steward undo")
    assert f"steward accept {shown}" in newest(world, "lee", item, "steward accept")
    assert f"steward reject {shown} not now" in newest(world, "lee", item, "steward rejct 7 not now")
    assert f"steward explain {shown}" in newest(world, "lee", item, "steward explian 7")
    tell(world, "lee", item, f"steward reject {shown}")
    assert "is accepted, so there is nothing to take back" in newest(world, "lee", item, "steward undo")
    assert "No suggestion on this item is open; steward expand" in newest(world, "lee", item, "steward accept")
    assert "No suggestion on this item is open" in newest(world, "lee", item, "steward yes")
