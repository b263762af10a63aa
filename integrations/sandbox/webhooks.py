"""Webhooks over real HTTP: who has asked to be told, what was sent, and what the vendor does when it is not heard.

One background thread sends in order. Each vendor brings a `Voice`: its payloads, its headers, and its own table of
retries, whose waits are multiplied by `time_scale` so that a test need not wait a quarter of an hour.

    hook = mounted.webhooks.register("http://127.0.0.1:8788/webhooks/jira/cloud", secret="s3cret")
    mounted.webhooks.twice = True
    mounted.webhooks.drain()
"""

from __future__ import annotations

import hashlib
import heapq
import hmac
import itertools
import json
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

import requests

from integrations.sandbox.records import Happening

HookState = Literal["enabled", "onProbation", "disabledBySystem", "disabledByUser"]


@dataclass(frozen=True, slots=True)
class Hook:
    """A registered receiver. `events` are the vendor's names (None: all). `inputs` is whatever else the vendor keeps
    with it (Azure DevOps: the subscription's publisher inputs)."""

    id: str
    url: str
    events: frozenset[str] | None = None
    secret: str = ""
    basic: tuple[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    state: HookState = "enabled"


@dataclass(frozen=True, slots=True)
class Message:
    """What one happening is to one hook: the vendor's event name, the JSON payload, the delivery's identity."""

    event: str
    payload: Mapping[str, Any]
    identity: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows an answer: done, retry after `wait` seconds, lost, or lost with a new state for the hook."""

    then: Literal["done", "retry", "lost"]
    wait: float = 0.0
    state: HookState | None = None


class Voice(Protocol):
    """How one vendor speaks to a receiver."""

    def messages(self, happening: Happening, hook: Hook) -> Iterable[Message]:
        """All messages that this happening is; those the hook has not asked for are dropped by the sender."""

    def headers(self, hook: Hook, message: Message, attempt: int) -> Mapping[str, str]:
        """Headers of the vendor's own; `attempt` counts from 0. Content type, signature and basic auth are added."""

    def verdict(self, status: int | None, attempt: int) -> Verdict:
        """After attempt number `attempt` (from 0) was answered with `status` (None: no answer)."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One attempt. `status` None means that no answer came."""

    hook: str
    event: str
    identity: str
    attempt: int
    status: int | None
    at: datetime
    body: bytes
    headers: Mapping[str, str]


def signature(secret: str, body: bytes) -> str:
    """The value of X-Hub-Signature for a body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@dataclass(order=True, slots=True)
class _Job:
    due: float
    order: int
    hook: str = field(compare=False)
    message: Message = field(compare=False)
    body: bytes = field(compare=False)
    attempt: int = field(compare=False, default=0)


class Webhooks:
    """The sender of one tracker. Switches: `twice`, `out_of_order`, `never`; they hold for what happens from then on.

    With `out_of_order` what happens within `window` seconds is held and sent newest first.
    """

    def __init__(self, voice: Voice, *, time_scale: float = 1.0, timeout: tuple[float, float] = (5, 20)) -> None:
        self.twice = False
        self.out_of_order = False
        self.never = False
        self.window = 0.25
        self.time_scale = time_scale
        self._voice = voice
        self._timeout = timeout
        self._hooks: dict[str, Hook] = {}
        self._wake = threading.Condition()
        self._jobs: list[_Job] = []
        self._held_until = 0.0
        self._count = itertools.count(1)
        self._busy = False
        self._closed = False
        self._sent: list[Sent] = []
        self._thread: threading.Thread | None = None

    # who is told

    def register(
        self,
        url: str,
        *,
        events: Iterable[str] | None = None,
        secret: str = "",
        basic: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        inputs: Mapping[str, Any] | None = None,
        id: str | None = None,
    ) -> Hook:
        """Registers a receiver; its id is the next number unless given."""
        wanted = None if events is None else frozenset(events)
        hook = Hook(id or str(next(self._count)), url, wanted, secret, basic, dict(headers or {}), dict(inputs or {}))
        with self._wake:
            self._hooks[hook.id] = hook
        return hook

    def hooks(self) -> list[Hook]:
        with self._wake:
            return list(self._hooks.values())

    def hook(self, hook_id: str) -> Hook | None:
        with self._wake:
            return self._hooks.get(hook_id)

    def replace(self, hook: Hook) -> None:
        """Puts a changed hook in the place of the one with its id."""
        with self._wake:
            self._hooks[hook.id] = hook

    def remove(self, hook_id: str) -> bool:
        """Whether there was one to remove."""
        with self._wake:
            return self._hooks.pop(hook_id, None) is not None

    # what is sent

    @property
    def sent(self) -> list[Sent]:
        """Every attempt so far, oldest first."""
        with self._wake:
            return list(self._sent)

    def __call__(self, happening: Happening) -> None:
        """Queues what this happening is to every hook. To be given to `Tracker.subscribe`."""
        if self.never:
            return
        for hook in self.hooks():
            if hook.state in ("disabledBySystem", "disabledByUser"):
                continue
            for message in self._voice.messages(happening, hook):
                if hook.events is None or message.event in hook.events:
                    self._queue(hook, message)

    def send(self, hook: Hook, message: Message) -> None:
        """Queues one message as it is, whatever the hook has asked for (test notifications, replays)."""
        self._queue(hook, message)

    def _queue(self, hook: Hook, message: Message) -> None:
        body = json.dumps(message.payload, ensure_ascii=False, separators=(",", ":")).encode()
        with self._wake:
            for _ in range(2 if self.twice else 1):
                number, now = next(self._count), time.monotonic()
                if self.out_of_order:
                    if self._held_until <= now:
                        self._held_until = now + self.window
                    job = _Job(self._held_until, -number, hook.id, message, body)
                else:
                    job = _Job(now, number, hook.id, message, body)
                heapq.heappush(self._jobs, job)
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._work, name="webhooks", daemon=True)
                self._thread.start()
            self._wake.notify_all()

    def drain(self, timeout: float = 10, *, retries: bool = True) -> None:
        """Waits until nothing is on its way (with `retries=False`: apart from retries). Raises TimeoutError."""
        deadline = time.monotonic() + timeout
        with self._wake:
            if not self._wake.wait_for(lambda: self._is_idle(retries), max(0.0, deadline - time.monotonic())):
                raise TimeoutError("webhooks are still on their way")

    def _is_idle(self, retries: bool) -> bool:
        waiting = self._jobs if retries else [job for job in self._jobs if job.attempt == 0]
        return not self._busy and not waiting

    def close(self) -> None:
        """Stops sending; what is still queued is dropped."""
        with self._wake:
            self._closed = True
            self._jobs.clear()
            self._wake.notify_all()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(2)

    def _work(self) -> None:
        with requests.Session() as session:
            session.trust_env = False  # a proxy of this machine has no business between sandbox and bot
            while True:
                with self._wake:
                    job = self._next_job()
                    if job is None:
                        return
                    self._busy = True
                    hook = self._hooks.get(job.hook)
                try:
                    if hook is not None:
                        self._attempt(session, hook, job)
                finally:
                    with self._wake:
                        self._busy = False
                        self._wake.notify_all()

    def _next_job(self) -> _Job | None:
        while not self._closed:
            if self._jobs:
                wait = self._jobs[0].due - time.monotonic()
                if wait <= 0:
                    return heapq.heappop(self._jobs)
                self._wake.wait(wait)
            else:
                self._wake.wait()
        return None

    def _attempt(self, session: requests.Session, hook: Hook, job: _Job) -> None:
        headers = {"Content-Type": "application/json; charset=utf-8", **hook.headers}
        headers |= self._voice.headers(hook, job.message, job.attempt)
        if hook.secret:
            headers["X-Hub-Signature"] = signature(hook.secret, job.body)
        at = datetime.now(UTC)
        try:
            answer = session.post(
                hook.url, data=job.body, headers=headers, auth=hook.basic, timeout=self._timeout, allow_redirects=False
            )
            status: int | None = answer.status_code
        except requests.RequestException:
            status = None
        verdict = self._voice.verdict(status, job.attempt)
        sent = Sent(hook.id, job.message.event, job.message.identity, job.attempt, status, at, job.body, headers)
        with self._wake:
            self._sent.append(sent)
            if verdict.state is not None and hook.id in self._hooks:
                self._hooks[hook.id] = replace(self._hooks[hook.id], state=verdict.state)
            if verdict.then == "retry" and not self._closed:
                due = time.monotonic() + verdict.wait * self.time_scale
                heapq.heappush(self._jobs, replace(job, due=due, order=next(self._count), attempt=job.attempt + 1))
