"""Deliveries of Jira Cloud and Jira Data Center: bytes and headers in, an Event out. Pure.

Both products sign the raw body with HMAC-SHA256 in `X-Hub-Signature` when the webhook has a secret (Data Center from
10.0 on). A Cloud delivery carries its own identity in a header, the same across retries; for Data Center, which sends
none, it is derived from what stays the same in a repeated delivery.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn
from urllib.parse import urlsplit

from integrations.tracker import BadSignature, Event, EventKind, Malformed, UnknownEvent, WebhookSecret
from rules.model import Person

HANDLED_EVENTS: Mapping[str, EventKind] = {
    "jira:issue_created": "created",
    "jira:issue_updated": "updated",
    "jira:issue_deleted": "deleted",
    "comment_created": "commented",
}
"""The vendor's event -> what it means here."""

IGNORED_EVENTS = frozenset(
    {
        "comment_updated",  # an edited comment decides nothing
        "comment_deleted",
        "issuelink_created",
        "issuelink_deleted",
        "issue_property_set",
        "issue_property_deleted",
        "attachment_created",
        "attachment_deleted",
        "worklog_created",
        "worklog_updated",
        "worklog_deleted",
        "jira:worklog_updated",
        "issuetype_created",
        "issuetype_updated",
        "issuetype_deleted",
        "project_created",
        "project_updated",
        "project_deleted",
        "project_soft_deleted",
        "project_restored_deleted",
        "project_archived",
        "project_restored_archived",
        "jira:version_created",
        "jira:version_updated",
        "jira:version_released",
        "jira:version_unreleased",
        "jira:version_moved",
        "jira:version_merged",
        "jira:version_deleted",
        "filter_created",
        "filter_updated",
        "filter_deleted",
        "user_created",
        "user_updated",
        "user_deleted",
        "option_voting_changed",
        "option_watching_changed",
        "option_unassigned_issues_changed",
        "option_subtasks_changed",
        "option_attachments_changed",
        "option_issuelinks_changed",
        "option_timetracking_changed",
        "option_timetracking_provider_changed",
        "sprint_created",
        "sprint_updated",
        "sprint_started",
        "sprint_closed",
        "sprint_deleted",
        "board_created",
        "board_updated",
        "board_deleted",
        "board_configuration_changed",
        "app_access_to_objects_blocked",
        "app_access_to_objects_in_container_blocked",
        "jira_expression_evaluation_failed",
    }
)

_SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})")
_ID = re.compile(r"[0-9]{1,18}")
_KEY = re.compile(r"([A-Z][A-Z0-9_]{0,254})-[0-9]{1,18}")
_IDENTIFIER = re.compile(r"[!-~]{1,200}")
_COMMENT_PATH = re.compile(r"/issue/([0-9]{1,18})/comment/([0-9]{1,18})/?")
_COMMENT_REASONS = frozenset({"issue_commented", "issue_comment_edited", "issue_comment_deleted"})
_LAST_MILLISECOND = 253_402_300_799_999  # the year 9999


class JiraWebhook:
    """The Webhook port for both Jira products; they are told apart by what a delivery holds."""

    def authenticate(self, headers: Mapping[str, str], body: bytes, secret: WebhookSecret) -> None:
        """Raises BadSignature unless `x-hub-signature` is exactly the lower-case HMAC-SHA256 of the raw body."""
        match = _SIGNATURE.fullmatch(headers.get("x-hub-signature", ""))
        if match is None or not secret.secret:
            raise BadSignature("the signature is absent or not of the form sha256=<64 lower-case hex digits>")
        key = secret.secret.encode("utf-8", "surrogatepass")
        if not hmac.compare_digest(hmac.new(key, body, hashlib.sha256).hexdigest(), match[1]):
            raise BadSignature("the signature does not belong to this body and secret")

    def read(self, headers: Mapping[str, str], body: bytes) -> Event:
        """What the delivery says happened. Raises Malformed or UnknownEvent."""
        payload = _load(body)
        name = payload.get("webhookEvent")
        if not isinstance(name, str):
            raise Malformed("the delivery names no event")
        kind = _kind(name, payload)
        item, comment = _item_and_comment(payload)
        if kind != "ignored" and not item:
            raise Malformed(f"a delivery of {name} names no issue")
        if kind == "commented" and comment is None:
            raise Malformed(f"a delivery of {name} names no comment")
        return Event(
            kind=kind,
            delivery=_delivery(headers, payload, item, comment, body),
            item=item,
            name=name,
            project=_project(payload),
            comment=comment if kind == "commented" else None,
            actor=_actor(payload),
            occurred=_occurred(payload),
        )


