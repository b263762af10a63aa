"""Deliveries that say little, say it again, or do not come at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.running.ticking import Ticking
from bot.store import items
from bot.telemetry.connections import Hearing
from bot.telemetry.metrics import exposition
from bot.telemetry.status.looking import look, snapshot
from tests.deliveries import answers, letters, post, rows, with_a_button


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
    with_a_button(world, "push")
    assert post(world, body, {"X-Steward-Secret": "pull"}) == 401
    assert post(world, body, {"X-Steward-Secret": "push"}) == 200
    world.work(leap=False)
    assert world.proposal(item)
    assert post(world, body, {"X-Steward-Secret": "push"}) == 200
    world.work(leap=False)
    assert len(world.own_comments(item)) == 1


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
