"""Where traces and numbers go in tests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families

from bot.telemetry import tracing
from bot.telemetry.metrics import exposition
from bot.telemetry.otlp import collecting


@pytest.fixture
def spans() -> Iterator[Callable[[], tuple[ReadableSpan, ...]]]:
    """Traces are on; gives the spans that have ended."""
    exporter = InMemorySpanExporter()
    tracing.use(collecting(exporter))
    yield exporter.get_finished_spans
    tracing.stop()


class Collector:
    """An OTLP/HTTP receiver on this machine. It answers while `may_answer` is set."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.may_answer = threading.Event()
        self.may_answer.set()
        bodies, may_answer = self.bodies, self.may_answer

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                may_answer.wait(30)
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1/traces"

    def spans(self) -> list[Any]:
        """What has come, as the protocol has it."""
        requests = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        return [
            span
            for request in requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@pytest.fixture
def collector() -> Iterator[Collector]:
    receiver = Collector()
    yield receiver
    receiver.may_answer.set()
    tracing.stop()
    receiver.close()


Numbers = Callable[..., float]


def scraped(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def grown() -> Numbers:
    """How much a sample has grown since the test began: all tests of a process share the counters."""
    expose = exposition(lambda: None)
    before = scraped(expose("")[0].decode())

    def since(name: str, **labels: str) -> float:
        key = (f"steward_{name}", frozenset(labels.items()))
        return scraped(expose("")[0].decode()).get(key, 0.0) - before.get(key, 0.0)

    return since
