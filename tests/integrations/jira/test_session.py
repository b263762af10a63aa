"""Exact wire cases: what is sent, what is never sent, and what an answer means."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests
import responses
from responses import RequestsMock

from integrations.blocks import Paragraph, Text
from integrations.jira.client import JiraConnection
from integrations.jira.session import BasicAuth, BearerAuth, JiraSession, Patience
from integrations.tracker import (
    Conflict,
    Invalid,
    Missing,
    NotSignedIn,
    Refused,
    Throttled,
    TrackerError,
    Unintelligible,
    Unreachable,
)

BASE = "https://jira.example/context"
API = f"{BASE}/rest/api/3"
TOKEN = "a-very-secret-token"
HELLO = (Paragraph((Text("Hello"),)),)


@dataclass
class Time:
    """A clock that only moves when somebody sleeps."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def clock(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def wire() -> Iterator[RequestsMock]:
    with RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def session(time: Time) -> JiraSession:
    return JiraSession(BASE, BasicAuth("bot@x.example", TOKEN), "cloud", sleep=time.sleep, clock=time.clock)


@pytest.fixture
def jira(time: Time) -> JiraConnection:
    return connection(time)


def connection(time: Time, **more: Any) -> JiraConnection:
    auth = BasicAuth("bot@x.example", TOKEN)
    return JiraConnection("shop", BASE, auth, "cloud", sleep=time.sleep, clock=time.clock, **more)


def test_a_connection_that_is_only_made_asks_nothing(wire: RequestsMock, jira: JiraConnection) -> None:
    assert len(wire.calls) == 0


def test_the_context_path_of_the_base_address_is_kept(wire: RequestsMock, session: JiraSession) -> None:
    wire.get(f"{API}/issue/SHOP-1", json={"id": "1", "self": "https://elsewhere.example/rest/api/3/issue/1"})
    wire.put(f"{API}/issue/SHOP-1", status=204)
    session.get("issue/SHOP-1")
    session.put("issue/SHOP-1", {"fields": {}})
    assert [call.request.url for call in wire.calls] == [f"{API}/issue/SHOP-1"] * 2


def test_the_library_calls_go_to_the_same_place_and_version(wire: RequestsMock, jira: JiraConnection) -> None:
    wire.get(f"{API}/myself", json={"accountId": "712020:bot", "displayName": "Steward", "accountType": "app"})
    assert jira.people.me().is_app


def test_both_forms_of_signing_in_are_sent(wire: RequestsMock) -> None:
    wire.get(f"{API}/x", json={})
    wire.get(f"{BASE}/rest/api/2/x", json={})
    JiraSession(BASE, BasicAuth("bot@x.example", TOKEN), "cloud").get("x")
    JiraSession(BASE, BearerAuth(TOKEN), "data_center").get("x")
    basic, bearer = (str(call.request.headers["Authorization"]) for call in wire.calls)
    assert basic.startswith("Basic ")
    assert bearer == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    ("status", "headers", "error"),
    [
        (400, {}, Invalid),
        (401, {}, NotSignedIn),
        (403, {}, Refused),
        (404, {}, Missing),
        (409, {}, Conflict),
        (410, {}, Invalid),
        (413, {}, Invalid),
        (429, {}, Throttled),
        (429, {"Retry-After": "600"}, Throttled),
        (500, {}, Unreachable),
        (502, {}, Unreachable),
        (503, {}, Unreachable),
        (503, {"Retry-After": "600"}, Throttled),
        (504, {}, Unreachable),
    ],
)
@pytest.mark.parametrize("method", ["get", "put", "post", "delete"])
def test_an_answer_has_one_meaning(
    wire: RequestsMock,
    session: JiraSession,
    status: int,
    headers: dict[str, str],
    error: type[TrackerError],
    method: str,
) -> None:
    body = {"errorMessages": ["words of the ticket"], "errors": {"priority": "more words"}}
    wire.add(method.upper(), f"{API}/x", json=body, status=status, headers=headers)
    call: Callable[[], Any] = {
        "get": lambda: session.get("x", needs="Do That"),
        "put": lambda: session.put("x", {}, needs="Do That"),
        "post": lambda: session.post("x", {}, needs="Do That"),
        "delete": lambda: session.delete("x", needs="Do That"),
    }[method]
    with pytest.raises(error) as caught:
        call()
    assert type(caught.value) is error
    assert "words" not in str(caught.value)
    assert TOKEN not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    if method != "get":
        assert len(wire.calls) == 1


