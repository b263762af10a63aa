"""What may be written: the fields of the screens on which issues are created, edited and moved along."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response

from integrations.sandbox.jira.calls import Call, Refusal, Route, answer, page
from integrations.sandbox.jira.resources.lists import FIELDS
from integrations.sandbox.jira.scheme import Field, scheme_of
from integrations.sandbox.jira.shapes import STORY_POINTS
from integrations.sandbox.records import NotFound, Term

_ON_SCREEN = (
    *("summary", "issuetype", "description", "priority", "labels"),
    *("components", "assignee", "reporter", "issuelinks"),
)
_POINTS = Field(
    STORY_POINTS,
    "Story point estimate",
    {"type": "number", "custom": "com.pyxis.greenhopper.jira:jsw-story-points", "customId": int(STORY_POINTS[12:])},
)


def own_fields(call: Call, project: str, kind: str) -> list[Field]:
    """The custom fields on the screens of a type in a project."""
    scheme = scheme_of(call.tracker, project)
    return [field for field in (_POINTS, *scheme.fields) if field.id not in scheme.without and field.is_for(kind)]


def create_types(call: Call, key: str) -> Response:
    home = call.project(key)
    if not call.tracker.may(call.viewer, "create", home):
        raise Refusal(400 if not call.cloud else 404, f"No project could be found with key '{key}'.")
    shown = [call.shapes.type(term) for term in call.tracker.terms("type")]
    return answer(page(call, shown, "issueTypes") if call.cloud else page(call, shown))


def create_fields(call: Call, key: str, type_id: int) -> Response:
    home = call.project(key)
    try:
        kind = call.tracker.term("type", type_id)
    except NotFound:
        raise Refusal(404, f"Issue type with id {type_id} not found.") from None
    without = scheme_of(call.tracker, home.key).without
    names = [name for name in ("project", *_ON_SCREEN) if name not in without]
    names += ["parent"] if kind.category == "subtask" or call.cloud else []
    shown = [_meta(call, name, kind, for_create=True) for name in names]
    shown += [_own_meta(call, field, for_create=True) for field in own_fields(call, home.key, kind.name)]
    return answer(page(call, shown, "fields") if call.cloud else page(call, shown))


def missing_on_creation(call: Call, project: str, kind: str, values: Mapping[str, Any]) -> dict[str, str]:
    """What Jira says of the fields that this project requires of a new issue and that have no value."""
    return {
        field.id: f"{field.name} is required."
        for field in own_fields(call, project, kind)
        if field.required and not field.has_default and values.get(field.id) in (None, "", [])
    }


def edit_meta(call: Call, key: str) -> Response:
    item = call.item(key)
    if not call.tracker.may(call.viewer, "edit", call.tracker.project(item.project)):
        return answer({"fields": {}})
    kind, without = call.tracker.term("type", item.type), scheme_of(call.tracker, item.project).without
    shown = {name: _meta(call, name, kind, for_create=False) for name in _ON_SCREEN if name not in without}
    own = own_fields(call, item.project, item.type)
    return answer({"fields": shown | {field.id: _own_meta(call, field, for_create=False) for field in own}})


def step_fields(call: Call, project: str, kind: str, screen: tuple[str, ...]) -> dict[str, Any]:
    """The fields on the screen of a transition; "!" before a name makes it required."""
    term, own = call.tracker.term("type", kind), {field.id: field for field in own_fields(call, project, kind)}
    shown = {}
    for name in screen:
        bare = name.removeprefix("!")
        made = (
            _own_meta(call, own[bare], for_create=False) if bare in own else _meta(call, bare, term, for_create=False)
        )
        shown[bare] = {**made, "required": name.startswith("!")}
    return shown


def _own_meta(call: Call, field: Field, *, for_create: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {"required": field.required, "schema": field.schema, "name": field.name}
    shown |= {"hasDefaultValue": field.has_default, "operations": ["set"]}
    shown |= _identity(call, field.id, for_create)
    return shown | ({"allowedValues": field.allowed()} if field.options else {})


def _identity(call: Call, name: str, for_create: bool) -> dict[str, str]:
    if for_create:
        return {"fieldId": name, **({"key": name} if call.cloud else {})}
    return {"key" if call.cloud else "fieldId": name}


def _meta(call: Call, name: str, kind: Term, *, for_create: bool) -> dict[str, Any]:
    title, schema = next((title, schema) for field, title, schema in FIELDS if field == name)
    several = name in ("labels", "components", "issuelinks")
    required = name in ("summary", "issuetype", "project") or (name == "parent" and kind.category == "subtask")
    shown: dict[str, Any] = {
        "required": required,
        "schema": schema,
        "name": title,
        "hasDefaultValue": name == "priority",
    }
    shown |= {"operations": ["add", "set", "remove"] if several else ["set"]}
    shown |= _identity(call, name, for_create)
    allowed = {
        "priority": lambda: [call.shapes.priority(term) for term in call.tracker.terms("priority")],
        "issuetype": lambda: [call.shapes.type(kind)],
        "components": lambda: [call.shapes.component(term) for term in call.tracker.terms("component")],
        "project": lambda: [call.shapes.project(home) for home in call.tracker.projects(call.viewer)],
        "resolution": lambda: [call.shapes.resolution(term) for term in call.tracker.terms("resolution")],
    }.get(name)
    return shown if allowed is None else {**shown, "allowedValues": allowed()}


ROUTES: tuple[Route, ...] = (
    ("GET", "issue/createmeta/<key>/issuetypes", create_types),
    ("GET", "issue/createmeta/<key>/issuetypes/<int:type_id>", create_fields),
    ("GET", "issue/<key>/editmeta", edit_meta),
)
