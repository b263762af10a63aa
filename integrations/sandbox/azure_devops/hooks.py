"""Service hooks: the subscriptions resource, and how the product speaks to a subscriber and takes its silence."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Response

from integrations.sandbox.azure_devops.answers import Json, WireError, answer, bad_request, mapping, project_guid, stamp
from integrations.sandbox.azure_devops.items import Shapes
from integrations.sandbox.azure_devops.payloads import EVENTS, payload, subscriptions_filter
from integrations.sandbox.azure_devops.wire import Call, Mount, Routes, listing
from integrations.sandbox.records import Happening
from integrations.sandbox.webhooks import Hook, Message, Verdict

TRANSIENT = frozenset({408, 502, 503, 504})
RETRY_WAITS = (1, 2, 4, 8, 16, 32, 60, 60)
PROBATION_TRIES = 7
_HIDDEN = "********"


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


# the subscriptions resource


def _body(call: Call, hook: Hook) -> Json:
    kept = dict(hook.inputs)
    meta: dict[str, Any] = kept.pop("_subscription", {})
    consumer = {"url": hook.url}
    if hook.basic is not None:
        consumer |= {"basicAuthUsername": hook.basic[0], "basicAuthPassword": _HIDDEN}
    if hook.headers:
        consumer["httpHeaders"] = "\n".join(f"{name}:{value}" for name, value in hook.headers.items())
    for name in ("resourceDetailsToSend", "messagesToSend", "detailedMessagesToSend"):
        if name in kept:
            consumer[name] = kept.pop(name)
    version = kept.pop("resourceVersion", "1.0")
    who = meta.get("by", call.user.id)
    return {
        "id": hook.id,
        "url": f"{call.base}/_apis/hooks/subscriptions/{hook.id}",
        "status": hook.state,
        "publisherId": "tfs",
        "eventType": next(iter(hook.events or ()), ""),
        "subscriber": None,
        "resourceVersion": version,
        "eventDescription": "Any work item",
        "consumerId": "webHooks",
        "consumerActionId": "httpRequest",
        "actionDescription": f"To host {urlsplit(hook.url).hostname}",
        "createdBy": {"id": who},
        "createdDate": meta.get("at"),
        "modifiedBy": {"id": who},
        "modifiedDate": meta.get("at"),
        "publisherInputs": kept,
        "consumerInputs": consumer,
    }


def _may_manage(call: Call) -> None:
    if not call.user.is_administrator:
        message = (
            f"Access denied: {call.user.display_name} needs the following permission(s) on the resource to perform "
            "this action: Edit subscriptions"
        )
        raise WireError(403, message, "AccessCheckException", event=4201)


def _read(call: Call) -> tuple[str, Json, Json, str]:
    """Event, publisher inputs, consumer inputs and resource version of a subscription in a body."""
    body = mapping(call.json())
    publisher, consumer = body.get("publisherInputs") or {}, body.get("consumerInputs") or {}
    event = body.get("eventType")
    if body.get("publisherId") != "tfs" or event not in {*EVENTS.values(), "workitem.restored"}:
        raise bad_request(f"The event type '{event}' of the publisher '{body.get('publisherId')}' is not known.")
    if (body.get("consumerId"), body.get("consumerActionId")) != ("webHooks", "httpRequest"):
        raise bad_request("The consumer is not known.")
    if not isinstance(consumer, dict) or not isinstance(publisher, dict) or not consumer.get("url"):
        raise bad_request("Subscription input 'url' is required.")
    if not str(consumer["url"]).startswith(("http://", "https://")):
        raise bad_request("The value of subscription input 'url' is not a valid URL.")
    project = publisher.get("projectId")
    known = {project_guid(one) for one in call.tracker.projects(call.user)}
    if project and project not in known:
        raise bad_request("The value of subscription input 'projectId' is not valid.")
    return str(event), publisher, consumer, str(body.get("resourceVersion") or "1.0")


def _hook_values(call: Call) -> dict[str, Any]:
    event, publisher, consumer, version = _read(call)
    user, password = str(consumer.get("basicAuthUsername") or ""), str(consumer.get("basicAuthPassword") or "")
    lines = str(consumer.get("httpHeaders") or "").splitlines()
    extra = {name: consumer[name] for name in consumer if name.lower().endswith("tosend")}
    stamped = {"_subscription": {"by": call.user.id, "at": stamp(call.tracker.now())}}
    return {
        "url": str(consumer["url"]),
        "events": frozenset({event}),
        "basic": (user, password) if user or password else None,
        "headers": {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines) if name},
        "inputs": {**publisher, **extra, "resourceVersion": version, **stamped},
    }


def _list(call: Call) -> Response:
    event = call.query.get("eventtype")
    hooks = [hook for hook in call.mount.webhooks.hooks() if event is None or event in (hook.events or ())]
    return listing([_body(call, hook) for hook in hooks])


def _known(call: Call) -> Hook:
    hook = call.mount.webhooks.hook(call.rest[0])
    if hook is None:
        message = f"Subscription '{call.rest[0][:60]}' does not exist."
        raise WireError(404, message, "SubscriptionNotFoundException")
    return hook


def _one(call: Call) -> Response:
    return answer(_body(call, _known(call)))


def _create(call: Call) -> Response:
    _may_manage(call)
    hook = call.mount.webhooks.register(id=str(uuid.uuid4()), **_hook_values(call))
    return answer(_body(call, hook))


def _replace(call: Call) -> Response:
    _may_manage(call)
    hook = _known(call)
    values = _hook_values(call)
    if values["basic"] is not None and values["basic"][1] == _HIDDEN and hook.basic is not None:
        values["basic"] = (values["basic"][0], hook.basic[1])
    wished = mapping(call.json()).get("status")
    state = wished if wished in ("enabled", "disabledByUser") else hook.state
    changed = replace(hook, **values, state=state)
    call.mount.webhooks.replace(changed)
    return answer(_body(call, changed))


def _delete(call: Call) -> Response:
    _may_manage(call)
    call.mount.webhooks.remove(_known(call).id)
    return Response(status=204)


ROUTES: Routes = {
    ("GET", "hooks/subscriptions"): _list,
    ("POST", "hooks/subscriptions"): _create,
    ("GET", "hooks/subscriptions/*"): _one,
    ("PUT", "hooks/subscriptions/*"): _replace,
    ("DELETE", "hooks/subscriptions/*"): _delete,
}
