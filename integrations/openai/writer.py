"""A language model behind any OpenAI-compatible address: OpenAI, Azure, llama.cpp, Ollama, vLLM and their kin.

Importing this module imports the SDK, so wiring does it only where the settings name an address. The SDK's own
retries are off: how often, how long and for how many tokens is decided here.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import httpx2
import openai
from pydantic import BaseModel
from tenacity import Retrying

from integrations.openai.answer import Answer, read_answer, reply_from
from integrations.openai.failures import ChargedError, SchemaNotTakenError, failure
from integrations.openai.limits import Deadline, LimitedTransport, LimitError
from integrations.openai.retries import GARBAGE, RetryPolicy
from integrations.openai.wire_schema import bounded_schema, strict_schema
from integrations.writer import Budget, Message, Prompt, Reply, WriterError

R = TypeVar("R", bound=BaseModel)
Form = Literal["strict", "bounded", "object"]


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
        policy = RetryPolicy(self._model.garbage_retries, self._model.away_retries, deadline)
        requests = 0
        for attempt in Retrying(
            stop=policy.stop, wait=policy.wait, retry=policy.again, sleep=self._sleep, reraise=True
        ):
            with attempt:
                try:
                    requests += 1
                    answer = self._attempt(_request(self._model, messages, reply, self._form), deadline)
                except SchemaNotTakenError:
                    self._form = "object"
                    requests += 1
                    answer = self._attempt(_request(self._model, messages, reply, self._form), deadline)
                value = reply_from(answer, reply)
        return _reply(value, prompt, answer, requests)

    def _attempt(self, request: Mapping[str, Any], deadline: Deadline) -> Answer:
        """One request, reserved and settled. Raises WriterError or SchemaNotTakenError."""
        size = most_tokens(request, self._model.answer_tokens)
        reservation = self._budget.reserve(size)
        spent = size
        try:
            answer = read_answer(*self._post(request, deadline))
            spent = size if answer.tokens is None else answer.tokens
        except SchemaNotTakenError:
            spent = 0
            raise
        except WriterError as error:
            # An answer that was cut or cannot be read may well be charged for: it counts in full, so the cap holds.
            if not isinstance(error, ChargedError) and error.reason not in GARBAGE:
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
            except (
                LimitError,
                openai.OpenAIError,
                httpx2.HTTPError,
                httpx2.InvalidURL,
                OSError,
                ValueError,  # a key or an address that cannot be put into a request
            ) as error:
                raise failure(error, with_schema=request["response_format"]["type"] == "json_schema") from None
        return raw.content, raw.headers.get("content-type", "")


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
