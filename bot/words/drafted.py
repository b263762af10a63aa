"""Pure: what is said of draft sub-tasks and of what became of them, and of what stays after an undo."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.words.wording import clean, enumeration

MOST_NAMED = 12

_FATES = (("kept", "kept"), ("rejected", "turned down"), ("withdrawn", "withdrawn"), ("gone", "gone"))


def drafted_as(keys: Sequence[str], fates: Collection[str]) -> str:
    """As what a change was drafted, and what people have decided on so far: "Drafted as A, B. 1 of 2 kept."

    `fates` holds the stored state of each draft; "open" is one on which nobody has decided.
    """
    if not keys:
        return ""
    said = f"Drafted as {', '.join(clean(key, 40) for key in keys[:MOST_NAMED])}."
    told = counted(fates)
    return f"{said} {told}." if told else said


def counted(states: Collection[str]) -> str:
    """As "2 of 5 kept, 1 turned down"; empty where nothing is decided."""
    decided = [(list(states).count(state), words) for state, words in _FATES]
    (first, words), *others = [one for one in decided if one[0]] or [(0, "")]
    if not first:
        return ""
    return ", ".join((f"{first} of {len(states)} {words}", *(f"{count} {words}" for count, words in others)))


def stay(keys: Sequence[str]) -> str:
    """Which sub-tasks are not deleted; empty for none."""
    if not keys:
        return ""
    named = enumeration(clean(key, 40) for key in keys[:MOST_NAMED])
    return f"not deleted: {named} (somebody has worked on it, or the bot may not delete it)"


def left(fields: Sequence[str]) -> str:
    """Which fields an undo could not set back; empty for none."""
    if not fields:
        return ""
    named = enumeration(clean(field, 60) for field in fields[:MOST_NAMED])
    return f"not set back: {named} (the project's own rules offer no way back)"
