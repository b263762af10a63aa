"""Issues: read, create, edit, delete, move along; their changelogs and watchers."""

from __future__ import annotations

from typing import Any

from flask import Response

from integrations.sandbox.jira.calls import Call, Refusal, Route, answer, nothing, page
from integrations.sandbox.jira.resources.screens import missing_on_creation
from integrations.sandbox.jira.writing import Edit, read_edit
from integrations.sandbox.records import Forbidden, Item, NotFound


def wanted_fields(names: list[str]) -> tuple[set[str] | None, set[str]]:
    """The fields asked for (None: all) and those asked away, out of a `fields` list like "*all,-comment"."""
    away = {name[1:] for name in names if name.startswith("-")}
    named = {name for name in names if not name.startswith("-")}
    if not named or named & {"*all", "*navigable"}:
        return None, away
    return named, away


def get_issue(call: Call, key: str) -> Response:
    item = call.item(key)
    shown = call.shapes.issue(item, *wanted_fields(call.names("fields")))
    expand = call.names("expand")
    if "changelog" in expand:
        shown["changelog"] = _changelog_inside(call, item)
    if "renderedFields" in expand:
        shown["renderedFields"] = {"description": call.shapes.html(item.description)}
    asked = call.names("properties")
    if asked:
        known = call.tracker.properties(item.id)
        shown["properties"] = {k: v for k, v in known.items() if "*all" in asked or k in asked}
    return answer(shown)


def _changelog_inside(call: Call, item: Item) -> dict[str, Any]:
    """What Jira puts into an issue: Cloud the newest hundred, newest first; Data Center all, oldest first."""
    entries = [call.shapes.history(entry) for entry in call.tracker.history(item.id)]
    shown = entries[::-1][:100] if call.cloud else entries
    return {"startAt": 0, "maxResults": len(shown), "total": len(entries), "histories": shown}


def create_issue(call: Call) -> Response:
    fields = call.body.get("fields")
    if not isinstance(fields, dict):
        raise Refusal(400, errors={"project": "Specify a valid project ID or key"})
    project = _project_of(call, fields.get("project"))
    if not call.tracker.may(call.viewer, "create", project):
        said = "You do not have permission to create issues in this project."
        raise Refusal(403 if call.cloud else 400, said)
    missing = {}
    if "issuetype" not in fields:
        missing["issuetype"] = "Specify an issue type" if call.cloud else "issue type is required"
    if not fields.get("summary"):
        missing["summary"] = "You must specify a summary of the issue."
    try:
        edit = read_edit(call, None, creating=True)
    except Refusal as refusal:
        call.tracker.skip_number(project.key)  # the counter moves although nothing was created
        refusal.errors = {**missing, **refusal.errors}
        raise
    values = edit.values
    missing |= missing_on_creation(call, project.key, str(values.get("type", "")), values)
    if missing:
        raise Refusal(400, errors=missing)
    _check_parent(call, values)
    values.pop("project", None)
    with call.tracker.transaction():
        kind, summary = values.pop("type"), values.pop("summary")
        item = call.tracker.create_item(
            call.viewer,
            project.key,
            kind,
            summary,
            values.pop("description", None),
            properties=call.properties,
            **values,
        )
        add_the_rest(call, item, edit)
    return answer({"id": str(item.id), "key": item.key, "self": call.shapes.link(f"issue/{item.id}")}, 201)


def _check_parent(call: Call, values: dict[str, Any]) -> None:
    subtask = call.tracker.term("type", values["type"]).category == "subtask"
    if subtask and values.get("parent") is None:
        field = "parentId" if call.cloud else "parent"
        said = "Issue type is a sub-task but parent issue key or id not specified."
        raise Refusal(400, errors={"issuetype" if not call.cloud else field: said})
    if subtask:
        above = call.tracker.item(values["parent"])
        if call.tracker.term("type", above.type).category == "subtask":
            raise Refusal(400, errors={"parentId": "Given parent issue is a sub-task."})


