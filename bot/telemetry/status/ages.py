"""Spans of time in words, as a person says them: one unit, rounded down."""

from __future__ import annotations

from datetime import datetime

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def in_words(seconds: float) -> str:
    """ "3 minutes", "1 hour", "now" for less than a second."""
    for size, unit in _UNITS:
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return "now"


def ago(moment: datetime, now: datetime) -> str:
    """ "3 minutes ago", "in 3 minutes", "now"."""
    seconds = (now - moment).total_seconds()
    words = in_words(abs(seconds))
    return words if words == "now" else f"{words} ago" if seconds > 0 else f"in {words}"
