"""Jobs, tracker clients and the model, each with somebody looking on. What they do is left as it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import structlog
from pydantic import BaseModel

from bot.jobs import Job, Later, Run, T
from bot.telemetry import metrics, tracing
from bot.telemetry.connections import heard
from bot.telemetry.routes import route_shape
from integrations.exchanges import Exchange, Observe
from integrations.limits import told
from integrations.writer import Message, Prompt, Reply, Writer, WriterError

R = TypeVar("R", bound=BaseModel)
log = structlog.get_logger(__name__)

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class _End:
    """How the attempt under way ends, where only a part of it knows."""

    outcome = "done"


_end: ContextVar[_End | None] = ContextVar("end", default=None)


def buried(connection: str, number: int = 1) -> None:
    """Dead letters have been kept, of whatever."""
    metrics.dead_letters.labels(connection).inc(number)


def gave_up() -> None:
    """The job under way has become a dead letter."""
    if (end := _end.get()) is not None:
        end.outcome = "dead_letter"


def applied(connection: str, outcome: str, said: datetime, now: datetime) -> None:
    """A person's word, said then, has been carried out, or not: how long it took."""
    if outcome == "applied":
        metrics.apply_seconds.labels(connection).observe(max(0.0, (now - said).total_seconds()))


def answered(connection: str, outcome: str, seconds: float) -> None:
    """The door has answered a delivery. What was kept is counted by `took_in`, and has no outcome here."""
    if outcome:
        metrics.deliveries.labels(connection, "webhook", outcome).inc()
    if connection:
        metrics.door_seconds.labels(connection).observe(seconds)


def took_in(connection: str, delivery: str, source: str, new: bool, seconds: float = 0.0) -> None:
    """A delivery came, and is kept if it is new."""
    metrics.deliveries.labels(connection, source, "kept" if new else "known_already").inc()
    if new:
        tracing.taken_in(delivery, seconds, connection, source)
    else:
        metrics.duplicates.labels(connection).inc()


def watched_job(job: Job) -> Job:
    """The same job, counted, timed and traced, each of its steps too."""

    def work(run: Run) -> Later | None:
        started, end = time.perf_counter(), _End()
        token = _end.set(end)
        cause, has_first = _cause(run)
        traced: dict[str, str | int] = {
            "steward.kind": run.kind,
            "steward.attempt": run.attempt,
            "steward.connection": (*run.args, "")[0],
        }
        try:
            with tracing.span(f"job {run.kind}", traced, cause=cause, under_first=has_first) as span:
                try:
                    later = job(_WatchedRun(run) if tracing.is_on() else run)
                    end.outcome = end.outcome if later is None else "later"
                except BaseException:
                    end.outcome = "interrupted"
                    raise
                finally:
                    span.set({"steward.outcome": end.outcome})
        finally:
            _end.reset(token)
            metrics.jobs.labels(run.kind, end.outcome).inc()
            metrics.job_seconds.labels(run.kind).observe(time.perf_counter() - started)
        return later

    return work


def watched_jobs(jobs: Mapping[str, Job]) -> dict[str, Job]:
    """All of them, by kind."""
    return {kind: watched_job(job) for kind, job in jobs.items()}


def _cause(run: Run) -> tuple[str, bool]:
    """What a job's trace is named for, and whether a delivery's first span is above it."""
    if run.kind == "delivery":
        return run.args[-1], True
    if run.kind == "triage" and run.args[2:3] == ("scheduled",):
        return run.args[3], True
    return run.id, False


@dataclass(frozen=True, slots=True)
class _WatchedRun:
    """See bot.jobs.Run."""

    inner: Run

    @property
    def id(self) -> str:
        return self.inner.id

    @property
    def kind(self) -> str:
        return self.inner.kind

    @property
    def args(self) -> tuple[str, ...]:
        return self.inner.args

    @property
    def attempt(self) -> int:
        return self.inner.attempt

    @property
    def failures(self) -> int:
        return self.inner.failures

    @property
    def partition(self) -> str | None:
        return self.inner.partition

    def step(self, name: str, work: Callable[[], T]) -> T:
        with tracing.span(f"step {name}", {}):
            return self.inner.step(name, work)


def observer(connection: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Observe:
    """Looks on as a connection's client talks to its tracker."""

    def observe(exchange: Exchange) -> None:
        try:
            _note(connection, exchange, now())
        except Exception as error:  # noqa: BLE001 - whoever looks on must never be the reason that an answer is lost
            log.error("exchange not counted", connection=connection, error=type(error).__name__)

    return observe


def _note(connection: str, exchange: Exchange, now: datetime) -> None:
    method = exchange.method if exchange.method in METHODS else "other"
    status = exchange.status
    metrics.tracker_requests.labels(connection, method, f"{status // 100}xx" if status else "no_answer").inc()
    metrics.tracker_seconds.labels(connection, method).observe(exchange.seconds)
    traced: dict[str, str | int] = {"steward.connection": connection, "http.request.method": method}
    traced["url.template"] = route_shape(exchange.path)
    if status is not None:
        traced["http.response.status_code"] = status
    tracing.ended(f"tracker {method}", exchange.seconds, traced)
    _hear(connection, status, now)
    _note_limits(connection, status, exchange.headers, now)


def _hear(connection: str, status: int | None, now: datetime) -> None:
    if status is None:
        heard.failure(connection, "no answer", now)
    elif status in (401, 203, 302):
        # Azure DevOps sends a page to sign in where a token is not taken.
        heard.failure(connection, f"{status}: the token is not taken", now)
    elif status >= 500:
        heard.failure(connection, str(status), now)
    elif status != 429:
        heard.success(connection, now)


def _note_limits(connection: str, status: int | None, headers: Mapping[str, str], now: datetime) -> None:
    said = told(status, headers, now)
    for number, gauge in ((said.limit, metrics.budget_limit), (said.left, metrics.budget_left)):
        if number is not None:
            gauge.labels(connection).set(number)
    if said.wait is not None:
        metrics.throttled.labels(connection).inc()
        metrics.throttled_seconds.labels(connection).inc(said.wait)
        if not (said.only_item or said.only_endpoint):
            heard.throttled(connection, now + timedelta(seconds=said.wait))


@dataclass(frozen=True, slots=True)
class WatchedWriter:
    """A Writer, counted. Prices are per million tokens, in whatever currency they were written in."""

    inner: Writer
    price_in: float = 0.0
    price_out: float = 0.0

    def write(self, prompt: Prompt, messages: Sequence[Message], reply: type[R]) -> Reply[R]:
        """See Writer."""
        started, outcome = time.perf_counter(), "replied"
        with tracing.span("model", {"steward.prompt": prompt.name}) as span:
            try:
                answer = self.inner.write(prompt, messages, reply)
                self._count(answer.tokens_in, answer.tokens_out)
                span.set(
                    {
                        "gen_ai.usage.input_tokens": answer.tokens_in,
                        "gen_ai.usage.output_tokens": answer.tokens_out,
                    }
                )
            except WriterError as error:
                outcome = str(error.reason)
                raise
            finally:
                span.set({"steward.outcome": outcome})
                metrics.model_calls.labels(outcome).inc()
                metrics.model_seconds.observe(time.perf_counter() - started)
        return answer

    def _count(self, tokens_in: int, tokens_out: int) -> None:
        metrics.model_tokens.labels("prompt").inc(tokens_in)
        metrics.model_tokens.labels("answer").inc(tokens_out)
        metrics.model_cost.inc((tokens_in * self.price_in + tokens_out * self.price_out) / 1_000_000)
