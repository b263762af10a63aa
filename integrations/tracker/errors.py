"""What a tracker may answer with instead of an answer, and what can be wrong with a delivery.

TrackerError
├── Unreachable      no answer, or 5xx: it may or may not have happened; try again later
├── Throttled        429 or 503 with a wait: nothing happened; not before `retry_after` seconds
├── Refused          401 or 403: a right is missing; `missing` says which
│   └── NotSignedIn  nobody was let in: the token is wrong, or has expired
├── Missing          404: deleted, moved, or not visible to the bot
├── Conflict         the item is no longer as it was
├── Invalid          400: the tracker does not take what was sent
│   ├── NoAudience   those for whom alone a comment is are not there, or the bot is not one of them
│   ├── TooLong      a text would be longer than the tracker takes
│   ├── Incomplete   values are missing that the project requires; `fields` names them
│   ├── WrongValue   a field does not take the value that a person gave for it
│   ├── NotToSet     a field that no value beside a change may be given for
│   │   └── NoSuchField  a field that there is not, where a value beside a change was given for it
│   └── NoWayBack    what was made cannot be taken back by the rules of the project
└── Unintelligible   an answer that is not what the product sends (a sign-in page, broken JSON)

WebhookError
├── BadSignature     not authentic: 401
├── Malformed        authentic, yet not JSON or not an object
└── UnknownEvent     authentic, yet an event nobody has told us about
"""

from __future__ import annotations


class TrackerError(Exception):
    """Base of all that a tracker may answer with. The message holds no ticket text and no secret."""


class Unreachable(TrackerError):
    """No answer, or a 5xx: what was asked for may or may not have happened."""


class Throttled(TrackerError):
    """The tracker asks to wait; nothing happened."""

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Refused(TrackerError):
    """A right is missing (401, 403)."""

    def __init__(self, message: str, missing: str = "") -> None:
        super().__init__(message)
        self.missing = missing


class NotSignedIn(Refused):
    """Nobody was let in; `missing` says what it takes. `has_user`: a user is told beside the token."""

    def __init__(self, message: str, missing: str = "", *, has_user: bool = True) -> None:
        super().__init__(message, missing)
        self.has_user = has_user


class Missing(TrackerError):
    """Deleted, moved away, or not visible to the bot (404)."""


class Conflict(TrackerError):
    """The item is no longer as it was; `field` names what differs, `by` who changed it, where known."""

    def __init__(self, message: str, field: str, by: str = "") -> None:
        super().__init__(message)
        self.field = field
        self.by = by


class Invalid(TrackerError):
    """The tracker does not take what was sent (400).

    `told` is its own sentence, which may quote what was sent: it is for who sent that, and for no log.
    """

    def __init__(self, message: str, told: str = "") -> None:
        super().__init__(message)
        self.told = told


class TooLong(Invalid):
    """A text would be longer than the tracker takes."""


class NoAudience(Invalid):
    """A comment is for a role or a group that there is not, or that the bot's account is not in."""


class Incomplete(Invalid):
    """What is to be created or moved on lacks values that the project requires; `fields` as people read them.

    `by_hand`: the bot does not set these, so nobody is to be asked for them.
    """

    def __init__(self, message: str, fields: tuple[str, ...], *, by_hand: bool = False) -> None:
        super().__init__(message)
        self.fields, self.by_hand = fields, by_hand


class WrongValue(Invalid):
    """A field does not take a value; both are as people read them, and for who gave it, not for a log.

    `allowed` are the values that it has, where it has only some.
    """

    def __init__(
        self, message: str, field: str, value: str, allowed: tuple[str, ...] = (), *, is_number: bool = False
    ) -> None:
        super().__init__(message)
        self.field, self.value, self.allowed, self.is_number = field, value, allowed, is_number


class NotToSet(Invalid):
    """A field that the bot sets by no name that a person gives; `field` as people read it."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


class NoSuchField(NotToSet):
    """Fields that people gave values for beside a change, and that are not there; `fields` as they wrote them."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        super().__init__("values are given for fields that are not there", fields[0])
        self.fields = fields


class NoWayBack(Invalid):
    """The project's rules offer no way back to what was before."""


class Unintelligible(TrackerError):
    """An answer that is not what the product sends."""


class WebhookError(Exception):
    """Base of what can be wrong with a delivery."""


class BadSignature(WebhookError):
    """Not authentic."""


class Malformed(WebhookError):
    """Authentic, yet not a JSON object (or too deep to read)."""


class UnknownEvent(WebhookError):
    """Authentic, yet of a kind that is neither handled nor listed as ignored; `event` is its name."""

    def __init__(self, event: str) -> None:
        super().__init__(f"unknown event {event!r}")
        self.event = event
