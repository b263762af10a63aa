"""A language model behind any OpenAI-compatible address: OpenAI, Azure, llama.cpp, Ollama, vLLM and their kin.

Importing this module imports the SDK, so wiring does it only where the settings name an address. The SDK's own
retries are off: how often, how long and for how many tokens is decided here.
"""

from __future__ import annotations

import json
import logging
import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Literal, TypeVar

import httpx2
import openai
from pydantic import BaseModel
from tenacity import RetryCallState, Retrying

from integrations.openai.answer import Answer, read_answer, reply_from
from integrations.openai.limits import AnswerEncodedError, AnswerTooLongError, Deadline, LimitedTransport, LimitError
from integrations.openai.wire_schema import bounded_schema, strict_schema
from integrations.writer import Budget, Message, Prompt, Reason, Reply, WriterError

R = TypeVar("R", bound=BaseModel)
Form = Literal["strict", "bounded", "object"]

GARBAGE = frozenset({Reason.TRUNCATED, Reason.EMPTY, Reason.HTML, Reason.NOT_JSON, Reason.WRONG_SCHEMA})
"""Answered, paid for and of no use: worth asking again, twice at most."""
AWAY = frozenset({Reason.RATE_LIMITED, Reason.UNREACHABLE})
"""Not answered: worth waiting for."""

_RETRIED_STATUSES = frozenset({408, 409, 425, 500, 502, 503, 504, 529})


@dataclass(frozen=True, slots=True)
class Model:
    """Which model, where, and within which limits.

    `form` is how the reply's shape is enforced: "strict" schema (OpenAI, Azure), "bounded" schema (local servers), or
    "object" (any JSON; the prompt describes the shape). `call_seconds` is wall-clock time for the whole call with all
    its retries and waits. `answer_bytes` caps each answer, `answer_tokens` what the model may write. `proxy` is an
    address of its own: the environment's proxies are not used.
    """

    base_url: str
    name: str
    api_key: str = field(default="", repr=False)
    form: Form = "strict"
    call_seconds: float = 60.0
    connect_seconds: float = 10.0
    answer_bytes: int = 1_000_000
    answer_tokens: int = 2_000
    garbage_retries: int = 2
    away_retries: int = 4
    proxy: str | None = None


