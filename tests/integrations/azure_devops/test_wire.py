"""One request and every way it can end, on the wire of the real product."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import responses

from integrations.azure_devops.wire import Wire
from integrations.tracker import (
    Conflict,
    Incomplete,
    Invalid,
    Missing,
    NotSignedIn,
    Refused,
    Throttled,
    TrackerError,
    Unintelligible,
    Unreachable,
)

URL = "https://dev.azure.com/contoso/_apis/wit/workItems/1"
TESTED = [{"op": "test", "path": "/rev", "value": 3}, {"op": "add", "path": "/fields/System.Title", "value": "secret"}]


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def wire(clock: Clock) -> Wire:
    return Wire("pat", sleep=clock.sleep, clock=clock)


def error(message: str, kind: str = "RuleValidationException") -> dict[str, Any]:
    return {"$id": "1", "message": message, "typeKey": kind, "errorCode": 0}


@responses.activate
def test_an_answer_is_handed_back_with_its_status_and_headers(wire: Wire) -> None:
    responses.get(URL, json={"id": 1}, headers={"X-MS-ContinuationToken": "t"})
    answer = wire.send("GET", URL, {"Accept": "application/json"})
    assert (answer.status_code, answer.headers["X-MS-ContinuationToken"]) == (200, "t")
    assert responses.calls[0].request.headers["Authorization"] == "Basic OnBhdA=="


@responses.activate
def test_the_header_is_asked_for_each_request_and_no_netrc_replaces_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine dev.azure.com login x password y\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    tokens = iter(["Bearer one", "Bearer two"])
    wire = Wire(lambda: next(tokens))
    responses.get(URL, json={})
    wire.send("GET", URL, {})
    wire.send("GET", URL, {})
    assert [call.request.headers["Authorization"] for call in responses.calls] == ["Bearer one", "Bearer two"]


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, error("TF401320: Rule Error for field Title. Value 'secret' is not allowed."), Invalid),
        (400, error("VS403654: unknown"), Invalid),
        (401, "", NotSignedIn),
        (403, error("TF401256: You do not have permissions to save work items.", "PermissionDeniedException"), Refused),
        (404, error("TF401232: Work item 1 does not exist, or you do not have permissions to read it."), Missing),
        (403, error("TF401232: Work item 1 does not exist, or you do not have permissions to read it."), Missing),
        (409, error("TF26071: This work item has been changed by someone else since you opened it."), Conflict),
        (412, error("VS403208: The revision is stale", "VssServiceException"), Conflict),
        (400, error("TF26071: This work item has been changed by someone else."), Conflict),
        (408, "", Unreachable),
        (500, "<html>", Unreachable),
        (502, "", Unreachable),
        (503, "", Unreachable),
        (400, "[" * 50_000, Invalid),
        (418, b"\xff\xfe", Invalid),
    ],
)
@responses.activate
def test_each_refusal_is_told_apart_and_holds_no_text_of_the_item(
    wire: Wire, status: int, body: Any, expected: type[TrackerError]
) -> None:
    responses.post(URL, status=status, **({"json": body} if isinstance(body, dict) else {"body": body}))
    with pytest.raises(expected) as raised:
        wire.send("POST", URL, {}, {"a": 1})
    assert type(raised.value) is expected
    assert "secret" not in str(raised.value)
    assert len(responses.calls) == 1


def rule(name: str, flags: str, code: int) -> dict[str, Any]:
    """A broken rule as the product tells it, in the language of the one who asks."""
    return {
        "fieldReferenceName": name,
        "fieldStatusFlags": flags,
        "errorMessage": "TF401320: Regelfehler für Feld Aktivität.",
        "fieldStatusCode": code,
        "ruleValidationErrors": None,
    }


@responses.activate
def test_trap_fields_that_a_rule_wants_are_known_whatever_the_language(wire: Wire) -> None:
    broken = [
        rule("Microsoft.VSTS.Common.Activity", "required, hasValues, invalidEmpty", 524293),
        rule("Custom.Cost", "", 524289),
        rule("Custom.Other", "hasValues, invalidListValue", 1),
        rule("<b>", "invalidEmpty", 524293),
    ]
    told = error("TF401320: Regelfehler für Feld Aktivität.") | {"customProperties": {"RuleValidationErrors": broken}}
    responses.patch(URL, status=400, json=told)
    with pytest.raises(Incomplete) as raised:
        wire.send("PATCH", URL, {}, TESTED)
    assert raised.value.fields == ("Microsoft.VSTS.Common.Activity", "Custom.Cost")
    assert "Aktiv" not in str(raised.value)


@pytest.mark.parametrize("told", [None, [], {"RuleValidationErrors": None}, {"RuleValidationErrors": [1, {}]}, {}])
@responses.activate
def test_a_rule_that_names_no_field_is_only_invalid(wire: Wire, told: Any) -> None:
    responses.patch(URL, status=400, json=error("TF401320: x") | {"customProperties": told})
    with pytest.raises(Invalid) as raised:
        wire.send("PATCH", URL, {}, TESTED)
    assert not isinstance(raised.value, Incomplete)


@responses.activate
def test_a_missing_right_is_named(wire: Wire) -> None:
    responses.get(URL, status=403, json=error("TF401256: no", "PermissionDeniedException"))
    with pytest.raises(Refused) as raised:
        wire.send("GET", URL, {})
    assert raised.value.missing == "a permission of the bot's account (TF401256)"


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (203, {"Content-Type": "text/html"}, Refused),
        (302, {"Location": "https://login.example/"}, Refused),
        (200, {"Content-Type": "text/html; charset=utf-8"}, Unintelligible),
        (301, {"Location": "https://elsewhere.example/"}, Unintelligible),
        (307, {"Location": "https://elsewhere.example/"}, Unintelligible),
    ],
)
@responses.activate
def test_a_sign_in_page_is_recognised_and_no_redirect_is_followed(
    wire: Wire, status: int, headers: dict[str, str], expected: type[TrackerError]
) -> None:
    content_type = headers.pop("Content-Type", None)
    responses.get(URL, status=status, body="<html>sign in</html>", headers=headers, content_type=content_type)
    with pytest.raises(expected):
        wire.send("GET", URL, {})
    assert len(responses.calls) == 1


@responses.activate
def test_reads_are_repeated_and_so_is_a_patch_that_tests_the_revision(wire: Wire) -> None:
    for method, content in (("GET", None), ("PATCH", TESTED)):
        responses.reset()
        responses.add(method, URL, status=500)
        responses.add(method, URL, body=requests.ConnectionError("lost"))
        responses.add(method, URL, json={"id": 1})
        assert wire.send(method, URL, {}, content).status_code == 200
        assert len(responses.calls) == 3


@pytest.mark.parametrize(("method", "content"), [("POST", [TESTED[0]]), ("PATCH", TESTED[1:]), ("DELETE", None)])
@responses.activate
def test_no_other_write_is_ever_repeated(wire: Wire, method: str, content: Any) -> None:
    responses.add(method, URL, body=requests.ReadTimeout("slow"))
    with pytest.raises(Unreachable):
        wire.send(method, URL, {}, content)
    assert len(responses.calls) == 1


@responses.activate
def test_a_read_that_never_succeeds_ends(wire: Wire) -> None:
    responses.get(URL, status=502)
    with pytest.raises(Unreachable):
        wire.send("GET", URL, {})
    assert len(responses.calls) == 3


@responses.activate
def test_fault_23_a_short_wait_is_slept_through_before_the_next_call(wire: Wire, clock: Clock) -> None:
    responses.get(URL, status=429, headers={"Retry-After": "4"}, json=error("TF400733: canceled"))
    responses.get(URL, json={})
    wire.send("GET", URL, {})
    assert clock.slept == [0.0, 4.0]


@responses.activate
def test_fault_23_a_long_wait_is_raised_and_no_call_is_made_before_it_has_passed(wire: Wire, clock: Clock) -> None:
    responses.get(URL, status=503, headers={"Retry-After": "600"})
    for _ in range(3):
        with pytest.raises(Throttled) as raised:
            wire.send("GET", URL, {})
        assert 0 < raised.value.retry_after <= 600
    assert len(responses.calls) == 1
    clock.now += 601
    responses.replace(responses.GET, URL, json={})
    wire.send("GET", URL, {})


@responses.activate
def test_fault_23_a_wait_asked_on_a_success_is_kept_too(wire: Wire, clock: Clock) -> None:
    responses.get(URL, json={}, headers={"Retry-After": "3", "X-RateLimit-Remaining": "0"})
    wire.send("GET", URL, {})
    assert clock.slept == []
    wire.send("GET", URL, {})
    assert clock.slept == [3.0]


@responses.activate
def test_a_throttled_post_is_not_repeated(wire: Wire) -> None:
    responses.post(URL, status=429)
    with pytest.raises(Throttled) as raised:
        wire.send("POST", URL, {}, {})
    assert raised.value.retry_after == 30
    assert len(responses.calls) == 1


@responses.activate
def test_fault_50_neither_errors_nor_the_objects_show_the_token(wire: Wire) -> None:
    responses.get(URL, body=requests.ConnectionError("failed with Basic OnBhdA=="))
    with pytest.raises(Unreachable) as raised:
        wire.send("GET", URL, {})
    shown = f"{raised.value} {raised.value.__cause__} {vars(wire)}"
    assert "OnBhdA" not in shown
    assert "'pat'" not in shown


@pytest.mark.parametrize(
    ("path", "message", "right"),
    [
        ("", "TF237111: The current user does not have permissions to save", "Edit work items in this node"),
        ("/7/comments", "TF237111: The current user does not", "Edit work item comments in this node"),
        ("", "needed to perform this operation: View permissions for this node.", "View permissions for this node"),
        ("", "Access denied: Ada needs Edit subscriptions permission on it", "Edit subscriptions"),
        ("", "TF400000: no", "a permission of the bot's account (TF400000)"),
    ],
)
@responses.activate
def test_a_right_that_lacks_has_the_name_of_the_products_pages(wire: Wire, path: str, message: str, right: str) -> None:
    responses.post(URL + path, status=403, json={"message": message, "typeKey": "AccessCheckException"})
    with pytest.raises(Refused) as raised:
        wire.send("POST", URL + path, {}, {})
    assert raised.value.missing == right
