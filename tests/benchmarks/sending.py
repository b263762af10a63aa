"""Signed Jira Cloud deliveries of distinct ids, from a process of its own, each over a connection of its own.

Open loop: each is sent when it is due, whatever became of those before, and its time is counted from when it was due to
its 2xx. What is not answered 2xx is sent again after a second, as vendors do later, until the end.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import signal
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.benchmarks.companion import Companion

SECRET = "benchmark"
PATIENCE_SECONDS = 30.0
AGAIN_SECONDS = 1.0
GIVE_UP_SECONDS = 30.0
"""How long any is still sent again after the last was due, or after it was asked to end."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to send: `count` deliveries about `issues` (id and key), named `bench-NAME-NUMBER`.

    `rate` is in deliveries a second; with 0 each of `clients` sends one after the other.
    """

    port: int
    name: str
    count: int
    issues: list[tuple[int, str]]
    rate: float = 0.0
    clients: int = 32
    event: str = "jira:issue_updated"

    def sender(self) -> Companion:
        """The process that sends it."""
        return Companion(__name__, asdict(self))

    @property
    def patience(self) -> float:
        """Seconds after which its report is there."""
        return (self.count / self.rate if self.rate else self.count / 5) + GIVE_UP_SECONDS + 2 * PATIENCE_SECONDS


@dataclass(slots=True)
class Report:
    """`waits` in milliseconds; `accepted` are the numbers answered 2xx; `answers` counts all that was not 2xx."""

    sent: int = 0
    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)
    accepted: list[int] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=dict)


class _Sender:
    def __init__(self, order: Order) -> None:
        self.order, self.report = order, Report()
        self._others: Counter[str] = Counter()
        self._ended = asyncio.Event()
        self._until = float("inf")

    async def run(self) -> Report:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._end)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        began = time.perf_counter()
        await (self._on_schedule(began) if self.order.rate else self._in_turn())
        self.report.seconds, self.report.answers = time.perf_counter() - began, dict(self._others)
        return self.report

    def _end(self) -> None:
        self._ended.set()
        self._until = time.perf_counter() + GIVE_UP_SECONDS

    async def _on_schedule(self, began: float) -> None:
        tasks = []
        self._until = began + self.order.count / self.order.rate + GIVE_UP_SECONDS
        for number in range(self.order.count):
            request = _request(self.order, number)
            due = began + number / self.order.rate
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            if self._ended.is_set():
                break
            tasks.append(asyncio.create_task(self._deliver(number, request, due)))
        await asyncio.gather(*tasks)

    async def _in_turn(self) -> None:
        numbers = iter(range(self.order.count))

        async def client() -> None:
            for number in numbers:
                if self._ended.is_set():
                    return
                await self._deliver(number, _request(self.order, number), time.perf_counter())

        await asyncio.gather(*(client() for _ in range(self.order.clients)))

    async def _deliver(self, number: int, request: bytes, due: float) -> None:
        self.report.sent += 1
        while True:
            answer = await self._send(request)
            if answer.startswith("2"):
                self.report.waits.append((time.perf_counter() - due) * 1000)
                self.report.accepted.append(number)
                return
            self._others[answer] += 1
            if time.perf_counter() > self._until:
                return
            await asyncio.sleep(AGAIN_SECONDS)

    async def _send(self, request: bytes) -> str:
        """The status, or the name of what went wrong."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.order.port)
            try:
                writer.write(request)
                answer = await asyncio.wait_for(reader.read(), PATIENCE_SECONDS)
            finally:
                writer.close()
        except (OSError, TimeoutError) as error:
            return type(error).__name__
        return answer[9:12].decode() or "no answer"


def _request(order: Order, number: int) -> bytes:
    """A delivery as bytes, signed."""
    issue, key = order.issues[number % len(order.issues)]
    fields = {"summary": f"Search is broken {number}", "project": {"key": key.split("-")[0]}}
    payload: dict[str, Any] = {
        "timestamp": 1_700_000_000_000 + number,
        "webhookEvent": order.event,
        "user": {"accountId": "5b10ac8d82e05b22cc7d4ef5", "displayName": "Rae"},
        "issue": {"id": str(issue), "key": key, "fields": {**fields, "description": "It does not work. " * 60}},
    }
    if order.event == "comment_created":
        payload["comment"] = {"id": str(900_000_000 + number), "body": "I see it too."}
    else:
        payload["changelog"] = {"id": str(number), "items": [{"field": "description", "from": None, "to": None}]}
    body = json.dumps(payload).encode()
    head = [
        "POST /webhooks/jira/tracker HTTP/1.1",
        "Host: 127.0.0.1",
        "Connection: close",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        f"X-Hub-Signature: sha256={hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}",
        f"X-Atlassian-Webhook-Identifier: bench-{order.name}-{number}",
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


def main() -> None:
    """Send what the order says, and tell what came of it."""
    order = Order(**json.loads(sys.stdin.readline()))
    report = asyncio.run(_Sender(order).run())
    sys.stdout.write(json.dumps(asdict(report)) + "\n")


if __name__ == "__main__":
    main()
