"""What the doctor says of rights, scopes, tokens and limits, without changing anything."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.doctor.findings import remedy_for, remedy_inside, what_is
from bot.settings import load
from bot.telemetry.connections import Hearing
from bot.telemetry.status.looking import look
from bot.wiring import unreachable_because
from integrations.jira.people import JiraPeople
from integrations.sandbox.jira.scheme import Field, Scheme, arrange
from integrations.tracker import NotSignedIn, Unreachable
from tests.commands import Told, config_of, rewrite

FLAVOURS = ("jira-cloud", "jira-data-center", "azure-devops")
JIRA = FLAVOURS[:2]
EDIT = {"azure-devops": "Edit work items in this node"}
Doctor = Callable[..., Told]


def examined(steward: Doctor, world: Any, *settings: str) -> Told:
    """What the doctor says with these lines added to the project's settings."""
    config = config_of(world)
    if settings:
        rewrite(config, 'connection = "tracker"', "\n".join(('connection = "tracker"', *settings)))
    return steward("doctor", "-c", config)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_plain_account_that_may_do_all_is_told_so_and_nothing_is_written(
    steward: Doctor, make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour, rights="plain", intake="poll")
    told = examined(steward, world)
    assert told.code == 0, told.out
    assert f"the bot's account holds: {'View' if flavour == 'azure-devops' else 'Browse'}" in told.out
    assert EDIT.get(flavour, "Edit Issues") in told.out
    asked = {(one.method, one.path.rpartition("/")[2]) for one in world.requests()}
    assert {path for method, path in asked if method not in ("GET", "OPTIONS")} <= {"wiql", "workitemsbatch"}


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_right_that_lacks_is_named_with_what_does_not_work_without_it(
    steward: Doctor, make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour, rights="plain")
    world.tracker.set_role(world.project, "steward", "Reporters")
    told = examined(steward, world)
    assert told.code == 1
    assert f"FIX   tracker: project {world.project}: the bot's account lacks: {EDIT.get(flavour, 'Edit Issues')}\n" in (
        told.out
    )
    assert "Without it nothing that people accept can be applied." in told.out


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_to_read_is_enough_in_shadow_mode(steward: Doctor, make_world: Callable[..., Any], flavour: str) -> None:
    world = make_world(flavour, rights="plain", mode="shadow", intake="poll")
    world.tracker.set_role(world.project, "steward", None)
    told = examined(steward, world)
    assert told.code == 0, told.out
    assert "to read is enough in shadow mode" in told.out
    assert 'For mode = "suggest" give: ' in told.out


def test_a_right_that_no_setting_needs_is_a_remark(steward: Doctor, make_world: Callable[..., Any]) -> None:
    world = make_world(rights="plain")
    world.tracker.set_role(world.project, "steward", "Reporters")
    off = 'disabled_rules = ["possible_duplicate", "oversized_item"]'
    told = examined(steward, world, off)
    assert "FIX   tracker: project SHOP: the bot's account lacks: Edit Issues" in told.out
    assert "ok    tracker: project SHOP: the bot's account lacks: Link Issues" in told.out
    assert "ok    tracker: project SHOP: the bot's account lacks: Transition Issues" in told.out


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_rights_that_the_tracker_does_not_tell_are_left_to_a_rehearsal(
    steward: Doctor, make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour)
    world.mounted.faults.answer(404, times=None, path="mypermissions|_apis/[Pp]ermissions")
    told = examined(steward, world)
    assert told.code == 0, told.out
    assert "the tracker does not tell whether the account holds: " in told.out
    assert f"Try it: steward doctor --rehearse {world.project}" in told.out


@pytest.mark.parametrize(
    ("flavour", "scope", "said"),
    [
        ("jira-cloud", "labels = pilot", "ok    tracker: project SHOP: the scope is understood; it covers 1 items"),
        (
            "jira-cloud",
            "labels = pilot ORDER BY key",
            'FIX   tracker: project SHOP: scope = "labels = pilot ORDER BY key": the tracker does not take it: ',
        ),
        ("azure-devops", "[System.Tags] CONTAINS 'pilot'", "the scope is understood; it covers 1 items"),
        (
            "azure-devops",
            "[System.Tags",
            'FIX   tracker: project Shop: scope = "[System.Tags": the tracker does not take it: The scope has',
        ),
    ],
)
def test_a_scope_is_tried(steward: Doctor, make_world: Callable[..., Any], flavour: str, scope: str, said: str) -> None:
    world = make_world(flavour)
    world.edit("dana", world.file("One"), labels=["pilot"])
    world.file("Another")
    assert said in examined(steward, world, f'scope = "{scope}"').out


@pytest.mark.parametrize(
    ("area", "said"),
    [
        ("Confidential", "ok    tracker: project Shop: the restricted areas are known; they hold 1 items"),
        ("Confidental", "FIX   tracker: project Shop: not every area under restricted_areas is known to the tracker"),
    ],
)
def test_areas_that_only_some_may_read_are_looked_for(
    steward: Doctor, make_world: Callable[..., Any], area: str, said: str
) -> None:
    world = make_world("azure-devops")
    world.restrict(world.file("One"), "steward")
    assert said in examined(steward, world, f'restricted_areas = ["{area}"]').out


