"""A transport that ends a call at its deadline and an answer at its cap, whatever the other side does.

The timeouts of the HTTP client are per read, so a server that sends one byte a second never meets them. Here a timer
shuts the socket at the deadline, in whatever state the call is: connecting, waiting for headers, reading the body.
Looking up a host name is the one step it cannot cut.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx2

from integrations.addresses import leads_inside


class LimitError(Exception):
    """Base of what ends a call from our side."""


class DeadlineError(LimitError):
    """The call took longer than it may."""


class AnswerTooLongError(LimitError):
    """The answer went over the cap on bytes."""


class AnswerEncodedError(LimitError):
    """The answer is compressed although none was asked for: its real length cannot be known before it is unpacked."""


class InsideError(LimitError):
    """The name in the address has led to a link-local or metadata address, which is never spoken to."""


class Deadline:
    """A moment on the monotonic clock; `seconds` from now."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at = clock() + seconds

    def left(self) -> float:
        """Seconds left, negative when it has passed."""
        return self._at - self._clock()

    def check(self) -> None:
        """Raises DeadlineError when no time is left."""
        if self.left() <= 0:
            raise DeadlineError


class LimitedTransport(httpx2.BaseTransport):
    """Wraps a transport for one attempt. Use as a context manager: the timer runs between enter and exit."""

    def __init__(self, inner: httpx2.BaseTransport, deadline: Deadline, cap: int) -> None:
        self._inner = inner
        self._deadline = deadline
        self._cap = cap
        self._watch = _Watch(max(deadline.left(), 0))

    def __enter__(self) -> LimitedTransport:
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._watch.stop()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Raises DeadlineError, AnswerTooLongError, AnswerEncodedError, and what the inner transport raises."""
        self._deadline.check()
        request.headers["accept-encoding"] = "identity"
        request.extensions = {**request.extensions, "trace": self._watch.trace}
        with self._in_time():
            response = self._inner.handle_request(request)
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            response.close()
            raise AnswerEncodedError
        if not isinstance(response.stream, httpx2.SyncByteStream):
            raise TypeError("an asynchronous answer to a synchronous call")
        stream = _LimitedStream(response.stream, self._cap, self._in_time)
        return httpx2.Response(
            response.status_code, headers=response.headers, stream=stream, extensions=response.extensions
        )

    @contextlib.contextmanager
    def _in_time(self) -> Iterator[None]:
        try:
            yield
        except httpx2.TransportError:
            if self._watch.fired or self._deadline.left() <= 0:
                raise DeadlineError from None
            raise
        # A shut socket can look like the regular end of an answer without a length.
        if self._watch.fired:
            raise DeadlineError
        self._deadline.check()


class _LimitedStream(httpx2.SyncByteStream):
    def __init__(
        self,
        inner: httpx2.SyncByteStream,
        cap: int,
        in_time: Callable[[], contextlib.AbstractContextManager[None]],
    ) -> None:
        self._inner = inner
        self._cap = cap
        self._in_time = in_time

    def __iter__(self) -> Iterator[bytes]:
        seen = 0
        chunks = iter(self._inner)
        while True:
            with self._in_time():
                chunk = next(chunks, None)
            if chunk is None:
                return
            seen += len(chunk)
            if seen > self._cap:
                self.close()
                raise AnswerTooLongError
            yield chunk

    def close(self) -> None:
        self._inner.close()


class _Watch:
    """Shuts the sockets of a call when its time is up."""

    def __init__(self, seconds: float) -> None:
        self.fired = False
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._shut)
        self._timer.daemon = True

    def start(self) -> None:
        self._timer.start()

    def stop(self) -> None:
        self._timer.cancel()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """The HTTP core's trace hook: https://www.encode.io/httpcore/extensions/#trace. Learns the sockets in use.

        Raises InsideError, before a byte is sent, for one that leads where nobody may be called.
        """
        if event.endswith(("connect_tcp.complete", "connect_unix_socket.complete", "start_tls.complete")):
            sock = info["return_value"].get_extra_info("socket")
            if event.endswith("connect_tcp.complete") and leads_inside(str(sock.getpeername()[0])):
                sock.close()
                raise InsideError
            with self._lock:
                self._sockets.append(sock)
                if self.fired:
                    _shut(sock)

    def _shut(self) -> None:
        with self._lock:
            self.fired = True
            for sock in self._sockets:
                _shut(sock)


def _shut(sock: socket.socket) -> None:
    # The base class's method: the TLS one would first drop the session under the thread that reads it. A socket that
    # TLS has taken over, or that is closed already, has nothing left to shut.
    with contextlib.suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
