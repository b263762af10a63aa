"""What a payload of Jira says, part by part. Whatever stands where something else should be says nothing."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn
from urllib.parse import urlsplit

from integrations.tracker import Malformed
from rules.model import Person

_ID = re.compile(r"[0-9]{1,18}")
_KEY = re.compile(r"([A-Z][A-Z0-9_]{0,254})-[0-9]{1,18}")
_COMMENT_PATH = re.compile(r"/issue/([0-9]{1,18})/comment/([0-9]{1,18})/?")
_LAST_MILLISECOND = 253_402_300_799_999  # the year 9999


def load(body: bytes) -> dict[str, Any]:
    """The payload. Raises Malformed for anything but a JSON object."""
    try:
        payload = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        # The parser's own message quotes the body, which is not ours to repeat.
        raise Malformed("the delivery is not JSON") from None
    if not isinstance(payload, dict):
        raise Malformed("the delivery is not a JSON object")
    return payload


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def item_and_comment(payload: Mapping[str, Any]) -> tuple[str, str | None]:
    """The issue's id or key, empty where it is not told, and the comment's id."""
    issue, comment = member(payload, "issue"), member(payload, "comment")
    item = identifier(issue.get("id")) or key(issue.get("key"))
    comment_id = identifier(comment.get("id"))
    if not item:
        # Data Center's comment_created holds no issue; its id is in the comment's own address.
        match = _COMMENT_PATH.search(_path(comment.get("self")))
        item = match[1] if match else ""
        comment_id = comment_id or (match[2] if match else "")
    return item, comment_id or None


def issue_of_a_rule(payload: Mapping[str, Any]) -> str:
    """The issue that a rule of Jira Automation names, in each form of body that it offers.

    "Issue data" is the issue itself, rules of old service projects put it under `issue`, and custom data is what the
    rule's author wrote: {"issue": "{{issue.key}}"}.
    """
    issue = payload.get("issue", payload)
    if isinstance(issue, dict):
        return identifier(issue.get("id")) or key(issue.get("key"))
    return key(issue) or identifier(issue)


def is_edited(comment: Mapping[str, Any]) -> bool:
    """Whether a comment has been changed since it was written."""
    return bool(comment.get("updated") != comment.get("created"))


def _path(address: object) -> str:
    try:
        return urlsplit(address).path[-200:] if isinstance(address, str) else ""
    except ValueError:
        return ""


def derived_identity(payload: Mapping[str, Any], item: str, comment: str | None, body: bytes) -> str:
    """What stays the same in a repeated delivery that carries no identity of its own."""
    stamp, name = payload.get("timestamp"), payload["webhookEvent"]
    timestamp = stamp if isinstance(stamp, int | str) else None
    changelog = identifier(member(payload, "changelog").get("id"))
    parts: list[object] = [timestamp, name, comment or [item, changelog]]
    if timestamp is None or not item:
        parts.append(hashlib.sha256(body).hexdigest())
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def project(payload: Mapping[str, Any]) -> str | None:
    """The key of the issue's project; None where it is not told."""
    issue = member(payload, "issue") or payload
    named = member(member(issue, "fields"), "project").get("key")
    if isinstance(named, str) and _KEY.fullmatch(f"{named}-1"):
        return named
    match = _KEY.fullmatch(key(issue.get("key")))
    return match[1] if match else None


def actor(payload: Mapping[str, Any]) -> Person | None:
    """Who did it."""
    comment = member(payload, "comment")
    author = member(comment, "updateAuthor" if is_edited(comment) else "author") or member(comment, "author")
    raw = member(payload, "user") or author
    for name in ("accountId", "key", "name"):
        identity = raw.get(name)
        if isinstance(identity, str) and identity:
            return Person(scrubbed(identity), scrubbed(raw.get("displayName")), raw.get("accountType") == "app")
    return None


def occurred(payload: Mapping[str, Any]) -> datetime | None:
    """When it happened."""
    timestamp = payload.get("timestamp")
    if isinstance(timestamp, bool) or not isinstance(timestamp, int) or not 0 <= timestamp <= _LAST_MILLISECOND:
        return None
    return datetime.fromtimestamp(timestamp / 1000, UTC)


def member(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object of that name, empty where there is none."""
    value = payload.get(name)
    return value if isinstance(value, dict) else {}


def identifier(value: object) -> str:
    """An id as text, or "" where it is none. Ids end in addresses, so nothing but digits is one."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**18 else value
    return text if isinstance(text, str) and _ID.fullmatch(text) else ""


def key(value: object) -> str:
    """An issue's key, or "" where it is none."""
    return value if isinstance(value, str) and _KEY.fullmatch(value) else ""


def scrubbed(value: object) -> str:
    """Text that can be stored: bounded, and without lone surrogates."""
    return value[:200].encode("utf-8", "replace").decode() if isinstance(value, str) else ""
