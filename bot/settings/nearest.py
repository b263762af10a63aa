"""Pure: the known name that somebody who wrote an unknown one probably meant."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import fuzz, process, utils

LEAST_ALIKE = 60.0
MAX_LISTED = 8


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The most similar known name, or None where none is similar."""
    found = process.extractOne(
        word[:100], list(known), scorer=fuzz.ratio, processor=utils.default_process, score_cutoff=LEAST_ALIKE
    )
    return None if found is None else str(found[0])


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """ "; did you mean this?", or what there is where that is little and nothing is similar."""
    names = list(known)
    meant = nearest(word, names)
    if meant is not None:
        return f"; did you mean {meant}?"
    return f"; there is {', '.join(names)}" if 0 < len(names) <= MAX_LISTED else ""