def _project_of(call: Call, given: Any) -> Any:
    wanted = given if isinstance(given, dict) else {}
    try:
        return call.tracker.project(str(wanted.get("key", wanted.get("id", ""))), call.viewer)
    except NotFound:
        said = "Specify a valid project ID or key" if call.cloud else "project is required"
        raise Refusal(400, errors={"project": said}) from None


def add_the_rest(call: Call, item: Item, edit: Edit) -> None:
    for name, other, outward in edit.links:
        ends = (item.id, other) if outward else (other, item.id)
        call.tracker.add_link(call.viewer, name, *ends)
    for body in edit.comments:
        call.tracker.add_comment(call.viewer, item.id, body)


def edit_issue(call: Call, key: str) -> Response:
    item = call.item(key)
    home = call.tracker.project(item.project)
    if not call.tracker.may(call.viewer, "edit", home):
        raise Refusal(403, "You do not have permission to edit issues in this project.")
    quiet = call.argument("notifyUsers", "true").casefold() == "false"
    if quiet and not call.tracker.may(call.viewer, "administer", home):
        raise Refusal(403, "To discard the user notification either admin or project admin permissions are required.")
    with call.tracker.transaction():
        edit = read_edit(call, call.item(key))
        edit.values.pop("project", None)
        call.tracker.change_item(call.viewer, item.id, edit.values, notify=not quiet)
        add_the_rest(call, item, edit)
        for name, value in call.properties.items():
            call.tracker.set_property(call.viewer, item.id, name, value)
    if call.argument("returnIssue") == "true":
        return answer(call.shapes.issue(call.item(key)))
    return nothing()


def delete_issue(call: Call, key: str) -> Response:
    item = call.item(key)
    children = call.tracker.children(item.id)
    if children and call.argument("deleteSubtasks") != "true":
        said = f"The issue '{item.key}' has subtasks.  Specify the 'deleteSubtasks' parameter to delete them too."
        raise Refusal(400, said)
    try:
        call.tracker.delete_item(call.viewer, item.id)
    except Forbidden:
        raise Refusal(403, "You do not have permission to delete issues in this project.") from None
    return nothing()


def assign(call: Call, key: str) -> Response:
    item = call.item(key)
    if not call.tracker.may(call.viewer, "edit", call.tracker.project(item.project)):
        raise Refusal(403, "You do not have permission to assign issues.")
    call.tracker.change_item(call.viewer, item.id, {"assignee": call.person(call.body, "assignee")})
    return nothing()


def changelog(call: Call, key: str) -> Response:
    item = call.item(key)
    entries = [call.shapes.history(entry) for entry in call.tracker.history(item.id)]
    shown = page(call, entries, size=100, cap=100)
    where = call.shapes.link(f"issue/{item.key}/changelog?maxResults={shown['maxResults']}&startAt=")
    following = {} if shown["isLast"] else {"nextPage": f"{where}{shown['startAt'] + shown['maxResults']}"}
    return answer({"self": f"{where}{shown['startAt']}", **following, **shown})


def watchers(call: Call, key: str) -> Response:
    item = call.item(key)
    names = call.tracker.watchers(item.id)
    shown = {"self": call.shapes.link(f"issue/{item.key}/watchers"), "isWatching": call.viewer.name in names}
    return answer({**shown, "watchCount": len(names), "watchers": [call.shapes.user(name) for name in names]})


ROUTES: tuple[Route, ...] = (
    ("POST", "issue", create_issue),
    ("GET", "issue/<key>", get_issue),
    ("PUT", "issue/<key>", edit_issue),
    ("DELETE", "issue/<key>", delete_issue),
    ("PUT", "issue/<key>/assignee", assign),
    ("GET", "issue/<key>/watchers", watchers),
)
CLOUD_ROUTES: tuple[Route, ...] = (("GET", "issue/<key>/changelog", changelog),)
