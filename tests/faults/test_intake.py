"""What comes to the door: forged, repeated, reversed, malformed, too large."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
import sqlalchemy as sa

from bot.store import inbox, items

SECRET = b"s3cret"
STORY = ("Let buyers save their cart", "As a buyer I want to save my cart. The cart must be kept for 30 days.")


def signed(body: bytes) -> dict[str, str]:
    return {"X-Hub-Signature": "sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest()}


def basic() -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(b"steward:s3cret").decode()}


def post(world: Any, body: Any, headers: dict[str, str], vendor: str = "jira", *, chunked: bool = False) -> int:
    address = urlsplit(world.server.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
    try:
        path = f"/webhooks/{vendor}/tracker"
        connection.request("POST", path, body=body, headers=headers, encode_chunked=chunked)
        return connection.getresponse().status
    finally:
        connection.close()


def created(world: Any, item: Any) -> bytes:
    """A delivery as Jira sends it."""
    fields = {"summary": item.summary, "project": {"key": world.project}, "issuetype": {"name": "Story"}}
    issue = {"id": str(item.id), "key": item.key, "fields": fields}
    return json.dumps({"timestamp": 1, "webhookEvent": "jira:issue_created", "issue": issue}).encode()


def rows(world: Any) -> int:
    with world.db.read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(inbox.Delivery)) or 0


def letters(world: Any) -> list[str]:
    with world.db.read() as session:
        return [letter.reason for letter in inbox.dead_letters(session)]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hub-Signature": ""},
        {"X-Hub-Signature": "sha256="},
        {"X-Hub-Signature": "sha1=" + "0" * 40},
        {"X-Hub-Signature": "sha256=" + "0" * 63},
        {"X-Hub-Signature": "sha256=" + "z" * 64},
        {"X-Hub-Signature": "SHA256=" + "0" * 64},
        {"X-Hub-Signature": "sha256=" + "0" * 64 + ", sha256=" + "0" * 64},
        {"X-Hub-Signature": "sha256=\u00e9".encode("latin-1").decode("latin-1")},
    ],
    ids=["missing", "empty", "no digits", "sha1", "short", "not hex", "upper case", "doubled", "not ascii"],
)
def test_fault_01_a_bad_signature_is_401_and_leaves_no_row(
    make_world: Callable[..., Any], headers: dict[str, str]
) -> None:
    world = make_world()
    assert post(world, b"{}", headers) == 401
    assert rows(world) == 0


def test_fault_02_one_byte_changed_is_401_and_leaves_no_row(make_world: Callable[..., Any]) -> None:
    world = make_world()
    world.mounted.webhooks.never = True
    body = created(world, world.file(*STORY))
    assert post(world, body + b" ", signed(body)) == 401
    assert post(world, json.dumps(json.loads(body), indent=1).encode(), signed(body)) == 401
    assert rows(world) == 0


def test_fault_03_an_old_delivery_again_is_no_second_job(make_world: Callable[..., Any]) -> None:
    world = make_world()
    world.mounted.webhooks.never = True
    item = world.file(*STORY)
    body = created(world, item)
    assert post(world, body, signed(body)) == 200
    world.work()
    ran = len(world.queue.ran)
    assert post(world, body, signed(body)) == 200
    world.work()
    assert len(world.queue.ran) == ran
    assert len(world.own_comments(item)) == 1


def test_fault_05_one_delivery_a_hundred_times_at_once_is_one_job(make_world: Callable[..., Any]) -> None:
    world = make_world()
    world.mounted.webhooks.never = True
    body = created(world, world.file(*STORY))
    headers = signed(body) | {"X-Atlassian-Webhook-Identifier": "one-and-the-same"}
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: post(world, body, headers), range(100)))
    assert set(answers) == {200}
    world.work(leap=False)
    assert world.queue.ran == ["tracker:one-and-the-same"]


@pytest.mark.parametrize("flavour", ["jira-cloud", "jira-data-center", "azure-devops"])
def test_fault_06_events_in_reverse_order_end_in_the_state_of_a_fresh_read(
    make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour)
    world.mounted.webhooks.out_of_order = True
    item = world.file("Search is broken", "It does not work.", type="Bug")
    world.edit("lee", item, description="One.")
    world.edit("lee", item, description=STORY[1], summary=STORY[0])
    world.work()
    with world.db.read() as session:
        row = items.load(session, "tracker", str(item.id))
    assert row == world.wired.client.reader.fetch(str(item.id))


def test_fault_09_every_json_body_correctly_signed_gets_a_2xx(make_world: Callable[..., Any], shared: Path) -> None:
    world = make_world()
    folder = shared / "data" / "hostile" / "jsontestsuite" / "test_parsing"
    bodies = [path.read_bytes() for path in sorted(folder.glob("*.json"))]
    assert len(bodies) > 300
    answers = {post(world, body, signed(body)) for body in bodies}
    assert answers == {200}
    assert rows(world) == 0


def test_fault_09_nesting_and_not_a_number_are_kept_for_a_person(make_world: Callable[..., Any]) -> None:
    world = make_world()
    for body in (b"[" * 100_000, b'{"a":' * 50_000, b'{"webhookEvent": NaN}', b"\xff\xfe", b""):
        assert post(world, body, signed(body)) == 200
    assert letters(world)


def test_fault_10_a_body_over_the_cap_is_413_and_memory_stays(make_world: Callable[..., Any]) -> None:
    world = make_world()
    large = b"x" * 1_000_000
    assert post(world, large * 6, signed(b"")) == 413
    before = psutil.Process().memory_info().rss
    chunks = (large for _ in range(30))
    headers = {"Transfer-Encoding": "chunked", **signed(b"")}
    assert post(world, chunks, headers, chunked=True) == 413
    assert psutil.Process().memory_info().rss - before < 20_000_000
    assert rows(world) == 0


def test_fault_10_an_authentic_one_from_azure_devops_is_200_and_a_dead_letter(make_world: Callable[..., Any]) -> None:
    world = make_world("azure-devops")
    large = b"x" * 6_000_000
    assert post(world, large, {}, "azure-devops") == 401
    assert post(world, large, basic(), "azure-devops") == 200
    assert letters(world) == ["larger than 5000000 bytes"]


def test_fault_12_an_authentic_event_nobody_knows_is_200_and_a_dead_letter(make_world: Callable[..., Any]) -> None:
    world = make_world()
    body = json.dumps({"webhookEvent": "jira:something_new", "timestamp": 1}).encode()
    assert post(world, body, signed(body)) == 200
    assert "jira:something_new" in letters(world)[0]


@pytest.mark.parametrize(
    ("vendor", "headers", "status"), [("jira", {}, 404), ("azure-devops", {}, 404)], ids=["jira", "azure-devops"]
)
def test_a_connection_nobody_set_up_is_404(
    make_world: Callable[..., Any], vendor: str, headers: dict[str, str], status: int
) -> None:
    world = make_world("azure-devops" if vendor == "jira" else "jira-cloud")
    assert post(world, b"{}", headers, vendor) == status


def test_an_unknown_project_is_answered_with_a_sentence(make_world: Callable[..., Any]) -> None:
    world = make_world()
    issue = {"id": "1", "key": "OTHER-1", "fields": {"project": {"key": "OTHER"}}}
    body = json.dumps({"timestamp": 1, "webhookEvent": "jira:issue_created", "issue": issue}).encode()
    assert post(world, body, signed(body)) == 200
    assert rows(world) == 0


@pytest.mark.parametrize("flavour", ["jira-cloud", "jira-data-center", "azure-devops"])
@pytest.mark.parametrize("account", ["own", "shared"])
def test_fault_14_the_bots_own_writes_are_no_work(make_world: Callable[..., Any], flavour: str, account: str) -> None:
    listed = 'accept_people = ["{dana}", "{lee}"]'
    world = make_world(flavour, account=account, project=listed)
    item = world.file(*STORY)
    world.work()
    assert len([job for job in world.queue.ran if job.startswith("triage")]) == 1
    world.say("dana", item, f"steward accept {world.number(item, 'Acceptance criteria')}")
    world.work()
    assert "accepted by Dana" in world.proposal(item)
    assert len([job for job in world.queue.ran if job.startswith("triage")]) == 1
    assert len(world.own_comments(item)) == 1


def test_fault_14_a_copied_marker_proves_nothing(make_world: Callable[..., Any]) -> None:
    world = make_world("jira-cloud", account="shared", project='accept_people = ["{dana}"]')
    item = world.file(*STORY)
    world.work()
    marker = world.tracker.comments(item.id)[0].properties
    assert marker
    world.say("dana", item, f"steward accept {world.number(item, 'Acceptance criteria')}", properties=marker)
    world.work()
    assert "accepted by Dana" in world.proposal(item)
