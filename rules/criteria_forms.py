"""Whether a text already holds acceptance criteria, in any of the forms people use."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from rules.reading import Line

_GIVEN = re.compile(
    r"(?:given|angenommen|gegeben\w*|[ée]tant\s+donn[ée]\w*|soit|dad[oa]s?|gegeven|zakładając|дано|前提|假如|假设)\b",
    re.IGNORECASE,
)
_WHEN_THEN = re.compile(
    r"\b(?:when\b.{0,400}?\bthen|wenn\b.{0,400}?\bdann|(?:quand|lorsqu['\u2019]?e?)\b.{0,400}?\balors"
    r"|cuando\b.{0,400}?\bentonces|quando\b.{0,400}?\bent[ãa]o)\b",
    re.IGNORECASE,
)
_STEP = re.compile(
    r"(?:when|then|wenn|dann|quand|lorsqu['\u2019]?e?|alors|cuando|entonces|quando|ent[ãa]o|als|dan|когда|тогда|もし|ならば|当|那么)\b",
    re.IGNORECASE,
)
_INLINE = re.compile(
    r"\bacceptance\s+criteri|\b(?:akzeptanz|abnahme)kriteri|\bcrit[èe]res\s+d['\u2019]acceptation\b"
    r"|\bcriterios\s+de\s+aceptaci[óo]n\b|\bcrit[ée]rios\s+de\s+(?:aceita?[çc][ãa]o|aceite)\b|\bdefinition\s+of\s+done\b"
    r"|\bdone\s+(?:when|means)\b|\bconditions\s+of\s+satisfaction\b",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"\W{0,3}A\.?C\.?[ \-_#]?\d{1,2}\b")


def has_criteria(lines: Sequence[Line]) -> bool:
    """A heading or label for them, Given/When/Then, numbered AC lines, or a check list."""
    if any(line.section == "criteria" for line in lines):
        return True
    shown = [_composed(line.text) for line in lines if line.kind != "code"]
    if any(_INLINE.search(text) or _NUMBERED.match(text) or _given_when_then(text) for text in shown):
        return True
    every = [_composed(line.text) for line in lines]
    if any(map(_GIVEN.match, every)) and any(map(_STEP.match, every)):
        return True
    return sum(line.checked is not None for line in lines if line.kind != "code") >= 2


def _composed(text: str) -> str:
    """The text with each accent joined to its letter."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _given_when_then(text: str) -> bool:
    return _GIVEN.match(text) is not None and _WHEN_THEN.search(text) is not None
