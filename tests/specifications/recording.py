"""Listens at every sandbox tracker, behind the faults that tests order: it hears what the sandbox itself said."""

from __future__ import annotations

import io
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from integrations.sandbox.faults import Faults
from tests.specifications.exchanges import Exchange

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Recording:
    """All exchanges since the start that nobody has taken out yet. `asked` counts requests as they came in, also those
    that an ordered fault kept from the sandbox."""

    def __init__(self) -> None:
        self.asked = 0
        self._lock = threading.Lock()
        self.heard: deque[Exchange] = deque()

    def start(self) -> None:
        """Listen at every tracker that is mounted from now on in this process."""
        wrap: Callable[[Faults, WSGIApplication], WSGIApplication] = Faults.wrap

        def wrapped(faults: Faults, wire: WSGIApplication) -> WSGIApplication:
            return self._counting(wrap(faults, self._noting(faults._flavour, wire)))

        Faults.wrap = wrapped  # type: ignore[method-assign, assignment]  # the one place that every tracker's wire passes

    def _counting(self, wire: WSGIApplication) -> WSGIApplication:
        def counted(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            with self._lock:
                self.asked += 1
            return wire(environ, start_response)

        return counted

    def _noting(self, flavour: str, wire: WSGIApplication) -> WSGIApplication:
        def noted(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            sent = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = io.BytesIO(sent)
            told: dict[str, Any] = {}

            def noting(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
                told.update(status=int(status[:3]), type=dict(headers).get("Content-Type", ""))
                return start_response(status, headers, *more)

            answer = wire(environ, noting)
            answered = b"".join(answer)
            getattr(answer, "close", lambda: None)()
            self.heard.append(
                Exchange(
                    flavour=flavour,
                    method=environ["REQUEST_METHOD"],
                    path=environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace"),
                    query=environ.get("QUERY_STRING", ""),
                    accept=environ.get("HTTP_ACCEPT", ""),
                    sent_type=environ.get("CONTENT_TYPE", "").partition(";")[0],
                    sent=sent,
                    status=told["status"],
                    answered_type=told["type"].partition(";")[0],
                    answered=answered,
                )
            )
            return [answered]

        return noted