class OpenAIWriter:
    """The Writer port over Chat Completions (the one interface that every compatible server understands)."""

    def __init__(
        self,
        model: Model,
        budget: Budget,
        *,
        sleep: Callable[[float], None] = time.sleep,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._model = model
        self._budget = budget
        self._sleep = sleep
        self._form = model.form
        # A connection is not kept: calls are rare and long, and the deadline's timer must see each one being made.
        self._transport = transport or httpx2.HTTPTransport(
            proxy=model.proxy, limits=httpx2.Limits(max_keepalive_connections=0)
        )
        # At DEBUG the SDK logs whole requests, ticket text and all.
        logging.getLogger("openai").setLevel(logging.WARNING)

    def close(self) -> None:
        """Close what is open."""
        self._transport.close()

    def write(self, prompt: Prompt, messages: Sequence[Message], reply: type[R]) -> Reply[R]:
        """See Writer. Raises WriterError with one of its reasons."""
        deadline = Deadline(self._model.call_seconds)
        policy = _Policy(self._model, deadline)
        for attempt in Retrying(
            stop=policy.stop, wait=policy.wait, retry=policy.again, sleep=self._sleep, reraise=True
        ):
            with attempt:
                answer = self._answer(messages, reply, policy, deadline)
                value = reply_from(answer, reply)
        return _reply(value, prompt, answer, policy.attempts)

    def _answer(
        self, messages: Sequence[Message], reply: type[BaseModel], policy: _Policy, deadline: Deadline
    ) -> Answer:
        policy.attempts += 1
        try:
            return self._attempt(_request(self._model, messages, reply, self._form), deadline)
        except _SchemaNotTakenError:
            self._form = "object"
            policy.attempts += 1
            return self._attempt(_request(self._model, messages, reply, self._form), deadline)

    def _attempt(self, request: Mapping[str, Any], deadline: Deadline) -> Answer:
        """One request, reserved and settled. Raises WriterError or _SchemaNotTakenError."""
        size = most_tokens(request, self._model.answer_tokens)
        reservation = self._budget.reserve(size)
        spent = size
        try:
            answer = read_answer(*self._post(request, deadline))
            spent = size if answer.tokens is None else answer.tokens
        except _SchemaNotTakenError:
            spent = 0
            raise
        except WriterError as error:
            # An answer that was cut or cannot be read may well be charged for: it counts in full, so the cap holds.
            if not isinstance(error, _ChargedError) and error.reason not in GARBAGE:
                spent = 0
            raise
        finally:
            self._budget.settle(reservation, spent)
        return answer

    def _post(self, request: Mapping[str, Any], deadline: Deadline) -> tuple[bytes, str]:
        left = max(deadline.left(), 0.001)
        timeout = httpx2.Timeout(left, connect=min(self._model.connect_seconds, left))
        transport = LimitedTransport(self._transport, deadline, self._model.answer_bytes)
        with httpx2.Client(transport=transport, timeout=timeout, trust_env=False) as http:
            client = openai.OpenAI(
                base_url=self._model.base_url,
                api_key=self._model.api_key or "none",  # the SDK wants one; local servers do not
                max_retries=0,
                timeout=timeout,
                http_client=http,
            )
            try:
                raw = client.chat.completions.with_raw_response.create(**request)
            except LimitError as error:
                raise self._limit_error(error) from None
            except openai.APIStatusError as error:
                raise _status_error(error, with_schema="json_schema" in str(request["response_format"])) from None
            except openai.APIConnectionError as error:
                raise self._connection_error(error, deadline) from None
            except (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
                raise _ChargedError(Reason.UNREACHABLE, f"the call failed ({type(error).__name__})") from None
        return raw.content, raw.headers.get("content-type", "")

    def _limit_error(self, error: LimitError) -> WriterError:
        match error:
            case AnswerTooLongError():
                return _ChargedError(Reason.TOO_LONG, f"the answer is over {self._model.answer_bytes} bytes")
            case AnswerEncodedError():
                return WriterError(Reason.NOT_JSON, "the answer is compressed although none was asked for")
            case _:
                return self._timeout()

    def _connection_error(self, error: openai.APIConnectionError, deadline: Deadline) -> WriterError:
        cause = error.__cause__
        if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.UnsupportedProtocol):
            return WriterError(Reason.UNREACHABLE, f"the server cannot be connected to ({type(cause).__name__})")
        if isinstance(error, openai.APITimeoutError) or deadline.left() <= 0:
            return self._timeout()
        return _ChargedError(Reason.UNREACHABLE, f"the connection was lost ({type(cause).__name__})")

    def _timeout(self) -> WriterError:
        return _ChargedError(Reason.TIMEOUT, f"no answer within {self._model.call_seconds:g} s")


class _ChargedError(WriterError):
    """No reply, and yet the server may have written one and charge for it."""


class _SchemaNotTakenError(Exception):
    """The server does not know how to enforce a schema: ask again for plain JSON."""


class _Policy:
    """When to ask again, and after how long: jittered, not before Retry-After, not past the deadline."""

    def __init__(self, model: Model, deadline: Deadline) -> None:
        self._model = model
        self._deadline = deadline
        self._garbage = 0
        self._away = 0
        self.attempts = 0

    def again(self, state: RetryCallState) -> bool:
        """Whether the last attempt's failure is worth another one."""
        error = state.outcome.exception() if state.outcome else None
        if not isinstance(error, WriterError):
            return False
        self._garbage += error.reason in GARBAGE
        self._away += error.reason in AWAY
        return error.reason in GARBAGE | AWAY

    def stop(self, state: RetryCallState) -> bool:
        """Whether it has been enough."""
        if self._garbage > self._model.garbage_retries or self._away > self._model.away_retries:
            return True
        return state.upcoming_sleep >= self._deadline.left()

    def wait(self, state: RetryCallState) -> float:
        """Seconds to wait, drawn up to a bound that doubles (1, 2, ... 30), beyond what the server asked for."""
        error = state.outcome.exception() if state.outcome else None
        if not isinstance(error, WriterError) or error.reason in GARBAGE:
            return 0.0
        jitter = random.uniform(0, min(2 ** (self._away - 1), 30))  # noqa: S311 - spreads load, guards nothing
        return (error.retry_after or 0.0) + jitter


def most_tokens(request: Mapping[str, Any], answer_tokens: int) -> int:
    """The most a request is reckoned to cost: one token for two bytes of it (English takes four), plus the answer."""
    return len(json.dumps(request, ensure_ascii=False).encode("utf-8", "replace")) // 2 + answer_tokens


def _request(model: Model, messages: Sequence[Message], reply: type[BaseModel], form: Form) -> dict[str, Any]:
    shape: dict[str, Any] = {"type": "json_object"}
    if form != "object":
        schema = strict_schema(reply) if form == "strict" else bounded_schema(reply)
        shape = {"type": "json_schema", "json_schema": {"name": reply.__name__, "strict": True, "schema": schema}}
    return {
        "model": model.name,
        "messages": [{"role": message.role, "content": message.text} for message in messages],
        "response_format": shape,
        "store": False,
        # OpenAI's reasoning models refuse the older name; some local servers know no other.
        "max_completion_tokens" if form == "strict" else "max_tokens": model.answer_tokens,
    }


def _status_error(error: openai.APIStatusError, *, with_schema: bool) -> Exception:
    """What an HTTP status means. The body's words are looked at, never passed on."""
    status, code, words = error.status_code, error.code or "", str(error.body or "")[:2000].lower()
    if status == 429:
        if code == "insufficient_quota":
            return WriterError(Reason.QUOTA_SPENT, "the provider says that the account's quota is spent")
        return WriterError(Reason.RATE_LIMITED, "the server asks to slow down", _retry_after(error.response.headers))
    if status in _RETRIED_STATUSES:
        return WriterError(Reason.UNREACHABLE, f"the server answers {status}", _retry_after(error.response.headers))
    if status in (401, 403):
        return WriterError(Reason.UNAUTHORIZED, f"the server answers {status}: the key is wrong or lacks a right")
    if code == "context_length_exceeded" or status == 413 or "context length" in words or "context size" in words:
        return WriterError(Reason.PROMPT_TOO_LONG, "the prompt is longer than the model can take")
    if code == "content_filter":
        return WriterError(Reason.REFUSED, "the provider's content filter declined")
    if with_schema and status in (400, 422) and any(word in words for word in ("response_format", "json_schema")):
        return _SchemaNotTakenError()
    return WriterError(Reason.REJECTED, f"the server answers {status}: check the address and the model's name")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from a Retry-After header, which holds seconds or a date."""
    value = headers.get("retry-after", "")
    try:
        return max(float(value), 0.0) if math.isfinite(float(value)) else None
    except ValueError:
        pass
    try:
        return max(parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
    except (ValueError, OverflowError):
        return None


def _reply(value: R, prompt: Prompt, answer: Answer, attempts: int) -> Reply[R]:
    usage = answer.usage
    details = usage.prompt_tokens_details if usage else None
    return Reply(
        value=value,
        prompt=prompt.name,
        version=prompt.version,
        sha256=prompt.sha256,
        model=answer.model,
        tokens_in=usage.prompt_tokens if usage else 0,
        tokens_out=usage.completion_tokens if usage else 0,
        tokens_cached=details.cached_tokens if details else 0,
        attempts=attempts,
    )
