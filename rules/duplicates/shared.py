"""The words two items share, as evidence that a person can check."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from rules.language import is_usual

_JOINT = re.compile(r"[\W_]")
_CAMEL = re.compile(r"[a-z][A-Z]|[A-Z]{2}[a-z]")
_CHATTER_WORDS = """
    actually anymore asap app badly big completely constantly currently easy exactly fast finally fine forever
    frequently fully great hard help hey horrible huge immediately important maybe nice nicely occasionally ok okay
    often pls possible quick quickly really simple small soon strange stuff suddenly super terrible today tomorrow
    totally ugly urgent urgently weird yesterday doesn't doesnt didnt don't dont cant wont isnt isn't wasnt hasnt
    havent arent couldnt kaputt bitte dringend leider immer nicht mehr geht siempre nada roto toujours rien
"""
_CHATTER = frozenset(_CHATTER_WORDS.split())
_LEAST_LETTERS = 4


def shared_words(surfaces: Mapping[str, str], shared: Iterable[str], limit: int = 5) -> tuple[str, ...]:
    """At most `limit` shared terms as `surfaces` (term -> as written) spells them.

    `shared` comes strongest first, and that order is kept. Whole identifiers go before their parts: a part of an
    identifier already named is left out, and so is what says little alone: single letters and bare numbers of one
    or two digits.
    """
    chosen: list[str] = []
    named: set[str] = set()
    ranked = [term for term in shared if term in surfaces]
    for term in sorted(ranked, key=lambda t: not _JOINT.search(t)):
        surface = surfaces[term]
        folded = surface.casefold()
        if not checkable((surface,)) or folded in named or len(surface) < 2 or (surface.isdigit() and len(surface) < 3):
            continue
        named.update((folded, *(part for part in _JOINT.split(folded) if part)))
        chosen.append(term)
    chosen.sort(key=ranked.index)
    return tuple(surfaces[term] for term in chosen[:limit])


def checkable(found: Iterable[str]) -> tuple[str, ...]:
    """Those of the words that a person can look up in both items, identifiers, codes and numbers first.

    Words that any report may hold ("broken", "pls", "forever") are evidence of nothing.
    """
    kept = [word for word in found if _is_name(word) or _is_rare(word.casefold())]
    return tuple(sorted(kept, key=lambda word: not _is_name(word)))


def _is_name(word: str) -> bool:
    folded = word.casefold()
    if is_usual(folded) or folded in _CHATTER:
        return False
    digits = sum(char.isdigit() for char in word)
    return (digits > 0 and len(word) > 2) or (digits < 1 and bool(re.search(r"[._/\\:$]", word) or _CAMEL.search(word)))


def _is_rare(folded: str) -> bool:
    if is_usual(folded) or folded in _CHATTER or "n't" in folded:
        return False
    return not folded.isascii() or (len(folded) >= _LEAST_LETTERS and not folded.endswith("ly"))


def in_common(left: Sequence[str], right: Sequence[str]) -> tuple[str, ...]:
    """The terms of `left` that `right` has too, each once, in the order of `left`."""
    other = set(right)
    return tuple(dict.fromkeys(term for term in left if term in other))
