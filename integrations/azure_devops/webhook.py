"""Service hook deliveries of Azure DevOps: bytes and headers in, an Event out. Pure.

Azure DevOps signs nothing, so a delivery is authentic when it carries the subscription's basic-auth user and password.
https://learn.microsoft.com/azure/devops/service-hooks/services/webhooks
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from integrations.tracker import BadSignature, Event, EventKind, Malformed, UnknownEvent, WebhookSecret
from rules.model import Person

HANDLED_EVENTS: Mapping[str, EventKind] = {
    "workitem.created": "created",
    "workitem.updated": "updated",
    "workitem.restored": "updated",
    "workitem.commented": "commented",
    "workitem.deleted": "deleted",
}

IGNORED_EVENTS = ("git.", "build.", "tfvc.", "message.", "ms.")
"""Families of events (by prefix) that other parts of the product send and that say nothing about a backlog."""

_ITEM_IN_URL = re.compile(r"/workitems/([0-9]{1,10})(?![0-9])", re.IGNORECASE)
_LONGEST_PART = 100


class AzureDevOpsWebhook:
    """The Webhook port for Azure DevOps."""

    def authenticate(self, headers: Mapping[str, str], body: bytes, secret: WebhookSecret) -> None:
        """Raises BadSignature unless the basic-auth user and password are the connection's own."""
        if not secret.secret:
            raise BadSignature("this connection has no webhook password")
        given = _credentials(headers.get("authorization"))
        expected = f"{secret.user}:{secret.secret}".encode()
        if not hmac.compare_digest(hashlib.sha256(given).digest(), hashlib.sha256(expected).digest()):
            raise BadSignature("wrong user or password")

    def read(self, headers: Mapping[str, str], body: bytes) -> Event:
        """Raises Malformed for what is no JSON object or names no item, UnknownEvent for an event nobody knows."""
        payload = _json_object(body)
        name = payload.get("eventType")
        name = _clean(name) if isinstance(name, str) else ""
        delivery = _delivery(payload, body)
        if name.startswith(IGNORED_EVENTS):
            return Event("ignored", delivery, "", name, occurred=_moment(payload.get("createdDate")))
        if name not in HANDLED_EVENTS:
            raise UnknownEvent(name)
        resource = _object(payload.get("resource"))
        revision = _object(resource.get("revision"))
        fields = _object(revision.get("fields")) or _object(resource.get("fields"))
        return Event(
            kind=HANDLED_EVENTS[name],
            delivery=delivery,
            item=_item(name, resource, revision),
            name=name,
            project=_text(fields.get("System.TeamProject")),
            comment=_number(_object(resource.get("commentVersionRef")).get("commentId")),
            actor=_actor(resource, fields),
            occurred=_moment(payload.get("createdDate")),
        )


def _credentials(header: object) -> bytes:
    """User and password as the header carries them; empty for a header of any other form."""
    if not isinstance(header, str):
        return b""
    scheme, _, encoded = header.strip().partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(encoded.strip().encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _json_object(body: bytes) -> Mapping[str, Any]:
    try:
        # Real deliveries may begin with a byte order mark.
        payload = json.loads(body.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"not JSON ({type(error).__name__})") from None
    if not isinstance(payload, dict):
        raise Malformed("not a JSON object")
    return payload


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _delivery(payload: Mapping[str, Any], body: bytes) -> str:
    parts = [payload.get(name) for name in ("subscriptionId", "notificationId", "id")]
    if not isinstance(parts[2], str) or not parts[2]:
        return "sha256:" + hashlib.sha256(body).hexdigest()
    named = [str(part) if isinstance(part, str | int) else "" for part in parts]
    if max(map(len, named)) > _LONGEST_PART:
        return "sha256:" + hashlib.sha256(json.dumps(named).encode()).hexdigest()
    return ":".join(_clean(part) for part in named)


def _item(name: str, resource: Mapping[str, Any], revision: Mapping[str, Any]) -> str:
    # An update's own `id` is the number of the update; the item is `workItemId`, which the product's test button
    # sends as 0, or the id of the revision.
    places = [resource.get("workItemId"), revision.get("id")]
    if name != "workitem.updated":
        places.append(resource.get("id"))
    for place in places:
        if number := _number(place):
            return number
    for url in (resource.get("url"), revision.get("url")):
        if isinstance(url, str) and (found := _ITEM_IN_URL.search(url[:2000])):
            return found[1]
    raise Malformed("the delivery names no work item")


def _actor(resource: Mapping[str, Any], fields: Mapping[str, Any]) -> Person | None:
    """Who did it. The old form "Name <mail>" has no stable id, so `id` is empty there."""
    for value in (resource.get("revisedBy"), fields.get("System.ChangedBy")):
        if isinstance(value, dict):
            name = _text(value.get("displayName")) or _text(value.get("name")) or ""
            identity = _text(value.get("id")) or ""
            if name or identity:
                return Person(identity, name.partition(" <")[0])
        elif text := _text(value):
            return Person("", text.partition(" <")[0])
    return None


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: object) -> str | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 10:
        value = int(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**10 else None


def _text(value: object) -> str | None:
    return _clean(value) if isinstance(value, str) and value.strip() else None


def _clean(text: str) -> str:
    """Bounded, and without lone surrogates, which JSON allows and no store or log can encode."""
    return text[:300].encode("utf-8", "replace").decode("utf-8")


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value[:40])
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
