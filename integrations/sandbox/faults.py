"""Faults to order, in front of one tracker's wire, and a log of what was asked.

    mounted.faults.throttle(times=2, retry_after=3, path=r"/comment")
    mounted.faults.lose_answer(method="POST")
    mounted.faults.land_late(0.5, method="POST")
    [request.path for request in mounted.faults.requests if request.method == "POST"]

A rule holds for the next `times` requests (None: all) whose method is equal and whose path matches the expression
anywhere; rules are asked in the order they were made, and one request meets one rule, apart from latency, which adds.
Paths are those behind the tracker's mount: /rest/api/3/issue/SHOP-1, /_apis/projects.
"""

from __future__ import annotations

import io
import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Literal

from waitress.channel import ClientDisconnected
from werkzeug.test import run_wsgi_app

from integrations.sandbox.records import Flavour

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

RetryAfterForm = Literal["seconds", "date"]
LateAnswer = Literal["close", "503"]


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in. `status` is what the client was told, None where it got no answer; `user` is the
    login it came from, empty where nobody was known. No bodies are kept."""

    method: str
    path: str
    query: str
    status: int | None
    user: str
    at: datetime


@dataclass(slots=True)
class _Rule:
    kind: Literal["answer", "delay", "lose", "late"]
    method: str | None
    path: re.Pattern[str]
    times: int | None
    status: int = 0
    headers: Callable[[], Mapping[str, str]] = field(default=dict)
    body: str = ""
    seconds: float = 0.0

    def takes(self, method: str, path: str) -> bool:
        return (self.method is None or self.method == method) and self.path.search(path) is not None


class Faults:
    """The faults of one tracker and its request log; thread safe."""

    def __init__(self, flavour: Flavour = "jira-cloud") -> None:
        self._flavour = flavour
        self._lock = threading.Lock()
        self._rules: list[_Rule] = []
        self._requests: list[Request] = []
        self._late: list[threading.Thread] = []

    # orders

    def answer(
        self,
        status: int,
        *,
        times: int | None = 1,
        method: str | None = None,
        path: str = "",
        retry_after: float | None = None,
        form: RetryAfterForm = "seconds",
        headers: Mapping[str, str] | None = None,
        body: str | None = None,
    ) -> None:
        """Answers with this status instead of doing what was asked; `retry_after` is in seconds."""
        fixed = {"Content-Type": "application/json;charset=UTF-8", **(headers or {})}

        def all_headers() -> Mapping[str, str]:
            return fixed if retry_after is None else {**fixed, "Retry-After": _retry_after(retry_after, form)}

        text = self._words(status) if body is None else body
        self._add(_Rule("answer", method, re.compile(path), times, status, all_headers, text))

    def throttle(self, retry_after: float = 1, *, form: RetryAfterForm = "seconds", **match: Any) -> None:
        """429 with Retry-After. `match`: times, method, path."""
        self.answer(429, retry_after=retry_after, form=form, **match)

    def unavailable(self, retry_after: float | None = None, *, form: RetryAfterForm = "seconds", **match: Any) -> None:
        """503, with or without Retry-After. `match`: times, method, path."""
        self.answer(503, retry_after=retry_after, form=form, **match)

    def delay(self, seconds: float, *, times: int | None = None, method: str | None = None, path: str = "") -> None:
        """Answers this many seconds later."""
        self._add(_Rule("delay", method, re.compile(path), times, seconds=seconds))

    def lose_answer(self, *, times: int | None = 1, method: str | None = None, path: str = "") -> None:
        """Does what was asked, then closes the connection without a word."""
        self._add(_Rule("lose", method, re.compile(path), times))

    def land_late(
        self,
        seconds: float,
        *,
        answer: LateAnswer = "close",
        times: int | None = 1,
        method: str | None = None,
        path: str = "",
    ) -> None:
        """Closes the connection (or answers 503) at once and does what was asked `seconds` later."""
        status = 503 if answer == "503" else 0
        self._add(_Rule("late", method, re.compile(path), times, status, body=self._words(503), seconds=seconds))

    def clear(self) -> None:
        """Forgets all rules; writes that are on their way still land."""
        with self._lock:
            self._rules.clear()

    def settle(self, timeout: float = 10) -> None:
        """Waits until every late write has landed. Raises TimeoutError."""
        deadline = time.monotonic() + timeout
        with self._lock:
            late, self._late = self._late, []
        for thread in late:
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                raise TimeoutError("a late write has not landed")

    # the log

    @property
    def requests(self) -> list[Request]:
        """Every request since the start or `forget`, oldest first."""
        with self._lock:
            return list(self._requests)

    def forget(self) -> None:
        """Empties the request log."""
        with self._lock:
            self._requests.clear()

    # the middleware

    def wrap(self, wire: WSGIApplication) -> WSGIApplication:
        """The wire with these faults in front of it."""

        def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            return self._serve(wire, environ, start_response)

        return wrapped

    def _serve(self, wire: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        method, path, at = environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""), datetime.now(UTC)
        wait, rule = self._take(method, path)
        if wait:
            time.sleep(wait)

        def note(status: int | None) -> None:
            user = str(environ.get("sandbox.user", ""))
            with self._lock:
                self._requests.append(Request(method, path, environ.get("QUERY_STRING", ""), status, user, at))

        if rule is not None and rule.kind == "late":
            self._postpone(wire, environ, rule.seconds)
            if not rule.status:
                note(None)
                raise ClientDisconnected  # waitress closes the connection without an answer
        if rule is not None and rule.status:
            note(rule.status)
            start_response(f"{rule.status} Fault", list(rule.headers().items()))
            return [rule.body.encode()]

        def asked(inner: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            # run_wsgi_app hands on a copy; what the wire notes in it is wanted here.
            answer = wire(inner, start)
            environ.update({"sandbox.user": inner.get("sandbox.user", "")})
            return answer

        body, status, headers = run_wsgi_app(asked, environ, buffered=True)
        if rule is not None:
            note(None)
            raise ClientDisconnected
        note(int(status.split(" ", 1)[0]))
        start_response(status, list(headers))
        return body

    def _postpone(self, wire: WSGIApplication, environ: WSGIEnvironment, seconds: float) -> None:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        later = {**environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        self.postpone(lambda: run_wsgi_app(wire, later, buffered=True), seconds)

    def postpone(self, land: Callable[[], object], seconds: float) -> None:
        """Does a late write in its time. Whoever has a clock of their own puts another in its place."""
        thread = threading.Timer(seconds, land)
        thread.daemon = True
        with self._lock:
            self._late.append(thread)
        thread.start()

    def _add(self, rule: _Rule) -> None:
        with self._lock:
            self._rules.append(rule)

    def _take(self, method: str, path: str) -> tuple[float, _Rule | None]:
        wait, taken = 0.0, None
        with self._lock:
            for rule in self._rules:
                if not rule.takes(method, path) or (rule.kind != "delay" and taken is not None):
                    continue
                if rule.kind == "delay":
                    wait += rule.seconds
                else:
                    taken = rule
                if rule.times is not None:
                    rule.times -= 1
            self._rules = [rule for rule in self._rules if rule.times is None or rule.times > 0]
        return wait, taken

    def _words(self, status: int) -> str:
        if self._flavour == "azure-devops":
            said = "TF400733: The request has been canceled: Request was blocked due to exceeding usage of resource."
            text = said if status == 429 else "The service is unavailable."
            return json.dumps({"$id": "1", "innerException": None, "message": text, "errorCode": 0, "eventId": 3000})
        text = "Rate limit exceeded." if status == 429 else "The service is temporarily unavailable."
        return json.dumps({"errorMessages": [text], "errors": {}})


def _retry_after(seconds: float, form: RetryAfterForm) -> str:
    if form == "seconds":
        return str(round(seconds))
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
