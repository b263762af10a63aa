"""Whatever people write, no word of it is told to those who run the bot: not by numbers, traces, logs, or the page."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
import structlog

from bot.store import inbox
from bot.telemetry import tracing
from bot.telemetry.connections import heard
from bot.telemetry.metrics import exposition
from bot.telemetry.status.looking import look, snapshot
from bot.web.operations import create_operations_app
from integrations.sandbox.model import serve_model
from tests.flavours import MOST

CANARY = "zanzibarcanary"
STORY = (
    f"Let {CANARY} buyers save their cart",
    f"As a {CANARY} buyer I want to save my {CANARY} cart. The {CANARY} cart must be kept for 30 days.",
)


@pytest.mark.parametrize("flavour", MOST)
def test_fault_54_no_word_of_a_ticket_is_told_to_those_who_run_the_bot(
    make_world: Callable[..., Any], collector: Any, caplog: pytest.LogCaptureFixture, flavour: str
) -> None:
    caplog.set_level(logging.DEBUG)
    tracing.start(collector.url, "0.1.0", "test")
    with serve_model("garbage", "good") as model, structlog.testing.capture_logs() as logged:
        lines = f'[model]\nbase_url = "{model.base_url}"\nname = "sandbox"'
        world = make_world(flavour, project=lines)
        item = _live_through_a_day(world)
    tracing.stop(10)
    pages = _pages(world)
    assert CANARY in world.proposal(item)
    traced = b"".join(collector.bodies)
    assert b"job triage" in traced
    assert any(entry["event"] == "dead letter" for entry in logged)
    assert 'outcome="commented"' in pages["/metrics"]
    assert "steward dead-letters show" in pages["/status"]
    for told in (*pages.values(), json.dumps(logged, default=repr), caplog.text, traced.decode("utf-8", "replace")):
        assert CANARY not in told.lower()
    # Numbers and traces name no item either, and nobody.
    for told in (pages["/metrics"], pages["/status"], traced.decode("utf-8", "replace")):
        assert not re.search(rf"\b{re.escape(item.key)}\b", told) or item.key.isdigit()
        assert world.tracker.user("dana").id not in told


def _live_through_a_day(world: Any) -> Any:
    """A ticket is filed, talked about, decided and undone; another meets errors that quote it, and a broken event."""
    for who in ("rae", "dana", "lee"):
        world.tracker.set_user(who, display_name=f"{who} {CANARY}")
    item = world.file(*STORY)
    world.work()
    assert world.proposal(item)
    world.say("lee", item, f"I think {CANARY} too")
    world.say("rae", item, "steward accept 1")
    world.say("dana", item, f"steward accept 1\nsteward {CANARY}\nsteward reject 9 {CANARY}")
    world.work()
    world.say("dana", item, "steward undo 1")
    world.work()
    world.mounted.faults.answer(400, times=99, path="(?i)/comment", body=json.dumps({"message": f"{CANARY} {STORY}"}))
    world.mounted.faults.answer(500, times=2, path="(?i)/issue|workitem", body=CANARY)
    world.file(f"Let {CANARY} buyers print the cart", STORY[1])
    world.work(rounds=120)
    world.mounted.faults.clear()
    with world.db.write() as session:
        inbox.bury(session, "tracker", f"unknown event '{CANARY}'", world.queue.now(), body=CANARY.encode())
    return item


def _pages(world: Any) -> dict[str, str]:
    def counts() -> dict[Any, Any]:
        return {}

    now = world.queue.now
    app = create_operations_app(
        lambda: {"store": True},
        exposition(lambda: snapshot(world.db, world.settings.connections, counts, now, "0.1.0")),
        lambda: look(world.settings, world.db, counts, heard, now, "0.1.0"),
        host="127.0.0.1",
    )
    client = app.test_client()
    return {path: client.get(path).text for path in ("/metrics", "/status", "/status?format=json", "/readyz")}
