"""What is counted and timed, for Prometheus: the only module that knows its client.

Every label is bounded: names of connections and projects from the settings, kinds, outcomes, classes. Never a ticket's
text or key, never a person. https://prometheus.io/docs/practices/naming/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import prometheus_client as prometheus
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from bot.telemetry.snapshot import Snapshot
from bot.telemetry.status.values import Room

prometheus.disable_created_metrics()  # type: ignore[no-untyped-call]  # twice the series, and nothing asks for them

_REGISTRY = prometheus.CollectorRegistry()
prometheus.ProcessCollector(registry=_REGISTRY)
MINUTE = 60.0
HOUR = 60 * MINUTE

Exposition = Callable[[str], tuple[bytes, str]]
"""From an Accept header to a body and its content type."""


def _counter(name: str, meaning: str, *labels: str) -> prometheus.Counter:
    return prometheus.Counter(f"steward_{name}", meaning, labels, registry=_REGISTRY)


def _gauge(name: str, meaning: str, *labels: str) -> prometheus.Gauge:
    return prometheus.Gauge(f"steward_{name}", meaning, labels, registry=_REGISTRY)


def _histogram(name: str, meaning: str, buckets: tuple[float, ...], *labels: str) -> prometheus.Histogram:
    return prometheus.Histogram(f"steward_{name}", meaning, labels, buckets=buckets, registry=_REGISTRY)


deliveries = _counter("deliveries_total", "Deliveries, by webhook and by poll.", "connection", "source", "outcome")
door_seconds = _histogram(
    "delivery_answer_seconds",
    "Until a delivery was answered.",
    (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
    "connection",
)
duplicates = _counter("duplicates_suppressed_total", "Deliveries that were known already.", "connection")
jobs = _counter("jobs_total", "Attempts at jobs that ended.", "kind", "outcome")
job_seconds = _histogram(
    "job_duration_seconds",
    "How long an attempt at a job took.",
    (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, MINUTE, 5 * MINUTE, HOUR),
    "kind",
)
dead_letters = _counter("dead_letters_total", "Work that was given up for a person to see.", "connection")
apply_seconds = _histogram(
    "apply_latency_seconds",
    "From a person's word until the change was in the tracker.",
    (0.5, 1, 2.5, 5, 10, 30, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR),
    "connection",
)
conflicts = _counter("conflicts_total", "Changes not made because a person was faster.", "connection")
proposals = _counter("proposals_total", "What became of what the bot had to say.", "connection", "outcome")
decisions = _counter("decisions_total", "What people decided.", "connection", "decision")
tracker_requests = _counter("tracker_requests_total", "Requests to a tracker.", "connection", "method", "status")
tracker_seconds = _histogram(
    "tracker_request_duration_seconds",
    "Until a tracker's answer began.",
    (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, MINUTE),
    "connection",
    "method",
)
throttled = _counter("tracker_throttled_total", "Answers in which a tracker asked to wait.", "connection")
throttled_seconds = _counter("tracker_throttled_seconds_total", "The waits that a tracker asked for.", "connection")
budget_limit = _gauge("tracker_budget_limit", "The tracker's limit, where it sends one.", "connection")
budget_left = _gauge("tracker_budget_remaining", "What is left of the tracker's limit.", "connection")
model_calls = _counter("model_calls_total", "Calls of the language model.", "outcome")
model_seconds = _histogram(
    "model_call_duration_seconds", "How long a call of the model took.", (0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 90)
)
model_tokens = _counter("model_tokens_total", "Tokens of the model.", "direction")
model_cost = _counter("model_cost_total", "What the model cost, in the currency of the settings' prices.")
spans_lost = _counter("trace_spans_lost_total", "Spans that could not be delivered.")


def exposition(look: Callable[[], Snapshot | None], room: Callable[[], Room | None] = lambda: None) -> Exposition:
    """What `/metrics` answers: what this process has counted, and what the store says at this moment.

    `look` gives None where the store does not answer; the process' own numbers are told all the same. `room` gives None
    where deliveries are not kept on this machine's disk.
    """
    both: Any = _Both(look, room)

    def expose(accept: str) -> tuple[bytes, str]:
        encode, content_type = choose_encoder(accept)
        return encode(both), content_type

    return expose


class _Both(Collector):
    """As a registry for the encoders, which ask for nothing but `collect`."""

    def __init__(self, look: Callable[[], Snapshot | None], room: Callable[[], Room | None]) -> None:
        self._look, self._room = look, room

    def collect(self) -> Iterator[Metric]:
        yield from _REGISTRY.collect()
        room = self._room()
        if room is not None:
            yield GaugeMetricFamily("steward_disk_free_bytes", "Free where deliveries are kept.", value=room.free)
            yield GaugeMetricFamily("steward_disk_spare_bytes", "With less free none is taken.", value=room.spare)
        snapshot = self._look()
        yield GaugeMetricFamily("steward_store_up", "Whether the store answers.", value=float(snapshot is not None))
        if snapshot is not None:
            yield from _families(snapshot)


def _families(now: Snapshot) -> Iterator[Metric]:
    yield InfoMetricFamily("steward_build", "What runs.", value={"version": now.version})
    each = {name: (float(one.number), one.oldest) for name, one in now.deliveries.items()}
    yield _family("deliveries_waiting", "Deliveries that are kept and not worked on yet.", ("connection",), each, 0)
    yield _family("deliveries_oldest_age_seconds", "Age of the oldest of them.", ("connection",), each, 1)
    queued = {key: (float(one.number), one.oldest) for key, one in now.jobs.items()}
    yield _family("queue_jobs", "Jobs that wait, run or are delayed.", ("queue", "state"), queued, 0)
    yield _family("queue_oldest_age_seconds", "Age of the oldest of them.", ("queue", "state"), queued, 1)
    letters = {name: (float(number),) for name, number in now.dead_letters.items()}
    yield _family("dead_letters_open", "Dead letters that nobody has dealt with.", ("connection",), letters)
    items = {name: (float(number),) for name, number in now.items.items()}
    yield _family("items_known", "Items that the store knows.", ("connection",), items)
    read = {(one.connection, one.project): (float(one.backfilled is not None),) for one in now.progress}
    yield _family("backfill_done", "Whether a project has been read whole.", ("connection", "project"), read)
    cursors = {(p.connection, p.project): (p.cursor.timestamp(),) for p in now.progress if p.cursor is not None}
    yield _family("cursor_timestamp_seconds", "Up to when a project was read.", ("connection", "project"), cursors)
    polls = {name: (at.timestamp(),) for name, at in now.polls.items()}
    yield _family("last_poll_timestamp_seconds", "When a tracker was last to be asked.", ("connection",), polls)
    heard = {name: (float(number == 0),) for name, number in now.webhooks_off.items()}
    yield _family(
        "webhook_ok", "Whether the tracker's webhooks to the bot are all switched on.", ("connection",), heard
    )
    ends = {name: ((at - now.at).total_seconds(),) for name, at in now.token_ends.items()}
    yield _family("token_expires_seconds", "Until a connection's token ends; below 0 it has.", ("connection",), ends)
    alive = float(sum(worker.alive for worker in now.workers))
    yield GaugeMetricFamily("steward_workers_alive", "Workers that beat.", value=alive)
    yield GaugeMetricFamily("steward_model_tokens_today", "Tokens spent or reserved today.", value=now.tokens_today)


def _family(
    name: str, meaning: str, labels: tuple[str, ...], values: Mapping[Any, tuple[float, ...]], place: int = 0
) -> Metric:
    family = GaugeMetricFamily(f"steward_{name}", meaning, labels=labels)
    for key, numbers in sorted(values.items()):
        family.add_metric(key if isinstance(key, tuple) else (key,), numbers[place])
    return family
