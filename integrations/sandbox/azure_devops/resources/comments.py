"""Comments of work items: pages of them, one of them, written and rewritten as HTML or Markdown."""

from __future__ import annotations

import base64
import binascii
from typing import Literal

import nh3
from werkzeug.wrappers import Response

from integrations.sandbox.azure_devops.answers import (
    Json,
    answer,
    bad_request,
    mapping,
    project_guid,
    stamp,
    without_script,
    work_item_error,
)
from integrations.sandbox.azure_devops.items import Shapes
from integrations.sandbox.azure_devops.resources.work_items import item_of
from integrations.sandbox.azure_devops.wire import Call, Routes
from integrations.sandbox.records import Comment, Forbidden, Item

PAGE = 200
_FORMAT_SINCE = (7.1, 4)


def _comment(call: Call, shapes: Shapes, item: Item, comment: Comment, expand: str) -> Json:
    project = project_guid(shapes.projects[item.project])
    body: Json = {
        "mentions": [],
        "workItemId": item.id,
        "id": comment.id,
        "version": comment.version,
        "text": comment.body,
        "createdBy": shapes.person(comment.author),
        "createdDate": stamp(comment.created),
        "modifiedBy": shapes.person(comment.update_author),
        "modifiedDate": stamp(comment.updated),
        "format": comment.format,
        "url": f"{call.base}/{project}/_apis/wit/workItems/{item.id}/comments/{comment.id}",
    }
    if expand in ("renderedtext", "renderedtextonly", "all"):
        body["renderedText"] = comment.body if comment.format == "html" else nh3.clean_text(str(comment.body))
        if expand == "renderedtextonly":
            del body["text"]
    return body


def _expand(call: Call) -> str:
    expand = call.query.get("$expand", "none").casefold()
    if expand not in ("none", "reactions", "renderedtext", "renderedtextonly", "all"):
        raise bad_request(f"The value '{expand}' is not a value of the parameter $expand.")
    return expand


def _list(call: Call) -> Response:
    call.home()
    item, expand, shapes = item_of(call, call.rest[0]), _expand(call), call.shapes()
    wanted = call.query.get("ids")
    comments = call.tracker.comments(item.id, call.user)
    if wanted is not None:
        ids = wanted.split(",")
        return _page(
            call, [_comment(call, shapes, item, c, expand) for c in comments if str(c.id) in ids], len(comments)
        )
    descending = call.query.get("order", "desc").casefold() != "asc"
    if descending:
        comments.reverse()
    after = _after(call.query.get("continuationtoken"))
    rest = comments if after is None else [c for c in comments if (c.id < after if descending else c.id > after)]
    top = call.number("$top", PAGE, PAGE)
    shown = rest[:top]
    token = _token(shown[-1].id) if shown and len(rest) > len(shown) else None
    return _page(call, [_comment(call, shapes, item, c, expand) for c in shown], len(comments), token)


def _page(call: Call, comments: list[Json], total: int, token: str | None = None) -> Response:
    url = f"{call.base}/{project_guid(call.home())}/_apis/wit/workItems/{call.rest[0]}/comments"
    body: Json = {"totalCount": total, "count": len(comments), "comments": comments}
    if token is not None:
        body["nextPage"] = f"{url}?continuationToken={token}&api-version={call.version}"
        body["continuationToken"] = token
    return answer(body | {"url": url})


def _token(comment_id: int) -> str:
    return base64.urlsafe_b64encode(f"after:{comment_id}".encode()).decode().rstrip("=")


def _after(token: str | None) -> int | None:
    if not token:
        return None
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        return int(text.removeprefix("after:")[:12])
    except (binascii.Error, ValueError) as error:
        raise bad_request("The continuation token is not valid.") from error


def _known(call: Call) -> tuple[Item, Comment]:
    call.home()
    item, which = item_of(call, call.rest[0]), call.rest[1]
    for comment in call.tracker.comments(item.id, call.user):
        if str(comment.id) == which:
            return item, comment
    message = f"VS403690: The comment {which[:20]} of work item {item.id} does not exist."
    raise work_item_error(404, message, "WorkItemCommentNotFoundException")


def _one(call: Call) -> Response:
    item, comment = _known(call)
    return answer(_comment(call, call.shapes(), item, comment, _expand(call)))


def _asked_format(call: Call) -> Literal["html", "markdown"] | None:
    """The format in the query, by name or number; older versions of the resource do not know it."""
    version = call.version
    if call.server:
        return None
    knows = version.number > _FORMAT_SINCE[0] or (version.preview or _FORMAT_SINCE[1]) >= _FORMAT_SINCE[1]
    asked = call.query.get("format", "").casefold()
    if not asked or not knows or version.number < _FORMAT_SINCE[0]:
        return None
    if asked in ("markdown", "0"):
        return "markdown"
    if asked in ("html", "1"):
        return "html"
    raise bad_request(f"The value '{asked}' is not a value of the parameter format.")


def _text(call: Call, form: str) -> str:
    text = mapping(call.json()).get("text")
    if not isinstance(text, str) or not text.strip():
        raise bad_request("Value cannot be null or empty.\r\nParameter name: text")
    if len(text) > 1_000_000:
        raise bad_request("VS403688: The text of the comment is too long.")
    return without_script(text) if form == "html" else text


def _add(call: Call) -> Response:
    call.home()
    item, form = item_of(call, call.rest[0]), _asked_format(call) or "html"
    comment = call.tracker.add_comment(call.user, item.id, _text(call, form), format=form)
    return answer(_comment(call, call.shapes(), item, comment, "none"))


def _edit(call: Call) -> Response:
    item, comment = _known(call)
    form = _asked_format(call) or comment.format
    text = _text(call, form)
    try:
        comment = call.tracker.edit_comment(call.user, comment.id, text, format=form)
    except Forbidden as error:
        raise _not_yours() from error
    return answer(_comment(call, call.shapes(), item, comment, "none"))


def _delete(call: Call) -> Response:
    item, comment = _known(call)
    try:
        call.tracker.delete_comment(call.user, comment.id)
    except Forbidden as error:
        raise _not_yours() from error
    return answer({**_comment(call, call.shapes(), item, comment, "none"), "isDeleted": True})


def _not_yours() -> Exception:
    message = "VS403689: You do not have permissions to change a comment of somebody else."
    return work_item_error(403, message, "WorkItemCommentUnauthorizedException")


ROUTES: Routes = {
    ("GET", "wit/workitems/*/comments"): _list,
    ("POST", "wit/workitems/*/comments"): _add,
    ("GET", "wit/workitems/*/comments/*"): _one,
    ("PATCH", "wit/workitems/*/comments/*"): _edit,
    ("DELETE", "wit/workitems/*/comments/*"): _delete,
}
