"""Pure: why a tracker does not take a change, for people: the error's own message names requests."""

from __future__ import annotations

from bot.words.decided import field_word
from bot.words.wording import clean
from integrations.tracker import Incomplete, Invalid, NoSuchField, NotToSet, NoWayBack, Refused, TooLong, WrongValue
from languages import enumeration, say

MAX_VALUES = 12


def why_not_made(error: Invalid | Refused) -> str:
    """What stood in the way of a change."""
    match error:
        case Refused() if error.missing:
            return say("the bot's account lacks a right: {right}", right=error.missing)
        case Refused():
            return say("the bot's account lacks a right")
        case NoWayBack():
            return no_way_back()
        case WrongValue():
            return _why_not_taken(error)
        case Incomplete() if error.by_hand:
            return say(
                "this project requires {fields}, which the bot does not set: fill it in by hand, or give it a default "
                "value, then accept again",
                fields=enumeration([clean(one, 60) for one in error.fields]),
            )
        case NoSuchField():
            return say("there is no field {field} here", field=enumeration([clean(one, 60) for one in error.fields]))
        case NotToSet():
            return say("the bot does not set {field}", field=field_word(error.field))
        case TooLong():
            return say("the text would be too long for the tracker")
        case _:
            return say("the tracker does not take it")


def no_way_back() -> str:
    """Why a change that was made stays."""
    return say("the project's own rules offer no way back to what it was; change it by hand")


def _why_not_taken(error: WrongValue) -> str:
    """As "Team has no such value: Webb; it has: Web and App"."""
    field, value = field_word(error.field), clean(error.value, 60)
    if error.is_number:
        return say("{field} takes a plain number, not {value}", field=field, value=value)
    if not error.allowed:
        return say("{field} has no such value: {value}", field=field, value=value)
    names = [clean(name, 40) for name in error.allowed[:MAX_VALUES]]
    values = ", ".join((*names, "…")) if len(error.allowed) > MAX_VALUES else enumeration(names)
    return say("{field} has no such value: {value}; it has: {values}", field=field, value=value, values=values)
