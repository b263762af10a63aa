"""What comes to the door: forged, repeated, reversed, malformed, too large."""

from __future__ import annotations

import http.client
import io
import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from bot.settings import load
from bot.store import inbox, items
from tests.deliveries import answers, basic, letters, numbered, post, rows, signed, vendor, with_a_button

HOSTILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "hostile"
STORY = ("Let buyers save their cart", "As a buyer I want to save my cart. The cart must be kept for 30 days.")


def created(world: Any, item: Any) -> bytes:
    """A delivery as Jira sends it."""
    fields = {"summary": item.summary, "project": {"key": world.project}, "issuetype": {"name": "Story"}}
    issue = {"id": str(item.id), "key": item.key, "fields": fields}
    return json.dumps({"timestamp": 1, "webhookEvent": "jira:issue_created", "issue": issue}).encode()


def refused_signatures(good: str) -> dict[str, list[tuple[str, str]]]:
    """Header lines that prove nothing, by what is wrong with them."""
    name, digits = "X-Hub-Signature", good.removeprefix("sha256=")
    values = {
        "empty": "",
        "no digits": "sha256=",
        "sha1": "sha1=" + "0" * 40,
        "of another algorithm": f"sha512={digits}",
        "short": good[:-1],
        "long": good + "0",
        "not hex": good[:-1] + "z",
        "upper case": good.replace(digits, digits.upper()),
        "an upper-case name": good.upper(),
        "twice in a line": f"{good}, {good}",
        "not ascii": good[:-1] + "\u00e9",
    }
    lines = {what: [(name, value)] for what, value in values.items()}
    return lines | {"missing": [], "doubled": [(name, good), (name, good)], "of another name": [(f"{name}-256", good)]}


def knock(world: Any, body: bytes, lines: list[tuple[str, str]]) -> int:
    """Send header lines as they are, also one name twice."""
    address = urlsplit(world.server.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
    with closing(connection):
        connection.putrequest("POST", f"/webhooks/{vendor(world)}/tracker")
        for name, value in [*lines, ("Content-Length", str(len(body)))]:
            connection.putheader(name, value.encode("latin-1"))
        connection.endheaders(body)
        return connection.getresponse().status


def standard_webhooks() -> Iterator[dict[str, str]]:
    """Headers of another scheme of signatures, good and bad ones, where the corpus is there."""
    path = HOSTILE / "standard_webhooks_vectors" / "vectors.jsonl"
    for line in path.read_text("utf-8").splitlines() if path.is_file() else ():
        headers = json.loads(line).get("headers") or {}
        yield {name: str(value) for name, value in headers.items() if str(value).isprintable()}


def test_fault_01_a_bad_signature_is_401_and_leaves_no_row(make_world: Callable[..., Any]) -> None:
    world = make_world()
    with_a_button(world, "push")
    (right,) = signed(b"{}").items()
    assert knock(world, b"{}", [right]) == 200
    buried = letters(world)
    bad = refused_signatures(right[1])
    assert {what: knock(world, b"{}", lines) for what, lines in bad.items()} == dict.fromkeys(bad, 401)
    for secrets in ([], [""], ["pus"], ["PUSH"], ["push", "push"], ["push, push"], ["\u00fcber"], ["s3cret"]):
        assert knock(world, b"{}", [("X-Steward-Secret", secret) for secret in secrets]) == 401, secrets
    for headers in standard_webhooks():
        assert post(world, b"{}", headers) == 401, headers
    assert (rows(world), letters(world)) == (0, buried)


def test_fault_01_a_bad_password_of_azure_devops_is_401_and_leaves_no_row(make_world: Callable[..., Any]) -> None:
    world = make_world("azure-devops")
    (right,) = basic().items()
    body, _ = numbered(world, 1)
    name, encoded = right[0], right[1].removeprefix("Basic ")
    wrong = ["", "Basic", "Basic ", f"Bearer {encoded}", encoded, f"Basic {encoded[:-2]}", f"Basic {encoded}\u00e9"]
    wrong += [basic("guessed")[name], f"{right[1]}, {right[1]}", "Basic !!!!", f"Basic {encoded.swapcase()}"]
    assert {value: knock(world, body, [(name, value)]) for value in wrong} == dict.fromkeys(wrong, 401)
    assert knock(world, body, [right, right]) == knock(world, body, []) == 401
    assert (rows(world), letters(world)) == (0, [])
    assert knock(world, body, [right]) == 200


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

    def told(first: int) -> list[int]:
        secrets = enumerate(("s3cret", "f0rmer", "neither"), first)
        return [post(world, *numbered(world, number, secret=secret), vendor(world)) for number, secret in secrets]

    assert told(0) == [200, 200, 401]
    world.queue.offset += timedelta(minutes=59)
    assert told(3) == [200, 200, 401]
    world.queue.offset += timedelta(minutes=2)
    assert told(6) == [200, 401, 401]
    assert rows(world) == 5


@pytest.mark.parametrize("flavour", ["jira-cloud", "jira-data-center", "azure-devops"])
def test_fault_05_one_delivery_a_hundred_times_at_once_is_one_job(make_world: Callable[..., Any], flavour: str) -> None:
    world = make_world(flavour)
    body, headers = numbered(world, 1)
    if flavour == "jira-cloud":
        headers |= {"X-Atlassian-Webhook-Identifier": "one-and-the-same"}
    with ThreadPoolExecutor(100) as pool:
        told = list(pool.map(lambda _: post(world, body, headers, vendor(world)), range(100)))
    assert set(told) == {200}
    world.work(leap=False)
    assert rows(world) == len(world.queue.ran) == 1


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


@pytest.mark.parametrize("door", ["jira-cloud", "a rule", "azure-devops"])
def test_fault_09_every_json_body_correctly_signed_gets_a_2xx(make_world: Callable[..., Any], door: str) -> None:
    world = make_world("azure-devops" if door == "azure-devops" else "jira-cloud")
    if door == "a rule":
        with_a_button(world, "push")
    bodies = [
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"webhookEvent": NaN}',
        b'{"eventType": -Infinity}',
        b"\xff\xfe",
        b"",
    ]
    corpus = sorted((HOSTILE / "jsontestsuite" / "test_parsing").glob("*.json"))
    assert len(corpus) > 300 or not HOSTILE.is_dir()
    bodies += [path.read_bytes() for path in corpus]
    pressed = {"X-Steward-Secret": "push"}
    told = {post(world, body, pressed) if door == "a rule" else answers(world, body) for body in bodies}
    assert told == {200}
    assert rows(world) == 0
    assert len(letters(world)) >= 6, "they are kept for a person to look at"


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


