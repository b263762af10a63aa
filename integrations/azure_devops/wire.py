"""One HTTP request to Azure DevOps, and every way it can end.

All requests of a connection, the vendor package's and our own, go through `Wire.send`. Waits that the product asks
for hold for the whole connection: it also asks on answers that succeeded, before it begins to refuse.
https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits
"""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import requests
from requests.auth import AuthBase
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from integrations.exchanges import Observe, unobserved
from integrations.limits import told
from integrations.pace import Board, Pace
from integrations.tracker import (
    Conflict,
    Incomplete,
    Invalid,
    Missing,
    NotSignedIn,
    Refused,
    Throttled,
    TrackerError,
    Unintelligible,
    Unreachable,
)
from integrations.transport import PLAIN, Forbidden, Transport, equip, why_unanswered

Auth = str | Callable[[], str]
"""A personal access token, or a function that gives the value of the Authorization header."""

ATTEMPTS = 3
LONGEST = 300  # characters of a sentence of the product's
_CODE = re.compile(r"\b(?:TF|VS)[0-9]{5,7}\b")
_TYPE = re.compile(r"[A-Za-z]{1,80}")
_REFERENCE = re.compile(r"[A-Za-z0-9_.]{1,128}")
_INVALID_EMPTY = 0x80000  # of a field's status
_MISSING_CODES = frozenset({"TF401232", "TF401174"})  # "does not exist, or you do not have permissions to read it"
_NAMED_RIGHT = re.compile(
    r"to perform this (?:operation|action): ([A-Z][A-Za-z -]{3,60})|\bneeds ([A-Z][A-Za-z -]{3,60}?) permission"
)
_STALE_CODES = frozenset({"TF26071", "TF26212"})  # "changed by someone else since you opened it"


