"""What the forms of the page do: each one is a change in the tracker by the person who acts, or a sentence why not."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from integrations.sandbox.pages.texts import from_source, from_talk, to_source
from integrations.sandbox.records import Comment, Forbidden, Invalid, Item, NotFound, StaleRevision, User
from integrations.sandbox.state import Tracker

TEXT_LIMIT = 32_767
"""Characters of a comment or description, Jira's own limit."""

_RIGHTS = {"edit": "edit items", "comment": "comment", "create": "create items", "browse": "see items"}
_WORDS = ("priority", "status", "assignee")


class Refusal(Exception):
    """The change was not made; the message is a sentence for the person, `status` the HTTP status."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def refusal(error: Exception, person: User) -> Refusal:
    """A tracker's refusal, or a wrong word in a form, as a sentence."""
    match error:
        case Forbidden():
            return Refusal(
                f"{person.display_name} may not {_RIGHTS.get(error.permission, error.permission)} here.", 403
            )
        case NotFound():
            return Refusal(f"There is no such {error.what}, or {person.display_name} may not see it.", 404)
        case StaleRevision():
            return Refusal("Somebody changed the item in the meantime.", 409)
        case Invalid():
            return Refusal(f"{error.field.capitalize() or 'The form'}: {error}.")
    raise error


def digest(value: Any) -> str:
    """A short mark of a value as the form showed it, so that a newer one is not written over."""
    return hashlib.sha256(str(value or "").encode("utf-8", "replace")).hexdigest()[:16]


def comment(tracker: Tracker, person: User, item: Item, form: Mapping[str, str]) -> Comment:
    text = form.get("text", "").strip()
    if not text:
        raise Refusal("The comment is empty.")
    if len(text) > TEXT_LIMIT:
        raise Refusal(f"The comment is longer than {TEXT_LIMIT} characters.")
    return tracker.add_comment(person, item.id, from_talk(tracker, text))


def edit(tracker: Tracker, person: User, item: Item, form: Mapping[str, str]) -> Item:
    """Writes the fields that the person changed, and refuses where somebody else changed one of them meanwhile."""
    tracker.demand(person, "edit", tracker.project(item.project))
    values: dict[str, Any] = {}
    summary = " ".join(form.get("summary", item.summary).split())
    if digest(summary) != form.get("seen_summary"):
        _unmoved(form, "summary", item.summary)
        values["summary"] = summary
    source = to_source(tracker, item.description)
    written = form.get("description", source).replace("\r\n", "\n").strip()
    if digest(written) != form.get("seen_description"):
        _unmoved(form, "description", source)
        if len(written) > TEXT_LIMIT:
            raise Refusal(f"The description is longer than {TEXT_LIMIT} characters.")
        values["description"] = from_source(tracker, written)
    for name in _WORDS:
        before = getattr(item, name) or ""
        chosen = form.get(name, before)
        if digest(chosen) != form.get(f"seen_{name}"):
            _unmoved(form, name, before)
            values[name] = chosen or None
    if values.get("assignee"):
        tracker.user(values["assignee"])
    return tracker.change_item(person, item.id, values)


def _unmoved(form: Mapping[str, str], name: str, now: str) -> None:
    if form.get(f"seen_{name}") != digest(now):
        raise Refusal(f"Somebody changed the {name} in the meantime. Look at it first; nothing was written.", 409)


def add_labels(tracker: Tracker, person: User, item: Item, form: Mapping[str, str]) -> Item:
    azure = tracker.flavour == "azure-devops"
    text = form.get("label", "")
    words = [word.strip() for word in text.replace(",", ";").split(";")] if azure else text.split()
    added = [word[:255] for word in words if word]
    if not added:
        raise Refusal(f"The {'tag' if azure else 'label'} is empty.")
    return tracker.change_item(person, item.id, {"labels": (*item.labels, *added)})


def remove_label(tracker: Tracker, person: User, item: Item, form: Mapping[str, str]) -> Item:
    left = tuple(label for label in item.labels if label != form.get("label"))
    return tracker.change_item(person, item.id, {"labels": left})


def create(tracker: Tracker, person: User, form: Mapping[str, str]) -> Item:
    summary = " ".join(form.get("summary", "").replace("\x00", "").split())
    if not summary:
        raise Refusal("The title is empty.")
    if len(summary) > 255:
        raise Refusal("The title is longer than 255 characters.")
    if len(form.get("description", "")) > TEXT_LIMIT:
        raise Refusal(f"The description is longer than {TEXT_LIMIT} characters.")
    values: dict[str, Any] = {"priority": form["priority"]} if form.get("priority") else {}
    description = from_source(tracker, form.get("description", ""))
    if tracker.flavour == "azure-devops" and description is not None:
        description = from_talk(tracker, form["description"])
    return tracker.create_item(person, form.get("project", ""), form.get("type", ""), summary, description, **values)
