"""What a payload of Azure DevOps says, part by part. Whatever stands where something else should be says nothing."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from integrations.azure_devops.webhook.events import UPDATED
from integrations.tracker import Malformed
from rules.model import Person

_ITEM_IN_URL = re.compile(r"/workitems/([0-9]{1,10})(?![0-9])", re.IGNORECASE)
_ITEM_IN_MESSAGE = re.compile(r"[^#(\r\n]{1,100}#([0-9]{1,10}) \(")
_LONGEST_PART = 100


def load(body: bytes) -> Mapping[str, Any]:
    """The payload. Raises Malformed for anything but a JSON object."""
    try:
        # Real deliveries may begin with a byte order mark.
        payload = json.loads(body.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"not JSON ({type(error).__name__})") from None
    if not isinstance(payload, dict):
        raise Malformed("not a JSON object")
    return payload


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def identity(payload: Mapping[str, Any], body: bytes) -> str:
    """The delivery's own identity, the same across retries."""
    parts = [payload.get(name) for name in ("subscriptionId", "notificationId", "id")]
    if not isinstance(parts[2], str) or not parts[2]:
        return "sha256:" + hashlib.sha256(body).hexdigest()
    named = [str(part) if isinstance(part, str | int) else "" for part in parts]
    if max(map(len, named)) > _LONGEST_PART:
        return "sha256:" + hashlib.sha256(json.dumps(named).encode()).hexdigest()
    return ":".join(_clean(part) for part in named)


def item(name: str, payload: Mapping[str, Any]) -> str:
    """The number of the item. Raises Malformed where it is not told.

    An update's own `id` is the number of the update; the item is `workItemId`, which the product's test button sends as
    0, or the id of the revision. A subscription may send no resource at all; then the message begins with the item.
    """
    resource, revision = _resource(payload)
    places = [resource.get("workItemId"), revision.get("id")]
    if name != UPDATED:
        places.append(resource.get("id"))
    for place in places:
        if found := number(place):
            return found
    for url in (resource.get("url"), revision.get("url")):
        if isinstance(url, str) and (match := _ITEM_IN_URL.search(url[:2000])):
            return match[1]
    if not resource and (match := _ITEM_IN_MESSAGE.match(_message(payload))):
        return match[1]
    raise Malformed("the delivery names no work item")


def project(payload: Mapping[str, Any]) -> str | None:
    """The name of the item's project; None where it is not told (the containers hold ids only)."""
    return text(_fields(payload).get("System.TeamProject"))


def comment(payload: Mapping[str, Any]) -> str | None:
    """The comment's number; None where it is not told, as in resource version 1.0."""
    resource, _ = _resource(payload)
    return number(_object(resource.get("commentVersionRef")).get("commentId"))


def actor(payload: Mapping[str, Any]) -> Person | None:
    """Who did it. The old form "Name <mail>" has no stable id, so `id` is empty there."""
    resource, _ = _resource(payload)
    for value in (resource.get("revisedBy"), _fields(payload).get("System.ChangedBy")):
        if isinstance(value, dict):
            name = text(value.get("displayName")) or text(value.get("name")) or ""
            identity = text(value.get("id")) or ""
            if name or identity:
                return Person(identity, name.partition(" <")[0])
        elif named := text(value):
            return Person("", named.partition(" <")[0])
    return None


def _resource(payload: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    resource = _object(payload.get("resource"))
    return resource, _object(resource.get("revision"))


def _fields(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    resource, revision = _resource(payload)
    return _object(revision.get("fields")) or _object(resource.get("fields"))


def _message(payload: Mapping[str, Any]) -> str:
    for name in ("message", "detailedMessage"):
        if words := text(_object(payload.get(name)).get("text")):
            return words
    return ""


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def number(value: object) -> str | None:
    """A number as text, whether it came as one or as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 10:
        value = int(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**10 else None


def text(value: object) -> str | None:
    """Text that can be stored; None for what is none, or blank."""
    return _clean(value) if isinstance(value, str) and value.strip() else None


def _clean(words: str) -> str:
    """Bounded, and without lone surrogates, which JSON allows and no store or log can encode."""
    return words[:300].encode("utf-8", "replace").decode("utf-8")


def moment(value: object) -> datetime | None:
    """A time; None for what is none."""
    try:
        at = datetime.fromisoformat(value[:40]) if isinstance(value, str) else None
    except ValueError:
        return None
    return at if at is None or at.tzinfo else at.replace(tzinfo=UTC)
