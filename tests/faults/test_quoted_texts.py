"""Words of tickets and comments that are not the author's own word to the bot, and those that would call people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.store import proposals
from tests.steps import proposed

FLAVOURS = ["jira-cloud", "jira-data-center", "azure-devops"]
STORY = ("Let buyers save their cart", "As a buyer I want to save my cart. The cart must be kept for 30 days.")
ACCEPT = "steward accept 1"


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_fault_31_a_person_whom_a_text_mentions_is_not_called_by_what_the_bot_repeats_of_it(
    make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour)
    dana = world.tracker.user("dana")
    calls = f"@<{dana.id}> @dana @{dana.display_name}"
    if flavour != "azure-devops":  # which knows no wiki markup
        calls += f" [~dana] [~{dana.id}] [~accountid:{dana.id}]"
    first = proposed(world, (f"{STORY[0]}, says {calls}", STORY[1]))
    invoice = "As a clerk I want to print an invoice. Each invoice must show its number within 2 seconds."
    second = proposed(world, (f"Print invoices for {calls}", invoice))
    said = len(world.mounted.mailbox.to("dana"))
    world.say("lee", first, f"steward reject {world.number(first, 'Acceptance criteria')} ask {calls}")
    world.say(
        "lee", second, f"steward accept {world.number(second, 'Acceptance criteria')}:\n- The cart of {calls} is kept"
    )
    world.work()
    assert "ask" in world.proposal(first).split("rejected by Lee")[1], "the reason is repeated"
    assert "The cart of" in world.description(second), "a person's own words are written into the item"
    assert [
        mail for mail in world.mounted.mailbox.to("dana")[said:] if mail.reason == "mentioned" and mail.actor != "lee"
    ] == []


NOT_ONES_OWN_WORD = {
    "a quote": f"> {ACCEPT}",
    "a quote in a quote": f"> > {ACCEPT}",
    "a fence": f"```\n{ACCEPT}\n```",
    "a fence of tildes": f"~~~\n{ACCEPT}\n~~~",
    "a fence that never ends": f"Look:\n\n```text\n{ACCEPT}",
    "code in a line": f"`{ACCEPT}`",
    "a quote as the editor saves it": f"&gt; {ACCEPT}",
    "a quote in HTML": f"<blockquote>\n{ACCEPT}\n</blockquote>",
    "code in HTML": f"<pre>\n{ACCEPT}\n</pre>",
    "a quoted mail": f"On Friday Dana wrote:\n> {ACCEPT}\n>\n> Dana",
    "a comment": f"<!-- {ACCEPT} -->",
}


def test_fault_38_in_the_markdown_of_azure_devops_quotes_and_code_are_nobodys_word(
    make_world: Callable[..., Any],
) -> None:
    world = make_world("azure-devops")
    item = proposed(world, STORY)
    dana = world.tracker.user("dana")
    for body in NOT_ONES_OWN_WORD.values():
        world.tracker.add_comment(dana, item.id, body, format="markdown")
    world.work(leap=False)
    with world.db.read() as session:
        assert {row.state for row in proposals.changes(session, "tracker", str(item.id))} == {"open"}
    world.tracker.add_comment(dana, item.id, ACCEPT, format="markdown")
    world.work(leap=False)
    assert "accepted by Dana" in world.proposal(item)
