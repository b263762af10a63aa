"""Subscriptions on the sandbox: made, seen, told apart, made whole."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from jsonschema import Draft4Validator

from integrations.azure_devops.hooks import _subscription
from integrations.azure_devops.webhook.events import EVENTS
from integrations.tracker import Refused, Target, WebhookSecret, Wish, standings, to_mend

SPECIFICATION = (
    Path(__file__).parents[3].parent / "shared" / "specs" / "azure-devops" / "hooks" / "7.1" / "serviceHooks.json"
)
TARGET = Target("ado", "https://bot.example/webhooks/azure-devops/ado", ("Shop",), WebhookSecret("s3cret", "steward"))


@pytest.fixture
def hooks(connect: Any) -> Any:
    """As the bot that is an administrator."""
    return connect("ada").hooks


def states(hooks: Any) -> list[str]:
    found = hooks.found(TARGET)
    return [one.state for wish in hooks.wishes(TARGET) for one in standings(TARGET, wish, found)]


def test_where_there_is_none_all_are_missing(hooks: Any) -> None:
    assert states(hooks) == ["missing"] * len(EVENTS)


def test_what_is_made_is_seen_and_carries_the_password(ado: Any, hooks: Any) -> None:
    for wish in hooks.wishes(TARGET):
        hooks.install(TARGET, wish)
    assert states(hooks) == ["present"] * len(EVENTS)
    made = ado.webhooks.hooks()
    assert {hook.basic for hook in made} == {("steward", "s3cret")}
    assert {next(iter(hook.events)) for hook in made} == set(EVENTS)
    assert {hook.inputs["messagesToSend"] for hook in made} == {"none"}
    assert len({hook.inputs["projectId"] for hook in made}) == 1


def test_others_subscriptions_are_not_taken_for_ours(ado: Any, hooks: Any) -> None:
    ado.webhooks.register("https://other.example/webhooks/azure-devops/ado", events=["workitem.created"], id="theirs")
    ado.webhooks.register("https://bot.example/webhooks/azure-devops/ado2", events=["workitem.updated"], id="another")
    (created,) = standings(TARGET, Wish(("workitem.created",), "Shop"), hooks.found(TARGET))
    assert (created.state, created.hook, created.detail) == ("elsewhere", None, "one leads to other.example")
    assert states(hooks).count("missing") == len(EVENTS) - 1


def test_one_that_is_off_or_on_probation_is_named_with_the_reason_and_switched_on(ado: Any, hooks: Any) -> None:
    wish = Wish(("workitem.updated",), "Shop")
    hooks.install(TARGET, wish)
    (made,) = ado.webhooks.hooks()
    for state, seen in (("onProbation", "on probation"), ("disabledBySystem", "off")):
        ado.webhooks.replace(replace(made, state=state, basic=("steward", "old")))
        found = hooks.found(TARGET)
        (standing,) = standings(TARGET, wish, found)
        assert standing.state == seen
    assert "switched it off, after failures" in standing.detail
    hooks.install(TARGET, wish, to_mend(TARGET, wish, found))
    (after,) = ado.webhooks.hooks()
    assert (after.id, after.state, after.basic) == (made.id, "enabled", ("steward", "s3cret"))
    assert after.inputs["projectId"] == made.inputs["projectId"]


def test_one_with_another_user_is_not_signed(ado: Any, hooks: Any) -> None:
    wish = Wish(("workitem.updated",), "Shop")
    hooks.install(replace(TARGET, secret=WebhookSecret("s3cret", "somebody")), wish)
    assert [one.state for one in standings(TARGET, wish, hooks.found(TARGET))] == ["not signed"]


def test_a_plain_account_may_not_make_one(connect: Any) -> None:
    with pytest.raises(Refused):
        connect("dana").hooks.install(TARGET, Wish(("workitem.updated",), "Shop"))


def test_the_clicks_name_all_but_the_secret(hooks: Any) -> None:
    told = "\n".join(hooks.clicks(TARGET))
    assert TARGET.url in told
    assert "/Shop/_settings/serviceHooks" in told
    assert "Work item commented on" in told
    assert "s3cret" not in told


@pytest.mark.skipif(not SPECIFICATION.is_file(), reason="no shared data")
def test_what_is_sent_and_answered_fits_the_products_own_description(ado: Any, hooks: Any) -> None:
    described = json.loads(SPECIFICATION.read_text("utf-8-sig"))["definitions"]
    sent = _subscription("workitem.created", "1.0", {"projectId": "p"}, {"url": "https://bot.example"}).serialize()
    hooks.install(TARGET, Wish(("workitem.created",), "Shop"))
    (answered,) = ado_subscriptions(ado)
    for one in (sent, answered | {"subscriber": {}}):
        assert set(one) <= set(described["Subscription"]["properties"])
        schema = {"$ref": "#/definitions/Subscription", "definitions": described}
        assert [error.message for error in Draft4Validator(schema).iter_errors(one)] == []


def ado_subscriptions(ado: Any) -> list[dict[str, Any]]:
    answer = requests.get(f"{ado.url}/_apis/hooks/subscriptions?api-version=7.1", auth=("", "token-ada"), timeout=10)
    return list(answer.json()["value"])
