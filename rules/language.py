"""Whether a text is in a language whose words the rules know; where it is not, they stay silent."""

from __future__ import annotations

from rules.reading import words

_COMMON_WORDS = """
    the a an is are was be to of and in on for with when if it this that not can should must i we you as from at
    by has have does do after no need will so my our use add fix all or but does doesn't doesnt isn't into
"""
_COMMON = frozenset(_COMMON_WORDS.split())
_ENOUGH_TO_TELL = 5


def is_english(text: str) -> bool:
    """Whether the text reads as English; too short a Latin text counts as English, because nothing says otherwise."""
    found = [word.casefold() for word in words(text[:4000])]
    if not found:
        return not any(char.isalpha() and not char.isascii() for char in text[:4000])
    plain = sum(word.isascii() for word in found)
    if plain < 0.7 * len(found):
        return False
    if len(found) < _ENOUGH_TO_TELL:
        return True
    common = sum(word in _COMMON for word in found)
    return common >= len(found) * (0.04 if len(found) < 12 else 0.1) or (len(found) < 12 and plain == len(found))