@pytest.mark.parametrize("flavour", JIRA)
def test_the_bot_belongs_to_those_who_alone_may_read_its_comments(
    steward: Doctor, make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour)
    told = examined(steward, world, 'comments_for = "role:Administrators"')
    assert "ok    tracker: project SHOP: comments are for role:Administrators\n" in told.out
    rewrite(config_of(world), "role:Administrators", "role:Developers")
    told = steward("doctor", "-c", config_of(world))
    assert "FIX   tracker: project SHOP: comments are for role:Developers, and the bot is not among them" in told.out


def test_an_audience_that_azure_devops_cannot_keep_is_a_fault(steward: Doctor, make_world: Callable[..., Any]) -> None:
    told = examined(steward, make_world("azure-devops"), 'comments_for = "group:Contributors"')
    assert "but Azure DevOps shows a comment to all who see the item" in told.out
    assert told.code == 1


@pytest.mark.parametrize("flavour", JIRA)
def test_fields_that_sub_tasks_require_are_named_until_the_settings_hold_values(
    steward: Doctor, make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour)
    team = Field("customfield_10060", "Team", {"type": "option", "custom": "x:select"}, required=True, options=("Web",))
    arrange(world.tracker, world.project, Scheme(fields=(team,)))
    told = examined(steward, world)
    assert "FIX   tracker: project SHOP: sub-tasks lack values that the project requires: Team" in told.out
    assert examined(steward, world, 'required_fields = { Team = "Web" }').code == 0


def test_the_end_of_a_token_is_told(steward: Doctor, make_world: Callable[..., Any]) -> None:
    config = config_of(make_world())
    assert "when the token ends, the tracker does not tell" in steward("doctor", "-c", config).out
    today = datetime.now(UTC).date()
    days = {90: ("ok ", "you are told two weeks ahead"), 5: ("ok ", "make a new one"), -2: ("FIX", "make a new one")}
    written = 'intake = "webhook"'
    for ahead, (state, said) in days.items():
        now = f'token_expires = {today + timedelta(days=ahead)}\nintake = "webhook"'
        rewrite(config, written, now)
        written = now
        out = steward("doctor", "-c", config).out
        assert f"{state}   tracker: the token ends on {today + timedelta(days=ahead)}" in out
        assert said in out


