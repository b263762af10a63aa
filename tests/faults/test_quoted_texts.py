"""Words of tickets and comments that are not the author's own word to the bot, and those that would call people."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from bot.store import proposals
from tests.flavours import MOST
from tests.steps import proposed

STORY = ("Let buyers save their cart", "As a buyer I want to save my cart. The cart must be kept for 30 days.")
LARGE = (
    "Loyalty programme",
    "As a shop owner I want a loyalty programme.\n\n## Tasks\n\n- Show the points to CALLED in the account\n"
    "- Add vouchers for points\n- Send CALLED a birthday bonus by mail\n- List all bonus partners on a page\n"
    "- Import the points of the old programme",
)
LOUD = "daily_budget = 1000\nbulk_items = 1000"
ACCEPT = "steward accept 1"


@pytest.mark.parametrize("flavour", MOST)
def test_fault_31_a_person_whom_a_text_mentions_is_not_called_by_what_the_bot_repeats_of_it(
    make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour, project=LOUD)
    dana = world.tracker.user("dana")
    calls = f"@<{dana.id}> @dana @{dana.display_name} [~dana] [~{dana.id}] [~accountid:{dana.id}]"
    first = proposed(world, (f"{STORY[0]}, says {calls}", STORY[1]))
    invoice = "As a clerk I want to print an invoice. Each invoice must show its number within 2 seconds."
    second = proposed(world, (f"Print invoices for {calls}", invoice))
    same = proposed(world, (f"{STORY[0]}, says {calls}!", STORY[1]))
    quoting = [in_words_of(world, *LARGE), in_words_of(world, "Login broken", "ask CALLED", type="Bug")]
    world.say("lee", first, f"steward reject {world.number(first, 'Acceptance criteria')} ask {calls}")
    world.say(
        "lee", second, f"steward accept {world.number(second, 'Acceptance criteria')}:\n- The cart of {calls} is kept"
    )
    world.say("lee", same, f"steward explain {world.number(same, 'Same title')}")
    world.work()
    assert "ask" in world.proposal(first).split("rejected by Lee")[1], "the reason is repeated"
    assert "The cart of" in world.description(second), "a person's own words are written into the item"
    assert f"says @<{dana.id}>" in world.proposal(same) + world.answer(same), "the other item's title is quoted"
    for item in quoting:
        assert re.search(r"(to|ask) @(Dana|dana)", world.proposal(item))
    bot = world.bot().name
    assert [mail for mail in world.mounted.mailbox.to("dana") if mail.reason == "mentioned" and mail.actor == bot] == []


def in_words_of(world: Any, title: str, text: str, type: str = "Story") -> Any:
    """A new item, looked at by the bot, in whose text the tracker's own mention of Dana stands for CALLED."""
    kind = "User Story" if (type, world.flavour) == ("Story", "azure-devops") else type
    body = _called(world.native(text), world.flavour, world.tracker.user("dana"))
    item = world.tracker.create_item(world.tracker.user("rae"), world.project, kind, title, body)
    world.work()
    return item


def _called(native: Any, flavour: str, user: Any) -> Any:
    if isinstance(native, str):
        html = f'<a href="#" data-vss-mention="version:2.0,{user.id}">@{user.display_name}</a>'
        return native.replace("CALLED", html if flavour == "azure-devops" else f"[~{user.name}]")
    pieces = []
    for node in native["content"]:
        before, called, after = node.get("text", "").partition("CALLED")
        if called:
            mention = {"type": "mention", "attrs": {"id": user.id, "text": f"@{user.display_name}"}}
            words = [{"type": "text", "text": text} if text else None for text in (before, after)]
            pieces += [piece for piece in (words[0], mention, words[1]) if piece is not None]
        else:
            pieces.append(_called(node, flavour, user) if "content" in node else node)
    return {**native, "content": pieces}


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
