"""What comes to the door: forged, repeated, reversed, malformed, too large."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from bot.settings import load
from bot.store import inbox, items
from tests.deliveries import basic, letters, numbered, post, rows, signed, vendor

STORY = ("Let buyers save their cart", "As a buyer I want to save my cart. The cart must be kept for 30 days.")


def created(world: Any, item: Any) -> bytes:
    """A delivery as Jira sends it."""
    fields = {"summary": item.summary, "project": {"key": world.project}, "issuetype": {"name": "Story"}}
    issue = {"id": str(item.id), "key": item.key, "fields": fields}
    return json.dumps({"timestamp": 1, "webhookEvent": "jira:issue_created", "issue": issue}).encode()


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


@pytest.mark.parametrize("flavour", ["jira-cloud", "jira-data-center", "azure-devops"])
def test_fault_04_while_the_secret_is_changed_both_are_accepted_and_then_only_the_new_one(
    make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour)
    until = world.queue.now() + timedelta(hours=1)
    old = world.config.with_name("old")
    old.write_text("f0rmer")
    rotated = f"webhook_secret_old = {{ file = '{old}' }}\nwebhook_secret_old_until = {until.isoformat()}\nintake ="
    world.config.write_text(world.config.read_text().replace("intake =", rotated))
    world.settings = load(world.config)
    world.wire()
    world.server.close()
    world.server = world.serve()
    world.server.start()

    def answers(first: int) -> list[int]:
        secrets = enumerate(("s3cret", "f0rmer", "neither"), first)
        return [post(world, *numbered(world, number, secret=secret), vendor(world)) for number, secret in secrets]

    assert answers(0) == [200, 200, 401]
    world.queue.offset += timedelta(minutes=59)
    assert answers(3) == [200, 200, 401]
    world.queue.offset += timedelta(minutes=2)
    assert answers(6) == [200, 401, 401]
    assert rows(world) == 5


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


def test_fault_10_a_body_of_unknown_length_is_read_to_the_cap_and_no_further(make_world: Callable[..., Any]) -> None:
    client = make_world()._app().test_client()
    body, unknown = io.BytesIO(b"x" * 20_000_000), {"wsgi.input_terminated": True}
    headers = {"Transfer-Encoding": "chunked", **signed(b"")}
    answer = client.post("/webhooks/jira/tracker", input_stream=body, headers=headers, environ_overrides=unknown)
    assert answer.status_code == 413
    assert body.tell() < 6_000_000


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


@pytest.mark.parametrize("flavour", ["jira-cloud", "azure-devops"])
def test_fault_12_a_dead_letter_holds_what_reading_it_again_needs_and_nothing_that_authenticates(
    make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour)
    body = b'{"webhookEvent": "x", "eventType": "x"}'
    proof = basic() if flavour == "azure-devops" else signed(body)
    also = {"X-Atlassian-Webhook-Identifier": "one", "Content-Type": "application/json", "Cookie": "c", "X-Other": "o"}
    assert post(world, body, proof | also, vendor(world)) == 200
    with world.db.read() as session:
        (letter,) = inbox.dead_letters(session)
    assert letter.body == body
    assert letter.headers == {"content-type": "application/json", "x-atlassian-webhook-identifier": "one"}


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
