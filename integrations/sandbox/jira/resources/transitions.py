"""The workflow: which transitions an issue may make, and making one."""

from __future__ import annotations

from typing import Any

from flask import Response

from integrations.sandbox.jira.calls import Call, Refusal, Route, answer, nothing
from integrations.sandbox.jira.resources.issues import add_the_rest
from integrations.sandbox.jira.resources.screens import step_fields
from integrations.sandbox.jira.scheme import Step, scheme_of
from integrations.sandbox.jira.writing import Edit, read_edit
from integrations.sandbox.records import Item


def _steps(call: Call, item: Item) -> dict[str, Step]:
    """The transitions that this person may make from where the issue is, by id."""
    if not call.tracker.may(call.viewer, "edit", call.tracker.project(item.project)):
        return {}
    own = scheme_of(call.tracker, item.project).steps
    if not own:
        return {str(term.id): Step(term.name, term.name) for term in call.tracker.terms("status")}
    known = {str(11 + 10 * number): step for number, step in enumerate(own)}
    return {number: step for number, step in known.items() if not step.origins or item.status in step.origins}


def transitions(call: Call, key: str) -> Response:
    item = call.item(key)
    with_fields = "transitions.fields" in call.names("expand")
    shown = []
    for number, step in _steps(call, item).items():
        made: dict[str, Any] = {"id": number, "name": step.name, "to": call.shapes.known("status", step.to)}
        if call.cloud:
            made |= {"hasScreen": bool(step.screen), "isGlobal": not step.origins}
            made |= {"isInitial": False, "isConditional": False}
        if with_fields:
            made["fields"] = step_fields(call, item.project, item.type, step.screen)
        shown.append(made)
    return answer({"expand": "transitions", "transitions": shown})


def transition(call: Call, key: str) -> Response:
    item = call.item(key)
    wanted = str((call.body.get("transition") or {}).get("id"))
    step = _steps(call, item).get(wanted)
    if step is None:
        raise Refusal(400, "It seems that you have tried to perform an illegal workflow operation.")
    sent = {**(call.body.get("fields") or {}), **(call.body.get("update") or {})}
    screen = step_fields(call, item.project, item.type, step.screen)
    held = {**call.shapes.issue(item, set(screen))["fields"], **sent}
    lacking = {
        n: f"{field['name']} is required." for n, field in screen.items() if field["required"] and not held.get(n)
    }
    if lacking:
        raise Refusal(400, errors=lacking)
    strangers = sent.keys() - screen.keys() - {"comment"}
    if strangers and scheme_of(call.tracker, item.project).steps:
        said = "Field '{0}' cannot be set. It is not on the appropriate screen, or unknown."
        raise Refusal(400, errors={name: said.format(name) for name in sorted(strangers)})
    with call.tracker.transaction():
        edit = read_edit(call, item) if sent else Edit()
        call.tracker.change_item(call.viewer, item.id, {**edit.values, "status": step.to})
        add_the_rest(call, item, edit)
    return nothing()


ROUTES: tuple[Route, ...] = (
    ("GET", "issue/<key>/transitions", transitions),
    ("POST", "issue/<key>/transitions", transition),
)
