"""From what the SDK raises to a WriterError with a reason. A server's words are looked at, never passed on.

https://platform.openai.com/docs/guides/error-codes
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import httpx2
import openai

from integrations.openai.limits import AnswerEncodedError, AnswerTooLongError, DeadlineError, InsideError
from integrations.writer import Reason, WriterError

_RETRIED_STATUSES = frozenset({408, 409, 425, 500, 502, 503, 504, 529})


class ChargedError(WriterError):
    """No reply, and yet the server may have written one and charge for it."""


class SchemaNotTakenError(Exception):
    """The server does not know how to enforce a schema: ask again for plain JSON."""


def failure(error: Exception, *, with_schema: bool) -> WriterError | SchemaNotTakenError:
    """What a failed request means; `with_schema` says whether it asked for a schema."""
    match error:
        case AnswerTooLongError():
            return ChargedError(Reason.TOO_LONG, "the answer is over the cap on bytes")
        case AnswerEncodedError():
            return WriterError(Reason.NOT_JSON, "the answer is compressed although none was asked for")
        case InsideError():
            return WriterError(Reason.REJECTED, "the name in the address leads to one that is never called")
        case DeadlineError():
            return ChargedError(Reason.TIMEOUT, "no answer before the deadline")
        case openai.APIStatusError():
            return _status_failure(error, with_schema=with_schema)
        case openai.APIConnectionError():
            return _connection_failure(error)
        case ValueError() | TypeError() | httpx2.InvalidURL():
            return WriterError(Reason.REJECTED, f"the settings make no valid request ({type(error).__name__})")
    return ChargedError(Reason.UNREACHABLE, f"the call failed ({type(error).__name__})")


def _connection_failure(error: openai.APIConnectionError) -> WriterError:
    cause = error.__cause__
    match cause:
        case httpx2.UnsupportedProtocol():
            return WriterError(Reason.REJECTED, "the address does not begin with http:// or https://")
        case httpx2.LocalProtocolError():
            return WriterError(Reason.REJECTED, "the key or the address cannot be put into a request")
        case httpx2.ConnectError() | httpx2.ConnectTimeout():
            return WriterError(Reason.UNREACHABLE, f"the server cannot be connected to ({type(cause).__name__})")
        case httpx2.TimeoutException():
            return ChargedError(Reason.TIMEOUT, "no answer before the deadline")
    return ChargedError(Reason.UNREACHABLE, f"the connection was lost ({type(cause).__name__})")


def _status_failure(error: openai.APIStatusError, *, with_schema: bool) -> WriterError | SchemaNotTakenError:
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
        return SchemaNotTakenError()
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
