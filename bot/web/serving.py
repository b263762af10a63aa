"""The web server of the embedded bot: waitress, in a thread of the one process."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any

from waitress import wasyncore
from waitress.server import create_server

BODY_BUFFER_LIMIT = 64 * 1024 * 1024
"""Bytes of one request that are ever buffered (on disk beyond the first half megabyte); more is cut off with 413."""


class Server:
    """A WSGI application served on one address until `close`."""

    def __init__(self, app: Any, host: str, port: int, threads: int = 8) -> None:
        self._server = create_server(
            app,
            host=host,
            port=port,
            threads=threads,
            ident=None,
            channel_timeout=20,
            cleanup_interval=5,
            max_request_body_size=BODY_BUFFER_LIMIT,
            clear_untrusted_proxy_headers=True,
        )
        self.port: int = self._server.effective_port  # type: ignore[union-attr]  # one address gives one server
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
        server: Any = self._server
        server.task_dispatcher.shutdown(cancel_pending=True, timeout=2)
        # Sockets may only be closed by the thread that polls them; if it was awake it has closed all by now.
        with contextlib.suppress(OSError):
            server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
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