def test_a_right_that_lacks_is_named_and_a_token_that_is_not_taken_too(
    wire: RequestsMock, session: JiraSession
) -> None:
    wire.get(f"{API}/a", status=403)
    wire.get(f"{API}/b", status=401)
    wire.get(f"{API}/c", status=401, headers={"X-AUSERNAME": "steward"})
    wire.get(f"{API}/d", status=401, headers={"X-AUSERNAME": "anonymous"})
    missing = []
    for path in "abcd":
        with pytest.raises(Refused) as caught:
            session.get(path, needs="Browse Projects")
        missing.append(caught.value.missing)
    token = "a valid token of the bot's account"
    assert missing == ["Browse Projects", token, "Browse Projects", token]


def test_a_field_that_is_not_taken_is_named(wire: RequestsMock, session: JiraSession) -> None:
    wire.put(f"{API}/x", status=400, json={"errors": {"priority": "words of the ticket"}})
    with pytest.raises(Invalid, match="priority"):
        session.put("x", {})


@pytest.mark.parametrize(
    "error",
    [
        requests.ConnectionError(),
        requests.ReadTimeout(),
        requests.ConnectTimeout(),
        requests.exceptions.ChunkedEncodingError(),
    ],
)
def test_no_answer_is_unreachable_and_a_post_is_sent_once(
    wire: RequestsMock, session: JiraSession, error: Exception
) -> None:
    wire.post(f"{API}/issue/SHOP-1/comment", body=error)
    with pytest.raises(Unreachable):
        session.post("issue/SHOP-1/comment", {})
    assert len(wire.calls) == 1


def test_a_get_is_repeated_a_few_times_with_growing_waits(wire: RequestsMock, session: JiraSession, time: Time) -> None:
    wire.get(f"{API}/x", status=500)
    wire.get(f"{API}/x", body=requests.ConnectionError())
    wire.get(f"{API}/x", json={"a": 1})
    assert session.get("x") == {"a": 1}
    assert time.slept == [0.5, 1.0]


def test_a_get_gives_up_in_the_end(wire: RequestsMock, session: JiraSession) -> None:
    wire.get(f"{API}/x", status=503)
    with pytest.raises(Unreachable):
        session.get("x")
    assert len(wire.calls) == 3


def test_a_field_write_is_never_repeated_and_an_own_comments_edit_is(wire: RequestsMock, session: JiraSession) -> None:
    wire.put(f"{API}/x", status=502)
    with pytest.raises(Unreachable):
        session.put("x", {})
    assert len(wire.calls) == 1
    with pytest.raises(Unreachable):
        session.put("x", {}, repeatable=True)
    assert len(wire.calls) == 4


def test_fault_23_a_short_wait_is_waited_in_full(wire: RequestsMock, session: JiraSession, time: Time) -> None:
    wire.get(f"{API}/x", status=429, headers={"Retry-After": "7"})
    wire.get(f"{API}/x", json={})
    start = time.now
    session.get("x")
    assert time.now - start >= 7


def test_fault_23_a_long_wait_is_left_to_the_engine_and_nothing_is_sent_before_it_has_passed(
    wire: RequestsMock, session: JiraSession, time: Time
) -> None:
    wire.get(f"{API}/x", status=429, headers={"Retry-After": "600"})
    with pytest.raises(Throttled) as caught:
        session.get("x")
    assert caught.value.retry_after == 600
    time.now += 580
    for call in (lambda: session.post("y", {}), lambda: session.put("y", {}), lambda: session.delete("y")):
        with pytest.raises(Throttled) as caught:
            call()
        assert caught.value.retry_after == pytest.approx(20)
    assert len(wire.calls) == 1
    assert time.slept == []
    time.now += 19
    wire.replace("GET", f"{API}/x", json={})
    session.get("x")  # one second is short enough to wait here
    assert time.now >= 1600
    assert len(wire.calls) == 2


