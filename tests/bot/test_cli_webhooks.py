"""`steward webhooks`: make them, look at them, and say what to do where the tracker does not let the bot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.store.inbox.heard import ConnectionHeard
from bot.telemetry.connections import Hearing, Telling
from bot.wiring import reached_only_if, unreachable_because
from tests.commands import Told, config_of, rewrite
from tests.deliveries import post, signed
from tests.flavours import EVERY

Steward = Callable[..., Told]


@pytest.fixture
def world(make_world: Callable[..., Any], request: pytest.FixtureRequest) -> Any:
    return prepared(make_world(request.param))


def prepared(world: Any) -> Any:
    """Nothing is registered, and the settings say where the bot is reached: here, in the end."""
    for hook in world.mounted.webhooks.hooks():
        world.mounted.webhooks.remove(hook.id)
    rewrite(config_of(world), "[connections", f'[server]\npublic_url = "{world.server.url}"\n[connections')
    return world


@pytest.mark.parametrize("world", EVERY, indirect=True)
def test_what_install_makes_works_and_is_left_alone_the_second_time(world: Any, steward: Steward) -> None:
    config = config_of(world)
    assert steward("webhooks", "check", "--config", config).code == 1
    dry = steward("webhooks", "install", "--dry-run", "--config", config)
    assert (dry.code, "would make" in dry.out, world.mounted.webhooks.hooks()) == (0, True, [])
    first = steward("webhooks", "install", "tracker", "--config", config)
    assert (first.code, ": made" in first.out) == (0, True)
    made = world.mounted.webhooks.hooks()
    checked = steward("webhooks", "check", "--config", config)
    assert (checked.code, "FIX" in checked.out) == (0, False)
    again = steward("webhooks", "install", "--config", config)
    assert (again.code, ": made" in again.out, "left as it is" in again.out) == (0, False, True)
    assert world.mounted.webhooks.hooks() == made
    item = world.file("Let buyers save their cart", "As a buyer I want to save my cart. It must be kept for 30 days.")
    world.work()
    assert world.proposal(item)
    assert "s3cret" not in first.out + checked.out + again.out + dry.out


@pytest.mark.parametrize("world", EVERY, indirect=True)
def test_one_that_was_switched_off_is_named_and_switched_on_by_a_person(world: Any, steward: Steward) -> None:
    config = config_of(world)
    steward("webhooks", "install", "--config", config)
    theirs = world.mounted.webhooks.register("https://elsewhere.example/hook", events=["jira:issue_created"])
    for hook in world.mounted.webhooks.hooks()[:1]:
        world.mounted.webhooks.replace(replace(hook, state="disabledBySystem"))
    checked = steward("webhooks", "check", "--config", config)
    assert (checked.code, "is switched off" in checked.out) == (1, True)
    assert "steward webhooks install tracker" in checked.out
    doctored = steward("doctor", "--config", config)
    assert (doctored.code, "the tracker does not tell all" in doctored.out) == (1, True)
    mended = steward("webhooks", "install", "--config", config)
    assert (mended.code, ": mended" in mended.out) == (0, True)
    assert steward("webhooks", "check", "--config", config).code == 0
    assert {hook.state for hook in world.mounted.webhooks.hooks()} == {"enabled"}
    assert theirs in world.mounted.webhooks.hooks()
    assert "webhooks are switched on" in steward("doctor", "--config", config).out


@pytest.mark.parametrize("world", ["azure-devops"], indirect=True)
def test_after_one_refused_signature_install_signs_all_of_its_own_anew(world: Any, steward: Steward) -> None:
    config, hooks = config_of(world), world.mounted.webhooks
    none = steward("doctor", "--config", config).out
    assert "FIX   tracker: no webhook to the bot is to be seen" in none
    steward("webhooks", "install", "--config", config)
    for hook in hooks.hooks():
        hooks.replace(replace(hook, basic=("steward", "the password before")))
    theirs = hooks.register("https://elsewhere.example/hook", events=["workitem.created"], basic=("them", "theirs"))
    world.file("One")
    world.work(leap=False)
    checked = steward("webhooks", "check", "--config", config)
    assert (checked.code, "User or password of the hook differ" in checked.out) == (1, True)
    assert "in all of its own: steward webhooks install tracker" in checked.out
    mended = steward("webhooks", "install", "--config", config)
    assert (mended.code, mended.out.count(": mended")) == (0, 5)
    assert {hook.basic for hook in hooks.hooks()} == {("steward", "s3cret"), theirs.basic}
    assert "left as it is" in steward("webhooks", "install", "--config", config).out
    assert steward("webhooks", "install", "--anew", "--config", config).out.count(": mended") == 5


@pytest.mark.parametrize("flavour", EVERY)
def test_where_the_right_is_missing_the_clicks_are_printed_and_no_secret(
    make_world: Callable[..., Any], steward: Steward, flavour: str
) -> None:
    world = prepared(make_world(flavour, rights="plain"))
    told = steward("webhooks", "install", "--config", config_of(world))
    assert told.code == 1
    assert "is missing" in told.out
    assert f"URL: {world.server.url}/webhooks/" in told.out
    assert "s3cret" not in told.out + told.err
    assert world.mounted.webhooks.hooks() == []
    if flavour != "azure-devops":  # there everybody may see them, and there are none
        checked = steward("webhooks", "check", "--config", config_of(world))
        assert (checked.code, "FIX" in checked.out) == (0, False)
        assert "not known" in checked.out
        assert "No delivery has arrived yet." in checked.out
    world.register_webhook()
    world.file("One")
    world.work(leap=False)
    heard = steward("webhooks", "check", "--config", config_of(world)).out
    assert flavour == "azure-devops" or "Deliveries have arrived: created" in heard
    doctored = steward("doctor", "--config", config_of(world)).out
    assert "may not see" in doctored
    assert "FIX   tracker: the tracker's webhooks" not in doctored


@pytest.mark.parametrize("world", ["jira-cloud"], indirect=True)
def test_what_is_missing_in_the_settings_is_said_in_a_sentence(world: Any, steward: Steward) -> None:
    config = config_of(world)
    wrong = steward("webhooks", "check", "trakcer", "--config", config)
    assert (wrong.code, "did you mean tracker?" in wrong.err) == (1, True)
    rewrite(config, f'public_url = "{world.server.url}"', "")
    assert "public_url" in steward("webhooks", "check", "--config", config).err
    rewrite(config, 'intake = "webhook"', 'intake = "poll"')
    assert "no connection takes webhooks" in steward("webhooks", "install", "--config", config).err
    world.served.close()


@pytest.mark.parametrize("world", EVERY[:1], indirect=True)
def test_deliveries_that_bear_another_secret_are_told_until_one_bears_the_right_one(
    world: Any, steward: Steward, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, hearing = config_of(world), Hearing()
    monkeypatch.setattr("bot.web.intake.heard", hearing)
    steward("webhooks", "install", "--config", config)
    for _ in range(3):
        assert post(world, b"{}", signed(b"{}", "another")) == 401
    Telling(world.db, hearing, world.queue.now)()
    checked = steward("webhooks", "check", "--config", config)
    assert (checked.code, "tracker: 3 deliveries were refused, the last " in checked.out) == (1, True)
    assert "not signed with its webhook_secret" in steward("doctor", "--config", config).out
    assert post(world, b"{}", signed(b"{}")) == 200
    Telling(world.db, hearing, world.queue.now)()
    checked = steward("webhooks", "check", "--config", config)
    assert (checked.code, "refused" in checked.out) == (0, False)

    later = world.queue.now() + timedelta(seconds=5)
    hearing.refused("tracker", later)
    Telling(world.db, hearing, lambda: later)()
    checked = steward("webhooks", "check", "--config", config)
    assert (checked.code, "these may be a stranger's" in checked.out) == (0, True)
    assert "these may be a stranger's" in steward("doctor", "--config", config).out

    with world.db.write() as session:
        session.execute(sa.update(ConnectionHeard).values(last_delivery=later - timedelta(days=2)))
    checked = steward("webhooks", "check", "--config", config)
    assert (checked.code, "FIX   tracker: 1 delivery was refused" in checked.out) == (1, True)
    assert "FIX   tracker: 1 delivery was refused" in steward("doctor", "--config", config).out


@pytest.mark.parametrize(
    ("tracker", "own", "is_reached"),
    [
        ("https://shop.atlassian.net", "https://steward.example.com/webhooks/jira/j", True),
        ("https://shop.atlassian.net", "https://8.8.8.8/webhooks/jira/j", True),
        ("https://shop.atlassian.net", "http://steward.example.com/webhooks/jira/j", False),
        ("https://shop.atlassian.net", "https://127.0.0.1:8788/webhooks/jira/j", False),
        ("https://shop.atlassian.net", "https://0012.1.2.3/webhooks/jira/j", False),
        ("https://shop.atlassian.net", "https://[::ffff:10.1.2.3]/webhooks/jira/j", False),
        ("https://api.atlassian.com/ex/jira/1", "https://10.1.2.3/webhooks/jira/j", False),
        ("https://dev.azure.com/contoso", "https://[fd00::1]/webhooks/azure-devops/a", False),
        ("https://contoso.visualstudio.com", "https://steward/webhooks/azure-devops/a", False),
        ("https://dev.azure.com/contoso", "https://steward.corp.internal/webhooks/azure-devops/a", False),
        ("https://jira.corp.example", "https://10.1.2.3/webhooks/jira/j", True),
        ("http://127.0.0.1:1", "http://127.0.0.1:2/webhooks/jira/j", True),
        ("https://jira.corp.example", "http://127.0.0.1:8788/webhooks/jira/j", True),
    ],
)
def test_fault_46_a_product_in_the_cloud_reaches_no_private_address(tracker: str, own: str, is_reached: bool) -> None:
    class Connection:
        url = tracker

    assert (unreachable_because(Connection(), own) == "") is is_reached  # type: ignore[arg-type]
    is_own_machine = "127.0.0.1" in own and "127.0.0.1" not in tracker
    assert bool(reached_only_if(Connection(), own)) is is_own_machine  # type: ignore[arg-type]


@pytest.mark.parametrize("world", ["jira-cloud"], indirect=True)
def test_fault_46_no_webhook_is_made_to_an_address_where_no_bot_can_be(world: Any, steward: Steward) -> None:
    config = config_of(world)
    rewrite(config, world.server.url, "http://169.254.169.254")
    told = steward("webhooks", "install", "--config", config)
    assert (told.code, "server.public_url is a link-local or metadata address" in told.err) == (1, True)
    rewrite(config, "http://169.254.169.254", "http://localhost:9")
    rewrite(config, world.mounted.url, "https://shop.atlassian.net")
    told = steward("webhooks", "install", "--config", config)
    assert (told.code, "the tracker is in the cloud" in told.out) == (1, True)
    assert told.out.endswith("Nothing was made.\n")
    assert world.mounted.webhooks.hooks() == []
