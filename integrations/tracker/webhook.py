"""The pure half of a tracker: a delivery's bytes and headers in, an Event out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from rules.model import Person

EventKind = Literal["created", "updated", "commented", "deleted", "asked", "ignored"]
"""`asked`: a person pressed a button in the tracker that asks for a look."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the bot makes of a vendor's event: a row of the vendor's table. `why` is one or two sentences."""

    kind: EventKind
    why: str


@dataclass(frozen=True, slots=True)
class Event:
    """What a delivery says happened: a hint, never a fact; the item is read again before anything is done.

    `delivery` is the vendor's own identity of the delivery, the same across retries. `item` is an id or a key. For a
    comment whose vendor sends no id, `comment` is None and the newest comments are read. `name` is the vendor's own
    word for the event.
    """

    kind: EventKind
    delivery: str
    item: str
    name: str
    project: str | None = None
    comment: str | None = None
    actor: Person | None = None
    occurred: datetime | None = None


@dataclass(frozen=True, slots=True)
class WebhookSecret:
    """What authenticates a connection's deliveries: a shared secret, and for Azure DevOps the basic-auth user.

    `rule` is what a rule of Jira Automation sends instead, where one is set up.
    """

    secret: str = field(repr=False)
    user: str = ""
    rule: str = field(default="", repr=False)


class Webhook(Protocol):
    """The pure half of a tracker: bytes and headers in, an Event out. Header names arrive in lower case."""

    def authenticate(self, headers: Mapping[str, str], body: bytes, secret: WebhookSecret) -> None:
        """Raises BadSignature, and nothing else, for anything that is not authentic."""

    def read(self, headers: Mapping[str, str], body: bytes) -> Event:
        """Raises Malformed or UnknownEvent."""
