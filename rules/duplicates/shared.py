"""The words two items share, as evidence that a person can check."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

_JOINT = re.compile(r"[\W_]")


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
        if folded in named or len(surface) < 2 or (surface.isdigit() and len(surface) < 3):
            continue
        named.update((folded, *(part for part in _JOINT.split(folded) if part)))
        chosen.append(term)
    chosen.sort(key=ranked.index)
    return tuple(surfaces[term] for term in chosen[:limit])


def in_common(left: Sequence[str], right: Sequence[str]) -> tuple[str, ...]:
    """The terms of `left` that `right` has too, each once, in the order of `left`."""
    other = set(right)
    return tuple(dict.fromkeys(term for term in left if term in other))
