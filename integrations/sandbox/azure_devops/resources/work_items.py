"""The work item resources: read one or many, create, patch, delete, history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from werkzeug.wrappers import Response

from integrations.sandbox import tables
from integrations.sandbox.azure_devops.answers import (
    Json,
    WireError,
    answer,
    bad_request,
    combined_name,
    mapping,
    not_found_item,
    stamp,
    truth,
    work_item_error,
)
from integrations.sandbox.azure_devops.patch_relations import Patch
from integrations.sandbox.azure_devops.patches import Reader, perform
from integrations.sandbox.azure_devops.processes import demand_filled, empty_error
from integrations.sandbox.azure_devops.resources.process import field_named, type_named
from integrations.sandbox.azure_devops.updates import Updates
from integrations.sandbox.azure_devops.wire import Call, Routes, listing
from integrations.sandbox.records import Item

MOST_IDS = 200
_EXPANDS = ("none", "relations", "fields", "links", "all")


def item_of(call: Call, which: str) -> Item:
    """The item of a route, as far as the caller may see it and the route's project holds it."""
    if not (which.isascii() and which.isdigit() and len(which) < 12):
        raise not_found_item(which)
    item = call.tracker.item(int(which), call.user)
    if call.project is not None and call.project.key != item.project:
        raise not_found_item(which)
    return item


def _wish(call: Call, fields: Sequence[str] | None, expand: str) -> tuple[str, list[str] | None]:
    expand = expand.casefold() or "none"
    if expand not in _EXPANDS:
        raise bad_request(f"The value '{expand}' is not a value of the parameter $expand.")
    if fields and expand not in ("none", "links"):
        raise bad_request("The expand parameter can not be used with the fields parameter.")
    return expand, [field_named(name.strip()).reference_name for name in fields] if fields else None


def _read(call: Call) -> Response:
    fields = [name for name in call.query.get("fields", "").split(",") if name]
    expand, only = _wish(call, fields, call.query.get("$expand", ""))
    shapes = call.shapes()
    item = item_of(call, call.rest[0])
    return answer(shapes.item(item, expand, only) | {"_links": shapes.links(item)})


def _many(call: Call, ids: Sequence[Any], fields: Sequence[str] | None, expand: str, policy: str) -> Response:
    if not ids or any(isinstance(i, bool) or not str(i).isascii() or not str(i).isdigit() for i in ids):
        raise bad_request("Value cannot be null.\r\nParameter name: ids")
    if len(ids) > MOST_IDS:
        raise bad_request(
            f"VS402337: You requested {len(ids)} work items, which exceeds the limit of {MOST_IDS} work items."
        )
    expand, only = _wish(call, fields, expand)
    shapes = call.shapes()
    wanted = dict.fromkeys(int(str(i)[:11]) for i in ids)
    there = {item.id: item for item in call.tracker.select(tables.items.c.id.in_(wanted), viewer=call.user)}
    if call.project is not None:
        there = {i: item for i, item in there.items() if item.project == call.project.key}
    if len(there) < len(wanted) and policy.casefold() != "omit":
        raise not_found_item(next(i for i in wanted if i not in there))
    shapes.near.look_at(there.values())
    return listing([shapes.item(there[i], expand, only) if i in there else None for i in wanted])


def _read_many(call: Call) -> Response:
    fields = [name for name in call.query.get("fields", "").split(",") if name]
    ids = [i.strip() for i in call.query.get("ids", "").split(",") if i.strip()]
    return _many(call, ids, fields, call.query.get("$expand", ""), call.query.get("errorpolicy", ""))


def _batch(call: Call) -> Response:
    body = mapping(call.json())
    fields = body.get("fields") or []
    ids = body.get("ids")
    if not isinstance(ids, list) or not isinstance(fields, list):
        raise bad_request("Value cannot be null.\r\nParameter name: ids")
    named = [str(name) for name in fields]
    return _many(call, ids, named, str(body.get("$expand") or ""), str(body.get("errorPolicy") or ""))


# writing


def _document(call: Call) -> Any:
    if call.request.mimetype != "application/json-patch+json":
        message = (
            f"TF400898: The request entity's media type '{call.request.mimetype}' is not supported for this resource. "
            "Valid content types for this method are: application/json-patch+json."
        )
        raise WireError(415, message, "UnsupportedMediaTypeException")
    try:
        return call.json()
    except WireError:
        raise bad_request("You must pass a valid patch document in the body of the request.") from None


