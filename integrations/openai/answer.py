"""Reading what a server answered to a chat completion: bytes in, a validated reply out, or one reason why not. Pure.

Nothing here is taken from the SDK's own parsing, which lets wrong shapes through silently. Error messages are fixed
sentences: an answer may hold the words of a ticket.
https://platform.openai.com/docs/api-reference/chat/object
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from integrations.writer import Reason, WriterError

R = TypeVar("R", bound=BaseModel)

_TOO_MANY_TOKENS = 1_000_000_000


def _tokens(value: Any) -> int:
    """A count of tokens; a server that sends nonsense here has said nothing."""
    return value if type(value) is int and 0 <= value < _TOO_MANY_TOKENS else 0


_Tokens = Annotated[int, BeforeValidator(_tokens)]


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Details(_Lenient):
    cached_tokens: _Tokens = 0


class _Usage(_Lenient):
    prompt_tokens: _Tokens = 0
    completion_tokens: _Tokens = 0
    prompt_tokens_details: _Details | None = None


class _Message(_Lenient):
    content: str | None = None
    refusal: str | None = None


class _Choice(_Lenient):
    message: _Message
    finish_reason: str | None = None


class _Completion(_Lenient):
    choices: list[_Choice]
    model: str = ""
    usage: _Usage | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What one attempt brought: the text the model wrote, and what it cost (None: the server did not say)."""

    content: str = field(repr=False)
    finish: str
    refused: bool
    model: str
    usage: _Usage | None

    @property
    def tokens(self) -> int | None:
        """Tokens in and out together."""
        return None if self.usage is None else self.usage.prompt_tokens + self.usage.completion_tokens


def read_answer(body: bytes, content_type: str = "") -> Answer:
    """The first choice of a completion. Raises WriterError: empty, html, not_json or wrong_schema."""
    if not body.strip():
        raise WriterError(Reason.EMPTY, "the server sent an empty body")
    if content_type.lower().startswith("text/html") or body.lstrip()[:1] == b"<":
        raise WriterError(Reason.HTML, "the server sent a page instead of a completion")
    try:
        completion = _Completion.model_validate_json(body)
    except ValidationError as error:
        if error.errors()[0]["type"] == "json_invalid":
            raise WriterError(Reason.NOT_JSON, "the server's answer is not JSON") from None
        raise WriterError(Reason.WRONG_SCHEMA, "the server's answer is not a chat completion") from None
    if not completion.choices:
        raise WriterError(Reason.EMPTY, "the completion has no choices")
    choice = completion.choices[0]
    return Answer(
        content=choice.message.content or "",
        finish=choice.finish_reason or "",
        refused=bool(choice.message.refusal),
        model=completion.model[:200],
        usage=completion.usage,
    )


def reply_from(answer: Answer, reply: type[R]) -> R:
    """The validated reply. Raises WriterError: refused, truncated, empty, not_json or wrong_schema."""
    if answer.refused or answer.finish == "content_filter":
        raise WriterError(Reason.REFUSED, "the model or its content filter declined")
    if answer.finish == "length":
        raise WriterError(Reason.TRUNCATED, "the model ran into its limit on tokens")
    content = _bare(answer.content)
    if not content:
        raise WriterError(Reason.EMPTY, "the completion has no content")
    try:
        return reply.model_validate_json(content)
    except ValidationError as error:
        if error.errors()[0]["type"] == "json_invalid":
            raise WriterError(Reason.NOT_JSON, "the model's reply is not JSON") from None
        raise WriterError(Reason.WRONG_SCHEMA, f"the model's reply is no {reply.__name__}") from None


def _bare(content: str) -> str:
    """The JSON without the thinking and the code fence that some local models put around it."""
    content = content.strip()
    if content.startswith("<think>"):
        content = content.partition("</think>")[2].strip()
    if content.startswith("```") and content.endswith("```"):
        content = content.partition("\n")[2][:-3].strip()
    return content
