"""Links between issues."""

from __future__ import annotations

from typing import Any

from flask import Response

from integrations.sandbox.jira.calls import Call, Refusal, Route, answer, nothing
from integrations.sandbox.records import Forbidden, NotFound


def add_link(call: Call) -> Response:
    given = call.body.get("type") or {}
    try:
        name = call.tracker.term("link_type", given.get("id", given.get("name", ""))).name
    except NotFound:
        raise Refusal(404, f"No issue link type with name '{given.get('name')}' found.") from None
    inward, outward = (call.body.get(end) or {} for end in ("inwardIssue", "outwardIssue"))
    source = call.item(str(inward.get("key", inward.get("id", ""))))
    target = call.item(str(outward.get("key", outward.get("id", ""))))
    for end in (source, target):
        if not call.tracker.may(call.viewer, "edit", call.tracker.project(end.project)):
            raise Refusal(401, f"No Link Issue Permission for issue '{end.key}'")
    with call.tracker.transaction():
        call.tracker.add_link(call.viewer, name, source.id, target.id)
        comment = call.body.get("comment")
        if comment:
            call.tracker.add_comment(call.viewer, source.id, call.text(comment.get("body"), "comment"))
    return nothing(201)


def get_link(call: Call, link_id: int) -> Response:
    return answer(call.shapes.issue_link(_link(call, link_id)))


def delete_link(call: Call, link_id: int) -> Response:
    _link(call, link_id)
    try:
        call.tracker.remove_link(call.viewer, link_id)
    except Forbidden:
        raise Refusal(401, "You do not have permission to delete issue links in this project.") from None
    return nothing(200 if call.cloud else 204)


def _link(call: Call, link_id: int) -> Any:
    try:
        link = call.tracker.link(link_id)
        for end in (link.source, link.target):
            call.tracker.item(end, call.viewer)
    except NotFound:
        raise Refusal(404, f"No issue link with id '{link_id}' exists.") from None
    return link


ROUTES: tuple[Route, ...] = (
    ("POST", "issueLink", add_link),
    ("GET", "issueLink/<int:link_id>", get_link),
    ("DELETE", "issueLink/<int:link_id>", delete_link),
)
