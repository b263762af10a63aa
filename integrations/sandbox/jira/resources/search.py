"""Searching: Cloud by pages with a token, Data Center by startAt and total."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from flask import Response

from integrations.sandbox.jira.calls import Call, Refusal, Route, answer
from integrations.sandbox.jira.jql import JqlError, Query, read
from integrations.sandbox.jira.resources.issues import wanted_fields

_GONE = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration guideline "
    "is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)
_UNBOUNDED = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."


def _query(call: Call, jql: str) -> Query:
    try:
        return read(jql, call.tracker, call.viewer)
    except JqlError as error:
        raise Refusal(400, str(error)) from None


def _sent_number(sent: dict[str, Any], name: str, default: int, cap: int) -> int:
    value = sent.get(name, default)
    if not isinstance(value, int):
        raise Refusal(400, f"Can not deserialize value of '{name}'.")
    return max(0, min(cap, value))


def by_token(call: Call) -> Response:
    """Cloud's search/jql: only ids unless fields are asked for, no total."""
    sent = call.body if call.request.method == "POST" else {}
    jql = str(sent.get("jql") or call.argument("jql"))
    query = _query(call, jql)
    if not query.bounded:
        raise Refusal(400, _UNBOUNDED)
    fields = sent.get("fields") or call.names("fields")
    # Whole issues come a hundred at a time at most, ids and keys five thousand.
    cap = 100 if set(fields) - {"id", "key"} else 5000
    most = _sent_number(sent, "maxResults", 50, cap) if sent else call.number("maxResults", 50, cap)
    token = str(sent.get("nextPageToken") or call.argument("nextPageToken"))
    start = _offset(token, jql) if token else 0
    found = call.tracker.select(query.where, query.order, call.viewer, most + 1, start)
    if not fields:
        shown: list[dict[str, Any]] = [{"id": str(item.id)} for item in found[:most]]
    else:
        shown = [_shown(call, item, fields) for item in found[:most]]
    last = len(found) <= most
    following = {} if last else {"nextPageToken": _token(start + most, jql)}
    return answer({"issues": shown, **following, "isLast": last})


def _shown(call: Call, item: Any, fields: list[str]) -> dict[str, Any]:
    issue = call.shapes.issue(item, *wanted_fields(fields))
    expand = call.names("expand")
    if "changelog" in expand:
        entries = [call.shapes.history(entry) for entry in reversed(call.tracker.history(item.id))][:40]
        issue["changelog"] = {"startAt": 0, "maxResults": len(entries), "total": len(entries), "histories": entries}
    asked = call.names("properties")
    if asked:
        known = call.tracker.properties(item.id)
        issue["properties"] = {name: known[name] for name in asked if name in known}
    return issue


def _token(offset: int, jql: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([offset, jql]).encode()).decode()


def _offset(token: str, jql: str) -> int:
    try:
        offset, asked = json.loads(base64.urlsafe_b64decode(token))
        if asked == jql and isinstance(offset, int) and offset >= 0:
            return offset
    except (ValueError, binascii.Error, TypeError):
        pass
    raise Refusal(400, "The provided next page token is invalid or expired.")


def count(call: Call) -> Response:
    query = _query(call, str(call.body.get("jql", "")))
    return answer({"count": call.tracker.count(query.where, call.viewer)})


def removed(call: Call) -> Response:
    raise Refusal(410, _GONE)


def by_offset(call: Call) -> Response:
    """Data Center's search, GET or POST."""
    sent = call.body if call.request.method == "POST" else {}
    query = _query(call, str(sent.get("jql") or call.argument("jql")))
    start = _sent_number(sent, "startAt", 0, 10_000_000) if sent else call.number("startAt", 0, 10_000_000)
    most = _sent_number(sent, "maxResults", 50, 1000) if sent else call.number("maxResults", 50)
    fields = sent.get("fields") or call.names("fields") or ["*navigable"]
    found = call.tracker.select(query.where, query.order, call.viewer, most, start)
    total = call.tracker.count(query.where, call.viewer)
    shown = [_shown(call, item, fields) for item in found]
    return answer({"expand": "schema,names", "startAt": start, "maxResults": most, "total": total, "issues": shown})


CLOUD_ROUTES: tuple[Route, ...] = (
    ("GET", "search/jql", by_token),
    ("POST", "search/jql", by_token),
    ("POST", "search/approximate-count", count),
    ("GET", "search", removed),
    ("POST", "search", removed),
)
DATA_CENTER_ROUTES: tuple[Route, ...] = (("GET", "search", by_offset), ("POST", "search", by_offset))
