"""One REST call: who makes it, of what, and how Jira says no."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import Request, Response

from integrations.sandbox.jira.shapes import Shapes
from integrations.sandbox.markup import adf_problem, adf_to_wiki, wiki_to_adf
from integrations.sandbox.records import Invalid, Item, NotFound, Project, User
from integrations.sandbox.state import Tracker
from integrations.sandbox.webhooks import Webhooks

TEXT_LIMIT = 32_767
"""Characters of one text field or comment."""

HIDDEN = {
    True: "Issue does not exist or you do not have permission to see it.",
    False: "Issue Does Not Exist",
}


class Refusal(Exception):
    """An answer other than what was asked for."""

    def __init__(self, status: int, *messages: str, errors: Mapping[str, str] | None = None) -> None:
        super().__init__(status, *messages)
        self.status = status
        self.messages = list(messages)
        self.errors = dict(errors or {})

    @property
    def body(self) -> dict[str, Any]:
        return {"errorMessages": self.messages, "errors": self.errors}


@dataclass(frozen=True)
class Call:
    """What a handler works with. `api` is "2" or "3"."""

    tracker: Tracker
    viewer: User
    api: str
    base: str
    request: Request
    webhooks: Webhooks

    @property
    def cloud(self) -> bool:
        return self.tracker.flavour == "jira-cloud"

    @cached_property
    def shapes(self) -> Shapes:
        return Shapes(self.tracker, self.base, self.api, self.viewer)

    @cached_property
    def body(self) -> dict[str, Any]:
        """The JSON object that was sent."""
        if self.request.mimetype != "application/json":
            raise Refusal(415)
        try:
            read = json.loads(self.request.get_data())
        except (ValueError, RecursionError):
            read = None
        if not isinstance(read, dict):
            raise Refusal(400, "There was an error parsing JSON. Check that your request body is valid.")
        return read

    def argument(self, name: str, default: str = "") -> str:
        return self.request.args.get(name, default)

    def names(self, name: str) -> list[str]:
        """A list in the query, with commas or repeated."""
        return [part.strip() for value in self.request.args.getlist(name) for part in value.split(",") if part.strip()]

    def number(self, name: str, default: int, cap: int = 1000) -> int:
        """A whole number from 0 to `cap` in the query."""
        text = self.argument(name, str(default))
        if not text.removeprefix("-").isdecimal() or len(text) > 9:
            raise Refusal(400, f"Failed to convert value '{text[:20]}' of parameter '{name}'.")
        return max(0, min(cap, int(text)))

    @cached_property
    def properties(self) -> dict[str, Any]:
        """The entity properties in the body: key -> JSON value."""
        sent = self.body.get("properties") or []
        if not isinstance(sent, list) or not all(isinstance(e, dict) and "key" in e and "value" in e for e in sent):
            raise Refusal(400, "Can not deserialize the properties of the request body.")
        return {str(entry["key"]): entry["value"] for entry in sent}

    def item(self, key: str) -> Item:
        """The issue of this key or id, if the caller may browse it."""
        try:
            return self.tracker.item(key, self.viewer)
        except NotFound:
            raise Refusal(404, HIDDEN[self.cloud]) from None

    def project(self, key: str) -> Project:
        try:
            return self.tracker.project(key, self.viewer)
        except NotFound:
            raise Refusal(404, f"No project could be found with key '{key}'.") from None

    def text(self, value: Any, field: str) -> Any:
        """A rich text as the tracker keeps it, checked the way this REST version is."""
        if value is None:
            return None
        if self.cloud and self.api == "3":
            checked = self._document(value, field)
        elif not isinstance(value, str):
            raise Refusal(400, errors={field: "Operation value must be a string"})
        else:
            checked = wiki_to_adf(value) if self.cloud else value
        if len(adf_to_wiki(checked)) > TEXT_LIMIT:
            said = "The entered text is too long. It exceeds the allowed limit of 32,767 characters."
            raise Refusal(400, *(["CONTENT_LIMIT_EXCEEDED"] if self.cloud else []), errors={field: said})
        return checked

    def _document(self, value: Any, field: str) -> Any:
        if not isinstance(value, dict):
            said = "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
            raise Refusal(400, errors={field: said})
        if adf_problem(value) is not None:
            raise Refusal(400, "INVALID_INPUT", errors={field: "INVALID_INPUT"})
        return value

    def person(self, value: Any, field: str) -> str | None:
        """The login behind {"accountId": ...} or {"name": ...}."""
        if value is None:
            return None
        given = value if isinstance(value, dict) else {}
        wanted = given.get("accountId", given.get("id")) if self.cloud else given.get("name")
        if wanted is None and given:
            return None
        for user in self.tracker.users():
            if user.active and wanted in ((user.id,) if self.cloud else (user.name,)):
                return user.name
        said = "Account ID is not valid." if self.cloud else f"User '{wanted}' does not exist."
        raise Refusal(400, errors={field: said})


def answer(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body), status, content_type="application/json;charset=UTF-8")


def nothing(status: int = 204) -> Response:
    return Response(b"", status)


def page(call: Call, values: list[Any], key: str = "values", size: int = 50, cap: int = 1000) -> dict[str, Any]:
    """One page of a list by startAt and maxResults."""
    start, most = call.number("startAt", 0, 1_000_000), call.number("maxResults", size, cap)
    part = values[start : start + most]
    shown = {"maxResults": most, "startAt": start, "total": len(values), key: part}
    return {**shown, "isLast": start + most >= len(values)} if key == "values" else shown


def invalid(error: Invalid, cloud: bool) -> Refusal:
    """What Jira says about a value it does not take."""
    field = {"type": "issuetype"}.get(error.field, error.field)
    said = {
        "summary": "You must specify a summary of the issue.",
        "issuetype": "Specify a valid issue type" if cloud else "The issue type selected is invalid.",
        "priority": "Specify a valid priority" if cloud else "The priority selected is invalid.",
    }.get(field, str(error))
    return Refusal(400, errors={field: said}) if field else Refusal(400, said)


Handler = Callable[..., Response]
Route = tuple[str, str, Handler]
"""HTTP method, path behind /rest/api/<version>/, handler(call, **parts of the path)."""
