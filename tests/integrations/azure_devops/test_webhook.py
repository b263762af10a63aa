"""Deliveries of Azure DevOps: authentic or not, understood or not, never a stray exception."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.azure_devops.webhook import AzureDevOpsWebhook
from integrations.tracker import BadSignature, Malformed, UnknownEvent, WebhookError, WebhookSecret
from rules.model import Person

SHARED = Path(__file__).parents[3].parent / "shared"
HOOK = AzureDevOpsWebhook()
SECRET = WebhookSecret("pass:wörd", "steward")


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def delivery(name: str, resource: dict[str, Any], **more: Any) -> bytes:
    payload = {
        "id": "fb2617ed-60df-4518-81fa-749faa6c5cd6",
        "subscriptionId": "11111111-1111-1111-1111-111111111111",
        "notificationId": 4,
        "eventType": name,
        "message": None,
        "resource": resource,
        "createdDate": "2026-11-21T10:00:00.4637864Z",
        **more,
    }
    return json.dumps(payload).encode()


def test_the_right_user_and_password_are_authentic() -> None:
    HOOK.authenticate({"authorization": basic("steward", "pass:wörd")}, b"{}", SECRET)
    HOOK.authenticate({"authorization": basic("steward", "pass:wörd").replace("Basic", "bASIC ")}, b"{}", SECRET)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Basic"},
        {"authorization": "Basic !!!!"},
        {"authorization": "Basic ====="},
        {"authorization": "Basic " + "A" * 10_001},
        {"authorization": "Basic \u00ff\u0100"},
        {"authorization": "Bearer " + base64.b64encode("steward:pass:wörd".encode()).decode()},
        {"authorization": basic("steward", "pass:wörd") + ", " + basic("steward", "pass:wörd")},
        {"authorization": basic("Steward", "pass:wörd")},
        {"authorization": basic("steward", "pass:word")},
        {"authorization": basic("steward:pass", "wörd") + "AAAA"},
        {"authorization": "Basic " + base64.b64encode(b"\xff\xfe:\x00").decode()},
        {"authorization": None},
    ],
)
def test_fault_1_any_other_header_is_a_bad_signature(headers: dict[str, Any]) -> None:
    with pytest.raises(BadSignature):
        HOOK.authenticate(headers, b"{}", SECRET)


def test_fault_1_a_connection_without_a_password_takes_nothing() -> None:
    with pytest.raises(BadSignature):
        HOOK.authenticate({"authorization": basic("", "")}, b"{}", WebhookSecret(""))


@given(st.text())
def test_fault_1_no_header_raises_anything_else(header: str) -> None:
    with pytest.raises(BadSignature):
        HOOK.authenticate({"authorization": header}, b"", SECRET)


def test_an_update_names_the_item_and_not_the_update() -> None:
    body = delivery(
        "workitem.updated",
        {
            "id": 2,
            "workItemId": 97,
            "revisedBy": {"id": "g-1", "displayName": "Dana Duarte", "uniqueName": "dana@x.example"},
            "revision": {"id": 97, "fields": {"System.TeamProject": "Shop"}},
        },
    )
    event = HOOK.read({}, body)
    assert (event.kind, event.item, event.project) == ("updated", "97", "Shop")
    assert event.actor == Person("g-1", "Dana Duarte")
    assert event.occurred is not None
    assert event.occurred.isoformat() == "2026-11-21T10:00:00.463786+00:00"


def test_an_update_without_its_item_is_found_by_its_revision_or_address() -> None:
    assert HOOK.read({}, delivery("workitem.updated", {"id": 2, "workItemId": 0, "revision": {"id": 97}})).item == "97"
    url = "https://dev.azure.com/contoso/_apis/wit/workItems/98/updates/2"
    assert HOOK.read({}, delivery("workitem.updated", {"id": 2, "url": url})).item == "98"


def test_the_old_form_of_an_actor_has_a_name_and_no_id() -> None:
    fields = {"System.TeamProject": "Shop", "System.ChangedBy": "Dana Duarte <dana@x.example>"}
    event = HOOK.read({}, delivery("workitem.commented", {"id": 97, "fields": fields}))
    assert (event.kind, event.item, event.comment) == ("commented", "97", None)
    assert event.actor == Person("", "Dana Duarte")


def test_a_comment_is_named_where_the_delivery_names_it() -> None:
    body = delivery("workitem.commented", {"id": 97, "commentVersionRef": {"commentId": 12}})
    assert HOOK.read({}, body).comment == "12"


def test_the_delivery_id_is_the_same_across_retries_and_differs_between_notifications() -> None:
    first = HOOK.read({}, delivery("workitem.created", {"id": 1}))
    again = HOOK.read({}, delivery("workitem.created", {"id": 1}, message={"text": "sent once more"}))
    other = HOOK.read({}, delivery("workitem.created", {"id": 1}, notificationId=5))
    assert first.delivery == again.delivery != other.delivery


@pytest.mark.parametrize("name", ["git.push", "build.complete", "tfvc.checkin", "ms.vss-release.deployment-completed"])
def test_events_of_other_parts_of_the_product_are_ignored(name: str) -> None:
    assert HOOK.read({}, delivery(name, {})).kind == "ignored"


def test_an_event_that_nobody_knows_is_named() -> None:
    with pytest.raises(UnknownEvent) as raised:
        HOOK.read({}, delivery("workitem.teleported", {"id": 1}))
    assert raised.value.event == "workitem.teleported"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"7",
        b"\xff\xfe",
        b"{",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"9" * 10_000,
        delivery("workitem.created", {}),
        delivery("workitem.created", {"id": True}),
        delivery("workitem.created", {"id": -1}),
        delivery("workitem.created", {"id": "x"}),
    ],
)
def test_fault_9_what_is_no_delivery_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        HOOK.read({}, body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
KEYS = ["id", "workItemId", "revision", "fields", "revisedBy", "url", "commentVersionRef", "System.ChangedBy"]


@given(
    st.sampled_from(["workitem.created", "workitem.updated", "workitem.commented", "git.push", 7, None]),
    st.dictionaries(st.sampled_from(KEYS), JSON | st.dictionaries(st.sampled_from(KEYS), JSON)) | JSON,
    st.dictionaries(st.sampled_from(["id", "subscriptionId", "notificationId", "createdDate"]), JSON),
)
def test_any_object_is_read_or_refused(name: Any, resource: Any, more: dict[str, Any]) -> None:
    body = json.dumps({"eventType": name, "resource": resource, **more}).encode()
    try:
        event = HOOK.read({}, body)
    except WebhookError:
        return
    assert event.delivery.encode("utf-8")
    assert event.name.encode("utf-8")


@pytest.mark.skipif(not (SHARED / "fixtures" / "azure-devops").is_dir(), reason="no shared data")
def test_real_deliveries_are_understood() -> None:
    seen = {}
    for path in sorted((SHARED / "fixtures" / "azure-devops").glob("workitem.*.json")):
        event = HOOK.read({}, path.read_bytes())
        seen[event.name] = (event.item, event.actor and event.actor.name)
    assert seen["workitem.created"] == ("5", "Jamal Hartnett")
    assert seen["workitem.commented"] == ("5", "Jamal Hartnett")
    assert seen["workitem.updated"][0] == "5"


@pytest.mark.skipif(not (SHARED / "fixtures" / "azure-devops").is_dir(), reason="no shared data")
def test_a_real_delivery_without_an_event_type_is_unknown() -> None:
    with pytest.raises(UnknownEvent):
        HOOK.read({}, (SHARED / "fixtures" / "azure-devops" / "bad.noEventType.json").read_bytes())


@pytest.mark.skipif(not (SHARED / "data" / "hostile" / "jsontestsuite").is_dir(), reason="no shared data")
def test_fault_9_the_json_test_suite_raises_nothing_but_webhook_errors() -> None:
    bodies = list((SHARED / "data" / "hostile" / "jsontestsuite").rglob("*.json"))
    assert bodies
    for path in bodies:
        with pytest.raises(WebhookError):
            HOOK.read({}, path.read_bytes())


def test_where_no_resource_is_sent_the_message_begins_with_the_item() -> None:
    body = delivery("workitem.commented", None, message={"text": "User Story #97 (Pay #5 (now)) commented on by Dana"})
    assert HOOK.read({}, body).item == "97"
    for message in (None, {}, {"text": "(#5 (x)"}, {"text": "\n#5 ("}):
        with pytest.raises(Malformed):
            HOOK.read({}, delivery("workitem.commented", None, message=message))


def test_minimal_details_name_the_item_and_nothing_else() -> None:
    url = "https://dev.azure.com/contoso/_apis/wit/workItems/97"
    event = HOOK.read({}, delivery("workitem.deleted", {"id": "97", "url": url}, resourceContainers=None, message=None))
    assert (event.kind, event.item, event.project, event.actor) == ("deleted", "97", None, None)


def test_a_newer_resource_version_names_who_did_it_by_id() -> None:
    changed = {"displayName": "Dana Duarte", "id": "g-1", "uniqueName": "dana@x.example"}
    fields = {"System.TeamProject": "Shop", "System.ChangedBy": changed}
    body = delivery("workitem.restored", {"id": 97, "fields": fields}, resourceVersion="5.1-preview.3")
    event = HOOK.read({}, body)
    assert (event.kind, event.actor) == ("updated", Person("g-1", "Dana Duarte"))