@pytest.mark.parametrize("offset", [timedelta(), timedelta(days=3)])
def test_fault_23_a_date_counts_from_the_answers_own_clock(
    wire: RequestsMock, session: JiraSession, offset: timedelta
) -> None:
    then = datetime.now(UTC) + offset
    headers = {"Retry-After": format_datetime(then + timedelta(seconds=90), usegmt=True)}
    headers["Date"] = format_datetime(then, usegmt=True)
    wire.get(f"{API}/x", status=503, headers=headers)
    with pytest.raises(Throttled) as caught:
        session.get("x")
    assert caught.value.retry_after == pytest.approx(90, abs=2)


@pytest.mark.parametrize("value", ["soon", "nan", "inf", "-5", "1e999", "Wed, 99 Foo", "", "9" * 400])
def test_an_odd_retry_after_is_no_trouble(wire: RequestsMock, time: Time, value: str) -> None:
    session = JiraSession(
        BASE, BearerAuth(TOKEN), "cloud", patience=Patience(tries=1), sleep=time.sleep, clock=time.clock
    )
    wire.get(f"{API}/x", status=429, headers={"Retry-After": value})
    with pytest.raises(Throttled) as caught:
        session.get("x")
    assert 0 <= caught.value.retry_after <= 86_400


@pytest.mark.parametrize("body", ["<html>Please sign in</html>", "{", '{"a":' * 5000, "[" * 500 + "]" * 500])
def test_a_page_or_broken_json_with_200_is_unintelligible(wire: RequestsMock, session: JiraSession, body: str) -> None:
    wire.get(f"{API}/x", body=body, content_type="text/html")
    with pytest.raises(Unintelligible) as caught:
        session.get("x")
    assert "sign in" not in str(caught.value)


def test_a_page_where_the_library_expects_json_is_unintelligible(wire: RequestsMock, jira: JiraConnection) -> None:
    wire.get(f"{API}/myself", body="<html>Please sign in</html>")
    with pytest.raises(Unintelligible):
        jira.people.me()


@pytest.mark.parametrize("answer", [[], "text", 7, {"key": "SHOP-1"}, {"fields": []}, {"fields": {"status": "x"}}])
def test_json_of_another_shape_is_unintelligible(wire: RequestsMock, jira: JiraConnection, answer: Any) -> None:
    wire.get(f"{API}/field", json=[])
    wire.get(f"{API}/issue/SHOP-1", json=answer)
    with pytest.raises(Unintelligible):
        jira.reader.fetch("SHOP-1")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("target", ["http://169.254.169.254/latest/meta-data", "https://evil.example/", f"{API}/y"])
def test_fault_46_a_redirect_is_not_followed(
    wire: RequestsMock, jira: JiraConnection, status: int, target: str
) -> None:
    wire.get(f"{API}/myself", status=status, headers={"Location": target})
    wire.get(target, json={"accountId": "x"})
    with pytest.raises(Unintelligible):
        jira.people.me()
    assert len(wire.calls) == 1


def test_fault_50_no_secret_is_shown(jira: JiraConnection) -> None:
    assert TOKEN not in repr(BasicAuth("bot", TOKEN))
    assert TOKEN not in repr(BearerAuth(TOKEN))


def test_every_thread_has_a_client_of_its_own(wire: RequestsMock, session: JiraSession) -> None:
    wire.get(f"{API}/x", json={})
    clients: list[object] = []
    threads = [
        threading.Thread(target=lambda: clients.append(session.ask(lambda client: client, "x"))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(client) for client in clients}) == 3
    assert session.ask(lambda client: client, "x") is session.ask(lambda client: client, "x")


