"""The native value of one field, as plans and receipts hold it: {"name", "value", "format"}, the name the product's.

`format` matters to long texts. A state brings its "reason" along, and "along" with it the values (by name) of other
fields that its rules want; a person is {"id", "uniqueName", "displayName"}.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.azure_devops import parts

Raw = Mapping[str, Any]
Value = dict[str, Any]


def value_of(raw: Raw, name: str) -> Value:
    """The value of a field now."""
    fields = parts.fields_of(raw)
    found: Value = {"name": name, "value": _kept(fields.get(name)), "format": parts.format_of(raw, name)}
    if name == parts.STATE:
        found["reason"] = parts.text(fields, parts.REASON)
    return found


def is_value(raw: Raw, wanted: Mapping[str, Any]) -> bool:
    """Whether a field has this value; an empty text and none are the same, and a person is told by the id."""
    live, value = parts.fields_of(raw).get(wanted["name"]), wanted["value"]
    if isinstance(live, dict) and isinstance(value, dict) and live.get("id") and value.get("id"):
        return str(live["id"]).lower() == str(value["id"]).lower()
    return bool(_kept(live) == _kept(value))


def shown(value: Mapping[str, Any]) -> str | None:
    """A value as people read it."""
    return parts.plain(value["value"]) or None


def operations(after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The operations that give a field its value."""
    name, value = after["name"], after["value"]
    if value is None:
        return [{"op": "remove", "path": f"/fields/{name}"}]
    if isinstance(value, dict):
        value = value["uniqueName"]
    found = [{"op": "add", "path": f"/fields/{name}", "value": value}]
    if after["format"] == "markdown":  # said again, so that a server that goes by the last edit keeps it
        found.append({"op": "add", "path": f"/multilineFieldsFormat/{name}", "value": "Markdown"})
    if after.get("reason"):
        found.append({"op": "add", "path": f"/fields/{parts.REASON}", "value": after["reason"]})
    return [*found, *along_operations(after.get("along") or {})]


def along_operations(along: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The operations that give the fields beside a state (by name) their values."""
    found: list[dict[str, Any]] = []
    for name, told in along.items():
        path = f"/fields/{name}"
        value = told["uniqueName"] if isinstance(told, dict) else told
        found.append({"op": "remove", "path": path} if told is None else {"op": "add", "path": path, "value": value})
    return found


def with_along(raw: Raw, before: Value, after: Value, told: Mapping[str, str]) -> tuple[Value, Value]:
    """Both values of a state, with those of the fields (by name) that are set with it."""
    if not told:
        return before, after
    held = {name: _kept(parts.fields_of(raw).get(name)) for name in told}
    return {**before, "along": held}, {**after, "along": dict(told)}


def untouched_along(raw: Raw, old: Value, written: Mapping[str, Any]) -> Value:
    """A value of a state, with those of the fields beside it in which nobody has put anything else than was `written`.

    Asked again with each look at the item: a person may edit those while the state stays.
    """
    sent = written.get("along") or {}
    live = parts.fields_of(raw)
    held = {
        name: value
        for name, value in (old.get("along") or {}).items()
        if parts.plain(live.get(name)) == parts.plain(sent.get(name))
    }
    return {**old, "along": held} if old.get("along") else old


def not_yet_back(raw: Raw, old: Value, written: Mapping[str, Any]) -> dict[str, Any]:
    """The values from before of the fields beside a state that still hold what was `written`."""
    live, held = parts.fields_of(raw), untouched_along(raw, old, written).get("along") or {}
    return {name: value for name, value in held.items() if parts.plain(live.get(name)) != parts.plain(value)}


def edited_along(raw: Raw, old: Value, written: Mapping[str, Any]) -> list[str]:
    """The fields beside a state (by name) in which somebody has put something else than was there or `written`."""
    live, sent = parts.fields_of(raw), written.get("along") or {}
    return [
        name
        for name, value in (old.get("along") or {}).items()
        if parts.plain(live.get(name)) not in (parts.plain(sent.get(name)), parts.plain(value))
    ]


def _kept(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: value.get(name) for name in ("id", "uniqueName", "displayName")}
    return None if value == "" else value
