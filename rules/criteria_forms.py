"""Whether a text already holds acceptance criteria, in any of the forms people use."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rules.reading import Line

_GIVEN = re.compile(
    r"(?:given|angenommen|gegeben\w*|[ée]tant\s+donn[ée]\w*|dado|dada|gegeven|zakładając|дано|前提|假如|假设)\b",
    re.IGNORECASE,
)
_WHEN_THEN = re.compile(r"\bwhen\b.{0,400}?\bthen\b", re.IGNORECASE)
_STEP = re.compile(
    r"(?:when|then|wenn|dann|quand|lorsque|alors|cuando|entonces|quando|ent[ãa]o|als|dan|когда|тогда|もし|ならば|当|那么)\b",
    re.IGNORECASE,
)
_INLINE = re.compile(
    r"\bacceptance\s+criteri|\bdefinition\s+of\s+done\b|\bdone\s+(?:when|means)\b|\bconditions\s+of\s+satisfaction\b",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"\W{0,3}A\.?C\.?[ \-_#]?\d{1,2}\b")


def has_criteria(lines: Sequence[Line]) -> bool:
    """A heading or label for them, Given/When/Then, numbered AC lines, or a check list."""
    if any(line.section == "criteria" for line in lines):
        return True
    shown = [line for line in lines if line.kind != "code"]
    if any(_INLINE.search(line.text) or _NUMBERED.match(line.text) or _given_when_then(line.text) for line in shown):
        return True
    if any(_GIVEN.match(line.text) for line in lines) and any(_STEP.match(line.text) for line in lines):
        return True
    return sum(line.checked is not None for line in shown) >= 2


def _given_when_then(text: str) -> bool:
    return _GIVEN.match(text) is not None and _WHEN_THEN.search(text) is not None
