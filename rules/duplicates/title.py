"""The same-title tier: two titles that say the same, and the guards against titles that only look so.

Nearly equal titles are not enough: "Use 1.2.0" and "Use 1.3.0", "Guava Lists" and "Guava Sets", "iOS: crash" and
"Android: crash" are siblings, not duplicates. Every guard here is a veto.
"""

from __future__ import annotations

import re
from collections import Counter

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from rules.duplicates.tokens import folded, is_filler, stem
from rules.facts import filled
from rules.reading import read

SAME = 95.0
"""rapidfuzz token_sort_ratio (0 to 100) from which titles may be called the same."""

FEWEST_WORDS = 3
"""A title with fewer telling words ("Login page", "Update docs") names a place, not a report."""

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_NUMBER = re.compile(r"\d+(?:[.,_\-x]\d+)*")
_CLONE = re.compile(r"\s*(?:\[?clone\]?|copy of|kopie von|copie de|copia de)\b", re.IGNORECASE)
_NEGATIONS_WORDS = """
    no not never none without nothing cannot can't cant don't dont doesn't doesnt isn't isnt won't wont shouldn't
    shouldnt didn't didnt un non kein keine nicht pas sans sin нет не без
"""
_NEGATIONS = frozenset(_NEGATIONS_WORDS.split())
_PLATFORMS_WORDS = """
    android androids apple arm arm64 amd64 azure aws blackberry bb10 browser chrome chromium desktop device edge
    emulator firefox fedora gcp hp iphone ipad ipod ios iphoneos ie kindle linux mac macos mobileweb mysql opera
    oracle osx phone postgres postgresql qnx redhat safari simulator sqlite tablet tizen tvos ubuntu watchos web
    win win32 win64 windows windowsphone wp8 x64 x86
"""
_PLATFORMS = frozenset(_PLATFORMS_WORDS.split())


def words(title: str) -> list[str]:
    """The words of a title, lower case, in order, nothing dropped."""
    return [word.casefold() for word in _WORD.findall(folded(title[:500]))]


def normal_title(title: str) -> str:
    """The form under which titles are counted: words only, in one case."""
    return " ".join(words(title))


def is_clone_title(title: str) -> bool:
    """Whether a title says that the item was cloned, as trackers write it ("CLONE - ...")."""
    return _CLONE.match(title) is not None


def same_text(left: str, right: str) -> bool:
    """Whether two descriptions say the same but for case and punctuation; empty ones and unfilled forms do not."""
    ours, theirs = (
        [_WORD.findall(folded(line.text).casefold()) for line in filled(read(text))] for text in (left, right)
    )
    return ours == theirs and any(ours)


def same_title(left: str, right: str) -> bool:
    """Whether two titles say the same: nearly equal, and no guard against it."""
    ours, theirs = words(left), words(right)
    if fuzz.token_sort_ratio(" ".join(ours), " ".join(theirs)) < SAME:
        return False
    if _numbers(left) != _numbers(right) or _platforms(ours) != _platforms(theirs):
        return False
    if _telling(ours) < FEWEST_WORDS or _telling(theirs) < FEWEST_WORDS:
        return False
    return _no_sibling(ours, theirs) and _same_order(ours, theirs)


def _numbers(title: str) -> Counter[str]:
    return Counter(_NUMBER.findall(folded(title[:500])))


def _platforms(title: list[str]) -> set[str]:
    return {word for word in title if word in _PLATFORMS or word.rstrip("0123456789") in _PLATFORMS}


def _telling(title: list[str]) -> int:
    """How many different words tell something; a script without spaces counts two characters as a word."""
    return sum(
        max(1, len(word) // 2) if ord(word[0]) >= 0x0E00 else 1 for word in {w for w in title if not is_filler(w)}
    )


def _no_sibling(ours: list[str], theirs: list[str]) -> bool:
    """What is left after the common words must be slips of spelling, or words that say nothing."""
    left, right = Counter(map(stem, ours)), Counter(map(stem, theirs))
    only_left, only_right = list((left - right).elements()), list((right - left).elements())
    if any(word in _NEGATIONS for word in (*only_left, *only_right)):
        return False
    for word in only_left:
        twin = next((other for other in only_right if _slip(word, other)), None)
        if twin is not None:
            only_right.remove(twin)
        elif not is_filler(word):
            return False
    return all(is_filler(word) for word in only_right)


def _same_order(ours: list[str], theirs: list[str]) -> bool:
    """Whether the telling words follow each other alike: "broken in phone voucher" is not "broken in voucher phone"."""
    left, right = ([stem(word) for word in title if not is_filler(word)] for title in (ours, theirs))
    return len(left) == len(right) and all(
        one == other or _slip(one, other) for one, other in zip(left, right, strict=True)
    )


def _slip(word: str, other: str) -> bool:
    """Whether one is a misspelling of the other, and not its sibling ("encode", "decode")."""
    one_slip = OSA.distance(word, other, score_cutoff=1) <= 1
    return len(word) > 4 and word[0] == other[0] and word[-1] == other[-1] and one_slip
