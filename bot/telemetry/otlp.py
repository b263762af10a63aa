"""Spans by OpenTelemetry, sent over HTTP: the only module that knows it, imported only where the settings ask for it.

A collector that is slow or away never disturbs the bot: spans wait in a bounded queue, a thread of its own sends them,
and what cannot be delivered is counted and thrown away.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextvars import ContextVar

import requests
import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from bot.telemetry import metrics
from bot.telemetry.tracing import Attributes, Span, ids

log = structlog.get_logger(__name__)

QUEUE = 4096
BATCH = 512
SEND_EVERY_MS = 2_000.0
SEND_SECONDS = 3.0
NOTICE_SECONDS = 600.0
"""How often the log repeats that spans are not delivered."""

_wanted: ContextVar[tuple[int, int | None] | None] = ContextVar("wanted", default=None)


def exporting(endpoint: str, version: str, process: str) -> OpenTelemetry:
    """A tracer that sends to an address. The environment's OTEL_EXPORTER_OTLP_HEADERS may hold a token for it."""
    # Its errors quote addresses and answers, and come with each batch: `_Delivery` says in their place what matters.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    session = requests.Session()
    session.max_redirects = 0  # spans go where the settings say, and nowhere else
    delivery = _Delivery(OTLPSpanExporter(endpoint=endpoint, timeout=SEND_SECONDS, session=session))
    processor = BatchSpanProcessor(
        delivery, max_queue_size=QUEUE, max_export_batch_size=BATCH, schedule_delay_millis=SEND_EVERY_MS
    )
    return OpenTelemetry(processor, version, process)


def collecting(exporter: SpanExporter) -> OpenTelemetry:
    """A tracer that hands each span over at once."""
    return OpenTelemetry(SimpleSpanProcessor(_Delivery(exporter)), "0", "test")


class OpenTelemetry:
    """See bot.telemetry.tracing.Tracer."""

    def __init__(self, processor: BatchSpanProcessor | SimpleSpanProcessor, version: str, process: str) -> None:
        told = {"service.name": "backlog-steward", "service.version": version, "service.instance.id": process}
        # Neither the program's arguments nor the environment: only what is named here, and OTEL_RESOURCE_ATTRIBUTES.
        self._provider = TracerProvider(
            sampler=ALWAYS_ON, resource=Resource.create(told), id_generator=_Ids(), shutdown_on_exit=False
        )
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("bot.telemetry")

    def span(self, name: str, cause: str, under_first: bool, attributes: Attributes) -> Iterator[Span]:
        """See Tracer."""
        token = _wanted.set((ids(cause)[0], None) if cause else None)
        try:
            around = _first_of(cause) if cause and under_first else trace.set_span_in_context(trace.INVALID_SPAN)
            span = self._tracer.start_span(name, context=around if cause else None, attributes=attributes)
        finally:
            _wanted.reset(token)
        with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            try:
                yield _Under(span)
            except BaseException as error:
                # Only its class: its message may quote a ticket.
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(trace.StatusCode.ERROR)
                raise

    def ended(self, name: str, seconds: float, first: str, attributes: Attributes) -> None:
        """See Tracer."""
        end = time.time_ns()
        around = trace.set_span_in_context(trace.INVALID_SPAN) if first else None
        token = _wanted.set(ids(first) if first else None)
        try:
            begun = end - int(seconds * 1e9)
            span = self._tracer.start_span(name, context=around, start_time=begun, attributes=attributes)
        finally:
            _wanted.reset(token)
        span.end(end_time=end)

    def stop(self, seconds: float) -> None:
        """Send what is left; a collector that does not answer is not waited for."""
        ending = threading.Thread(target=self._provider.shutdown, name="traces", daemon=True)
        ending.start()
        ending.join(seconds)


class _Under:
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def set(self, attributes: Attributes) -> None:
        self._span.set_attributes(attributes)


def _first_of(cause: str) -> Context:
    trace_id, span_id = ids(cause)
    flags = trace.TraceFlags(trace.TraceFlags.SAMPLED)
    first = trace.SpanContext(trace_id, span_id, is_remote=True, trace_flags=flags)
    return trace.set_span_in_context(trace.NonRecordingSpan(first))


class _Ids(RandomIdGenerator):
    """Random, but for the traces and first spans whose ids are worked out."""

    def generate_trace_id(self) -> int:
        wanted = _wanted.get()
        return wanted[0] if wanted else super().generate_trace_id()

    def generate_span_id(self) -> int:
        wanted = _wanted.get()
        return wanted[1] if wanted and wanted[1] else super().generate_span_id()

    def is_trace_id_random(self) -> bool:
        return False


class _Delivery(SpanExporter):
    """Counts what was lost, and says so now and then."""

    def __init__(self, inner: SpanExporter) -> None:
        self._inner, self._told = inner, float("-inf")

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        try:
            result = self._inner.export(spans)
        except Exception:  # noqa: BLE001 - whatever the exporter trips over, it is its own matter
            result = SpanExportResult.FAILURE
        if result is not SpanExportResult.SUCCESS:
            metrics.spans_lost.inc(len(spans))
            if time.monotonic() - self._told > NOTICE_SECONDS:
                self._told = time.monotonic()
                log.warning("traces not delivered", setting="telemetry.traces")
        return result

    def shutdown(self) -> None:
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._inner.force_flush(timeout_millis)
