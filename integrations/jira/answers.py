"""What an answer of Jira, or none, means in the words of integrations.tracker. Pure but for the clock it is given.

No message holds the answer's text: it may quote the ticket.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Protocol
from urllib.parse import urlsplit

from integrations.limits import told
from integrations.tracker import (
    Conflict,
    Invalid,
    Missing,
    NotSignedIn,
    Refused,
    Throttled,
    TooLong,
    TrackerError,
    Unintelligible,
    Unreachable,
)

SIGNED_IN = "a valid token of the bot's account"
COMMON = "https://api.atlassian.com/ex/jira/"
LONGEST = 300  # characters of a sentence of Jira's
DEEPEST = 150  # levels of a JSON answer; Jira's own stay far below


class Understood:
    """`with UNDERSTOOD:` around code that takes an answer apart.

    Raises Unintelligible where the answer has not the shape that Jira sends.
    """

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, KeyError | TypeError | ValueError | AttributeError | IndexError | RecursionError):
            problem = type(error).__name__
            raise Unintelligible(f"an answer of Jira has an unknown shape ({problem})") from None


UNDERSTOOD = Understood()


class Answer(Protocol):
    """What is needed of a requests.Response."""

    status_code: int
    headers: Any

    @property
    def text(self) -> str: ...


def signed_in_at(base_url: str) -> str:
    """What is missing where the address lets nobody in: which tokens Atlassian takes depends on the address.

    https://support.atlassian.com/atlassian-account/docs/manage-api-tokens-for-your-atlassian-account/
    """
    host = (urlsplit(base_url).hostname or "").lower()
    if host == urlsplit(COMMON).hostname:
        return f"{SIGNED_IN} (here one with scopes, or of a service account; others work at the site's own address)"
    if host.endswith(".atlassian.net"):
        return f"{SIGNED_IN} (one with scopes, or of a service account, works only at {COMMON}<cloud id>)"
    return SIGNED_IN


def error_for(answer: Answer, what: str, needs: str, signed_in: str = SIGNED_IN) -> TrackerError:
    """The error for an answer that is not a success.

    `what` names the request, `needs` the right that it takes, `signed_in` what it takes to be let in at all.
    """
    status = answer.status_code
    says = f"{what} was answered with {status}"
    wait = told(status, answer.headers).wait
    if status == 429:
        return Throttled(says, wait or 0.0)
    if status == 503 and wait is not None:
        return Throttled(says, wait)
    if status >= 500 or status in {408, 425}:
        return Unreachable(says)
    if status == 401 and not _signed_in(answer.headers):
        return NotSignedIn(says, signed_in)
    if status in {401, 403}:
        return Refused(says, needs)
    if status == 404:
        return Missing(says)
    if status == 409:
        return Conflict(says, field="")
    if status < 400:
        return Unintelligible(says)
    if _is_too_long(answer):
        return TooLong(says)
    fields = _named_fields(answer)
    return Invalid(f"{says} (fields: {', '.join(fields)})" if fields else says, _sentences(answer))


def _signed_in(headers: Mapping[str, str]) -> bool:
    """Whether Jira knew who asked: some resources answer 401 to an account that only lacks a right."""
    user = headers.get("X-AACCOUNTID") or headers.get("X-AUSERNAME") or "anonymous"
    return user != "anonymous"


def json_of(answer: Answer, what: str) -> Any:
    """The JSON of a success, None for an empty one. Raises Unintelligible for anything else."""
    if answer.status_code == 204 or not answer.text.strip():
        return None
    try:
        value = json.loads(answer.text)
    except (ValueError, RecursionError):
        raise Unintelligible(f"{what} was answered with something that is not JSON") from None
    if _too_deep(value):
        raise Unintelligible(f"{what} was answered with JSON that is too deep")
    return value


def _named_fields(answer: Answer) -> list[str]:
    """The ids of the fields that Jira complains about; its sentences are left out."""
    try:
        errors = json.loads(answer.text).get("errors")
    except (ValueError, RecursionError, AttributeError):
        return []
    return sorted(str(name)[:40] for name in errors)[:10] if isinstance(errors, dict) else []


def _is_too_long(answer: Answer) -> bool:
    """Whether Jira Cloud says that a text is too long: it counts on its own, and has the last word."""
    try:
        said = json.loads(answer.text)
        sentences = [*(said.get("errorMessages") or ()), *dict(said.get("errors") or {}).values()]
    except (ValueError, RecursionError, AttributeError, TypeError):
        return False
    return "CONTENT_LIMIT_EXCEEDED" in sentences


def _sentences(answer: Answer) -> str:
    """What Jira says in its own words."""
    try:
        said = json.loads(answer.text).get("errorMessages")
    except (ValueError, RecursionError, AttributeError):
        return ""
    return " ".join(one for one in said if isinstance(one, str))[:LONGEST] if isinstance(said, list) else ""


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return False
    return True
