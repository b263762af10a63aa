"""The web application: webhooks in, health out. A GET never changes anything."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from flask import Flask, Response, jsonify, request

from bot.telemetry import watched
from bot.web.intake import Answer, Intake

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def create_app(intakes: Mapping[str, Intake], ready: Callable[[], Mapping[str, bool]]) -> Flask:
    """The application.

    `intakes` holds one entry a connection, by its name; `ready` says part by part whether the bot can work.
    """
    app = Flask("steward", static_folder=None)

    @app.after_request
    def harden(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response

    # Azure DevOps takes a 404 for a lasting failure, so the address holds with a slash at its end too.
    @app.post("/webhooks/jira/<connection>", strict_slashes=False)
    def jira(connection: str) -> tuple[Response, int]:
        return _reply(_take(intakes, "jira", connection))

    @app.post("/webhooks/azure-devops/<connection>", strict_slashes=False)
    def azure_devops(connection: str) -> tuple[Response, int]:
        return _reply(_take(intakes, "azure-devops", connection))

    @app.get("/healthz")
    def healthz() -> tuple[Response, int]:
        return jsonify(status="ok"), 200

    @app.get("/readyz")
    def readyz() -> tuple[Response, int]:
        parts = dict(ready())
        return jsonify(parts), 200 if all(parts.values()) else 503

    @app.get("/")
    def root() -> tuple[Response, int]:
        return jsonify(name="backlog-steward", health="/healthz", ready="/readyz"), 200

    return app


def _take(intakes: Mapping[str, Intake], vendor: str, connection: str) -> Answer:
    intake = intakes.get(connection)
    if intake is None or intake.vendor != vendor:
        watched.answered("", "no_such_connection", 0.0)
        return Answer(404, "there is no such connection")
    headers = {name.lower(): value for name, value in request.headers.items()}
    started = time.perf_counter()
    answer = intake.take(headers, request.stream, request.content_length)
    watched.answered(connection, answer.outcome, time.perf_counter() - started)
    return answer


def _reply(answer: Answer) -> tuple[Response, int]:
    response = jsonify(message=answer.message)
    if answer.retry_after:
        response.headers["Retry-After"] = str(answer.retry_after)
    return response, answer.status
