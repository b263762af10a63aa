"""Webhooks of both products on the sandbox: made, seen, told apart, made whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import responses

from integrations.jira.client import JiraConnection
from integrations.jira.session import BasicAuth, BearerAuth
from integrations.sandbox.site import Site, serve
from integrations.sandbox.state import Tracker
from integrations.tracker import Refused, Standing, Target, Unintelligible, WebhookSecret, standings, to_mend

TARGET = Target("shop", "https://bot.example/webhooks/jira/shop", ("SHOP",), WebhookSecret("s3cret"))
WANTED = ["jira:issue_created", "jira:issue_updated", "jira:issue_deleted", "comment_created"]


@pytest.fixture(params=["jira-cloud", "jira-data-center"])
def site(request: pytest.FixtureRequest) -> Iterator[Any]:
    made = Site([Tracker("tracker", request.param)], time_scale=0.0)
    with serve(made):
        yield made["tracker"]
    made.close()


def hooks_of(site: Any, who: str = "ada") -> Any:
    user = site.tracker.user(who)
    if site.tracker.flavour == "jira-cloud":
        return JiraConnection("shop", site.url, BasicAuth(user.mail, user.token), "cloud").hooks
    return JiraConnection("shop", site.url, BearerAuth(user.token), "data_center").hooks


def look(hooks: Any) -> list[Standing]:
    found = hooks.found(TARGET)
    return [one for wish in hooks.wishes(TARGET) for one in standings(TARGET, wish, found)]


def install(hooks: Any, target: Target = TARGET) -> None:
    found = hooks.found(target)
    for wish in hooks.wishes(target):
        hooks.install(target, wish, to_mend(target, wish, found))


def test_where_there_is_none_all_are_missing(site: Any) -> None:
    assert [(one.event, one.state) for one in look(hooks_of(site))] == [(name, "missing") for name in WANTED]


def test_one_webhook_tells_all_of_the_projects_and_is_signed(site: Any) -> None:
    install(hooks_of(site))
    assert {one.state for one in look(hooks_of(site))} == {"present"}
    (made,) = site.webhooks.hooks()
    assert (made.url, made.secret, sorted(made.events)) == (TARGET.url, "s3cret", sorted(WANTED))
    assert made.inputs["filters"] == {"issue-related-events-section": 'project in ("SHOP")'}


def test_others_webhooks_are_left_alone(site: Any) -> None:
    site.webhooks.register("https://other.example/hook", events=WANTED, secret="x")
    site.webhooks.register("https://old.example/webhooks/jira/shop", events=WANTED, secret="x")
    before = site.webhooks.hooks()
    assert {(one.state, one.detail) for one in look(hooks_of(site))} == {("elsewhere", "one leads to old.example")}
    install(hooks_of(site))
    assert site.webhooks.hooks()[:2] == before
    assert {one.state for one in look(hooks_of(site))} == {"present"}


def test_one_that_is_off_lacks_an_event_or_leaves_a_project_out_is_made_whole(site: Any) -> None:
    narrow = {"filters": {"issue-related-events-section": "project = OPS"}}
    site.webhooks.register(TARGET.url, events=[*WANTED[:2], "sprint_started"], secret="s3cret", inputs=narrow)
    assert [one.state for one in look(hooks_of(site))] == ["filtered", "filtered", "missing", "missing"]
    (made,) = site.webhooks.hooks()
    site.webhooks.replace(replace(made, state="disabledByUser"))
    assert [one.state for one in look(hooks_of(site))] == ["off", "off", "missing", "missing"]
    install(hooks_of(site))
    (after,) = site.webhooks.hooks()
    assert {one.state for one in look(hooks_of(site))} == {"present"}
    assert (after.id, after.state) == (made.id, "enabled")
    assert "sprint_started" in after.events


def test_an_administrators_own_filter_that_names_the_projects_is_kept(site: Any) -> None:
    own = {"filters": {"issue-related-events-section": "project = SHOP AND issuetype = Bug"}}
    site.webhooks.register(TARGET.url, events=WANTED[:1], secret="s3cret", inputs=own)
    install(hooks_of(site))
    assert site.webhooks.hooks()[0].inputs["filters"] == own["filters"]


def test_cloud_tells_of_one_that_is_not_signed_and_data_center_tells_nothing_of_it(site: Any) -> None:
    site.webhooks.register(TARGET.url, events=WANTED)
    (standing, *_) = look(hooks_of(site))
    if site.tracker.flavour == "jira-cloud":
        assert standing.state == "not signed"
    else:
        assert (standing.state, standing.detail) == ("present", "whether it is signed, the tracker does not tell")


def test_a_plain_account_is_told_which_right_is_missing(site: Any) -> None:
    with pytest.raises(Refused) as refused:
        hooks_of(site, "dana").found(TARGET)
    assert "Administer Jira" in refused.value.missing


def test_the_clicks_name_all_but_the_secret(site: Any) -> None:
    told = "\n".join(hooks_of(site).clicks(TARGET))
    assert TARGET.url in told
    assert 'project in ("SHOP")' in told
    assert "s3cret" not in told


@responses.activate
def test_a_data_center_that_signs_nothing_is_refused_with_the_way_out() -> None:
    base = "https://jira.example/ctx"
    responses.get(f"{base}/rest/api/2/serverInfo", json={"versionNumbers": [9, 12, 4]})
    hooks = JiraConnection("shop", base, BearerAuth("t"), "data_center").hooks
    with pytest.raises(Refused) as refused:
        hooks.found(TARGET)
    assert 'intake = "poll"' in refused.value.missing


@responses.activate
@pytest.mark.parametrize("answer", [{}, [{"url": "x"}], [7], {"values": 7}, [{"id": "x", "url": "y"}]])
def test_an_answer_of_another_shape_is_unintelligible(answer: Any) -> None:
    base = "https://jira.example"
    responses.get(f"{base}/rest/webhooks/1.0/webhook", json=answer)
    hooks = JiraConnection("shop", base, BasicAuth("a@b.example", "t"), "cloud").hooks
    with pytest.raises(Unintelligible):
        hooks.found(TARGET)


@responses.activate
def test_a_token_with_scopes_is_said_to_be_the_reason() -> None:
    base = "https://api.atlassian.com/ex/jira/11111111-2222"
    responses.get(f"{base}/rest/webhooks/1.0/webhook", status=401)
    site = "https://shop.atlassian.net"
    hooks = JiraConnection("shop", base, BasicAuth("a@b.example", "t"), "cloud", browse_url=site).hooks
    with pytest.raises(Refused) as refused:
        hooks.found(TARGET)
    assert "without scopes" in refused.value.missing
    assert hooks.clicks(TARGET)[0].startswith(f"Open {site}/plugins/servlet/webhooks ")