def test_the_client_waits_a_bounded_time_and_repeats_nothing_itself(session: JiraSession) -> None:
    client = session.ask(lambda client: client, "x")
    assert client._session.timeout == (3.05, 20.0)
    assert client._session.max_retries == 0
    assert client._session.max_redirects == 0


def service_issue(kind: str | None) -> dict[str, Any]:
    project = {"key": "HELP", **({"projectTypeKey": kind} if kind else {})}
    return {"id": "1", "key": "HELP-1", "fields": {"project": project}}


@pytest.mark.parametrize(("kind", "internal"), [("software", False), ("service_desk", True)])
def test_a_comment_and_its_marker_are_one_request_and_internal_in_a_service_project(
    wire: RequestsMock, jira: JiraConnection, kind: str, internal: bool
) -> None:
    wire.get(f"{API}/issue/HELP-1", json=service_issue(kind))
    wire.post(f"{API}/issue/HELP-1/comment", json={"id": "7"}, status=201)
    assert jira.commenter.post("HELP-1", HELLO, "m") == "7"
    sent = json.loads(wire.calls[1].request.body or b"")
    assert sent["body"]["type"] == "doc"
    properties = {entry["key"]: entry["value"] for entry in sent["properties"]}
    assert properties.pop("steward") == {"write": "m"}
    assert properties == ({"sd.public.comment": {"internal": True}} if internal else {})


def test_an_edit_is_sent_to_our_own_address_without_notification(wire: RequestsMock, jira: JiraConnection) -> None:
    wire.get(f"{API}/issue/SHOP-1", json={"fields": {"project": {"projectTypeKey": "software"}}})
    wire.put(f"{API}/issue/SHOP-1/comment/7", json={"id": "7", "self": "https://elsewhere.example/x"})
    jira.commenter.edit("SHOP-1", "7", HELLO, "m")
    assert wire.calls[1].request.url == f"{API}/issue/SHOP-1/comment/7?notifyUsers=false"


def test_links_lead_to_the_site_and_requests_to_the_gateway(wire: RequestsMock, time: Time) -> None:
    gateway = "https://api.atlassian.example/ex/jira/cloud-id"
    auth = BasicAuth("bot@x.example", TOKEN)
    jira = JiraConnection("shop", gateway, auth, "cloud", browse_url="https://site.example/", sleep=time.sleep)
    wire.get(f"{gateway}/rest/api/3/myself", json={"accountId": "x"})
    jira.people.me()
    assert jira.browse("SHOP-1") == "https://site.example/browse/SHOP-1"


def test_a_search_of_cloud_names_its_fields_and_keeps_its_query_over_the_pages(
    wire: RequestsMock, jira: JiraConnection
) -> None:
    wire.get(f"{API}/field", json=[{"id": "customfield_1", "name": "Story Points", "schema": {"type": "number"}}])
    wire.get(f"{API}/search/jql", json={"issues": [], "nextPageToken": "abc:1", "isLast": False})
    wire.get(f"{API}/search/jql", json={"issues": [], "isLast": True})
    since = datetime.now(UTC) - timedelta(minutes=10)
    first = jira.reader.moved("SHOP", since)
    assert first.next is not None
    last = jira.reader.moved("SHOP", since - timedelta(hours=5), first.next)
    assert last.next is None
    queries = [call.request.params for call in wire.calls[1:]]  # type: ignore[attr-defined] # added by responses
    assert queries[0]["jql"] == queries[1]["jql"] == 'project = "SHOP" AND updated >= "-13m" ORDER BY updated ASC'
    assert queries[0]["maxResults"] == "100"
    assert "customfield_1" in queries[0]["fields"]
    assert "*all" not in queries[0]["fields"]
    assert queries[1]["nextPageToken"] == "abc:1"


