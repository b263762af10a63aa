"""What `/metrics` tells: counted where it happens, read from the store when asked, and few labels."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from bot.store import inbox
from bot.store.database import Database
from bot.telemetry.metrics import exposition
from bot.telemetry.routes import route_shape
from bot.telemetry.status.looking import snapshot
from bot.telemetry.status.values import Room
from bot.telemetry.watched import observer
from integrations.exchanges import Exchange
from integrations.sandbox.model import serve_model
from tests.bot.telemetry import filled
from tests.deliveries import post, signed
from tests.flavours import MOST

STORY = ("Let buyers save their cart", "As a buyer I want to save my cart. The cart must be kept for 30 days.")


def told(db: Database) -> dict[str, Any]:
    expose = exposition(lambda: snapshot(db, filled.NAMES, lambda: filled.JOBS, lambda: filled.NOW, "0.1.0"))
    return {family.name: family for family in text_string_to_metric_families(expose("")[0].decode())}


def values(family: Any) -> dict[tuple[str, ...], float]:
    return {tuple(sample.labels.values()): sample.value for sample in family.samples}


def test_the_store_is_read_when_it_is_asked(tmp_path: Path) -> None:
    db = filled.database(tmp_path)
    filled.fill(db, trouble=True)
    families = told(db)
    assert values(families["steward_deliveries_waiting"]) == {("cloud",): 1}
    assert values(families["steward_deliveries_oldest_age_seconds"]) == {("cloud",): 360}
    assert values(families["steward_queue_jobs"])["items", "delayed"] == 41
    assert values(families["steward_dead_letters_open"]) == {("cloud",): 2}
    assert values(families["steward_backfill_done"]) == {("azure", "Web"): 0, ("cloud", "SHOP"): 1}
    assert values(families["steward_workers_alive"]) == {(): 1}
    assert values(families["steward_model_tokens_today"]) == {(): 61_250}
    assert values(families["steward_store_up"]) == {(): 1}
    db.close()


def test_a_connection_that_the_settings_no_longer_name_leaves_no_number_that_stands_still(tmp_path: Path) -> None:
    db = filled.database(tmp_path)
    filled.fill(db, trouble=True)
    now_named = exposition(lambda: snapshot(db, ("renamed", "azure"), lambda: filled.JOBS, lambda: filled.NOW, "0.1.0"))
    families = {family.name: family for family in text_string_to_metric_families(now_named("")[0].decode())}
    assert set(values(families["steward_last_poll_timestamp_seconds"])) == {("azure",)}
    assert values(families["steward_deliveries_oldest_age_seconds"]) == {}
    assert set(values(families["steward_backfill_done"])) == {("azure", "Web")}
    assert values(families["steward_dead_letters_open"]) == {("cloud",): 2}, "those wait for a person"
    db.close()


def test_an_empty_store_is_told_without_a_complaint(tmp_path: Path) -> None:
    db = filled.database(tmp_path)
    families = told(db)
    assert values(families["steward_workers_alive"]) == {(): 0}
    assert families["steward_deliveries_waiting"].samples == []
    db.close()


def test_a_store_that_is_away_does_not_silence_the_process(tmp_path: Path) -> None:
    away = Database(f"sqlite:///{tmp_path / 'nowhere' / 'steward.db'}")
    families = told(away)
    assert values(families["steward_store_up"]) == {(): 0}
    assert "steward_jobs" in families
    assert "steward_workers_alive" not in families


def test_the_disk_is_told_where_deliveries_are_kept_on_it_and_only_there() -> None:
    elsewhere, here = (exposition(lambda: None, lambda room=room: room) for room in (None, Room(7, 2)))  # type: ignore[misc]
    assert "steward_disk" not in elsewhere("")[0].decode()
    told = here("")[0].decode()
    assert "steward_disk_free_bytes 7.0" in told
    assert "steward_disk_spare_bytes 2.0" in told


def test_names_and_formats_are_the_fields_own(tmp_path: Path) -> None:
    db = filled.database(tmp_path)
    expose = exposition(lambda: snapshot(db, filled.NAMES, lambda: filled.JOBS, lambda: filled.NOW, "0.1.0"))
    text, plain = expose("")
    assert plain.startswith("text/plain; version=")
    body, chosen = expose("application/openmetrics-text; version=1.0.0")
    assert chosen.startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")
    assert body.count(b"# EOF") == 1
    families = re.findall(rb"^# TYPE (\S+) ", body, re.MULTILINE)
    assert len(set(families)) == len(families)
    names = re.findall(r"^# TYPE (\S+) (\S+)$", text.decode(), re.MULTILINE)
    assert len({name for name, _ in names}) == len(names)
    assert all(name.startswith(("steward_", "process_")) for name, _ in names)
    assert all(name.endswith("_total") == (kind == "counter") for name, kind in names if name.startswith("steward_"))
    db.close()


@pytest.mark.parametrize("flavour", MOST)
def test_fault_54_a_ticket_from_delivery_to_decision_is_counted(
    make_world: Callable[..., Any], grown: Callable[..., float], flavour: str
) -> None:
    with serve_model() as model:
        lines = f'[model]\nbase_url = "{model.base_url}"\nname = "sandbox"\nprice_in = 1000000\nprice_out = 2000000'
        world = make_world(flavour, project=lines)
        item = world.file(*STORY)
        world.work()
    for who in ("rae", "dana"):
        world.say(who, item, "steward accept 1")
        world.work()
    assert grown("deliveries_total", connection="tracker", source="webhook", outcome="kept") >= 3
    assert grown("jobs_total", kind="triage", outcome="done") >= 1
    assert grown("proposals_total", connection="tracker", outcome="commented") == 1
    assert grown("decisions_total", connection="tracker", decision="refused") == 1
    assert grown("decisions_total", connection="tracker", decision="accepted") == 1
    assert grown("apply_latency_seconds_count", connection="tracker") == 1
    assert grown("tracker_requests_total", connection="tracker", method="POST", status="2xx") >= 1
    assert grown("tracker_request_duration_seconds_count", connection="tracker", method="GET") >= 1
    assert grown("model_calls_total", outcome="replied") == 1
    spent_in, spent_out = (grown("model_tokens_total", direction=name) for name in ("prompt", "answer"))
    assert spent_in > 0 < spent_out
    assert grown("model_cost_total") == pytest.approx(spent_in + 2 * spent_out)


def test_fault_54_what_is_known_already_and_what_is_turned_away_is_counted(
    make_world: Callable[..., Any], grown: Callable[..., float]
) -> None:
    world = make_world("jira-cloud")
    url = f"{world.server.url}/webhooks/jira/tracker"
    requests.post(url, data=b"{}", timeout=10)
    requests.post(url, data=b"x" * 6_000_000, timeout=10)
    requests.post(f"{world.server.url}/webhooks/jira/other", data=b"{}", timeout=10)
    world.file(*STORY)
    world.site.drain()
    sent = world.mounted.webhooks.sent[-1]
    requests.post(url, data=sent.body, headers=dict(sent.headers), timeout=10)
    assert grown("deliveries_total", connection="tracker", source="webhook", outcome="not_signed") == 1
    assert grown("deliveries_total", connection="tracker", source="webhook", outcome="too_large") == 1
    assert grown("deliveries_total", connection="", source="webhook", outcome="no_such_connection") == 1
    assert grown("deliveries_total", connection="tracker", source="webhook", outcome="known_already") == 1
    assert grown("duplicates_suppressed_total", connection="tracker") == 1


def test_fault_54_a_conflict_and_a_dead_letter_are_counted(
    make_world: Callable[..., Any], grown: Callable[..., float]
) -> None:
    world = make_world("jira-cloud")
    item = world.file(*STORY)
    world.work()
    world.say("dana", item, "steward accept 1")
    world.work()
    world.edit("lee", item, description="As a buyer I want something else. It must be quick.")
    world.say("dana", item, "steward undo 1")
    world.work(leap=False)
    assert grown("conflicts_total", connection="tracker") == 1
    world.mounted.faults.answer(400, times=99, path="(?i)/comment")
    world.file("Let buyers print the cart", STORY[1])
    world.work(rounds=100)
    assert grown("dead_letters_total", connection="tracker") >= 1
    assert sum(grown("jobs_total", kind=kind, outcome="dead_letter") for kind in ("triage", "delivery")) >= 1


def test_fault_54_what_the_door_and_the_sweep_bury_is_counted_too(
    make_world: Callable[..., Any], grown: Callable[..., float]
) -> None:
    world = make_world("jira-cloud")
    body = b'{"webhookEvent": "jira:issue_of_the_future"}'
    assert post(world, body, signed(body)) == 200
    assert grown("dead_letters_total", connection="tracker") == 1
    with world.db.write() as session:
        (letter,) = inbox.dead_letters(session)
        inbox.ask_replay(session, [letter.id], world.queue.now())
    world.queue.enqueue("sweep", "sweep:1", "tracker", "1")
    world.work()
    assert grown("dead_letters_total", connection="tracker") == 2, "it could not be read again"


@pytest.mark.parametrize(
    ("headers", "limit", "remaining", "waits"),
    [
        ({"X-RateLimit-Limit": "350", "X-RateLimit-Remaining": "12"}, 350, 12, 0),
        ({"Retry-After": "30", "X-RateLimit-Remaining": "0"}, None, 0, 30),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:09 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}, None, None, 9),
        ({"Retry-After": "soon", "X-RateLimit-Limit": "nan"}, None, None, 30),
        ({"Retry-After": "1e400", "X-RateLimit-Limit": "-1", "X-RateLimit-Remaining": "<b>"}, None, None, 0),
    ],
)
def test_a_trackers_limits_are_told_where_it_sends_them(
    grown: Callable[..., float],
    headers: dict[str, str],
    limit: float | None,
    remaining: float | None,
    waits: float,
    request: pytest.FixtureRequest,
) -> None:
    name = request.node.name
    observer(name)(Exchange("GET", "/rest/api/3/myself", 429 if waits else 200, 0.1, headers))
    assert grown("tracker_budget_limit", connection=name) == (limit or 0)
    assert grown("tracker_budget_remaining", connection=name) == (remaining or 0)
    assert grown("tracker_throttled_seconds_total", connection=name) == waits


def test_an_odd_method_makes_no_label_of_its_own(grown: Callable[..., float]) -> None:
    observer("odd")(Exchange("BREW", "/coffee", None, timedelta(seconds=1).total_seconds(), {}))
    assert grown("tracker_requests_total", connection="odd", method="other", status="no_answer") == 1


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/rest/api/3/issue/SHOP-12/comment/10044", "/rest/api/3/issue/{}/comment/{}"),
        ("/ex/jira/4c1f/rest/api/3/search/jql", "/{}/{}/{}/rest/api/3/search/jql"),
        ("/contoso/Secret%20Project/_apis/wit/workItems/7", "/{}/{}/_apis/wit/workItems/{}"),
        ("/rest/api/2/user/search/j.doe@example.org", "/rest/api/2/user/search/{}"),
        ("/" + "x/" * 50, "/" + "/".join(["{}"] * 12)),
        ("", "/"),
    ],
)
def test_a_route_has_a_shape_and_no_keys(path: str, shape: str) -> None:
    assert route_shape(path) == shape
