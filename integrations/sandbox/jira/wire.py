"""Jira's REST interface as one WSGI application: who is calling, which handler answers, how it refuses."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from integrations.sandbox.jira.calls import HIDDEN, Call, Handler, Refusal, Route, answer, invalid
from integrations.sandbox.jira.resources import (
    comments,
    issues,
    links,
    lists,
    people,
    properties,
    screens,
    transitions,
)
from integrations.sandbox.jira.shapes import Shapes
from integrations.sandbox.records import Forbidden, Invalid, NotFound, User

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from integrations.sandbox.site import Mounted

SHARED_ROUTES: tuple[Route, ...] = (
    *issues.ROUTES,
    *properties.ROUTES,
    *links.ROUTES,
    *comments.ROUTES,
    *people.ROUTES,
    *lists.ROUTES,
    *screens.ROUTES,
    *transitions.ROUTES,
)

Unknown = Callable[[str], Response]
"""What is said to a caller whose credentials are wrong; the argument is "basic", "bearer" or "" for none at all."""


def mount(app: Flask, mounted: Mounted) -> WSGIApplication:
    """The application as the wire of one tracker. All of a kind share it: routes are slow to build."""

    def wire(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["sandbox.mounted"] = mounted
        return app(environ, start_response)

    return wire


def asked() -> Mounted:
    """The tracker that the request is for."""
    found: Mounted = request.environ["sandbox.mounted"]
    return found


def make_app(versions: dict[str, str], routes: Iterable[Route], unknown: Unknown) -> Flask:
    """The application. `versions` is what stands in the path -> "2" or "3"."""
    app = Flask(__name__, static_folder=None)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # the default provider has it
    for spoken, api in versions.items():
        for method, path, handler in routes:
            rule, name = f"/rest/api/{spoken}/{path}", f"{method} {spoken} {path}"
            app.add_url_rule(rule, name, behind_login(api, unknown, handler), methods=[method])
        app.add_url_rule(f"/rest/api/{spoken}/serverInfo", f"info {spoken}", partial(_info, api))
    app.register_error_handler(HTTPException, _plain_error)
    return app


def behind_login(api: str, unknown: Unknown, handler: Handler) -> Callable[..., Response]:
    """The handler as a view: only for those who are known, refusals in Jira's words."""
    return partial(_answer, api, unknown, handler)


def _info(api: str) -> Response:
    mounted = asked()
    shapes = Shapes(mounted.tracker, mounted.url, api)
    return answer(lists.server_info(shapes.cloud, mounted.url, shapes.time(mounted.tracker.now())))


def _answer(api: str, unknown: Unknown, handler: Handler, **parts: Any) -> Response:
    mounted = asked()
    viewer, way = identify(mounted)
    if viewer is None:
        return unknown(way)
    request.environ["sandbox.user"] = viewer.name
    call = Call(mounted.tracker, viewer, api, mounted.url, request, mounted.webhooks)
    try:
        made = handler(call, **parts)
    except Refusal as refusal:
        made = answer(refusal.body, refusal.status)
    except NotFound:
        made = answer({"errorMessages": [HIDDEN[call.cloud]], "errors": {}}, 404)
    except Forbidden:
        said = "You do not have permission to edit issues in this project."
        made = answer({"errorMessages": [said], "errors": {}}, 403)
    except Invalid as error:
        refused = invalid(error, call.cloud)
        made = answer(refused.body, refused.status)
    made.headers["X-AREQUESTID"] = f"{id(call):x}"
    made.headers["X-AACCOUNTID" if call.cloud else "X-AUSERNAME"] = viewer.id if call.cloud else viewer.name
    return made


def identify(mounted: Mounted) -> tuple[User | None, str]:
    """The account behind the request, and the way it was told: "basic", "bearer" or "" for not at all."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.casefold() == "bearer":
        return mounted.tracker.user_by_token(given.strip()), "bearer"
    if scheme.casefold() != "basic":
        return None, ""
    try:
        name, _, token = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None, "basic"
    user = mounted.tracker.user_by_token(token)
    known = user is not None and name.casefold() in (user.mail, user.name)
    return (user if known else None), "basic"


def _plain_error(error: HTTPException) -> Response:
    if error.code == 405:
        return Response(b"", 405, {"Allow": "GET"})
    said = "null for uri: " + request.url if error.code == 404 else error.name
    return answer({"message": said, "status-code": error.code}, error.code or 500)
