"""The server: it answers every chat completion in the mood it is in, and keeps what it was sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from integrations.sandbox.model.moods import Mood, completion

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came in; header names in lower case."""

    path: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def content(self) -> dict[str, Any]:
        """The body as JSON."""
        content: dict[str, Any] = json.loads(self.body)
        return content


class ModelServer:
    """The server's switches and its record; made by `serve_model`."""

    def __init__(self, moods: Iterable[Mood], drip_seconds: float) -> None:
        self.moods: list[Mood] = list(moods)
        self.retry_after = "1"
        self.received: list[Received] = []
        self.bytes_sent = 0
        self._drip_seconds = drip_seconds
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._server = make_server("127.0.0.1", 0, self, _Server, _Handler)
        self.base_url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="sandbox-model", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop serving; answers that drip are broken off."""
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def __enter__(self) -> ModelServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
            for name, value in environ.items()
            if name.startswith("HTTP_") or name == "CONTENT_TYPE"
        }
        with self._lock:
            self.received.append(Received(environ["PATH_INFO"], headers, body))
            mood = self.moods.pop(0) if len(self.moods) > 1 else self.moods[0]
        if environ["REQUEST_METHOD"] != "POST" or not environ["PATH_INFO"].endswith("/chat/completions"):
            return _answer(start_response, "404 Not Found", _error("unknown path", "not_found"))
        return self._in_mood(mood, json.loads(body), start_response)

    def _in_mood(self, mood: Mood, request: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        match mood:
            case "rate_limited":
                headers = [("Retry-After", self.retry_after)]
                return _answer(start_response, "429 Too Many Requests", _error("slow down", "rate_limit"), headers)
            case "down":
                return _answer(start_response, "503 Service Unavailable", _error("overloaded", "overloaded"))
            case "no_schema" if request.get("response_format", {}).get("type") != "json_object":
                return _answer(start_response, "400 Bad Request", _error("response_format is not supported", None))
            case "html":
                return _answer(start_response, "200 OK", b"<html><body>Sign in</body></html>", [], "text/html")
            case "broken":
                return _answer(start_response, "200 OK", b'{"choices": [{"message": {"content": "{')
            case "drip" | "endless":
                start_response("200 OK", [("Content-Type", "application/json")])
                return self._dripping() if mood == "drip" else self._endless()
        return _answer(start_response, "200 OK", json.dumps(completion(mood, request)).encode())

    def _dripping(self) -> Iterator[bytes]:
        while not self._closed.wait(self._drip_seconds):
            yield b" "

    def _endless(self) -> Iterator[bytes]:
        """200 MB of an answer that is on its way to be valid, then more of it."""
        chunk = b"a" * 65_536
        yield b'{"choices": [{"message": {"content": "'
        while not self._closed.is_set():
            self.bytes_sent += len(chunk)
            yield chunk


def serve_model(*moods: Mood, drip_seconds: float = 0.02) -> ModelServer:
    """Start a model on a free port of this machine; it is in a good mood unless told otherwise."""
    return ModelServer(moods or ("good",), drip_seconds)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up in the middle of an answer is what half of the moods are about."""


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: requests are in `received`."""


def _answer(
    start_response: StartResponse,
    status: str,
    body: bytes,
    headers: Iterable[tuple[str, str]] = (),
    content_type: str = "application/json",
) -> list[bytes]:
    start_response(status, [("Content-Type", content_type), ("Content-Length", str(len(body))), *headers])
    return [body]


def _error(message: str, code: str | None) -> bytes:
    return json.dumps({"error": {"message": message, "type": "sandbox", "code": code, "param": None}}).encode()
