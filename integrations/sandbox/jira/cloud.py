"""Jira Cloud: REST versions 2 and 3, account ids, search by token."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from flask import Flask, Response

from integrations.sandbox.jira import hooks
from integrations.sandbox.jira.calls import answer
from integrations.sandbox.jira.payloads import CloudVoice
from integrations.sandbox.jira.resources import issues, lists, people, search
from integrations.sandbox.jira.wire import SHARED_ROUTES, make_app, mount
from integrations.sandbox.webhooks import Voice

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from integrations.sandbox.site import Mounted


def create_wire(mounted: Mounted) -> WSGIApplication:
    return mount(_app(), mounted)


@cache
def _app() -> Flask:
    routes = (*SHARED_ROUTES, *search.CLOUD_ROUTES, *people.CLOUD_ROUTES, *lists.CLOUD_ROUTES, *issues.CLOUD_ROUTES)
    app = make_app({"2": "2", "3": "3", "latest": "3"}, routes, _unknown)
    hooks.add_cloud(app)
    return app


def create_voice(mounted: Mounted) -> Voice:
    return CloudVoice(mounted)


def _unknown(way: str) -> Response:
    if way == "bearer":
        return answer({"error": "Failed to parse Connect Session Auth Token"}, 403)
    said = "Client must be authenticated to access this resource."
    made = answer({"message": said, "status-code": 401}, 401)
    made.headers["WWW-Authenticate"] = 'OAuth realm="https%3A%2F%2Fsandbox"'
    if way:
        made.headers["X-Seraph-LoginReason"] = "AUTHENTICATED_FAILED"
    return made
