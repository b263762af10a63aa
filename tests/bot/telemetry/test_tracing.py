"""One trace from webhook to comment, over any number of processes; and a collector that is away disturbs nobody."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import structlog
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from bot.jobs import Later
from bot.telemetry import tracing
from bot.telemetry.otlp import collecting
from bot.telemetry.watched import took_in, watched_job
from tests.conftest import InlineRun
from tests.flavours import MOST

STORY = ("Let buyers save their cart", "As a buyer I want to save my cart. The cart must be kept for 30 days.")


@pytest.mark.parametrize("flavour", MOST)
def test_one_trace_leads_from_the_webhook_to_the_comment(
    make_world: Callable[..., Any], collector: Any, flavour: str
) -> None:
    tracing.start(collector.url, "0.1.0", "test")
    world = make_world(flavour)
    item = world.file(*STORY)
    world.work()
    tracing.stop(10)
    assert world.proposal(item)
    spans = collector.spans()
    first = next(span for span in spans if span.name == "take in")
    trace = [span for span in spans if span.trace_id == first.trace_id]
    names = [span.name for span in trace]
    assert {"take in", "job delivery", "step touch", "job triage", "step look", "step speak"} <= set(names)
    assert "tracker POST" in names
    ids = {span.span_id for span in trace}
    assert [span.name for span in trace if span.parent_span_id not in ids] == ["take in"]
    jobs = [span for span in trace if span.name.startswith("job ")]
    assert {span.parent_span_id for span in jobs} == {first.span_id}
    posted = next(span for span in trace if span.name == "tracker POST")
    told = {each.key: each.value for each in posted.attributes}
    assert item.key not in told["url.template"].string_value
    assert "comment" in told["url.template"].string_value.lower()
    assert told["http.response.status_code"].int_value in (200, 201)


def test_the_trace_of_a_delivery_is_worked_out_and_stored_nowhere(spans: Callable[[], Any]) -> None:
    took_in("tracker", "tracker:abc", "webhook", True)
    watched_job(lambda run: None)(InlineRun("tracker:abc", "delivery", ("tracker", "tracker:abc"), 0))
    triage = InlineRun("triage:tracker:abc", "triage", ("tracker", "1", "scheduled", "tracker:abc"), 3)
    watched_job(lambda run: Later(1.0))(triage)
    taken, delivered, triaged = spans()
    assert {f"{span.context.trace_id:032x}" for span in spans()} == {tracing.trace_id("tracker:abc")}
    assert delivered.parent.span_id == triaged.parent.span_id == taken.context.span_id
    assert triaged.attributes["steward.outcome"] == "later"
    assert triaged.attributes["steward.attempt"] == 3


def test_a_round_has_a_trace_of_its_own(spans: Callable[[], Any]) -> None:
    watched_job(lambda run: None)(InlineRun("poll:tracker:7", "poll", ("tracker", "7"), 0))
    (span,) = spans()
    assert span.parent is None
    assert f"{span.context.trace_id:032x}" == tracing.trace_id("poll:tracker:7")


def test_a_delivery_that_is_known_already_begins_no_second_trace(spans: Callable[[], Any]) -> None:
    took_in("tracker", "tracker:abc", "webhook", False)
    assert spans() == ()


def test_an_error_is_named_by_its_class_and_not_quoted(spans: Callable[[], Any]) -> None:
    def broken(run: Any) -> None:
        run.step("look", lambda: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        watched_job(broken)(InlineRun("x", "sweep", ("tracker",), 0))
    step, job = spans()
    assert (step.name, job.name) == ("step look", "job sweep")
    assert step.attributes["error.type"] == job.attributes["error.type"] == "ZeroDivisionError"
    assert step.parent.span_id == job.context.span_id
    assert not step.events
    assert not step.status.description
    assert job.attributes["steward.outcome"] == "interrupted"


class Broken(InMemorySpanExporter):
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        raise OSError("canary")


def test_spans_that_cannot_be_delivered_are_counted_and_told_once(grown: Callable[..., float]) -> None:
    tracing.use(collecting(Broken()))
    with structlog.testing.capture_logs() as logged:
        for number in range(3):
            assert watched_job(lambda run: None)(InlineRun(str(number), "sweep", ("tracker",), 0)) is None
    tracing.stop()
    assert grown("trace_spans_lost_total") == 3
    assert [(entry["event"], "canary" in str(entry)) for entry in logged] == [("traces not delivered", False)]


def test_fault_46_spans_go_nowhere_but_where_the_settings_say(collector: Any, grown: Callable[..., float]) -> None:
    class Elsewhere(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(307)
            self.send_header("Location", collector.url)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        tracing.start(f"http://127.0.0.1:{server.server_address[1]}/v1/traces", "0.1.0", "test")
        watched_job(lambda run: None)(InlineRun("1", "sweep", ("tracker",), 0))
        tracing.stop(10)
        server.shutdown()
    assert collector.bodies == []
    assert grown("trace_spans_lost_total") == 1


def test_a_collector_that_does_not_answer_is_not_waited_for(collector: Any) -> None:
    collector.may_answer.clear()
    tracing.start(collector.url, "0.1.0", "test")
    for number in range(600):
        watched_job(lambda run: None)(InlineRun(str(number), "sweep", ("tracker",), 0))
    tracing.stop(0.1)
    assert not tracing.is_on()
    assert not collector.may_answer.is_set()
    collector.may_answer.set()


def test_without_the_setting_nothing_of_it_is_imported() -> None:
    program = "import sys, bot.wiring, bot.web.app, bot.web.operations; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert not [name for name in told.stdout.split() if name.startswith("opentelemetry.exporter")]
    assert "bot.telemetry.otlp" not in told.stdout.split()
