"""Registering webhooks by REST, for administrators: the receivers of the tracker that is asked."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request

from integrations.sandbox.jira.calls import answer
from integrations.sandbox.jira.wire import asked, identify
from integrations.sandbox.webhooks import Hook

if TYPE_CHECKING:
    from integrations.sandbox.site import Mounted


def add_cloud(app: Flask) -> None:
    """The administrator's webhooks of Cloud."""
    _add(app, "/rest/webhooks/1.0/webhook")


def add_data_center(app: Flask) -> None:
    """Those of Data Center 10 and newer."""
    _add(app, "/rest/jira-webhook/1.0/webhooks")


def _add(app: Flask, path: str) -> None:
    app.add_url_rule(path, "hooks", partial(_many, path), methods=["GET", "POST"])
    app.add_url_rule(f"{path}/<number>", "hook", partial(_one, path), methods=["GET", "DELETE"])


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
    sent: Any = request.get_json(silent=True)
    if not isinstance(sent, dict) or not isinstance(sent.get("url"), str):
        return answer({"messages": [{"key": "The url must be provided."}]}, 400)
    settings = sent.get("configuration") or {}
    secret = sent.get("secret") or settings.get("SECRET") or settings.get("secret") or ""
    hook = mounted.webhooks.register(
        sent["url"], events=sent.get("events") or None, secret=secret, inputs={"name": sent.get("name", "")}
    )
    return answer(_shown(mounted, path, hook), 201)


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
    return answer(_shown(mounted, path, hook))


def _shown(mounted: Mounted, path: str, hook: Hook) -> dict[str, Any]:
    return {
        "self": f"{mounted.url}{path}/{hook.id}",
        "id": hook.id,
        "name": hook.inputs.get("name", ""),
        "url": hook.url,
        "events": sorted(hook.events or ()),
        "enabled": hook.state == "enabled",
        "isSigned": bool(hook.secret),
    }