def issue_answer(**fields: Any) -> dict[str, Any]:
    return {
        "id": "10001",
        "key": "SHOP-1",
        "fields": {
            "summary": "A",
            "status": {"name": "Open", "statusCategory": {"key": "undefined"}},
            "issuetype": {"name": "Story", "subtask": False},
            "project": {"key": "SHOP"},
            "created": "2025-11-21T10:00:00.000+0700",
            "updated": "2025-11-21T10:00:00.000+0700",
            **fields,
        },
    }


def test_points_criteria_and_security_are_read(wire: RequestsMock, jira: JiraConnection) -> None:
    points = {
        "id": "customfield_1",
        "name": "Size",
        "schema": {"type": "number", "custom": "com.pyxis:jsw-story-points"},
    }
    criteria = {
        "id": "customfield_2",
        "name": "Acceptance Criteria",
        "schema": {"type": "string", "custom": "x:textarea"},
    }
    wire.get(f"{API}/field", json=[points, criteria, {"id": "summary", "name": "Summary"}])
    text = {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": "given"}]}],
    }
    more = {"customfield_1": 5, "customfield_2": text, "security": {"name": "Staff"}}
    wire.get(f"{API}/issue/SHOP-1", json=issue_answer(**more))
    item = jira.reader.fetch("SHOP-1")
    assert (item.story_points, item.acceptance_criteria, item.restricted) == (5.0, "given", True)
    assert item.created == datetime(2025, 11, 21, 3, tzinfo=UTC)
    assert item.status_category == "todo"
    assert item.version == "2025-11-21T10:00:00.000+0700"


def test_a_comment_list_without_properties_is_completed_for_the_bots_own(
    wire: RequestsMock, jira: JiraConnection
) -> None:
    def comment(number: str, author: str) -> dict[str, Any]:
        at = "2025-11-21T10:00:00.000+0000"
        return {"id": number, "author": {"accountId": author}, "created": at, "updated": at, "body": None}

    wire.get(f"{API}/myself", json={"accountId": "bot"})
    wire.get(f"{API}/issue/SHOP-1/comment", json={"comments": [comment("1", "rae"), comment("2", "bot")], "total": 2})
    wire.get(f"{API}/comment/2/properties/steward", json={"key": "steward", "value": {"write": "m"}})
    assert [found.marker for found in jira.reader.comments("SHOP-1")] == [None, "m"]
    assert jira.commenter.find("SHOP-1", "m") == "2"


def test_a_link_type_named_the_other_way_round_is_understood(wire: RequestsMock, jira: JiraConnection) -> None:
    turned = {"id": "3", "name": "Duplicate", "inward": "duplicates", "outward": "is duplicated by"}
    wire.get(f"{API}/issueLinkType", json={"issueLinkTypes": [turned]})
    link = jira.applier._kinds["duplicate"]
    assert link._duplicate_type() == {"id": "3", "reversed": True}  # type: ignore[attr-defined]


@responses.activate
def test_a_base_address_that_is_none_is_invalid() -> None:
    for base in ("", "jira.example", "ftp://jira.example"):
        with pytest.raises((Invalid, Unreachable)):
            JiraSession(base, BearerAuth(TOKEN), "cloud", patience=Patience(tries=1)).get("x")


@pytest.mark.parametrize("hidden", [True, False])
def test_an_issue_that_data_center_answers_with_403_is_missing_where_a_search_finds_it_no_more(hidden: bool) -> None:
    server = "https://jira.corp.example"
    with RequestsMock(assert_all_requests_are_fired=False) as wire:
        jira = JiraConnection("dc", server, BearerAuth("token-steward"), "data_center")
        wire.get(f"{server}/rest/api/2/field", json=[])
        wire.get(f"{server}/rest/api/2/issue/SHOP-1", status=403, json={"errorMessages": ["Keine Berechtigung."]})
        answer = {"issues": [{"id": "1", "key": "SHOP-1"}], "total": 1}
        wire.get(f"{server}/rest/api/2/search", status=400 if hidden else 200, json={} if hidden else answer)
        with pytest.raises(Missing if hidden else Refused):
            jira.reader.fetch("SHOP-1")
