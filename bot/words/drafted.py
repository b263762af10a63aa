"""Pure: what is said of draft sub-tasks and of what became of them, of what stays after an undo, and of who drafted."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from bot.words.wording import clean
from languages import enumeration, say, say_many

MOST_NAMED = 12

_FATES = ("kept", "rejected", "withdrawn", "gone")
_PERSON = re.compile(r"a person, in comment (\S+)")


def drafted_as(keys: Sequence[str], fates: Collection[str]) -> str:
    """As what a change was drafted, and what people have decided on so far: "Drafted as A, B. 1 of 2 kept."

    `fates` holds the stored state of each draft; "open" is one on which nobody has decided.
    """
    if not keys:
        return ""
    said = say("Drafted as {keys}.", keys=", ".join(clean(key, 40) for key in keys[:MOST_NAMED]))
    told = counted(fates)
    return f"{said} {told}." if told else said


def counted(states: Collection[str]) -> str:
    """As "2 of 5 kept, 1 turned down"; empty where nothing is decided."""
    decided = [(list(states).count(state), state) for state in _FATES]
    (first, fate), *others = [one for one in decided if one[0]] or [(0, "")]
    if not first:
        return ""
    return ", ".join((_of_all(fate, first, len(states)), *(_more(fate, count) for count, fate in others)))


def stay(keys: Sequence[str]) -> str:
    """Which sub-tasks are not deleted; empty for none."""
    if not keys:
        return ""
    named = enumeration(clean(key, 40) for key in keys[:MOST_NAMED])
    return say("not deleted: {keys} (somebody has worked on it, or the bot may not delete it)", keys=named)


def left(fields: Sequence[str]) -> str:
    """Which fields an undo could not set back; empty for none."""
    if not fields:
        return ""
    named = enumeration(clean(field, 60) for field in fields[:MOST_NAMED])
    return say("not set back: {fields} (the project's own rules offer no way back)", fields=named)


def edited(fields: Sequence[str]) -> str:
    """Which fields an undo leaves as people have set them since; empty for none."""
    if not fields:
        return ""
    named = enumeration(clean(field, 60) for field in fields[:MOST_NAMED])
    return say("not set back: {fields} (edited since)", fields=named)


def drafter(source: str) -> str:
    """Who drafted a change, as it is stored ("rules and a language model"), in words that follow "by"."""
    if person := _PERSON.fullmatch(source):
        return say("a person, in comment {comment}", comment=clean(person[1], 40))
    match source:
        case "rules":
            return say("rules")
        case "rules and a language model":
            return say("rules and a language model")
        case _:
            return clean(source, 80)


def _of_all(fate: str, number: int, every: int) -> str:
    match fate:
        case "kept":
            return say_many("{number} of {all} kept", "{number} of {all} kept", number, all=every)
        case "rejected":
            return say_many("{number} of {all} turned down", "{number} of {all} turned down", number, all=every)
        case "withdrawn":
            return say_many("{number} of {all} withdrawn", "{number} of {all} withdrawn", number, all=every)
        case _:
            return say_many("{number} of {all} gone", "{number} of {all} gone", number, all=every)


def _more(fate: str, number: int) -> str:
    match fate:
        case "rejected":
            return say_many("{number} turned down", "{number} turned down", number)
        case "withdrawn":
            return say_many("{number} withdrawn", "{number} withdrawn", number)
        case _:
            return say_many("{number} gone", "{number} gone", number)
