"""Comments and their properties."""

from __future__ import annotations

from typing import Any

from flask import Response

from integrations.sandbox.jira.calls import Call, Refusal, Route, answer, nothing, page
from integrations.sandbox.jira.resources.properties import property_value
from integrations.sandbox.records import Comment, Forbidden, Item, NotFound


def list_comments(call: Call, key: str) -> Response:
    found = call.tracker.comments(call.item(key).id, call.viewer)
    if call.argument("orderBy").startswith("-"):
        found.reverse()
    expand = call.names("expand")
    own, rendered = "properties" in expand, "renderedBody" in expand
    shown = page(call, found, "comments", size=100 if call.cloud else 1_048_576, cap=5000 if call.cloud else 1_048_576)
    shown["comments"] = [call.shapes.comment(c, properties=own, rendered=rendered) for c in shown["comments"]]
    return answer(shown)


def get_comment(call: Call, key: str, comment_id: int) -> Response:
    comment = _comment(call, key, comment_id)
    expand = call.names("expand")
    own, rendered = "properties" in expand, "renderedBody" in expand
    return answer(call.shapes.comment(comment, properties=own, rendered=rendered))


def add_comment(call: Call, key: str) -> Response:
    item = call.item(key)
    said = _said(call, key)
    try:
        comment = call.tracker.add_comment(call.viewer, item.id, said.pop("body"), parent=_parent(call, item), **said)
    except Forbidden:
        whose = f"{call.viewer.display_name}, you" if not call.cloud else "You"
        raise Refusal(403, f"{whose} do not have the permission to comment on this issue.") from None
    return answer(call.shapes.comment(comment, properties="properties" in call.names("expand")), 201)


def edit_comment(call: Call, key: str, comment_id: int) -> Response:
    comment = _comment(call, key, comment_id)
    # Only Cloud can be asked for silence here.
    quiet = call.cloud and call.argument("notifyUsers", "true").casefold() == "false"
    said = _said(call, key)
    body = said.pop("body")
    if "sd.public.comment" not in call.properties:
        said.pop("internal")
    try:
        edited = call.tracker.edit_comment(call.viewer, comment.id, body, notify=not quiet, **said)
    except Forbidden:
        raise Refusal(
            403 if not call.cloud else 400, f"You do not have permission to edit comment with id: {comment.id}."
        ) from None
    return answer(call.shapes.comment(edited, properties="properties" in call.names("expand")))


def delete_comment(call: Call, key: str, comment_id: int) -> Response:
    comment = _comment(call, key, comment_id)
    try:
        call.tracker.delete_comment(call.viewer, comment.id)
    except Forbidden:
        said = f"You do not have permission to delete comment with id: {comment.id}."
        raise Refusal(403 if not call.cloud else 400, said) from None
    return nothing()


def _said(call: Call, key: str) -> dict[str, Any]:
    """What a comment's JSON says, as arguments of Tracker.add_comment."""
    body = call.body.get("body")
    if body is None or (isinstance(body, str) and not body.strip()):
        raise Refusal(400, errors={"comment": "Comment body can not be empty!"})
    internal = call.properties.get("sd.public.comment", {})
    return {
        "body": call.text(body, "comment"),
        "visibility": _visibility(call, key),
        "internal": isinstance(internal, dict) and internal.get("internal") in (True, "true"),
        "properties": call.properties,
    }


def _parent(call: Call, item: Item) -> int | None:
    """The comment that this one answers; only Cloud has threads."""
    wanted = call.body.get("parentId") if call.cloud else None
    if wanted is None:
        return None
    known = {comment.id for comment in call.tracker.comments(item.id, call.viewer)}
    if not isinstance(wanted, int | str) or str(wanted) not in map(str, known):
        raise Refusal(400, errors={"parentId": "The parent comment does not exist."})
    return int(wanted)


def _visibility(call: Call, key: str) -> dict[str, str] | None:
    given = call.body.get("visibility")
    if not given:
        return None
    kind, name = given.get("type"), given.get("value", given.get("identifier"))
    if kind not in ("role", "group") or not isinstance(name, str):
        raise Refusal(400, errors={"comment": "Comment visibility is not valid."})
    groups = [group for group, members in call.tracker.groups().items() if call.viewer in members]
    role = call.tracker.roles(call.item(key).project).get(call.viewer.name)
    known = set(call.tracker.groups()) if kind == "group" else {"Administrators", "Developers", "Reporters"}
    if name not in known:
        said = f"{'Group' if kind == 'group' else 'Role'}: {name} does not exist."
        raise Refusal(400, errors={"commentLevel": said})
    if name not in (groups if kind == "group" else [role]):
        word = "group" if kind == "group" else "project role"
        raise Refusal(400, errors={"commentLevel": f"You are currently not a member of the {word}: {name}."})
    return {"type": kind, "value": name}


def _comment(call: Call, key: str, comment_id: int) -> Comment:
    item = call.item(key)
    try:
        comment = call.tracker.comment(comment_id, call.viewer)
    except NotFound:
        raise Refusal(404, f"Can not find a comment for the id: {comment_id}.") from None
    if comment.item != item.id:
        raise Refusal(404, f"Can not find a comment for the id: {comment_id}.")
    return comment


# properties


def _any_comment(call: Call, comment_id: int) -> Comment:
    try:
        return call.tracker.comment(comment_id, call.viewer)
    except NotFound:
        raise Refusal(404, f"Can not find a comment for the id: {comment_id}.") from None


def property_keys(call: Call, comment_id: int) -> Response:
    comment = _any_comment(call, comment_id)
    where = call.shapes.link(f"comment/{comment.id}/properties/")
    return answer({"keys": [{"self": f"{where}{name}", "key": name} for name in comment.properties]})


def get_property(call: Call, comment_id: int, name: str) -> Response:
    comment = _any_comment(call, comment_id)
    if name not in comment.properties:
        raise Refusal(404, f"The property with key '{name}' does not exist.")
    return answer({"key": name, "value": comment.properties[name]})


def put_property(call: Call, comment_id: int, name: str) -> Response:
    comment, value = _any_comment(call, comment_id), property_value(call)
    _change(call, comment, name, value)
    return answer({}, 200 if name in comment.properties else 201)


def delete_property(call: Call, comment_id: int, name: str) -> Response:
    comment = _any_comment(call, comment_id)
    if name not in comment.properties:
        raise Refusal(404, f"The property with key '{name}' does not exist.")
    _change(call, comment, name, None)
    return nothing()


def _change(call: Call, comment: Comment, name: str, value: Any) -> None:
    try:
        call.tracker.set_comment_property(call.viewer, comment.id, name, value)
    except Forbidden:
        said = f"You do not have permission to edit comment with id: {comment.id}."
        raise Refusal(403, said) from None


ROUTES: tuple[Route, ...] = (
    ("GET", "issue/<key>/comment", list_comments),
    ("POST", "issue/<key>/comment", add_comment),
    ("GET", "issue/<key>/comment/<int:comment_id>", get_comment),
    ("PUT", "issue/<key>/comment/<int:comment_id>", edit_comment),
    ("DELETE", "issue/<key>/comment/<int:comment_id>", delete_comment),
    ("GET", "comment/<int:comment_id>/properties", property_keys),
    ("GET", "comment/<int:comment_id>/properties/<name>", get_property),
    ("PUT", "comment/<int:comment_id>/properties/<name>", put_property),
    ("DELETE", "comment/<int:comment_id>/properties/<name>", delete_property),
)
