"""Pure: what became of a change, by whom and when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo

from bot.words.wording import clean
from languages import enumeration, moment, say, say_many, to_say

STATE_WORDS: Mapping[str, str] = {
    "open": to_say("open"),
    "accepted": to_say("accepted"),
    "rejected": to_say("rejected"),
    "undone": to_say("undone"),
    "not_applied": to_say("not applied"),
    "withdrawn": to_say("withdrawn"),
    "accepting": to_say("being applied"),
    "undoing": to_say("being taken back"),
}

# In English a sentence that takes one goes on with a verb in the singular.
_FIELDS: Mapping[str, str] = {
    "description": to_say("description"),
    "acceptance_criteria": to_say("list of acceptance criteria"),
    "priority": to_say("priority"),
    "summary": to_say("summary"),
    "components": to_say("list of components"),
    "estimate": to_say("estimate"),
    "assignee": to_say("assignee"),
    "status": to_say("status"),
    "labels": to_say("list of labels"),
    "subtasks": to_say("list of sub-tasks"),
    "children": to_say("list of child items"),
}


def state_words(state: str) -> str:
    """A stored state as people are told it of a suggestion."""
    return say(STATE_WORDS[state]) if state in STATE_WORDS else clean(state, 40)


def decision(state: str, by: str = "", at: datetime | None = None, zone: tzinfo = UTC) -> str:
    """As "accepted by Dana, 21 Nov, 14:02 CET", with as much of it as is known."""
    told, person = state_words(state), clean(by, 80)
    if person and at:
        return say("{state} by {person}, {moment}", state=told, person=person, moment=moment(at, zone))
    if person:
        return say("{state} by {person}", state=told, person=person)
    return say("{state}, {moment}", state=told, moment=moment(at, zone)) if at else told


def ended(states: Iterable[str]) -> str:
    """How many suggestions ended how: "1 accepted and 2 rejected"."""
    counts = Counter(states)
    return enumeration(_counted(state, counts[state]) for state in STATE_WORDS if counts[state])


def _counted(state: str, number: int) -> str:
    match state:
        case "accepted":
            return say_many("{number} accepted", "{number} accepted", number)
        case "rejected":
            return say_many("{number} rejected", "{number} rejected", number)
        case "undone":
            return say_many("{number} undone", "{number} undone", number)
        case "not_applied":
            return say_many("{number} not applied", "{number} not applied", number)
        case "withdrawn":
            return say_many("{number} withdrawn", "{number} withdrawn", number)
        case _:
            return f"{number} {state_words(state)}"


def field_word(field: str) -> str:
    """A field of an item in words; one of the project's own has its own name."""
    name = clean(field, 60)
    return say(_FIELDS[name]) if name in _FIELDS else name


def what_changed(field: str) -> str:
    """The field of an item, or the item, as the one of which a sentence says that it was changed."""
    name = field_word(field)
    return say("the {field}", field=name) if name else say("the item")


def changed_meanwhile(field: str, by: str = "") -> str:
    """As "the priority was changed by Kim"."""
    if person := clean(by, 80):
        return say("{what} was changed by {person}", what=what_changed(field), person=person)
    return say("{what} was changed", what=what_changed(field))
