"""Whatever these products send is answered 2xx (or 503), and each real delivery means what its table says."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.running.ticking import Ticking
from bot.settings import load
from bot.store import items
from bot.telemetry.connections import Hearing
from bot.telemetry.metrics import exposition
from bot.telemetry.status.looking import look, snapshot
from integrations.azure_devops.webhook import AzureDevOpsWebhook
from integrations.azure_devops.webhook.events import meaning_of
from integrations.jira.webhook import JiraWebhook
from integrations.jira.webhook.events import EVENTS
from tests.deliveries import basic, letters, post, rows, signed, vendor

FIXTURES = Path(__file__).resolve().parents[3] / "shared" / "fixtures"
REAL = sorted(FIXTURES.glob("*/*.json"))
COMMENTS_OF_DATA_CENTER = "webhook-server-issue-updated-commented-2"

JIRA_USER = {"accountId": "712020:a", "displayName": "Ada", "accountType": "atlassian"}
JIRA_ISSUE = {"id": "10001", "key": "SHOP-1", "fields": {"summary": "Pay", "project": {"key": "SHOP"}}}
JIRA_COMMENT = {"id": "7", "self": "https://x/rest/api/2/issue/10001/comment/7", "author": JIRA_USER, "body": "+1"}
JIRA = [
    {"timestamp": 1, "webhookEvent": "jira:issue_created", "issue": JIRA_ISSUE, "user": JIRA_USER},
    {
        "timestamp": 2,
        "webhookEvent": "jira:issue_updated",
        "issue_event_type_name": "issue_moved",
        "issue": JIRA_ISSUE,
        "user": JIRA_USER,
        "changelog": {"id": "5", "items": [{"field": "Key", "fromString": "OPS-1", "toString": "SHOP-1"}]},
    },
    {"timestamp": 3, "webhookEvent": "jira:issue_deleted", "issue": JIRA_ISSUE},
    {"timestamp": 4, "webhookEvent": "comment_created", "comment": JIRA_COMMENT, "issue": JIRA_ISSUE},
    {"timestamp": 5, "webhookEvent": "comment_created", "comment": JIRA_COMMENT},
    {"timestamp": 6, "webhookEvent": "comment_updated", "comment": JIRA_COMMENT, "issue": JIRA_ISSUE},
    {"timestamp": 7, "webhookEvent": "issuelink_created", "issueLink": {"id": 1, "sourceIssueId": 2}},
    {"timestamp": 8, "webhookEvent": "sprint_started", "sprint": {"id": 3}},
]
ITEM = {"id": 97, "rev": 3, "fields": {"System.TeamProject": "Shop", "System.ChangedBy": "Ada <a@x.example>"}}
UPDATE = {"id": 2, "workItemId": 97, "revisedBy": {"id": "g-1", "displayName": "Ada"}, "revision": ITEM}
AZURE_DEVOPS = [
    {
        "subscriptionId": "s-1",
        "notificationId": number,
        "id": f"event-{number}",
        "eventType": name,
        "publisherId": "tfs",
        "message": {"text": "Bug #97 (Pay) changed by Ada."},
        "detailedMessage": None,
        "resource": resource,
        "resourceVersion": "1.0",
        "resourceContainers": {"project": {"id": "p-1"}},
        "createdDate": "2026-11-21T10:00:00.1234567Z",
    }
    for number, (name, resource) in enumerate(
        [
            ("workitem.created", ITEM),
            ("workitem.updated", UPDATE),
            ("workitem.commented", ITEM),
            ("workitem.deleted", {"id": 97}),
            ("workitem.restored", ITEM),
            ("git.push", {"commits": []}),
        ]
    )
]
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.sampled_from([10**4000, 1e308, -0.0, "", "0", "-1", "٣", "../..", "a\x00b", "\ud800", "\u202e", "x" * 5000]),
    st.text(max_size=8),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(
        st.sampled_from(["id", "key", "self", "fields", "items", "value"]), st.text(max_size=4), max_size=2
    ),
)


def answers(world: Any, body: bytes) -> int:
    headers = basic() if world.flavour == "azure-devops" else signed(body)
    return post(world, body, headers, vendor(world))


@pytest.mark.parametrize("path", REAL, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_real_delivery_is_answered_and_means_what_the_table_says(make_world: Callable[..., Any], path: Path) -> None:
    azure = path.parent.name == "azure-devops"
    world = make_world("azure-devops" if azure else "jira-cloud")
    body = path.read_bytes()
    assert answers(world, body) == 200
    told = json.loads(body.decode("utf-8-sig"))
    if path.stem.startswith("bad."):
        assert letters(world) == ["unknown event ''"]
        return
    meaning = meaning_of(told["eventType"]) if azure else EVENTS[told["webhookEvent"]]
    event = (AzureDevOpsWebhook() if azure else JiraWebhook()).read({}, body)
    assert meaning is not None
    assert event.kind == ("commented" if path.stem == COMMENTS_OF_DATA_CENTER else meaning.kind)
    assert letters(world) == []


def test_the_real_deliveries_are_at_hand() -> None:
    if not FIXTURES.is_dir():
        pytest.skip("no shared data")
    assert len(REAL) >= 26


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each part of a payload."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in entries:
        yield (*way, name)
        yield from places(inner, (*way, name))


@st.composite
def spoilt(draw: st.DrawFn, samples: list[dict[str, Any]]) -> bytes:
    """A delivery with some of its parts dropped, of another type, nested, huge or wrong."""
    payload = copy.deepcopy(draw(st.sampled_from(samples)))
    for _ in range(draw(st.integers(1, 4))):
        ways = list(places(payload))
        if not ways:
            break
        *above, last = draw(st.sampled_from(ways))
        holder = payload
        for step in above:
            holder = holder[step]
        how = draw(st.sampled_from(["drop", "nest", "deep", "odd", "odd", "odd"]))
        if how == "drop":
            del holder[last]
        elif how == "nest":
            holder[last] = {"id": holder[last], "value": [holder[last]]}
        elif how == "deep":
            holder[last] = json.loads("[" * 200 + "]" * 200)
        else:
            holder[last] = draw(ODD)
    return json.dumps(payload, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


def real(folder: str) -> list[dict[str, Any]]:
    return [json.loads(path.read_bytes().decode("utf-8-sig")) for path in REAL if path.parent.name == folder]


@pytest.mark.parametrize("flavour", ["jira-cloud", "azure-devops"])
def test_fault_12_whatever_is_wrong_with_an_authentic_delivery_it_is_answered_2xx(
    make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour)
    samples = AZURE_DEVOPS + real("azure-devops") if flavour == "azure-devops" else JIRA + real("jira")

    @settings(max_examples=60)
    @given(spoilt(samples))
    def check(body: bytes) -> None:
        assert answers(world, body) in (200, 503)

    check()


@pytest.mark.parametrize("flavour", ["jira-cloud", "azure-devops"])
def test_our_own_samples_are_kept_or_ignored_and_none_is_a_dead_letter(
    make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour)
    samples = AZURE_DEVOPS if flavour == "azure-devops" else JIRA
    assert {answers(world, json.dumps(sample).encode()) for sample in samples} == {200}
    assert letters(world) == []
    assert rows(world) == 5


def test_an_event_that_other_projects_send_is_not_kept(make_world: Callable[..., Any]) -> None:
    world = make_world()
    issue = {"id": "77", "key": "OTHER-1", "fields": {"project": {"key": "OTHER"}}}
    body = json.dumps({"timestamp": 1, "webhookEvent": "jira:issue_updated", "issue": issue}).encode()
    assert answers(world, body) == 200
    assert rows(world) == 0


def test_a_rule_of_jira_automation_has_an_item_looked_at_without_waiting(make_world: Callable[..., Any]) -> None:
    world = make_world()
    world.mounted.webhooks.never = True
    item = world.file("Let buyers save their cart", "As a buyer I want to save my cart. It must be kept for 30 days.")
    body = json.dumps({"issue": item.key}).encode()
    assert post(world, body, {"X-Steward-Secret": "push"}) == 401
    button = world.config.with_name("button")
    button.write_text("push")
    world.config.write_text(
        world.config.read_text().replace("intake =", f"automation_secret = {{ file = '{button}' }}\nintake =", 1)
    )
    restarted(world)
    assert post(world, body, {"X-Steward-Secret": "pull"}) == 401
    assert post(world, body, {"X-Steward-Secret": "push"}) == 200
    world.work(leap=False)
    assert world.proposal(item)
    assert post(world, body, {"X-Steward-Secret": "push"}) == 200
    world.work(leap=False)
    assert len(world.own_comments(item)) == 1


def restarted(world: Any) -> None:
    world.settings = load(world.config)
    world.wire()
    world.server.close()
    world.server = world.serve()
    world.server.start()


def subscriptions(world: Any) -> None:
    """What `steward webhooks install` makes, for the sandbox world's own address."""
    each = world.wired
    for hook in world.mounted.webhooks.hooks():
        world.mounted.webhooks.remove(hook.id)
    reached = replace(each.target, url=world.server.url + each.target.url)
    for wish in each.client.hooks.wishes(reached):
        each.client.hooks.install(reached, wish)