def test_what_the_tracker_says_of_its_limits_is_told(steward: Doctor, make_world: Callable[..., Any]) -> None:
    world = make_world()
    assert "the tracker names no limit of requests" in examined(steward, world).out
    headers = {"X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "60"}
    world.mounted.faults.answer(404, path="mypermissions", headers=headers)
    assert "60 of 100 are left of what the tracker allows" in examined(steward, world).out
    world.mounted.faults.throttle(1, path="project")
    assert "Meanwhile it asked to wait 1 s: who else uses this account?" in examined(steward, world).out


def test_a_token_that_a_site_refuses_is_sent_to_the_address_for_tokens_with_scopes(
    steward: Doctor, make_world: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world()
    config = rewrite(config_of(world), world.mounted.url, "https://corner-shop.atlassian.net")

    def refuse(_: object) -> None:
        raise NotSignedIn("no", "a valid token")

    monkeypatch.setattr(JiraPeople, "me", refuse)
    monkeypatch.setattr("integrations.jira.site.common_address", lambda *_: "https://api.atlassian.com/ex/jira/1")
    told = steward("doctor", "-c", config)
    said = 'url = "https://api.atlassian.com/ex/jira/1", browse_url = "https://corner-shop.atlassian.net"'
    assert said in told.out
    monkeypatch.setattr("integrations.jira.site.common_address", lambda *_: None)
    assert "Check the token (is it expired?)" in steward("doctor", "-c", config).out


@pytest.mark.parametrize(
    ("why", "advice"),
    [
        ("the certificate is not trusted, or ours was not taken", "under ca_bundle"),
        ("the proxy did not let it through: see proxy", "HTTPS_PROXY"),
        ("a link-local or metadata address is never called", "the tracker's own address"),
        ("this machine cannot find the host name", "DNS"),
        ("nothing listens there", "refuses that port"),
        ("what listens there does not speak TLS", "plain http"),
        ("ConnectionError", "Check the url"),
    ],
)
def test_why_no_answer_came_is_said_with_what_helps(why: str, advice: str) -> None:
    error = Unreachable(f"GET myself had no answer ({why})")
    assert why in what_is(error)
    assert advice in remedy_for(error)


def test_a_token_without_a_scope_is_told_from_one_that_nobody_takes() -> None:
    error = NotSignedIn("GET answered 401", missing="a valid access token", has_user=False)
    assert "vso.work_write" in remedy_inside(error)
    assert "the token is good" in remedy_inside(error)
    assert "user beside it" not in remedy_for(error)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_project_that_is_spelled_otherwise_is_named_by_the_doctor_in_the_log_and_on_the_status_page(
    steward: Doctor, make_world: Callable[..., Any], capsys: pytest.CaptureFixture[str], flavour: str
) -> None:
    world = make_world(flavour, intake="poll")
    other = world.project.lower()
    rewrite(config_of(world), f'key = "{world.project}"', f'key = "{other}"')
    told = steward("doctor", "-c", config_of(world))
    assert f"FIX   tracker: project {other}: the tracker writes {world.project}; did you mean {world.project}?" in (
        told.out
    )
    world.settings = load(config_of(world))
    world.wire()
    world.queue.enqueue("poll", "poll:tracker:start-1", "tracker", "start")
    world.queue.run_due()
    assert f"did_you_mean={world.project}" in capsys.readouterr().out
    status = look(world.settings, world.db, dict, Hearing(), world.queue.now, "1")
    assert f"tracker knows no project {other}" in [*status.problems][-1].what
    assert [one.found for one in status.projects] == [False]


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_project_that_there_is_not_is_said_with_where_its_key_is_to_be_found(
    steward: Doctor, make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour)
    rewrite(config_of(world), f'key = "{world.project}"', 'key = "Corner Shop 2"')
    told = steward("doctor", "-c", config_of(world)).out
    assert ("as SHOP in SHOP-12" if flavour in JIRA else "it stands after the organisation") in told
    assert "steward doctor names" not in told


def test_what_the_tracker_says_of_a_scope_is_told(steward: Doctor, make_world: Callable[..., Any]) -> None:
    told = examined(steward, make_world(), 'scope = "nonsense = 1"').out
    assert 'It says: "' in told
    assert "Correct scope in the project's settings" in told


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_people_and_groups_that_there_are_not_are_named_with_what_may_be_meant(
    steward: Doctor, make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour)
    dana = world.tracker.user("dana")
    group = "Contributors" if flavour == "azure-devops" else "Developers"
    right = f'accept_people = ["{dana.id}"]\naccept_groups = ["{group}"]'
    assert "FIX" not in examined(steward, world, right).out
    rewrite(config_of(world), right, f'accept_people = ["{dana.mail}"]\naccept_groups = ["Nobodies"]')
    told = steward("doctor", "-c", config_of(world)).out
    assert f"FIX   tracker: project {world.project}: accept_people names {dana.mail}, which is no id" in told
    assert f"Take the id: {dana.id} ({dana.display_name})." in told
    assert "accept_groups names Nobodies, which is no group or role that there is" in told
    assert group in told.split("names Nobodies")[1]


@pytest.mark.parametrize("flavour", JIRA)
def test_a_role_that_there_is_not_is_named_with_those_that_there_are(
    steward: Doctor, make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour, rights="plain")
    told = examined(steward, world, 'comments_for = "role:Nobodies"').out
    assert "comments are for role:Nobodies, and there is no such role" in told
    assert "There is: Administrators, Developers, Reporters." in told


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_that_nobody_can_decide_by_a_comment_is_a_fault(
    steward: Doctor, make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour, rights="plain")
    world.file("One")
    assert f"FIX   tracker: project {world.project}: the bot may not ask" in examined(steward, world).out
    told = examined(steward, world, f'accept_people = ["{world.tracker.user("dana").id}"]')
    assert told.code == 0, told.out


def test_an_address_at_which_there_is_no_jira_or_another_kind_of_it_is_told_as_such(
    steward: Doctor, make_world: Callable[..., Any]
) -> None:
    world = make_world("jira-data-center")
    config = config_of(world)
    rewrite(config, f'url = "{world.mounted.url}"', f'url = "{world.mounted.url}/elsewhere"')
    assert f"nothing of Jira answers at {world.mounted.url}/elsewhere" in steward("doctor", "-c", config).out
    rewrite(config, "/elsewhere", "")
    rewrite(config, 'kind = "jira-data-center"', 'kind = "jira-cloud"\nuser = "steward@example.org"')
    told = steward("doctor", "-c", config).out
    assert "this is a site of Jira Data Center (or Server), and kind says jira-cloud" in told
    assert 'Write kind = "jira-data-center". It takes a personal access token' in told


def test_where_no_webhook_could_reach_the_bot_that_is_a_fault_and_without_tls_a_remark(
    steward: Doctor, make_world: Callable[..., Any]
) -> None:
    world = make_world()
    rewrite(config_of(world), "[connections", '[server]\npublic_url = "http://bot.example.org"\n[connections')
    told = steward("doctor", "-c", config_of(world))
    assert "Deliveries travel there unencrypted" in told.out
    assert told.out.count("FIX") == told.out.count("FIX   tracker: no webhook to the bot is to be seen") == 1
    connection = next(iter(world.settings.connections.values()))
    hosted = connection.model_copy(update={"url": "https://corner-shop.atlassian.net"})
    assert "https:// only" in unreachable_because(hosted, "http://bot.example.org/webhooks/jira/tracker")


def test_that_rules_read_english_is_a_remark_where_a_project_speaks_another_language(
    steward: Doctor, make_world: Callable[..., Any]
) -> None:
    world = make_world(intake="poll")
    assert "rules read English" not in examined(steward, world).out
    assert "The rules read English texts" in examined(steward, world, 'language = "de"').out
