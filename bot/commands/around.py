"""Pure: what people say around a command: thanks behind it, a sentence or an "ok" before it, a dash after the name.

Words are small and plain ASCII as far as they can be, as guesses.py has them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.commands.typed_words import PRAISE, THANKS, plain

DASHES = "-\N{EN DASH}\N{EM DASH}"
THANKING_WORDS = frozenset(word for phrase in THANKS for word in plain(phrase).split() if len(word) > 1)

_GREETINGS = "yep ok hi hey hello hallo hola ola bonjour salut dear sure alright right cool now"
_LEADS_IN = THANKING_WORDS.union(_GREETINGS.split(), *(plain(phrase).split() for phrase in PRAISE))
_ABBREVIATIONS = "etc|vs|ex|ej|bzw|usw|ggf|evtl|resp|bspw|cf|no|nr"
_SENTENCE_END = re.compile(rf"(?!(?:{_ABBREVIATIONS})[.])[^\W\d_]{{2,}}[.!?]")


def leads_in(words: Sequence[str]) -> bool:
    """Whether a command may follow: a few words of greeting or praise, or a sentence that has ended."""
    said = [plain(word.strip(f".,:;!?{DASHES}")) for word in words]
    return all(not word or word in _LEADS_IN for word in said) or _SENTENCE_END.fullmatch(words[-1]) is not None


def sets_apart(words: Sequence[str]) -> bool:
    """Whether a sign parts the first of these words from the others, as the number from a reason."""
    return any(not word.strip(DASHES) or word[-1] in f":,;{DASHES}" for word in words[:2])


def without_dash(name: str, following: list[str]) -> list[str]:
    """What follows the name, without a dash between; the very same list where there is none."""
    if not following or (name[-1] not in DASHES and following[0][0] not in DASHES):
        return following
    first = following[0].lstrip(DASHES)
    return [first, *following[1:]] if first else following[1:]


def without_courtesies(words: Sequence[str]) -> list[str]:
    """The words without thanks at their end."""
    kept = list(words)
    while kept and plain(kept[-1].strip(f".,;!{DASHES}")) in {*THANKING_WORDS, ""}:
        kept.pop()
    return kept
