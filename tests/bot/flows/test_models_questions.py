"""What a model asks instead of drafting takes the place of the rules' own question, and is asked nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.flows.desk import Drafted

QUESTION = "Which price counts while an offer runs?"
VAGUE = (
    "Prices of offers in the shop",
    "Our customers have told the colleagues in the shop many times that the prices of the weekly offers look odd to "
    "them, and the colleagues have told us. We talked about it last week with the people from sales and from the "
    "warehouse, who have seen the same in their own lists, and who have their own ideas about the reasons for it. "
    "Some blame the nightly import, others the printed leaflets, and a few of them suspect the old tills near "
    "both main exits.",
)
STORY = ("Let buyers save their cart", "As a buyer I want to save my cart. The cart must be kept for 30 days.")


def test_a_models_question_is_asked_only_where_the_rules_ask_as_well_and_says_who_drafted_it(
    make_world: Callable[..., Any],
) -> None:
    world = make_world()
    asked: list[str] = []

    def draft(item: Any) -> Drafted:
        asked.append(item.key)
        return Drafted(None, (QUESTION,))

    world.rewire("triage", draft_criteria=draft)
    fine, drafted, vague = world.file("Say thanks", "Fine.", type="Epic"), world.file(*STORY), world.file(*VAGUE)
    world.work()
    assert fine.key not in asked
    assert "must be kept for 30 days" in world.proposal(drafted)
    assert QUESTION not in world.proposal(drafted)
    assert "language model" not in world.proposal(drafted)
    said = world.proposal(vague)
    assert QUESTION in said
    assert "Drafted by rules and a language model" in said
    assert "is done?" not in said
