"""The one place where the package `jira` is made safe to use, and where every request passes.

Why each: the package repeats even POST by itself (max_retries=0), waits for ever (timeout), is not thread safe (one
client a thread), follows redirects with the token in hand (max_redirects=0), and puts the text of an answer into its
errors (they are replaced, never chained). See the module `answers` for what an answer means.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import requests
from jira import JIRA, JIRAError
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from integrations.exchanges import Observe, unobserved
from integrations.jira.answers import error_for, json_of, signed_in_at
from integrations.pace import Board, Pace
from integrations.tracker import Invalid, Throttled, TrackerError, Unintelligible, Unreachable
from integrations.transport import PLAIN, Forbidden, Transport, equip, why_unanswered

Flavour = Literal["cloud", "data_center"]
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class BasicAuth:
    """User (Cloud: mail address) and token or password."""

    user: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class BearerAuth:
    """A personal access token (Data Center) or an OAuth token."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Patience:
    """When a repeatable request is repeated here; a longer wait is for the caller's durable engine.

    `tries` in all; `longest_wait` and `first_wait` in seconds.
    """

    tries: int = 3
    first_wait: float = 0.5
    longest_wait: float = 10.0


DEFAULT_PATIENCE = Patience()


class JiraSession:
    """Requests to one Jira; safe to share among threads. Every method may raise TrackerError."""

    def __init__(
        self,
        base_url: str,
        auth: BasicAuth | BearerAuth,
        flavour: Flavour,
        *,
        timeout: tuple[float, float] = (3.05, 20.0),
        patience: Patience = DEFAULT_PATIENCE,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        observer: Observe = unobserved,
        transport: Transport = PLAIN,
        board: Board | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._auth = auth
        self._signed_in = signed_in_at(self._base_url)
        self._version = "3" if flavour == "cloud" else "2"
        self._timeout = timeout
        self._patience = patience
        self._sleep = sleep
        self._observer = observer
        self._transport = transport
        self._pace = Pace(clock, board)
        self._threads = threading.local()

    def get(self, path: str, params: Mapping[str, Any] | None = None, *, needs: str = "") -> Any:
        """GET below /rest/api/N/, or from the base address on; repeated while that may help."""
        return self.ask(lambda client: self._request(client, "GET", path, params, None), f"GET {path}", needs=needs)

    def put(
        self,
        path: str,
        body: Any,
        params: Mapping[str, Any] | None = None,
        *,
        needs: str = "",
        repeatable: bool = False,
    ) -> Any:
        """PUT; repeated only where the caller knows that no person's edit can lie between two tries."""
        return self.ask(
            lambda client: self._request(client, "PUT", path, params, body),
            f"PUT {path}",
            needs=needs,
            repeatable=repeatable,
        )

    def post(self, path: str, body: Any, *, needs: str = "") -> Any:
        """POST; never repeated."""
        return self.ask(
            lambda client: self._request(client, "POST", path, None, body),
            f"POST {path}",
            needs=needs,
            repeatable=False,
        )

    def delete(self, path: str, params: Mapping[str, Any] | None = None, *, needs: str = "") -> None:
        """DELETE; not repeated."""
        self.ask(
            lambda client: self._request(client, "DELETE", path, params, None),
            f"DELETE {path}",
            needs=needs,
            repeatable=False,
        )

    def ask(self, call: Callable[[JIRA], Result], what: str, *, needs: str = "", repeatable: bool = True) -> Result:
        """One call of the client, with its errors in the words of integrations.tracker."""
        if not repeatable:
            return self._once(call, what, needs)
        retrying = Retrying(
            retry=retry_if_exception(self._worth_another_try),
            stop=stop_after_attempt(self._patience.tries),
            wait=self._wait,
            sleep=self._sleep,
            reraise=True,
        )
        result: Result = retrying(self._once, call, what, needs)
        return result

    def _once(self, call: Callable[[JIRA], Result], what: str, needs: str) -> Result:
        failure: TrackerError
        try:
            return call(self._client())
        except JIRAError as error:
            if error.response is None:
                failure = Unreachable(f"{what} had no answer")
            else:
                failure = error_for(error.response, what, needs, self._signed_in)
        except requests.TooManyRedirects:
            failure = Unintelligible(f"{what} was answered with a redirect, which is not followed")
        except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema, requests.exceptions.InvalidSchema):
            failure = Invalid("the address or the proxy of the connection is not a web address")
        except requests.exceptions.JSONDecodeError:
            failure = Unintelligible(f"{what} was answered with something that is not JSON")
        except (requests.RequestException, Forbidden) as error:
            failure = Unreachable(f"{what} had no answer ({why_unanswered(error)})")
        # Raised here, not above: the client's error quotes the answer and must not hang on to ours.
        raise failure

    def _request(self, client: JIRA, method: str, path: str, params: Mapping[str, Any] | None, body: Any) -> Any:
        # A path that begins with a slash is that of another resource than the platform's.
        address = f"{self._base_url}{path}" if path[0] == "/" else f"{self._base_url}/rest/api/{self._version}/{path}"
        payload = None if body is None else json.dumps(body)
        answer = client._session.request(method, address, params=params, data=payload)
        return json_of(answer, f"{method} {path}")

    def _client(self) -> JIRA:
        client: JIRA | None = getattr(self._threads, "client", None)
        if client is None:
            basic = (self._auth.user, self._auth.token) if isinstance(self._auth, BasicAuth) else None
            client = JIRA(
                server=self._base_url,
                options={"rest_api_version": self._version, "check_update": False},
                basic_auth=basic,
                token_auth=self._auth.token if isinstance(self._auth, BearerAuth) else None,
                get_server_info=False,
                max_retries=0,
                timeout=self._timeout,
            )
            client._session.max_redirects = 0
            equip(
                client._session,
                self._transport,
                observer=self._observer,
                pace=self._pace,
                patience=self._patience.longest_wait,
                sleep=self._sleep,
            )
            self._threads.client = client
        return client

    def _worth_another_try(self, error: BaseException) -> bool:
        if isinstance(error, Throttled):
            return error.retry_after <= self._patience.longest_wait
        return isinstance(error, Unreachable)

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, Throttled):
            return error.retry_after + 0.05
        return min(self._patience.first_wait * 2.0 ** (state.attempt_number - 1), self._patience.longest_wait)
