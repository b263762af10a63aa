"""Service hooks: how the product speaks to a subscriber, and what it makes of the answer."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping

from integrations.sandbox.azure_devops.items import Shapes
from integrations.sandbox.azure_devops.payloads import EVENTS, payload, subscriptions_filter
from integrations.sandbox.azure_devops.wire import Mount
from integrations.sandbox.records import Happening
from integrations.sandbox.webhooks import Hook, Message, Verdict

TRANSIENT = frozenset({408, 502, 503, 504})
RETRY_WAITS = (1, 2, 4, 8, 16, 32, 60, 60)
PROBATION_TRIES = 7


class Voice:
    """How Azure DevOps notifies (learn.microsoft.com, service-hooks/troubleshoot).

    410 disables the subscription at once. 408, 502, 503, 504 and silence are retried eight times. Every other failure
    is lost and puts the subscription on probation. The product then tries again for 36 hours; here time plays no part:
    each next notification is one try, success restores the subscription, and seven failures disable it.
    """

    def __init__(self, mount: Mount) -> None:
        self._mount = mount
        self._lock = threading.Lock()
        self._numbers: Counter[str] = Counter()
        self._failures: Counter[str] = Counter()
        self._speaking_to = ""

    def messages(self, happening: Happening, hook: Hook) -> Iterable[Message]:
        event = EVENTS.get(happening.kind)
        if event is None:
            return
        shapes = Shapes(self._mount.tracker, self._mount.url)
        if happening.actor.name not in shapes.people or not subscriptions_filter(hook.inputs, happening, shapes):
            return
        with self._lock:
            self._numbers[hook.id] += 1
            number = self._numbers[hook.id]
        body = payload(happening, shapes, event, hook.id, number, hook.inputs)
        yield Message(event, body, str(body["id"]))

    def headers(self, hook: Hook, message: Message, attempt: int) -> Mapping[str, str]:
        # One thread sends, and it asks for the headers right before it asks for the verdict.
        self._speaking_to = hook.id
        return {"User-Agent": "VSServices/20.0 (TfsJobAgent.exe)", "X-VSS-ActivityId": message.identity}

    def verdict(self, status: int | None, attempt: int) -> Verdict:
        if status is not None and 200 <= status < 300:
            self._failures.pop(self._speaking_to, None)
            return Verdict("done", state="enabled")
        if status == 410:
            return Verdict("lost", state="disabledBySystem")
        if (status is None or status in TRANSIENT) and attempt < len(RETRY_WAITS):
            return Verdict("retry", wait=RETRY_WAITS[attempt])
        self._failures[self._speaking_to] += 1
        over = self._failures[self._speaking_to] > PROBATION_TRIES
        return Verdict("lost", state="disabledBySystem" if over else "onProbation")