def looked_at(world: Any, number: int) -> Any:
    """The status after a round that looks at the webhooks."""
    world.queue.enqueue("webhooks", f"webhooks:tracker:tick-{number}", "tracker", str(number))
    world.work(leap=False)
    return look(world.settings, world.db, dict, Hearing(), world.queue.now, "0.1.0")


def test_fault_13_a_subscription_that_was_switched_off_is_told_and_not_touched(make_world: Callable[..., Any]) -> None:
    world = make_world("azure-devops")
    subscriptions(world)
    assert not [one for one in looked_at(world, 1).problems if "switched off" in one.what]
    assert 'webhook_ok{connection="tracker"} 1.0' in metrics_of(world)
    first, second, *_ = world.mounted.webhooks.hooks()
    world.mounted.webhooks.replace(replace(first, state="disabledBySystem"))
    world.mounted.webhooks.replace(replace(second, state="onProbation"))
    (problem,) = [one for one in looked_at(world, 2).problems if "switched off" in one.what]
    assert problem.what == "2 webhooks of tracker are switched off in the tracker, or about to be."
    assert problem.command == "steward webhooks check tracker"
    assert 'webhook_ok{connection="tracker"} 0.0' in metrics_of(world)
    assert {hook.state for hook in world.mounted.webhooks.hooks()[:2]} == {"disabledBySystem", "onProbation"}
    world.queue.offset += timedelta(hours=2)
    assert "webhook_ok{" not in metrics_of(world)


