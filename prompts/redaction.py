"""Secrets and personal numbers, replaced by placeholders before a text leaves the machine.

    "token ghp_... of ada@example.org"  ->  "token [[SECRET_1]] of [[EMAIL_1]]"

All patterns look at the original text, overlapping finds are merged, and each distinct find gets one placeholder
that is the same in every text of the call. A placeholder that the text itself happens to hold is never given out,
so `restore` brings back exactly what was there. Finding too much costs a word of context; finding too little costs a
secret: where in doubt, it goes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from languages import say, to_say
from prompts.secret_patterns import Kind, Span, find_spans

_PLACEHOLDER = re.compile(r"\[\[\s{0,3}(SECRET|EMAIL|IBAN|CARD)\s{0,3}_\s{0,3}(\d{1,6})\s{0,3}\]\]", re.IGNORECASE)

ALL_KINDS: frozenset[Kind] = frozenset({"SECRET", "EMAIL", "IBAN", "CARD"})
WITHHELD = to_say("(secret left out)")


@dataclass(frozen=True, slots=True)
class Redacted:
    """Texts in the order they were given, and what each placeholder stands for ("EMAIL_1" -> the address)."""

    texts: tuple[str, ...]
    originals: Mapping[str, str] = field(repr=False)


def redact(*texts: str, known: Collection[str] = ()) -> Redacted:
    """Replace what must not leave; `known` are exact strings that must go as well (the bot's own secrets)."""
    names = _Names(texts)
    redacted = tuple(_replace(text, _merged(find_spans(text, known)), names) for text in texts)
    return Redacted(redacted, MappingProxyType(names.originals))


def restore(text: str, originals: Mapping[str, str], kinds: Collection[Kind] = ALL_KINDS) -> str:
    """Put back what placeholders of these kinds stand for; known ones of other kinds become `WITHHELD`, as spoken.

    Forgives the spaces and small letters that models put into placeholders. Unknown placeholders stay as they are.
    """

    def original(match: re.Match[str]) -> str:
        kind, name = match[1].upper(), f"{match[1].upper()}_{match[2]}"
        if name not in originals:
            return match[0]
        return originals[name] if kind in kinds else say(WITHHELD)

    return _PLACEHOLDER.sub(original, text)


class _Names:
    """Gives out placeholder names, none of which stands in the texts."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.originals: dict[str, str] = {}
        self._by_find: dict[tuple[Kind, str], str] = {}
        self._taken = {f"{m[1].upper()}_{m[2]}" for text in texts for m in _PLACEHOLDER.finditer(text)}
        self._last: dict[Kind, int] = {}

    def name(self, kind: Kind, find: str) -> str:
        if (kind, find) not in self._by_find:
            number = self._last.get(kind, 0) + 1
            while f"{kind}_{number}" in self._taken:
                number += 1
            self._last[kind] = number
            self._by_find[kind, find] = f"{kind}_{number}"
            self.originals[f"{kind}_{number}"] = find
        return self._by_find[kind, find]


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start < merged[-1].end:
            last = merged[-1]
            kind: Kind = last.kind if last.kind == span.kind else "SECRET"
            merged[-1] = Span(last.start, max(last.end, span.end), kind)
        else:
            merged.append(span)
    return merged


def _replace(text: str, spans: list[Span], names: _Names) -> str:
    parts: list[str] = []
    at = 0
    for span in spans:
        parts += [text[at : span.start], f"[[{names.name(span.kind, text[span.start : span.end])}]]"]
        at = span.end
    return "".join([*parts, text[at:]])
