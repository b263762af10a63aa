"""Entity properties of issues."""

from __future__ import annotations

import json
from typing import Any

from flask import Response

from integrations.sandbox.jira.calls import Call, Refusal, Route, answer, nothing

_PROPERTY_LIMIT = 32_768


def property_keys(call: Call, key: str) -> Response:
    item = call.item(key)
    names = call.tracker.properties(item.id)
    return answer({"keys": [{"self": call.shapes.link(f"issue/{item.id}/properties/{n}"), "key": n} for n in names]})


def get_property(call: Call, key: str, name: str) -> Response:
    known = call.tracker.properties(call.item(key).id)
    if name not in known:
        raise Refusal(404, f"The property with key '{name}' does not exist.")
    return answer({"key": name, "value": known[name]})


def property_value(call: Call) -> Any:
    """The JSON value that a PUT of a property sends."""
    sent = call.request.get_data()
    if len(sent) > _PROPERTY_LIMIT:
        raise Refusal(400, "The property value exceeds the maximum length of 32768 characters.")
    try:
        return json.loads(sent)
    except (ValueError, RecursionError):
        raise Refusal(400, "The property value is not a valid JSON.") from None


def put_property(call: Call, key: str, name: str) -> Response:
    item, value = call.item(key), property_value(call)
    new = name not in call.tracker.properties(item.id)
    call.tracker.set_property(call.viewer, item.id, name, value)
    return answer({}, 201 if new else 200)


def delete_property(call: Call, key: str, name: str) -> Response:
    item = call.item(key)
    if name not in call.tracker.properties(item.id):
        raise Refusal(404, f"The property with key '{name}' does not exist.")
    call.tracker.set_property(call.viewer, item.id, name, None)
    return nothing()


ROUTES: tuple[Route, ...] = (
    ("GET", "issue/<key>/properties", property_keys),
    ("GET", "issue/<key>/properties/<name>", get_property),
    ("PUT", "issue/<key>/properties/<name>", put_property),
    ("DELETE", "issue/<key>/properties/<name>", delete_property),
)
