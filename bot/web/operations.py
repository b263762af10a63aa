"""Where those who run the bot look: health, metrics and the status page. Private; nothing can be changed here."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, jsonify, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException

from bot.telemetry.metrics import Exposition
from bot.telemetry.status.ages import ago, in_words
from bot.telemetry.status.values import Status
from bot.web.app import HEADERS

log = structlog.get_logger(__name__)

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
REFRESH_SECONDS = 30
QUEUES = {"items": "single items", "rounds": "backfills and nightly runs", "ticks": "polls and sweeps"}
STATES = ("waiting", "running", "delayed")
BARS_HIGH = 96


def create_operations_app(
    ready: Callable[[], Mapping[str, bool]],
    metrics: Exposition,
    status: Callable[[], Status],
    *,
    host: str,
    names: Collection[str] = (),
) -> Flask:
    """The application. `ready` says part by part whether the bot can work; `host` is the address it listens on.

    Only requests to a number or to localhost are answered (on a loopback address only to such), and to `names`: a page
    that somebody has open elsewhere could otherwise point a name of its own at this machine, and read along.
    """
    app = Flask(__name__, static_url_path="/static")
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(clock=_clock, iso=datetime.isoformat, span=in_words, queue=_queue)
    _harden(app, host, frozenset(name.lower() for name in names))
    _tell_machines(app, ready, metrics)
    _tell_people(app, status)
    return app


def _tell_machines(app: Flask, ready: Callable[[], Mapping[str, bool]], metrics: Exposition) -> None:
    @app.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @app.get("/readyz")
    def readyz() -> tuple[Response, int]:
        parts = dict(ready())
        return jsonify(parts), 200 if all(parts.values()) else 503

    @app.get("/metrics")
    def numbers() -> Response:
        body, content_type = metrics(request.headers.get("Accept", ""))
        return Response(body, content_type=content_type)


def _tell_people(app: Flask, status: Callable[[], Status]) -> None:
    @app.get("/")
    def root() -> Any:
        return redirect(url_for("status_page"), 302)

    @app.get("/status")
    def status_page() -> Any:
        now = status()
        if request.args.get("format") == "json":
            return jsonify(headline=now.headline, **_plain(now))
        return render_template(
            "status.html",
            status=now,
            ago=lambda moment: ago(moment, now.at),
            queues=_queues(now),
            bars=_bars(now.hourly),
            refresh=REFRESH_SECONDS,
        )


def _harden(app: Flask, host: str, names: Collection[str]) -> None:
    known = _is_loopback if _is_loopback(host) else _is_no_name

    @app.before_request
    def refuse_strangers() -> tuple[str, int] | None:
        name = _name(request.host)
        if not known(name) and name.removesuffix(".") not in names:
            return "This address answers to localhost and to numbers, and to the names under [operations] names.", 403
        return None

    @app.after_request
    def harden(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers[name] = value
        response.headers["Content-Security-Policy"] = PAGE_POLICY
        return response

    @app.errorhandler(Exception)
    def explain(error: Exception) -> Any:
        if isinstance(error, HTTPException):
            return error
        log.error("page failed", page=str(request.url_rule), error=type(error).__name__)
        return "This could not be answered. The log says more.", 500


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _is_no_name(host: str) -> bool:
    """Whether an address is meant, as probes and Prometheus do, or this machine: no page elsewhere can rebind that."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return _is_loopback(host)
    return True


def _name(host: str) -> str:
    """The name in a Host header, without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _queue(name: str) -> str:
    return QUEUES.get(name, name)


def _queues(status: Status) -> list[dict[str, Any]]:
    """One row a queue; each of our own is named, also when it is empty."""
    jobs = status.store.jobs if status.store else {}
    rows = []
    for queue in dict.fromkeys([*QUEUES, *(queue for queue, _ in jobs)]):
        counts = {state: jobs.get((queue, state)) for state in STATES}
        numbers = {state: count.number if count else 0 for state, count in counts.items()}
        waiting = counts["waiting"]
        rows.append({"name": queue, **numbers, "oldest": waiting.oldest if waiting else None})
    return rows


def _bars(hourly: tuple[tuple[datetime, int], ...]) -> list[dict[str, Any]]:
    """Bars of a figure whose highest is BARS_HIGH; what is not nothing can be seen."""
    most = max((number for _, number in hourly), default=0)
    return [
        {"hour": hour, "number": number, "height": max(2, round(number / most * BARS_HIGH)) if number else 0}
        for hour, number in hourly
    ]


def _plain(value: Any) -> Any:
    """Values as JSON has them; what is kept by queue and state becomes a list."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        if value and isinstance(next(iter(value)), tuple):
            return [{"queue": queue, "state": state, **_plain(each)} for (queue, state), each in value.items()]
        return {name: _plain(entry) for name, entry in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(entry) for entry in value]
    return value.isoformat() if isinstance(value, datetime) else value
