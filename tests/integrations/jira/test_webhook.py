"""Deliveries of Jira: what is authentic, what they say, and what is refused."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.jira.webhook import JiraWebhook
from integrations.jira.webhook.events import EVENTS
from integrations.tracker import BadSignature, Malformed, UnknownEvent, WebhookError, WebhookSecret
from rules.model import Person

WEBHOOK = JiraWebhook()
SECRET = WebhookSecret("a long shared secret")
REAL = Path(__file__).parents[3].parent / "shared" / "fixtures" / "jira"


def signature(body: bytes, secret: str = SECRET.secret) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def delivery(**members: Any) -> bytes:
    return json.dumps({"timestamp": 1763720000000, **members}).encode()


def created(**members: Any) -> bytes:
    return delivery(webhookEvent="jira:issue_created", issue={"id": "10001", "key": "SHOP-1"}, **members)


def test_a_delivery_signed_with_the_secret_passes() -> None:
    WEBHOOK.authenticate({"x-hub-signature": signature(b"{}")}, b"{}", SECRET)


def test_the_vector_that_the_vendor_publishes_passes() -> None:
    digest = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
    secret = WebhookSecret("It's a Secret to Everybody")
    WEBHOOK.authenticate({"x-hub-signature": digest}, b"Hello World!", secret)


GOOD = signature(b"{}")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-hub-signature": ""},
        {"x-hub-signature": f"{GOOD}, {GOOD}"},
        {"x-hub-signature": f"{GOOD},{GOOD}"},
        {"x-hub-signature": GOOD[:-1] + "g"},
        {"x-hub-signature": GOOD[:-1]},
        {"x-hub-signature": GOOD + "0"},
        {"x-hub-signature": GOOD + "\n"},
        {"x-hub-signature": " " + GOOD},
        {"x-hub-signature": GOOD.removeprefix("sha256=")},
        {"x-hub-signature": "sha1=" + hmac.new(SECRET.secret.encode(), b"{}", "sha1").hexdigest()},
        {"x-hub-signature": "sha256=" + GOOD.removeprefix("sha256=").upper()},
        {"x-hub-signature": GOOD.upper()},
        {"x-hub-signature": GOOD[:-1] + "\u0661"},
        {"x-hub-signature": "sha256=" + "\xe9" * 64},
        {"x-hub-signature": "sha256=" + "\ud800" * 64},
        {"x-hub-signature-256": GOOD},
    ],
)
def test_fault_1_a_signature_of_another_form_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        WEBHOOK.authenticate(headers, b"{}", SECRET)


def test_fault_1_without_a_secret_nothing_is_authentic() -> None:
    with pytest.raises(BadSignature):
        WEBHOOK.authenticate({"x-hub-signature": signature(b"{}", "")}, b"{}", WebhookSecret(""))


@given(st.text())
def test_fault_1_any_header_ends_in_the_one_error(header: str) -> None:
    with pytest.raises(BadSignature):
        WEBHOOK.authenticate({"x-hub-signature": header}, b"{}", SECRET)


def test_fault_2_one_changed_byte_or_another_serialisation_is_refused() -> None:
    body = created()
    for other in (body.replace(b"SHOP-1", b"SHOP-2"), json.dumps(json.loads(body), indent=1).encode(), body + b"\n"):
        with pytest.raises(BadSignature):
            WEBHOOK.authenticate({"x-hub-signature": signature(body)}, other, SECRET)


def test_an_ignored_event_is_understood_and_means_nothing() -> None:
    event = WEBHOOK.read({}, delivery(webhookEvent="sprint_started", sprint={"id": 4}))
    assert (event.kind, event.item, event.comment) == ("ignored", "", None)


def test_a_created_issue_is_named_by_its_id_and_project() -> None:
    user = {"accountId": "712020:ada", "displayName": "Ada", "accountType": "atlassian"}
    event = WEBHOOK.read({"x-atlassian-webhook-identifier": "abc-1"}, created(user=user))
    assert (event.kind, event.delivery, event.item, event.project) == ("created", "abc-1", "10001", "SHOP")
    assert event.actor == Person("712020:ada", "Ada")
    assert event.occurred == datetime(2025, 11, 21, 10, 13, 20, tzinfo=UTC)


def test_an_app_is_recognised_as_one() -> None:
    event = WEBHOOK.read({}, created(user={"accountId": "a", "accountType": "app"}))
    assert event.actor is not None
    assert event.actor.is_app


def test_a_comment_of_data_center_names_its_issue_only_in_its_own_address() -> None:
    author = {"name": "rae", "key": "JIRAUSER10100", "displayName": "Rae"}
    address = "https://jira.example/ctx/rest/api/2/issue/10013/comment/10082"
    event = WEBHOOK.read({}, delivery(webhookEvent="comment_created", comment={"self": address, "author": author}))
    assert (event.kind, event.item, event.comment, event.project) == ("commented", "10013", "10082", None)
    assert event.actor == Person("JIRAUSER10100", "Rae")


def test_an_edited_or_deleted_comment_decides_nothing() -> None:
    for name in ("comment_updated", "comment_deleted"):
        body = delivery(webhookEvent=name, issue={"id": "1"}, comment={"id": "2"})
        assert WEBHOOK.read({}, body).kind == "ignored"


def updated(reason: str, **members: Any) -> bytes:
    issue = {"id": "10001", "key": "SHOP-1"}
    return delivery(webhookEvent="jira:issue_updated", issue_event_type_name=reason, issue=issue, **members)


def test_an_update_that_is_a_comment_of_data_center_counts_as_that_comment() -> None:
    event = WEBHOOK.read({}, updated("issue_commented", comment={"id": "7"}, user={"key": "rae"}))
    assert (event.kind, event.comment) == ("commented", "7")


def test_an_update_that_is_a_comment_of_cloud_is_left_to_the_comment_event() -> None:
    event = WEBHOOK.read({}, updated("issue_commented", comment={"id": "7"}, user={"accountId": "a"}))
    assert event.kind == "ignored"


def test_an_update_that_edits_or_deletes_a_comment_is_ignored() -> None:
    for reason in ("issue_comment_edited", "issue_comment_deleted"):
        assert WEBHOOK.read({}, updated(reason, comment={"id": "7"}, user={"key": "rae"})).kind == "ignored"


def test_an_update_with_changed_fields_is_an_update_even_with_a_comment() -> None:
    changelog = {"id": "5", "items": [{"field": "priority"}]}
    event = WEBHOOK.read({}, updated("issue_commented", comment={"id": "7"}, changelog=changelog))
    assert (event.kind, event.comment) == ("updated", None)


def test_the_derived_identity_is_the_same_across_retries_and_differs_between_events() -> None:
    first = updated("issue_updated", changelog={"id": "5"})
    second = updated("issue_updated", changelog={"id": "6"})
    again = json.dumps(json.loads(first), indent=2).encode()
    identities = [WEBHOOK.read({}, body).delivery for body in (first, again, second)]
    assert identities[0] == identities[1] != identities[2]


def test_an_unusable_identifier_is_replaced_by_a_derived_one() -> None:
    for header in ("", "a b", "x" * 201, "\xe9", "a\nb"):
        assert len(WEBHOOK.read({"x-atlassian-webhook-identifier": header}, created()).delivery) == 64


def test_an_unknown_event_is_named() -> None:
    with pytest.raises(UnknownEvent) as caught:
        WEBHOOK.read({}, delivery(webhookEvent="jira:issue_teleported"))
    assert caught.value.event == "jira:issue_teleported"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"{}",
        b'{"webhookEvent": 7}',
        b"\xff\xfe{}",
        b'{"webhookEvent": "\xff"}',
        b'\xef\xbb\xbf{"webhookEvent": "sprint_started"}',
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b'{"webhookEvent": "sprint_started", "timestamp": NaN}',
        b'{"webhookEvent": "sprint_started", "timestamp": -Infinity}',
        b'{"webhookEvent": "sprint_started", "timestamp": ' + b"9" * 5000 + b"}",
        b'{"webhookEvent": "jira:issue_created"}',
        b'{"webhookEvent": "jira:issue_created", "issue": {"id": "../../admin", "key": "x"}}',
        b'{"webhookEvent": "comment_created", "issue": {"id": "1"}}',
    ],
)
def test_fault_9_a_body_that_is_no_delivery_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        WEBHOOK.read({}, body)


def test_fault_9_duplicate_members_and_lone_surrogates_are_no_trouble() -> None:
    body = (
        b'{"webhookEvent": "x", "webhookEvent": "jira:issue_created", "issue": {"id": 5},'
        b' "user": {"key": "\\ud800", "displayName": "\\udfff"}}'
    )
    event = WEBHOOK.read({}, body)
    assert event.item == "5"
    assert event.actor is not None
    (event.actor.id + event.actor.name).encode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = (
    "id",
    "key",
    "self",
    "created",
    "updated",
    "author",
    "updateAuthor",
    "fields",
    "items",
    "accountId",
    "project",
)
HANDLED = [name for name, meaning in EVENTS.items() if meaning.kind != "ignored"]
SHAPED = st.dictionaries(st.sampled_from(MEMBERS), JSON | st.sampled_from(["10001", "SHOP-1", 7]))


@given(
    st.fixed_dictionaries(
        {"webhookEvent": st.sampled_from([*HANDLED, "comment_updated", "nonsense"])},
        optional={
            "timestamp": JSON,
            "issue_event_type_name": JSON | st.just("issue_commented"),
            "issue": SHAPED | JSON,
            "comment": SHAPED | JSON,
            "user": SHAPED | JSON,
            "changelog": SHAPED | JSON,
        },
    )
)
def test_any_object_of_such_a_shape_is_read_or_refused(payload: dict[str, Any]) -> None:
    try:
        event = WEBHOOK.read({}, json.dumps(payload).encode())
    except WebhookError:
        return
    assert event.delivery
    assert event.kind == "ignored" or event.item


@pytest.mark.parametrize("path", sorted(REAL.glob("*.json")), ids=lambda path: path.stem)
def test_a_real_delivery_is_understood(path: Path) -> None:
    body = path.read_bytes()
    event = WEBHOOK.read({}, body)
    name = json.loads(body)["webhookEvent"]
    assert event.name == name
    assert event.item.isdecimal()
    assert event.actor is not None
    assert event.actor.id
    assert event.occurred is not None
    if "commented" not in path.stem:
        assert event.kind == EVENTS[name].kind


def test_the_real_deliveries_are_at_hand() -> None:
    if not REAL.is_dir():
        pytest.skip("no shared data")
    assert len(list(REAL.glob("*.json"))) > 20


RULES = WebhookSecret(SECRET.secret, rule="push-the-button")


def test_without_a_secret_for_rules_no_header_does() -> None:
    for header in ({"x-steward-secret": ""}, {"x-steward-secret": SECRET.secret}):
        with pytest.raises(BadSignature):
            WEBHOOK.authenticate(header, b"{}", SECRET)


@pytest.mark.parametrize("header", ["", "push-the-butto", "push-the-button ", "PUSH-THE-BUTTON", "\xe9", "\ud800"])
def test_a_rule_with_another_secret_is_refused(header: str) -> None:
    with pytest.raises(BadSignature):
        WEBHOOK.authenticate({"x-steward-secret": header}, b"{}", RULES)


@pytest.mark.parametrize(
    "body",
    [
        {"self": "https://x/rest/api/2/issue/10001", "id": 10001, "key": "SHOP-1", "fields": {}},
        {"timestamp": 1, "issue": {"id": "10001", "key": "SHOP-1"}, "user": {"name": "rae"}},
        {"issue": "SHOP-1"},
        {"key": "SHOP-1"},
    ],
    ids=["issue data", "service project", "custom", "custom, flat"],
)
def test_a_rule_asks_for_a_look_in_each_form_of_body_and_each_time_anew(body: dict[str, Any]) -> None:
    sent, headers = json.dumps(body).encode(), {"x-steward-secret": "push-the-button"}
    WEBHOOK.authenticate(headers, sent, RULES)
    first, second = WEBHOOK.read(headers, sent), WEBHOOK.read(headers, sent)
    assert (first.kind, first.comment) == ("asked", None)
    assert first.item in ("10001", "SHOP-1")
    assert first.delivery != second.delivery


def test_a_rule_that_names_no_issue_is_malformed() -> None:
    for body in (b"{}", b'{"issue": "{{issue.key}}"}', b'{"issue": []}', b'{"id": "x"}'):
        with pytest.raises(Malformed):
            WEBHOOK.read({"x-steward-secret": "push-the-button"}, body)


def test_an_update_of_an_old_server_that_is_a_comment_counts_as_that_comment() -> None:
    comment = {"id": "7", "created": "2016-01-01T10:00:00.000+0000", "updated": "2016-01-01T10:00:00.000+0000"}
    issue = {"id": "10001", "key": "SHOP-1"}

    def told(**values: str) -> str:
        body = delivery(webhookEvent="jira:issue_updated", issue=issue, comment=comment | values, user={"key": "rae"})
        return WEBHOOK.read({}, body).kind

    assert told() == "commented"
    assert told(updated="2016-01-01T11:00:00.000+0000") == "ignored"


def test_a_moved_issue_is_an_update_under_the_id_that_stays() -> None:
    changelog = {"id": "8", "items": [{"field": "Key", "fromString": "SHOP-1", "toString": "OPS-9"}]}
    issue = {"id": "10001", "key": "OPS-9", "fields": {"project": {"key": "OPS"}}}
    body = delivery(
        webhookEvent="jira:issue_updated", issue_event_type_name="issue_moved", issue=issue, changelog=changelog
    )
    event = WEBHOOK.read({"x-atlassian-webhook-flow": "Secondary"}, body)
    assert (event.kind, event.item, event.project) == ("updated", "10001", "OPS")
