"""The web server: waitress in a thread, with limits for senders that are slow, many or large.

Waitress reads a whole request before it gives it to a worker, so a slow sender holds a connection and no worker. Its
own timeout begins anew with each byte; here a request has an absolute deadline, and when connections run out the one
that has kept us waiting longest makes room.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from bot.web.bodies import Limits, Request, Room

REQUEST_SECONDS = 15.0
"""From the first byte of a request to its last; and from a connection to its first byte."""
KEEP_ALIVE_SECONDS = 75.0
"""How long a connection may rest between requests: longer than the 60 s of common proxies, who then close it first."""
GRACE_SECONDS = 1.0
"""A connection younger than this is not cut to make room: its request is probably on the way."""
LOOK_SECONDS = 0.5
CONNECTIONS = 250
"""More wait in the system's own queue: the loop looks at each connection each time round."""
THREADS = 32
"""They do little but wait for the keeper, and as many deliveries as wait share a transaction."""
SOCKETS_OF_OUR_OWN = 2
"""The one that listens and the one that wakes the loop, which waitress counts too."""
BODY_BYTES = 64_000_000
"""The largest body that is received at all, and what all that are held may take together."""
HEADER_BYTES = 64 * 1024


class _Channel(HTTPChannel):
    """One connection."""

    parser_class = Request

    def __init__(self, *args: Any, **values: Any) -> None:
        self.since = time.monotonic()
        self.has_asked = False
        super().__init__(*args, **values)

    def received(self, data: bytes) -> bool:
        """As of the base; notes when a request began."""
        before = self.request
        taken: bool = super().received(data)
        if before is None or self.request is not before:
            self.since = time.monotonic()
        self.has_asked = self.has_asked or self.request is None
        return taken

    def handle_close(self) -> None:
        """As of the base; lets go of what has been received of a request."""
        if self.request is not None:
            self.request.close()
        super().handle_close()

    def waits(self) -> float:
        """For how many seconds this connection has kept us waiting; 0 while its request is worked on."""
        return 0.0 if self.requests else time.monotonic() - self.since

    def rests(self) -> bool:
        """Whether it has been answered and no next request has begun."""
        return self.has_asked and self.request is None


class _Listener(TcpWSGIServer):
    """One address that is listened on."""

    channel_class = _Channel
    deadline = REQUEST_SECONDS
    next_look = 0.0

    def readable(self) -> bool:
        """As of the base; cuts those that take too long, and whoever must make room for the next connection."""
        channels: Any = self.active_channels
        now = time.monotonic()
        if now >= self.next_look:
            self.next_look = now + LOOK_SECONDS
            for channel in channels.values():
                if channel.waits() > (KEEP_ALIVE_SECONDS if channel.rests() else self.deadline):
                    channel.will_close = True
        if len(channels) >= self.adj.connection_limit - SOCKETS_OF_OUR_OWN:
            slowest = max(channels.values(), key=_Channel.waits)
            if slowest.waits() > GRACE_SECONDS:
                slowest.will_close = True
        answer: bool = super().readable()
        return answer

    def maintenance(self, now: float) -> None:
        """Nothing: the base looks by the wall clock, which may be set."""


class Server:
    """A WSGI application served on one address until `close`.

    `body_limit` is the largest body in bytes that the application reads; `deadline` is in seconds.
    """

    def __init__(
        self,
        app: Any,
        host: str,
        port: int,
        threads: int = THREADS,
        *,
        body_limit: int = BODY_BYTES,
        deadline: float = REQUEST_SECONDS,
        connections: int = CONNECTIONS,
    ) -> None:
        settings = Limits(
            host=host,
            port=port,
            ident=None,
            connection_limit=connections + SOCKETS_OF_OUR_OWN,
            recv_bytes=64 * 1024,
            max_request_header_size=HEADER_BYTES,
            max_request_body_size=BODY_BYTES,
            clear_untrusted_proxy_headers=True,
            asyncore_use_poll=True,  # select() takes no descriptor above 1023
        )
        settings.body_limit, settings.room = body_limit, Room(BODY_BYTES)
        dispatcher = ThreadedTaskDispatcher()
        dispatcher.set_thread_count(threads)
        self._map: dict[int, Any] = {}
        listening: Any = _Listener  # its stubs know half of it
        self._server = listening(app, self._map, dispatcher=dispatcher, adj=settings, sockinfo=settings.listen[0])
        self._server.deadline = deadline
        self.port: int = int(self._server.effective_port)
        self.url = f"http://{host}:{self.port}"
        self._thread = threading.Thread(target=self._server.run, name="web", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Let requests under way end (two seconds at most), then stop answering."""
        if not self._thread.is_alive():
            self._server.close()
            return
        self._server.task_dispatcher.shutdown(cancel_pending=True, timeout=2)
        # Sockets may only be closed by the thread that polls them; if it was awake it has closed all by now.
        with contextlib.suppress(OSError):
            self._server.trigger.pull_trigger(lambda: wasyncore.close_all(self._map))
        self._thread.join(timeout=3)


def is_free(host: str, port: int) -> bool:
    """Whether a port can be listened on."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
