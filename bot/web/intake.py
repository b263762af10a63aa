"""What happens to a delivery at the door: authentic? readable? known? then kept, queued, and only then answered.

The vendors take answers differently. Jira tries again after 408, 409, 425, 429 and 5xx and never after another 4xx;
Azure DevOps takes 4xx and 500 as lasting failures and switches the subscription off. So what is authentic is always
answered 2xx once it is kept, and 503 if it cannot be kept. Nothing is kept of what is not authentic: strangers must not
fill the disk.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

import structlog

from bot.store import inbox, items
from bot.store.database import Database
from bot.telemetry import watched
from bot.telemetry.connections import heard
from bot.web.keeping import Busy, Keeper, Unkeepable
from integrations.tracker import BadSignature, Malformed, UnknownEvent, Webhook, WebhookSecret

log = structlog.get_logger(__name__)

CHUNK = 64 * 1024
HEADERS_KEPT = ("content-type", "x-atlassian-webhook-identifier")
"""What is needed to read a delivery again; none of it authenticates."""
RETRY_AFTER_SECONDS = range(20, 61)
"""Spread, so that what was turned away at once does not come back at once."""


class Stream(Protocol):
    """A request's body."""

    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender is told; `outcome` is what it is counted as, where keeping has not counted it."""

    status: int
    message: str
    outcome: str = ""
    retry_after: int = 0


NOT_SIGNED = Answer(401, "the delivery is not signed with this connection's secret", "not_signed")


@dataclass(frozen=True, slots=True)
class Intake:
    """The door of one connection. `body_limit` in bytes; `has_room` says whether the disk takes more."""

    connection: str
    now: Callable[[], datetime]
    vendor: Literal["jira", "azure-devops"]
    webhook: Webhook
    secrets: Callable[[], tuple[WebhookSecret, ...]]
    db: Database
    projects: Container[str]
    keeper: Keeper
    has_room: Callable[[], bool]
    body_limit: int

    def take(self, headers: Mapping[str, str], stream: Stream, length: int | None) -> Answer:
        """Take one delivery, and say what to answer. Never raises for anything a sender can do."""
        if not self.secrets():
            return Answer(401, "this connection takes no webhooks: it has no webhook secret", "no_secret")
        body = None if length is not None and length > self.body_limit else _read(stream, self.body_limit)
        if body is None and self.vendor != "azure-devops":
            return Answer(413, f"a delivery may have at most {self.body_limit} bytes", "too_large")
        # Basic authentication needs no body, and a 413 would switch the subscription of Azure DevOps off.
        if not self._is_authentic(headers, body or b""):
            heard.refused(self.connection, self.now())
            return NOT_SIGNED
        heard.delivery(self.connection, self.now())
        if not self.has_room():
            return _later("the disk is nearly full", "disk_full")
        try:
            if body is None:
                return self._bury("too_large", f"larger than {self.body_limit} bytes", headers, b"")
            return self._keep(headers, body)
        except Busy:
            return _later("too many deliveries wait", "busy")
        except Exception as error:  # noqa: BLE001 - a 500 would switch the subscription of Azure DevOps off
            log.error("delivery not kept", connection=self.connection, error=type(error).__name__)
            return _later("the delivery could not be kept", "not_kept")

    def _keep(self, headers: Mapping[str, str], body: bytes) -> Answer:
        try:
            event = self.webhook.read(headers, body)
        except Malformed as error:
            return self._bury("unreadable", f"not readable: {error}", headers, body)
        except UnknownEvent as error:
            return self._bury("unknown_event", f"unknown event {error.event[:100]!r}", headers, body)
        if event.kind == "ignored":
            return Answer(200, f"{event.name} is not needed", "ignored")
        if event.project is not None and event.project not in self.projects and not self._is_known(event.item):
            return Answer(200, f"project {event.project} is not in the settings", "other_project")
        try:
            started = time.perf_counter()
            new = self.keeper.keep(self.connection, event)
        except Unkeepable:
            return self._bury("unkeepable", "the database does not take it", headers, body)
        key = inbox.delivery_id(self.connection, event)
        watched.took_in(self.connection, key, "webhook", new, time.perf_counter() - started)
        return Answer(200, "kept" if new else "known already")

    def _is_known(self, item: str) -> bool:
        """An item that has moved out of the settings is still heard of, so that what is open on it is closed."""
        with self.db.read() as session:
            return items.find(session, self.connection, item) is not None

    def _is_authentic(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Signed with the secret, or during a rotation with the one before."""
        for secret in self.secrets():
            try:
                self.webhook.authenticate(headers, body, secret)
            except BadSignature:
                continue
            return True
        return False

    def _bury(self, outcome: str, reason: str, headers: Mapping[str, str], body: bytes) -> Answer:
        kept = {name: headers[name] for name in HEADERS_KEPT if name in headers}
        self.keeper.bury(self.connection, reason, kept, body)
        return Answer(200, f"kept for a person to look at: {reason}"[:300], outcome)


def _later(reason: str, outcome: str) -> Answer:
    return Answer(503, f"{reason}; please send it again", outcome, secrets.choice(RETRY_AFTER_SECONDS))


def _read(stream: Stream, limit: int) -> bytes | None:
    """The body, or None if it is longer than the limit: no more than that is ever held."""
    parts, size = [], 0
    while part := stream.read(CHUNK):
        size += len(part)
        if size > limit:
            return None
        parts.append(part)
    return b"".join(parts)
