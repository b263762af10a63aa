"""The port to a language model: messages in, one validated reply out, or one WriterError that says why not.

A writer has no tools and no credentials of a tracker. Whatever it answers is checked against a closed, bounded reply
model before anybody sees it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from pydantic import BaseModel

R = TypeVar("R", bound=BaseModel)
R_co = TypeVar("R_co", bound=BaseModel, covariant=True)


class Reason(StrEnum):
    """Why there is no reply."""

    TIMEOUT = "timeout"  # the whole call took longer than it may
    TOO_LONG = "too_long"  # the answer went over the cap on bytes
    PROMPT_TOO_LONG = "prompt_too_long"  # the model cannot take so much text
    RATE_LIMITED = "rate_limited"  # 429, and it stayed so; `retry_after` where the server said it
    QUOTA_SPENT = "quota_spent"  # the provider's account is empty: waiting does not help
    UNREACHABLE = "unreachable"  # no connection, or 5xx, and it stayed so
    UNAUTHORIZED = "unauthorized"  # 401 or 403: the key is wrong or lacks a right
    REJECTED = "rejected"  # another 4xx or a redirect: address, model name or settings are wrong
    REFUSED = "refused"  # the model or its content filter declined
    TRUNCATED = "truncated"  # the model ran into its limit on tokens
    EMPTY = "empty"  # an answer without content
    HTML = "html"  # a page instead of an answer: a proxy or a wrong address
    NOT_JSON = "not_json"  # the answer, or what it holds, is not JSON
    WRONG_SCHEMA = "wrong_schema"  # JSON, yet not the reply that was asked for
    OVER_BUDGET = "over_budget"  # the day's tokens are spent; nothing was sent


class WriterError(Exception):
    """There is no reply. The message holds no ticket text, no answer and no secret; `retry_after` is in seconds."""

    def __init__(self, reason: Reason, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.retry_after = retry_after


class Message(Protocol):
    """One message: `role` is system, user or assistant."""

    @property
    def role(self) -> str: ...

    @property
    def text(self) -> str: ...


class Prompt(Protocol):
    """Which prompt the messages were made from."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def sha256(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Reply(Generic[R_co]):
    """A validated reply and its provenance.

    `model` is what the server says answered. Tokens are the last attempt's as the server counts them (0: it did not
    say); `tokens_cached` of `tokens_in` came from the provider's cache. `attempts` counts requests that were sent.
    """

    value: R_co = field(repr=False)
    prompt: str
    version: str
    sha256: str
    model: str
    tokens_in: int
    tokens_out: int
    tokens_cached: int = 0
    attempts: int = 1


class Writer(Protocol):
    """A language model."""

    def write(self, prompt: Prompt, messages: Sequence[Message], reply: type[R]) -> Reply[R]:
        """Ask once (with a few retries inside the call's deadline). Raises WriterError and nothing else."""


class Budget(Protocol):
    """A cap on tokens. Each attempt reserves the most it can cost and settles what it did cost."""

    def reserve(self, tokens: int) -> str:
        """Set tokens aside and return the reservation's id. Raises WriterError (over_budget) if they are not there.

        A reservation that is never settled (a crash) counts as spent.
        """

    def settle(self, reservation: str, tokens: int) -> None:
        """Replace a reservation by what was really spent; settling twice changes nothing."""