def _privileged(call: Call) -> bool:
    """Whether the write is to be silent; bypassRules and suppressNotifications are an administrator's."""
    wishes = [name for name in ("bypassrules", "suppressnotifications") if truth(call.query.get(name))]
    if wishes and not call.user.is_administrator:
        message = f"TF400813: The user '{call.user.id}' is not authorized to use {' and '.join(wishes)}."
        raise WireError(403, message, "UnauthorizedRequestException")
    return "suppressnotifications" in wishes


class _OnlyValidating(Exception):
    """Rolls a write back that was only to be tried."""


def _stop_if(only_validating: bool) -> None:
    if only_validating:
        raise _OnlyValidating


def _patch(call: Call) -> Response:
    document, silent = _document(call), _privileged(call)
    only_try = truth(call.query.get("validateonly"))
    before = item_of(call, call.rest[0])
    after = before
    try:
        with call.tracker.transaction():
            item = item_of(call, call.rest[0])
            process = call.process_of(item.project)
            patch = Reader(call.tracker, call.shapes(), item, process).read(document)
            demand_filled(process, item.type, item, patch.values)
            after = perform(call.tracker, call.user, item, patch)
            if silent:
                call.tracker.hush()
            _stop_if(only_try)
    except _OnlyValidating:
        after = before
    shapes = call.shapes()
    expand = "all" if call.query.get("$expand", "").casefold() == "all" else "relations"
    return answer(shapes.item(after, expand) | {"_links": shapes.links(after)})


def _create(call: Call) -> Response:
    if not call.rest[0].startswith("$"):
        message = "The requested resource does not support http method 'POST'."
        raise WireError(405, message, "UnsupportedHttpMethodException")
    kind = type_named(call, call.rest[0][1:])
    document, silent = _document(call), _privileged(call)
    shapes = call.shapes()
    patch = Reader(call.tracker, shapes, None, call.process, call.home().key).read(document)
    if not str(patch.values.get("summary") or "").strip():
        raise empty_error(call.process, [field_named("System.Title")])
    if call.process.states:
        patch.values.setdefault("status", next(iter(call.process.states)))
    demand_filled(call.process, kind.name, None, patch.values)
    body: Json = {}
    try:
        with call.tracker.transaction():
            item = _created(call, kind.name, patch)
            shapes = call.shapes()
            body = shapes.item(item, "relations") | {"_links": shapes.links(item)}
            if silent:
                call.tracker.hush()
            _stop_if(truth(call.query.get("validateonly")))
    except _OnlyValidating:
        body["id"] = -1
    return answer(body)


def _created(call: Call, kind: str, patch: Patch) -> Item:
    values = {name: value for name, value in patch.values.items() if value is not None}
    item = call.tracker.create_item(
        call.user,
        call.home().key,
        kind,
        values.pop("summary"),
        values.pop("description", None),
        formats=patch.formats,
        add_links=patch.add_links,
        **values,
    )
    for child in patch.adopt:
        call.tracker.change_item(call.user, child, {"parent": item.id})
    if patch.comment is not None:
        call.tracker.add_comment(call.user, item.id, patch.comment, format=patch.comment_format)
    return call.tracker.item(item.id)


def _delete(call: Call) -> Response:
    item = item_of(call, call.rest[0])
    shapes = call.shapes()
    resource = shapes.item(item)
    call.tracker.delete_item(call.user, item.id)
    return answer(
        {
            "id": item.id,
            "type": item.type,
            "name": item.summary,
            "project": shapes.projects[item.project].name,
            "deletedDate": stamp(call.tracker.now()),
            "deletedBy": combined_name(call.user),
            "code": 200,
            "url": f"{call.base}/_apis/wit/recycleBin/{item.id}",
            "resource": resource,
        }
    )


# history


def _updates(call: Call) -> Response:
    updates = Updates(call.shapes()).of(item_of(call, call.rest[0]))
    skip, top = call.number("$skip", 0, 100_000), call.number("$top", 200, 200)
    return listing(updates[skip : skip + top])


def _update(call: Call) -> Response:
    wanted = call.rest[1]
    for update in Updates(call.shapes()).of(item_of(call, call.rest[0])):
        if str(update["id"]) == wanted:
            return answer(update)
    raise work_item_error(404, f"VS402339: Update {wanted} does not exist.", "WorkItemUpdateNotFoundException")


ROUTES: Routes = {
    ("GET", "wit/workitems"): _read_many,
    ("GET", "wit/workitems/*"): _read,
    ("PATCH", "wit/workitems/*"): _patch,
    ("POST", "wit/workitems/*"): _create,
    ("DELETE", "wit/workitems/*"): _delete,
    ("POST", "wit/workitemsbatch"): _batch,
    ("GET", "wit/workitems/*/updates"): _updates,
    ("GET", "wit/workitems/*/updates/*"): _update,
}
