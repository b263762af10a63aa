"""Registering webhooks by REST, for administrators: the receivers of the tracker that is asked."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request

from integrations.sandbox.jira.calls import answer
from integrations.sandbox.jira.wire import asked, identify
from integrations.sandbox.webhooks import Hook

if TYPE_CHECKING:
    from integrations.sandbox.site import Mounted

ALL_EVENTS = (
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
    "issuelink_created",
    "issuelink_deleted",
)
"""What the sandbox tells; a receiver that names none gets all."""
_DATA_CENTER = "/rest/jira-webhook/1.0/webhooks"


def add_cloud(app: Flask) -> None:
    """The administrator's webhooks of Cloud."""
    _add(app, "/rest/webhooks/1.0/webhook")


def add_data_center(app: Flask) -> None:
    """Those of Data Center 10 and newer."""
    _add(app, _DATA_CENTER)


def _add(app: Flask, path: str) -> None:
    app.add_url_rule(path, "hooks", partial(_many, path), methods=["GET", "POST"])
    app.add_url_rule(f"{path}/<number>", "hook", partial(_one, path), methods=["GET", "PUT", "DELETE"])


def _refused(mounted: Mounted) -> Response | None:
    viewer, _ = identify(mounted)
    if viewer is None:
        return answer({"message": "Client must be authenticated to access this resource.", "status-code": 401}, 401)
    request.environ["sandbox.user"] = viewer.name
    if not viewer.is_administrator:
        return answer({"messages": [{"key": "You are not authorized to perform this operation."}]}, 403)
    return None


def _many(path: str) -> Response:
    mounted = asked()
    refused = _refused(mounted)
    if refused is not None:
        return refused
    if request.method == "GET":
        return answer([_shown(mounted, path, hook) for hook in mounted.webhooks.hooks()])
    values = _values()
    if values is None:
        return answer({"messages": [{"key": "The url must be provided."}]}, 400)
    is_on = values.pop("state") == "enabled"
    hook = mounted.webhooks.register(**values)
    if not is_on:
        mounted.webhooks.replace(replace(hook, state="disabledByUser"))
    return answer(_shown(mounted, path, hook), 201)


def _values() -> dict[str, Any] | None:
    """A hook as the body describes it; None if it names no address."""
    sent: Any = request.get_json(silent=True)
    if not isinstance(sent, dict) or not isinstance(sent.get("url"), str):
        return None
    settings = sent.get("configuration") or {}
    return {
        "url": sent["url"],
        "events": frozenset(sent["events"]) if sent.get("events") else None,
        "secret": sent.get("secret") or settings.get("SECRET") or settings.get("secret") or "",
        "inputs": {"name": sent.get("name", ""), "filters": sent.get("filters") or {}},
        "state": "enabled" if sent.get("enabled", sent.get("active", True)) else "disabledByUser",
    }


def _one(path: str, number: str) -> Response:
    mounted = asked()
    refused = _refused(mounted)
    if refused is not None:
        return refused
    hook = mounted.webhooks.hook(number)
    if hook is None:
        return answer({"messages": [{"key": "webhooks.not.found"}]}, 404)
    if request.method == "DELETE":
        mounted.webhooks.remove(number)
        return Response(b"", 204)
    if request.method == "PUT":
        values = _values()
        if values is None:
            return answer({"messages": [{"key": "The url must be provided."}]}, 400)
        hook = replace(hook, **values | {"secret": values["secret"] or hook.secret})
        mounted.webhooks.replace(hook)
    return answer(_shown(mounted, path, hook))


def _shown(mounted: Mounted, path: str, hook: Hook) -> dict[str, Any]:
    """Neither product shows the secret; Data Center does not even say whether there is one."""
    is_on = hook.state == "enabled"
    shown = {
        "self": f"{mounted.url}{path}/{hook.id}",
        "id": hook.id,
        "name": hook.inputs.get("name", ""),
        "url": hook.url,
        "events": sorted(ALL_EVENTS if hook.events is None else hook.events),
        "filters": hook.inputs.get("filters", {}),
        "excludeBody": False,
    }
    if path == _DATA_CENTER:
        return shown | {"active": is_on, "configuration": {}}
    return shown | {"enabled": is_on, "isSigned": bool(hook.secret)}
