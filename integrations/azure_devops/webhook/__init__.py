"""Service hook deliveries of Azure DevOps: bytes and headers in, an Event out. Pure.

Azure DevOps signs nothing, so a delivery is authentic when it carries the subscription's basic-auth user and password.
https://learn.microsoft.com/azure/devops/service-hooks/services/webhooks
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

from integrations.azure_devops.webhook import reading
from integrations.azure_devops.webhook.events import meaning_of
from integrations.tracker import BadSignature, Event, UnknownEvent, WebhookSecret


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
        payload = reading.load(body)
        name = reading.text(payload.get("eventType")) or ""
        meaning, delivery = meaning_of(name), reading.identity(payload, body)
        occurred = reading.moment(payload.get("createdDate"))
        if meaning is None:
            raise UnknownEvent(name)
        if meaning.kind == "ignored":
            return Event("ignored", delivery, "", name, occurred=occurred)
        return Event(
            kind=meaning.kind,
            delivery=delivery,
            item=reading.item(name, payload),
            name=name,
            project=reading.project(payload),
            comment=reading.comment(payload),
            actor=reading.actor(payload),
            occurred=occurred,
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
