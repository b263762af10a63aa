"""What a create or an edit says, in the sandbox's own fields: `fields` (set) and `update` (set, add, remove)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from integrations.sandbox.jira.calls import Call, Refusal
from integrations.sandbox.jira.custom_values import field_named, value_for
from integrations.sandbox.jira.scheme import EPIC_LINK
from integrations.sandbox.records import Item, NotFound

_SIMPLE = ("duedate", "environment")


@dataclass
class Edit:
    """`values` are for Tracker.change_item; `links` are (type, other item, outward); `comment` a native body."""

    values: dict[str, Any] = field(default_factory=dict)
    links: list[tuple[str, int, bool]] = field(default_factory=list)
    comments: list[Any] = field(default_factory=list)


def read_edit(call: Call, item: Item | None, creating: bool = False) -> Edit:
    """Reads the body of a create (`item` None) or an edit. Raises Refusal."""
    edit = Edit()
    fields, update = call.body.get("fields") or {}, call.body.get("update") or {}
    if not isinstance(fields, Mapping) or not isinstance(update, Mapping):
        raise Refusal(400, "Can not deserialize the request body.")
    if not creating and not fields and not update and not call.body.get("properties"):
        raise Refusal(400, "one of 'fields' or 'update' required")
    twice = sorted(fields.keys() & update.keys())
    if twice:
        raise Refusal(400, errors={name: f"Field '{name}' cannot appear in both fields and update" for name in twice})
    problems: dict[str, str] = {}
    for name, value in fields.items():
        _attempt(problems, partial(_set, call, edit, name, value))
    for name, verbs in update.items():
        _attempt(problems, partial(_update, call, edit, item, name, verbs))
    if problems:
        raise Refusal(400, errors=problems)
    return edit


def _attempt(problems: dict[str, str], step: Callable[[], None]) -> None:
    """Gathers what Jira says of single fields, so that one answer names them all."""
    try:
        step()
    except Refusal as refusal:
        if refusal.messages:
            raise
        problems.update(refusal.errors)


def _set(call: Call, edit: Edit, name: str, value: Any) -> None:
    values = edit.values
    if name == "summary":
        values["summary"] = _summary(value)
    elif name == "description":
        values["description"] = call.text(value, name)
    elif name in ("issuetype", "priority", "resolution"):
        values["type" if name == "issuetype" else name] = _term(call, name, value)
    elif name == "security":
        values["security"] = _term(call, name, value)
    elif name == "labels":
        values["labels"] = [_label(label) for label in _list(value, name)]
    elif name == "components":
        values["components"] = [_component(call, value) for value in _list(value, name)]
    elif name in ("assignee", "reporter"):
        values[name] = call.person(value, name)
    elif name == "parent":
        values["parent"] = None if value is None else _parent(call, value)
    elif name == "project":
        values["project"] = value
    elif name in _SIMPLE:
        values[name] = value
    elif name.startswith("customfield_"):
        field = field_named(call, name)
        is_epic = field is not None and field.schema.get("custom") == EPIC_LINK
        values["parent" if is_epic else name] = value if field is None else value_for(call, field, value)
    else:
        raise _not_on_screen(name)


def _update(call: Call, edit: Edit, item: Item | None, name: str, verbs: Any) -> None:
    for verb in _list(verbs, name):
        if not isinstance(verb, Mapping) or len(verb) != 1:
            raise Refusal(400, errors={name: "one operation expected"})
        (what, value), *_ = verb.items()
        if name == "comment" and what == "add":
            edit.comments.append(call.text(value.get("body"), "comment"))
        elif name == "issuelinks" and what == "add":
            edit.links.append(_link(call, value))
        elif what == "set":
            _set(call, edit, name, value)
        elif name in ("labels", "components") and what in ("add", "remove"):
            _change_list(call, edit, item, name, what, value)
        else:
            raise Refusal(400, errors={name: f"Field '{name}' does not support operation '{what}'"})


def _change_list(call: Call, edit: Edit, item: Item | None, name: str, what: str, value: Any) -> None:
    before = list(edit.values.get(name, () if item is None else getattr(item, name)))
    one = _label(value) if name == "labels" else _component(call, value)
    kept = [word for word in before if word != one]
    edit.values[name] = kept if what == "remove" else (before if one in before else [*before, one])


def _summary(value: Any) -> str:
    if not isinstance(value, str):
        raise Refusal(400, errors={"summary": "Operation value must be a string"})
    if not value.strip():
        raise Refusal(400, errors={"summary": "You must specify a summary of the issue."})
    if "\n" in value or "\r" in value:
        said = "The summary is invalid because it contains newline characters."
        raise Refusal(400, errors={"summary": said})
    if len(value) > 255:
        raise Refusal(400, errors={"summary": "Summary must be less than 255 characters."})
    return value.strip()


def _term(call: Call, name: str, value: Any) -> str | None:
    if value is None and name != "issuetype":
        return None
    given = value if isinstance(value, Mapping) else {}
    wanted = given.get("id", given.get("name"))
    kind = "type" if name == "issuetype" else name
    try:
        if wanted is not None:
            return call.tracker.term(kind, wanted).name
    except NotFound:
        pass
    said = f"{name.capitalize()} name '{wanted}' is not valid"
    if name == "issuetype":
        said = "Specify a valid issue type" if call.cloud else "The issue type selected is invalid."
    elif not call.cloud:
        said = f"The {name} selected is invalid."
    raise Refusal(400, errors={name: said})


def _label(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise Refusal(400, errors={"labels": "string expected at index 0"})
    if any(letter.isspace() for letter in value):
        raise Refusal(400, errors={"labels": f"The label '{value}' contains spaces which is invalid."})
    if len(value) > 255:
        raise Refusal(400, errors={"labels": f"The label '{value[:20]}' exceeds the maximum length of 255 characters."})
    return value


def _component(call: Call, value: Any) -> str:
    given = value if isinstance(value, Mapping) else {}
    try:
        return call.tracker.term("component", given.get("id", given.get("name", ""))).name
    except NotFound:
        said = f"Component name '{given.get('name')}' is not valid"
        raise Refusal(400, errors={"components": said}) from None


def _parent(call: Call, value: Any) -> int:
    given = value if isinstance(value, Mapping) else {}
    try:
        return call.tracker.item(given.get("key", given.get("id", "")), call.viewer).id
    except NotFound:
        said = "Could not find issue by id or key." if call.cloud else "Could not find parent issue by id or key."
        raise Refusal(400, errors={"parentId" if call.cloud else "parent": said}) from None


def _link(call: Call, value: Any) -> tuple[str, int, bool]:
    add = value if isinstance(value, Mapping) else {}
    outward = "outwardIssue" in add
    other = add.get("outwardIssue" if outward else "inwardIssue") or {}
    try:
        name = call.tracker.term("link_type", (add.get("type") or {}).get("name", "")).name
    except NotFound:
        raise Refusal(404, f"No issue link type with name '{(add.get('type') or {}).get('name')}' found.") from None
    return name, call.item(str(other.get("key", other.get("id", "")))).id, outward


def _list(value: Any, name: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise Refusal(400, errors={name: "data was not an array"})
    return value


def _not_on_screen(name: str) -> Refusal:
    said = f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."
    return Refusal(400, errors={name: said})
