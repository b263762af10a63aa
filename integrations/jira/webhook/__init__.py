"""Deliveries of Jira Cloud and Jira Data Center: bytes and headers in, an Event out. Pure.

Both products sign the raw body with HMAC-SHA256 in `X-Hub-Signature` when the webhook has a secret (Data Center from
10.0 on). A rule of Jira Automation signs nothing and sends what its author wrote: it proves itself by a header. A Cloud
delivery carries its own identity in a header, the same across retries; for Data Center, which sends none, it is derived
from what stays the same in a repeated delivery.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import uuid
from collections.abc import Mapping
from typing import Any

from integrations.jira.webhook import reading
from integrations.jira.webhook.events import BY_A_RULE, COMMENT_REASONS, EVENTS, ISSUE_UPDATED, RULE
from integrations.tracker import BadSignature, Event, EventKind, Malformed, UnknownEvent, WebhookSecret

RULE_HEADER = "x-steward-secret"
"""In which a rule of Jira Automation sends its secret."""
_SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})")
_IDENTIFIER = re.compile(r"[!-~]{1,200}")


class JiraWebhook:
    """The Webhook port for both Jira products; they are told apart by what a delivery holds."""

    def authenticate(self, headers: Mapping[str, str], body: bytes, secret: WebhookSecret) -> None:
        """Raises BadSignature unless `x-hub-signature` is exactly the lower-case HMAC-SHA256 of the raw body.

        Where a secret for rules is set up, that in `x-steward-secret` does as well.
        """
        if secret.rule and _is_same(headers.get(RULE_HEADER, ""), secret.rule):
            return
        match = _SIGNATURE.fullmatch(headers.get("x-hub-signature", ""))
        if match is None or not secret.secret:
            raise BadSignature("the signature is absent or not of the form sha256=<64 lower-case hex digits>")
        key = secret.secret.encode("utf-8", "surrogatepass")
        if not hmac.compare_digest(hmac.new(key, body, hashlib.sha256).hexdigest(), match[1]):
            raise BadSignature("the signature does not belong to this body and secret")

    def read(self, headers: Mapping[str, str], body: bytes) -> Event:
        """What the delivery says happened. Raises Malformed or UnknownEvent."""
        payload = reading.load(body)
        name = payload.get("webhookEvent")
        if name is None and RULE_HEADER in headers:
            return _asked(payload)
        if not isinstance(name, str):
            raise Malformed("the delivery names no event")
        kind = _kind(name, payload)
        item, comment = reading.item_and_comment(payload)
        if kind != "ignored" and not item:
            raise Malformed(f"a delivery of {name} names no issue")
        if kind == "commented" and comment is None:
            raise Malformed(f"a delivery of {name} names no comment")
        return Event(
            kind=kind,
            delivery=_delivery(headers, payload, item, comment, body),
            item=item,
            name=name,
            project=reading.project(payload),
            comment=comment if kind == "commented" else None,
            actor=reading.actor(payload),
            occurred=reading.occurred(payload),
        )


def _is_same(given: str, expected: str) -> bool:
    digests = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in (given, expected)]
    return hmac.compare_digest(*digests)


def _asked(payload: Mapping[str, Any]) -> Event:
    item = reading.issue_of_a_rule(payload)
    if not item:
        raise Malformed("a request of a rule names no issue")
    # Nothing in it tells one press of the button from the next, and nothing sends it twice.
    return Event(RULE.kind, f"rule-{uuid.uuid4().hex}", item, BY_A_RULE, reading.project(payload))


def _kind(name: str, payload: Mapping[str, Any]) -> EventKind:
    if name not in EVENTS:
        raise UnknownEvent(reading.scrubbed(name))
    if name == ISSUE_UPDATED and not reading.member(payload, "changelog").get("items"):
        return _kind_without_changes(payload)
    return EVENTS[name].kind


def _kind_without_changes(payload: Mapping[str, Any]) -> EventKind:
    """A comment may raise jira:issue_updated beside comment_created.

    Cloud means to stop that, so there comment_created alone counts. On Data Center it counts as the comment that it
    is: a comment is acted on once by its id, whatever brought it. Old servers do not say why they send an update.
    """
    reason, comment = payload.get("issue_event_type_name"), reading.member(payload, "comment")
    if reason is None and comment:
        reason = "issue_comment_edited" if reading.is_edited(comment) else "issue_commented"
    if not isinstance(reason, str) or reason not in COMMENT_REASONS:
        return EVENTS[ISSUE_UPDATED].kind
    on_cloud = isinstance(reading.member(payload, "user").get("accountId"), str)
    if on_cloud or not reading.identifier(comment.get("id")):
        return "ignored"
    return COMMENT_REASONS[reason].kind


def _delivery(
    headers: Mapping[str, str], payload: Mapping[str, Any], item: str, comment: str | None, body: bytes
) -> str:
    identifier = headers.get("x-atlassian-webhook-identifier", "")
    return identifier if _IDENTIFIER.fullmatch(identifier) else reading.derived_identity(payload, item, comment, body)