def _load(body: bytes) -> dict[str, Any]:
    try:
        payload = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        # The parser's own message quotes the body, which is not ours to repeat.
        raise Malformed("the delivery is not JSON") from None
    if not isinstance(payload, dict):
        raise Malformed("the delivery is not a JSON object")
    return payload


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _kind(name: str, payload: Mapping[str, Any]) -> EventKind:
    if name in IGNORED_EVENTS:
        return "ignored"
    if name not in HANDLED_EVENTS:
        raise UnknownEvent(_scrubbed(name))
    reason = payload.get("issue_event_type_name")
    if name == "jira:issue_updated" and isinstance(reason, str) and reason in _COMMENT_REASONS:
        return _kind_of_comment_reason(reason, payload)
    return HANDLED_EVENTS[name]


def _kind_of_comment_reason(reason: str, payload: Mapping[str, Any]) -> EventKind:
    """A comment may raise jira:issue_updated beside comment_created.

    Cloud means to stop that, so there comment_created alone counts. On Data Center it counts as the comment that it
    is: a comment is acted on once by its id, whatever brought it.
    """
    if _member(payload, "changelog").get("items"):
        return "updated"
    on_cloud = isinstance(_member(payload, "user").get("accountId"), str)
    if reason != "issue_commented" or on_cloud or not _identifier(_member(payload, "comment").get("id")):
        return "ignored"
    return "commented"


def _item_and_comment(payload: Mapping[str, Any]) -> tuple[str, str | None]:
    issue, comment = _member(payload, "issue"), _member(payload, "comment")
    item = _identifier(issue.get("id")) or _key(issue.get("key"))
    comment_id = _identifier(comment.get("id"))
    if not item:
        # Data Center's comment_created holds no issue; its id is in the comment's own address.
        match = _COMMENT_PATH.search(_path(comment.get("self")))
        item = match[1] if match else ""
        comment_id = comment_id or (match[2] if match else "")
    return item, comment_id or None


def _path(address: object) -> str:
    try:
        return urlsplit(address).path[-200:] if isinstance(address, str) else ""
    except ValueError:
        return ""


def _delivery(
    headers: Mapping[str, str], payload: Mapping[str, Any], item: str, comment: str | None, body: bytes
) -> str:
    identifier = headers.get("x-atlassian-webhook-identifier", "")
    if _IDENTIFIER.fullmatch(identifier):
        return identifier
    stamp, name = payload.get("timestamp"), payload["webhookEvent"]
    timestamp = stamp if isinstance(stamp, int | str) else None
    changelog = _identifier(_member(payload, "changelog").get("id"))
    parts: list[object] = [timestamp, name, comment or [item, changelog]]
    if timestamp is None or not item:
        parts.append(hashlib.sha256(body).hexdigest())
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _project(payload: Mapping[str, Any]) -> str | None:
    issue = _member(payload, "issue")
    key = _member(_member(issue, "fields"), "project").get("key")
    if isinstance(key, str) and _KEY.fullmatch(f"{key}-1"):
        return key
    match = _KEY.fullmatch(_key(issue.get("key")))
    return match[1] if match else None


def _actor(payload: Mapping[str, Any]) -> Person | None:
    comment = _member(payload, "comment")
    edited = comment.get("updated") != comment.get("created")
    author = _member(comment, "updateAuthor" if edited else "author") or _member(comment, "author")
    raw = _member(payload, "user") or author
    for name in ("accountId", "key", "name"):
        identity = raw.get(name)
        if isinstance(identity, str) and identity:
            return Person(_scrubbed(identity), _scrubbed(raw.get("displayName")), raw.get("accountType") == "app")
    return None


def _occurred(payload: Mapping[str, Any]) -> datetime | None:
    timestamp = payload.get("timestamp")
    if isinstance(timestamp, bool) or not isinstance(timestamp, int) or not 0 <= timestamp <= _LAST_MILLISECOND:
        return None
    return datetime.fromtimestamp(timestamp / 1000, UTC)


def _member(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = payload.get(name)
    return value if isinstance(value, dict) else {}


def _identifier(value: object) -> str:
    """An id as text, or "" where it is none. Ids end in addresses, so nothing but digits is one."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**18 else value
    return text if isinstance(text, str) and _ID.fullmatch(text) else ""


def _key(value: object) -> str:
    return value if isinstance(value, str) and _KEY.fullmatch(value) else ""


def _scrubbed(value: object) -> str:
    """Text that can be stored: bounded, and without lone surrogates."""
    return value[:200].encode("utf-8", "replace").decode() if isinstance(value, str) else ""