class Wire:
    """Sends requests with the connection's credentials; one `requests` session a thread.

    `timeout` is (connect, read) in seconds. Waits of up to `patience` seconds are slept through (`sleep`), longer ones
    are raised as Throttled. `observer` is told of each request. `transport` is how requests travel, `board` where the
    product's limits are kept for all processes.
    """

    def __init__(
        self,
        auth: Auth,
        timeout: tuple[float, float] = (3.05, 20.0),
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        patience: float = 10.0,
        observer: Observe = unobserved,
        transport: Transport = PLAIN,
        board: Board | None = None,
    ) -> None:
        self._auth = _Authorization(auth)
        self._timeout = timeout
        self._sleep = sleep
        self._patience = patience
        self._observer = observer
        self._transport = transport
        self._pace = Pace(clock, board)
        self._sessions = threading.local()
        self._backoff = wait_random_exponential(multiplier=0.3, max=3)

    def send(self, method: str, url: str, headers: Mapping[str, str], content: Any = None) -> requests.Response:
        """Sends JSON `content` and returns a 2xx answer; raises TrackerError for everything else.

        Only what may be repeated is: reads, and a PATCH that tests the revision first.
        """
        body = None if content is None else json.dumps(content).encode()
        retrying = Retrying(
            stop=stop_after_attempt(ATTEMPTS if _is_repeatable(method, content) else 1),
            retry=retry_if_exception(self._may_pass),
            wait=self._pause,
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(self._once, method, url, headers, body)

    def _once(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> requests.Response:
        try:
            response = self._session().request(
                method, url, headers=dict(headers), data=body, timeout=self._timeout, allow_redirects=False
            )
        except (requests.RequestException, OSError, Forbidden) as error:
            raise Unreachable(f"no answer to {method} ({why_unanswered(error)})") from None
        wait = told(response.status_code, response.headers).wait
        if problem := failure(response, method, wait):
            raise problem
        return response

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._sessions, "session", None)
        if session is None:
            session = requests.Session()
            equip(
                session,
                self._transport,
                observer=self._observer,
                pace=self._pace,
                patience=self._patience,
                sleep=self._sleep,
            )
            session.auth = self._auth
            self._sessions.session = session
        return session

    def _may_pass(self, error: BaseException) -> bool:
        return isinstance(error, Unreachable) or (isinstance(error, Throttled) and error.retry_after <= self._patience)

    def _pause(self, state: RetryCallState) -> float:
        throttled = state.outcome is not None and isinstance(state.outcome.exception(), Throttled)
        return 0.0 if throttled else self._backoff(state)  # the wait that was asked for is kept before the next try


class _Authorization(AuthBase):
    def __init__(self, auth: Auth) -> None:
        self._header = auth if callable(auth) else lambda: basic("", auth)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._header()
        return request

    def __repr__(self) -> str:
        return "<authorization>"


def basic(user: str, password: str) -> str:
    """The value of a basic-auth header; Azure DevOps takes a token as the password of nobody."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def decoded(response: requests.Response) -> Any:
    """The JSON of an answer. Raises Unintelligible for anything else, such as a sign-in page."""
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        raise Unintelligible(f"an answer of {response.status_code} that is not JSON") from None


def failure(response: requests.Response, method: str, wait: float | None) -> TrackerError | None:
    """What an answer means where it is no success. Messages hold status and the product's code, never its text."""
    status = response.status_code
    if status in (302, 203) or (status == 401):
        message = f"{method} answered {status}: not signed in"
        return NotSignedIn(message, missing="a valid access token", has_user=False)
    if 200 <= status < 300:
        page = "html" in response.headers.get("Content-Type", "").lower()
        return Unintelligible(f"{method} answered {status} with a web page") if page else None
    if status < 400:
        return Unintelligible(f"{method} answered {status}: redirects are not followed")
    if status == 429 or (status == 503 and wait is not None):
        return Throttled(f"{method} answered {status}", wait or 0.0)
    if status >= 500 or status == 408:
        return Unreachable(f"{method} answered {status}")
    return _refusal(response, f"{method} answered {status}")


def _refusal(response: requests.Response, message: str) -> TrackerError:
    status = response.status_code
    code, kind = _code(response)
    message = " ".join(part for part in (message, code, kind) if part)
    if code in _STALE_CODES or status in (409, 412):
        return Conflict(message, field="rev")
    if status in (404, 410) or code in _MISSING_CODES:
        return Missing(message)
    if status == 403:
        return Refused(message, missing=_right(response, code))
    empty = empty_fields(response)
    return Incomplete(message, empty) if empty else Invalid(message, _sentence(response))


def _right(response: requests.Response, code: str) -> str:
    """The right that lacks, by the name that the product's pages have for it."""
    if found := _NAMED_RIGHT.search(_sentence(response)):
        return (found[1] or found[2]).strip()
    comments = "/comments" in (response.url or "").lower()
    if code == "TF237111":  # "does not have permissions to save work items under the specified area path"
        return f"Edit work item{' comments' if comments else 's'} in this node"
    return "a permission of the bot's account" + (f" ({code})" if code else "")


def _code(response: requests.Response) -> tuple[str, str]:
    """The product's own code (TF401232) and the name of its exception, both free of item text."""
    try:
        body = json.loads(response.content[:100_000])
    except (ValueError, RecursionError):
        return "", ""
    if not isinstance(body, dict):
        return "", ""
    found = _CODE.search(str(body.get("message", ""))[:2000])
    kind = body.get("typeKey")
    return found[0] if found else "", kind if isinstance(kind, str) and _TYPE.fullmatch(kind) else ""


def _sentence(response: requests.Response) -> str:
    """What the product says in its own words."""
    try:
        said = json.loads(response.content[:100_000])["message"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return ""
    return said[:LONGEST] if isinstance(said, str) else ""


def empty_fields(response: requests.Response) -> tuple[str, ...]:
    """The fields that a rule wants filled in, by reference name: the message names them in the server's language."""
    try:
        body = json.loads(response.content[:1_000_000])
        broken = body["customProperties"]["RuleValidationErrors"]
        told = [one for one in broken if isinstance(one, dict) and _is_empty(one)]
    except (ValueError, RecursionError, KeyError, TypeError):
        return ()
    names = (one.get("fieldReferenceName") for one in told)
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str) and _REFERENCE.fullmatch(name)))


def _is_empty(rule: Mapping[str, Any]) -> bool:
    flags, code = rule.get("fieldStatusFlags"), rule.get("fieldStatusCode")
    return "invalidempty" in str(flags).lower() or (isinstance(code, int) and bool(code & _INVALID_EMPTY))


def _is_repeatable(method: str, content: Any) -> bool:
    if method in ("GET", "OPTIONS"):
        return True
    first = content[0] if method == "PATCH" and isinstance(content, list) and content else None
    return isinstance(first, dict) and first.get("op") == "test" and first.get("path") == "/rev"