def test_fault_10_an_authentic_one_from_azure_devops_is_200_and_a_dead_letter_and_the_poll_finds_the_item(
    make_world: Callable[..., Any],
) -> None:
    world = make_world("azure-devops")
    world.poll()
    world.mounted.webhooks.never = True
    item = world.file(*STORY)
    large = b"x" * 1_000_000
    before = psutil.Process().memory_info().rss
    for proof, status in (({}, 401), (basic(), 200)):
        assert post(world, large * 6, proof, "azure-devops") == status
        chunks = (large for _ in range(30))
        chunked = {"Transfer-Encoding": "chunked", **proof}
        assert post(world, chunks, chunked, "azure-devops", chunked=True) == status
    assert psutil.Process().memory_info().rss - before < 20_000_000
    assert letters(world) == ["larger than 5000000 bytes"] * 2
    world.poll()
    assert world.proposal(item), "what it was about is found by the poll"


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


@pytest.mark.parametrize(
    ("flavour", "intake"), [("jira-cloud", "webhook"), ("jira-data-center", "poll"), ("azure-devops", "poll")]
)
def test_fault_14_with_one_token_the_persons_word_counts_even_beside_a_copied_marker_and_the_bots_does_not(
    make_world: Callable[..., Any], flavour: str, intake: str
) -> None:
    world = make_world(flavour, account="shared", intake=intake, project='accept_people = ["{dana}"]')
    hear = world.work if intake == "webhook" else world.poll
    hear()
    item = world.file(*STORY)
    hear()
    (shown,) = world.tracker.comments(item.id)
    assert "steward accept 1" in world.text(shown.body, shown.format)
    hear()
    assert "accepted" not in world.proposal(item), "the bot's own comment holds the very words"
    marker = re.search(r"steward-ref:[0-9a-f]+", world.text(shown.body, shown.format))
    assert marker or shown.properties
    number = world.number(item, "Acceptance criteria")
    copied = f"steward accept {number}" + (f"\n\n{marker[0]}" if marker else "")
    world.say("dana", item, copied, properties=shown.properties)
    hear()
    assert "accepted by Dana" in world.proposal(item)
    assert len([one for one in world.tracker.comments(item.id) if one.author == "dana"]) == 2


@pytest.mark.parametrize(("flavour", "proof"), [("jira-cloud", signed(b"{}")), ("azure-devops", basic())])
def test_the_address_holds_with_a_slash_at_its_end(make_world: Callable[..., Any], flavour: str, proof: Any) -> None:
    world = make_world(flavour)
    address = f"/webhooks/{vendor(world)}/tracker/"
    assert world._app().test_client().post(address, data=b"{}", headers=proof).status_code == 200
