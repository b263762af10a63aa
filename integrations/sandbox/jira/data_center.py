"""Jira Data Center: REST version 2, user names and keys, wiki markup, search by offset."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from flask import Flask, Response

from integrations.sandbox.jira import hooks
from integrations.sandbox.jira.calls import Call
from integrations.sandbox.jira.payloads import DataCenterVoice
from integrations.sandbox.jira.resources import search
from integrations.sandbox.jira.resources.lists import attachment_content
from integrations.sandbox.jira.wire import SHARED_ROUTES, behind_login, make_app, mount
from integrations.sandbox.webhooks import Voice

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from integrations.sandbox.site import Mounted

_PAGE = (
    "<html><head><title>Unauthorized (401)</title></head><body><h1>Unauthorized (401)</h1>"
    "<p>Basic Authentication Failure - Reason : AUTHENTICATED_FAILED</p></body></html>"
)


def create_wire(mounted: Mounted) -> WSGIApplication:
    return mount(_app(), mounted)


@cache
def _app() -> Flask:
    app = make_app({"2": "2", "latest": "2"}, (*SHARED_ROUTES, *search.DATA_CENTER_ROUTES), _unknown)
    hooks.add_data_center(app)
    path = "/secure/attachment/<int:attachment_id>/<name>"
    app.add_url_rule(path, "attachment", behind_login("2", _unknown, _attachment))
    return app


def _attachment(call: Call, attachment_id: int, name: str) -> Response:
    return attachment_content(call, attachment_id)


def create_voice(mounted: Mounted) -> Voice:
    return DataCenterVoice(mounted)


def _unknown(way: str) -> Response:
    reason = "AUTHENTICATED_FAILED" if way else "OUT"
    headers = {"WWW-Authenticate": 'OAuth realm="sandbox"', "X-Seraph-LoginReason": reason}
    if way:
        return Response(_PAGE, 401, headers, content_type="text/html;charset=UTF-8")
    said = "You are not authenticated. Authentication required to perform this operation."
    return Response(
        f'{{"errorMessages":["{said}"],"errors":{{}}}}', 401, headers, content_type="application/json;charset=UTF-8"
    )
