"""What happens to a delivery at the door: authentic? readable? known? then kept, queued, and only then answered.

The vendors take answers differently. Jira tries again after 408, 409, 425, 429 and 5xx and never after another 4xx;
Azure DevOps takes 4xx and 500 as lasting failures and switches the subscription off. So what is authentic is always
answered 2xx once it is kept, and 503 if it cannot be kept.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.store import inbox, items, writes
from bot.store.database import Database
from integrations.tracker import BadSignature, Event, Malformed, UnknownEvent, Webhook, WebhookSecret

log = structlog.get_logger(__name__)

CHUNK = 64 * 1024
RETRY_AFTER_SECONDS = 30


class Stream(Protocol):
    """A request's body."""

    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender is told."""

    status: int
    message: str
    retry_after: int = 0


NOT_SIGNED = Answer(401, "the delivery is not signed with this connection's secret")


@dataclass(frozen=True, slots=True)
class Intake:
    """The door of one connection. `body_limit` in bytes; `hand_over` queues a kept delivery, by its id and item."""

    connection: str
    vendor: Literal["jira", "azure-devops"]
    webhook: Webhook
    secrets: Callable[[], tuple[WebhookSecret, ...]]
    db: Database
    projects: Container[str]
    hand_over: Callable[[str, str], None]
    body_limit: int
    now: Callable[[], datetime]

    def take(self, headers: Mapping[str, str], stream: Stream, length: int | None) -> Answer:
        """Take one delivery, and say what to answer. Never raises for anything a sender can do."""
        if not self.secrets():
            return Answer(401, "this connection takes no webhooks: it has no webhook secret")
        if length is not None and length > self.body_limit:
            return self._too_large(headers)
        body = _read(stream, self.body_limit)
        if body is None:
            return self._too_large(headers)
        if not self._is_authentic(headers, body):
            return NOT_SIGNED
        try:
            return self._keep(headers, body)
        except SQLAlchemyError as error:
            log.error("delivery not kept", connection=self.connection, error=type(error).__name__)
            return Answer(503, "the delivery could not be kept; please send it again", RETRY_AFTER_SECONDS)

    def _keep(self, headers: Mapping[str, str], body: bytes) -> Answer:
        try:
            event = self.webhook.read(headers, body)
        except Malformed as error:
            return self._bury(f"not readable: {error}", body)
        except UnknownEvent as error:
            return self._bury(f"unknown event {error.event[:100]!r}", body)
        if event.kind == "ignored":
            return Answer(200, f"{event.name} is not needed")
        if event.project is not None and event.project not in self.projects and not self._is_known(event.item):
            return Answer(200, f"project {event.project} is not in the settings")
        return self._accept(event)

    def _accept(self, event: Event) -> Answer:
        key = inbox.delivery_id(self.connection, event)
        with self.db.write() as session:
            new = inbox.add(session, self.connection, event, "webhook", self.now())
            own = event.comment is not None and writes.own_comment(session, self.connection, event.comment) is not None
            if own:
                inbox.set_state(session, key, "finished", self.now(), "the bot's own comment")
            row = session.get(inbox.Delivery, key)
            waiting = row is not None and row.state == "received"
        if waiting:
            self._queue(key, event.item)
        return Answer(200, "kept" if new else "known already")

    def _is_known(self, item: str) -> bool:
        """An item that has moved out of the settings is still heard of, so that what is open on it is closed."""
        with self.db.read() as session:
            return items.find(session, self.connection, item) is not None

    def _queue(self, key: str, item: str) -> None:
        try:
            self.hand_over(key, item)
        except Exception as error:  # noqa: BLE001 - it is kept: the sweep will queue it, and the sender need not know
            log.error("delivery not queued", connection=self.connection, error=type(error).__name__)

    def _too_large(self, headers: Mapping[str, str]) -> Answer:
        if self.vendor == "azure-devops":
            # Basic authentication needs no body, and a 413 would switch the subscription off.
            if not self._is_authentic(headers, b""):
                return NOT_SIGNED
            return self._bury(f"larger than {self.body_limit} bytes", b"")
        return Answer(413, f"a delivery may have at most {self.body_limit} bytes")

    def _is_authentic(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Signed with the secret, or during a rotation with the one before."""
        for secret in self.secrets():
            try:
                self.webhook.authenticate(headers, body, secret)
            except BadSignature:
                continue
            return True
        return False

    def _bury(self, reason: str, body: bytes) -> Answer:
        with self.db.write() as session:
            inbox.bury(session, self.connection, reason, self.now(), body=body)
        return Answer(200, f"kept for a person to look at: {reason}"[:300])


def _read(stream: Stream, limit: int) -> bytes | None:
    """The body, or None if it is longer than the limit: no more than that is ever held."""
    parts, size = [], 0
    while part := stream.read(CHUNK):
        size += len(part)
        if size > limit:
            return None
        parts.append(part)
    return b"".join(parts)
