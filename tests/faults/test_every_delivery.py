"""Every delivery is answered, whatever is wrong with it, and what a real one means docs/webhooks.md says."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.store import items
from tests.deliveries import answers, letters, post, rows, vendor, with_a_button
from tests.flavours import EVERY
from tests.shapes import (
    AZURE_DEVOPS_IGNORED,
    AZURE_DEVOPS_KEPT,
    JIRA_IGNORED,
    JIRA_KEPT,
    NO_ITEM,
    OF_A_RULE,
    Payload,
    spoilt,
)

REPOSITORY = Path(__file__).resolve().parents[2]
FIXTURES = REPOSITORY.parent / "shared" / "fixtures"
PAGE = REPOSITORY / "docs" / "webhooks.md"
PRODUCTS = {"jira-cloud": "Jira Cloud", "jira-data-center": "Jira Data Center", "azure-devops": "Azure DevOps"}
STORY = ("Let buyers save their cart", "As a buyer I want to save my cart. The cart must be kept for 30 days.")

READ_AND_LOOKED_AT = "The item is read anew, and looked at once it has rested."
OBEYED = "The item's comments are read anew, and the command in the newest is obeyed."
CLOSED = "The item is asked for, and as it is gone, what was known of it is dropped."
NOTHING = "Nothing: nothing is kept and nothing is asked."
LETTER = "It is kept as a dead letter."


def real() -> list[Payload]:
    return [json.loads(path.read_bytes().decode("utf-8-sig")) for path in sorted(FIXTURES.glob("*/*.json"))]


def flavour_of(payload: Payload) -> str:
    if "webhookEvent" not in payload:
        return "azure-devops"
    return "jira-cloud" if "accountId" in json.dumps(payload) else "jira-data-center"


def shape(payload: Payload) -> str:
    """What tells a delivery from those of another shape: product, event, and what is told beside it."""
    name = payload.get("webhookEvent") or payload.get("eventType")
    parts = [PRODUCTS[flavour_of(payload)], f"`{name}`" if name else "no event"]
    if name == "jira:issue_updated":
        reason = payload.get("issue_event_type_name")
        parts.append(f"`{reason}`" if reason else "no reason")
    if name is not None and "resource" in payload:
        parts.append(f"resource version {payload['resourceVersion']}")
    if "comment" in payload and "issue" not in payload:
        parts.append("no issue")
    if changed := payload.get("changelog", {}).get("items"):
        parts.append("one field" if len(changed) == 1 else "several fields")
    return ", ".join(parts)


def table() -> dict[str, str]:
    """By shape, what the page says that the bot does."""
    lines = PAGE.read_text("utf-8").splitlines()
    found = [re.fullmatch(r"\| ((?:Jira|Azure) [^|]+) \| ([^|]+) \|", line) for line in lines]
    return {row[1]: row[2] for row in found if row}


def test_the_table_of_real_deliveries_has_a_row_for_each_of_them_and_no_other() -> None:
    if not FIXTURES.is_dir():
        pytest.skip("no shared data")
    assert len(real()) >= 26
    assert sorted(table()) == sorted({shape(payload) for payload in real()})


def about(payload: Payload, item: Any, comment: Any, project: str) -> Payload:
    """The same delivery about an item and a comment of the sandbox."""
    told = copy.deepcopy(payload)
    if "issue" in told:
        told["issue"] |= {"id": str(item.id), "key": item.key}
        told["issue"].get("fields", {}).get("project", {})["key"] = project
    if "comment" in told:
        told["comment"] |= {"id": str(comment.id), "self": f"https://x/rest/api/2/issue/{item.id}/comment/{comment.id}"}
    if (resource := told.get("resource")) is not None:
        number = {"workItemId": item.id} if "workItemId" in resource else {"id": item.id}
        told["resource"] = resource | number
        for fields in (resource.get("fields"), resource.get("revision", {}).get("fields")):
            if isinstance(fields, dict) and "System.TeamProject" in fields:
                fields["System.TeamProject"] = project
    return told


def what_the_bot_does(world: Any, payload: Payload) -> str:
    """Send a delivery about an item that is there, with a command under it, or, told of its end, is gone."""
    item = world.file(*STORY)
    comment = world.say("dana", item, "steward help")
    if "deleted" in str(payload.get("webhookEvent")) and "comment" not in payload:
        with world.db.write() as session:
            items.save(session, world.wired.client.reader.fetch(item.key))
        world.tracker.delete_item(world.tracker.user("ada"), item.id)
    known, asked, ran = rows(world), len(world.requests()), len(world.queue.ran)
    buried = len(letters(world))
    assert answers(world, json.dumps(about(payload, item, comment, world.project)).encode()) == 200
    world.work(leap=False)
    if len(letters(world)) > buried:
        return LETTER
    if rows(world) == known:
        assert (len(world.requests()), len(world.queue.ran)) == (asked, ran)
        return NOTHING
    asked_for = [entry.path for entry in world.requests()[asked:]]
    assert any(str(item.id) in path or item.key in path for path in asked_for)
    if world.answer(item):
        return OBEYED
    with world.db.read() as session:
        row = items.find(session, "tracker", str(item.id))
    assert row is not None
    return CLOSED if row.deleted else READ_AND_LOOKED_AT if row.due is not None else "?"


@pytest.mark.parametrize("flavour", EVERY)
def test_a_real_delivery_is_answered_and_means_what_the_table_says(
    make_world: Callable[..., Any], flavour: str
) -> None:
    payloads = [payload for payload in real() if flavour_of(payload) == flavour]
    if not payloads:
        pytest.skip("no shared data")
    world = make_world(flavour)
    world.mounted.webhooks.never = True
    rows_of = table()
    for payload in payloads:
        assert what_the_bot_does(world, payload) == rows_of[shape(payload)], shape(payload)
    for path in sorted(FIXTURES.glob("*/*.json")):
        if flavour_of(json.loads(path.read_bytes().decode("utf-8-sig"))) == flavour:
            assert answers(world, path.read_bytes()) == 200, "as it was recorded: of another project, byte for byte"


@pytest.mark.parametrize("flavour", ["jira-cloud", "azure-devops"])
def test_our_own_samples_are_kept_or_ignored_and_what_names_no_item_is_a_dead_letter(
    make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour)
    azure = flavour == "azure-devops"
    kept, ignored = (AZURE_DEVOPS_KEPT, AZURE_DEVOPS_IGNORED) if azure else (JIRA_KEPT, JIRA_IGNORED)
    assert {answers(world, json.dumps(sample).encode()) for sample in (*kept, *ignored)} == {200}
    assert letters(world) == []
    assert rows(world) == len(kept)
    if azure:
        assert {answers(world, json.dumps(sample).encode()) for sample in NO_ITEM} == {200}
        assert letters(world) == ["not readable: the delivery names no work item"] * len(NO_ITEM)


@pytest.mark.parametrize("flavour", ["jira-cloud", "azure-devops"])
def test_fault_12_whatever_is_wrong_with_an_authentic_delivery_it_is_answered_2xx(
    make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour)
    if flavour == "jira-cloud":
        with_a_button(world, "push")
    # Other products' deliveries come to the wrong door as well.
    everything = [*JIRA_KEPT, *JIRA_IGNORED, *OF_A_RULE, *AZURE_DEVOPS_KEPT, *AZURE_DEVOPS_IGNORED, *NO_ITEM, *real()]

    @settings(max_examples=80)
    @given(spoilt(everything), st.booleans())
    def check(body: bytes, by_a_rule: bool) -> None:
        if by_a_rule and flavour == "jira-cloud":
            assert post(world, body, {"X-Steward-Secret": "push"}) in (200, 503)
        else:
            assert answers(world, body) in (200, 503)
        assert post(world, body, {"X-Steward-Secret": "pull"}, vendor(world)) == 401

    check()
    world.work()
    assert [letter for letter in letters(world) if "internal error" in letter] == []