def test_fault_13_an_account_that_may_not_see_subscriptions_says_nothing(make_world: Callable[..., Any]) -> None:
    world = make_world("azure-devops", rights="plain")
    assert not [one for one in looked_at(world, 1).problems if "webhook" in one.what]
    assert "webhook_ok{" not in metrics_of(world)
    assert letters(world) == []


def test_fault_13_azure_devops_is_asked_often_enough_and_others_are_not(make_world: Callable[..., Any]) -> None:
    def asked(flavour: str, **values: str) -> list[float]:
        world = make_world(flavour, **values)
        ticking = Ticking(world.settings, {"tracker": world.wired}, world.db, None, world.queue.now)  # type: ignore[arg-type]
        return [tick.seconds for tick in ticking.ticks() if tick.name == "webhooks tracker"]

    assert [seconds < 15 * 60 for seconds in asked("azure-devops")] == [True]
    assert asked("azure-devops", intake="poll") == asked("jira-cloud") == []


def metrics_of(world: Any) -> str:
    body, _ = exposition(lambda: snapshot(world.db, world.settings.connections, dict, world.queue.now, "0.1.0"))(
        "text/plain"
    )
    return body.decode()


@pytest.mark.parametrize("flavour", ["jira-cloud", "azure-devops"])
def test_fault_03_an_old_state_that_is_told_again_under_another_id_does_no_harm(
    make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour)
    item = world.file("Search is broken", "It does not work.", type="Bug")
    world.edit("lee", item, summary="Let buyers find what they look for")
    world.work()
    old = json.loads(world.mounted.webhooks.sent[0].body) | {"timestamp": 99, "id": "another", "notificationId": 99}
    assert answers(world, json.dumps(old).encode()) == 200
    world.work()
    with world.db.read() as session:
        row = items.load(session, "tracker", str(item.id))
    assert row.summary == "Let buyers find what they look for"
    assert row == world.wired.client.reader.fetch(str(item.id))
