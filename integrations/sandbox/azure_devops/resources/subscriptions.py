"""The subscriptions of service hooks: listed, made, changed and taken away."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Response

from integrations.sandbox.azure_devops.answers import Json, WireError, answer, bad_request, mapping, project_guid, stamp
from integrations.sandbox.azure_devops.payloads import EVENTS
from integrations.sandbox.azure_devops.wire import Call, Routes, listing
from integrations.sandbox.webhooks import Hook

_HIDDEN = "********"


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
    """Those that the caller may view: by default, administrators all and others none."""
    event = call.query.get("eventtype")
    hooks = call.mount.webhooks.hooks() if call.user.is_administrator else []
    hooks = [hook for hook in hooks if event is None or event in (hook.events or ())]
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


def _notifications(call: Call) -> Response:
    """What was sent, the newest first."""
    _may_manage(call)
    hook, wanted = _known(call), call.query.get("result")
    told = []
    for number, sent in enumerate(call.mount.webhooks.sent, start=1):
        succeeded = sent.status is not None and 200 <= sent.status < 300
        result = "succeeded" if succeeded else "failed"
        if sent.hook == hook.id and wanted in (None, result):
            error = None if succeeded else f"The service answered {sent.status}." if sent.status else "No answer."
            details = {"eventType": sent.event, "errorMessage": error, "completedDate": stamp(sent.at)}
            told.append({"id": number, "status": "completed", "result": result, "details": details})
    return listing(told[::-1][: call.number("maxresults", 100, 100)])


ROUTES: Routes = {
    ("GET", "hooks/subscriptions"): _list,
    ("POST", "hooks/subscriptions"): _create,
    ("GET", "hooks/subscriptions/*"): _one,
    ("PUT", "hooks/subscriptions/*"): _replace,
    ("DELETE", "hooks/subscriptions/*"): _delete,
    ("GET", "hooks/subscriptions/*/notifications"): _notifications,
}
