"""The facts in a report that somebody could act on: steps, what happened, what should happen, where."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from rules.reading import Line, words

Fact = Literal["steps", "condition", "actual", "expected", "message", "place", "reason", "outcome", "pointer"]

_PLACEHOLDER = re.compile(
    r"""[\W_]*(?:tbd|tba|tbc|todo|to\s+be\s+(?:done|defined|added|completed)|to\s+do|n\s*/?\s*a|none|nil|null|x{2,}
        |same|unknown|not\s+applicable
    |see\s+(?:the\s+)?(?:title|summary|subject|above|below|attach\w*|screenshot\w*)|(?:as|same\s+as)\s+(?:in\s+
    |per\s+)?(?:the\s+)?(?:above|title|summary|subject)
    |title\s+says\s+it\s+all|lorem\s+ipsum.{0,2000}|test(?:ing)?|no\s+description(?:\s+\w+){0,2}|description|asdf\w*
    |coming\s+soon|later|\?+|\.+
    |(?:please\s+)?(?:describe|enter|add|insert|fill\s+in|write|provide|explain)\s+(?:here
    |(?:the\s+|your\s+|an?\s+|any\s+|more\s+)?(?:issue|problem|bug|request|details?|descriptions?|steps?|summary|text|reason|information)
    (?:\s+(?:here|below|to\s+reproduce|of\s+the\s+(?:issue|problem|bug)))?|what\s+(?:happened|you\s+(?:did|see|saw|expected?)).{0,100})
    |as\s+an?\s*[<\[{(_.…].{0,200}|keine(?:\s+\w+)?|s\.\s*o\.|siehe\s+(?:oben|titel)|idem|ninguno|нет|なし|无)[\W_]*""",
    re.IGNORECASE | re.VERBOSE,
)
_BRACKETED = re.compile(r"(?:<[^<>]{3,200}>|\[[^\[\]]{3,200}\]|\{[^{}]{3,200}\}|\(?_{3,}\)?)[.:]?")
_ADDRESS = re.compile(r"https?://\S+|\bwww\.\S+")
_CONDITION = re.compile(
    r"\b(?:when(?:ever)?|after|if|while|once|upon|during|before|unless|every time|as soon as|on (?:start|launch"
    r"|click|tap|open|clos|load|rotat|resum|sav|push)\w*)\b",
    re.IGNORECASE,
)
_EXPECTED = re.compile(
    r"\b(?:should(?:n'?t)?|expect(?:ed|s|ing)?|supposed to|instead(?: of)?|rather than|must|ought to|used to)\b",
    re.IGNORECASE,
)
_MESSAGE = re.compile(
    r"\b[A-Z]\w{1,60}(?:Exception|Error)\b|\b(?:error|errno|exception|status|code)\s{0,3}[:#=]?\s{0,3}[\"'\[(]?-?\d{2,}"
    r"|\b(?:exception|fatal|traceback|segfault|sigsegv|sigabrt|stack ?trace|null ?pointer|undefined is not"
    r"|cannot find symbol|\[error\])"
    r"|\b(?:HTTP|ERR|E)[ _-]\w{3,}|\b(?:4\d\d|5\d\d) (?:error|status|response)|\berror\s{0,3}:\s{0,3}\S",
    re.IGNORECASE,
)
_ACTUAL = re.compile(
    r"\b(?:returns?|returned|throws?|prints?|responds? with|shows? (?:up )?(?:as|an?)|becomes?|turns into)\s+\w",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"“«„]([^\"“”«»„\n]{6,200})[\"”»]")
_PLACE = re.compile(
    r"\b(?:v(?:er(?:sion)?)?\.?\s?\d|\d+\.\d+|ios|android|windows|macos|os x|linux|ubuntu|chrome|firefox|safari"
    r"|edge|iphone|ipad|simulator|emulator"
    r"|staging|production|blackberry|internet explorer|samsung|nexus)\b|\bv\d",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"\b(?:so that|so (?:i|we|they|users?|it|you) can|in order to|because|since|this (?:allows|lets|would|will"
    r"|helps)|to (?:avoid|prevent|allow|let|enable|ensure|support|reduce|match)|needed (?:for|by|to)|due to)\b",
    re.IGNORECASE,
)
_OUTCOME = re.compile(
    r"\b(?:should|must|needs? to|has to|have to|can|will|shall|want(?:s|ed)?(?: to)?|would like|allow(?:s|ing)?"
    r"|ability to|be able to|given|then)\b",
    re.IGNORECASE,
)
_POINTER = re.compile(
    r"\b[A-Z][A-Z0-9]{1,9}-\d{1,6}\b|(?<!\w)#\d{1,6}\b|\b(?:figma|mock-?ups?|wireframes?|spec(?:ification)?"
    r"|rfc ?\d+|attached|attachment|screenshot|screen ?shot|see (?:image|video|log|file)|pull request|commit)\b",
    re.IGNORECASE,
)
_MARKS: tuple[tuple[Fact, re.Pattern[str]], ...] = (
    ("condition", _CONDITION), ("expected", _EXPECTED), ("message", _MESSAGE), ("message", _QUOTED),
    ("actual", _ACTUAL), ("place", _PLACE),
    ("reason", _REASON), ("outcome", _OUTCOME), ("pointer", _POINTER),
)  # fmt: skip
_BY_SECTION: dict[str, Fact] = {"steps": "steps", "expected": "expected", "actual": "actual", "environment": "place"}


def is_placeholder(text: str) -> bool:
    """Whether a line says nothing: "TBD", "n/a", an unfilled "[describe the problem]", an empty user-story form."""
    text = text.strip()[:400]
    return not any(c.isalnum() for c in text) or bool(_PLACEHOLDER.fullmatch(text) or _BRACKETED.fullmatch(text))


def filled(lines: Sequence[Line]) -> tuple[Line, ...]:
    """The lines that carry something: headings, placeholders and bare links left out."""
    return tuple(line for line in lines if line.kind != "heading" and not is_placeholder(_ADDRESS.sub("", line.text)))


def facts(summary: str, lines: Sequence[Line]) -> frozenset[Fact]:
    """The kinds of facts that the summary and the description hold."""
    kept = filled(lines)
    found: set[Fact] = {_BY_SECTION[line.section] for line in kept if line.section in _BY_SECTION}
    if any(line.kind == "code" for line in kept):
        found.add("message")
    if sum(line.kind == "entry" for line in kept) >= 2:
        found.update(("steps", "outcome"))
    text = "\n".join((summary, *(line.text for line in kept if line.kind != "code")))
    found.update(name for name, mark in _MARKS if mark.search(text))
    if any(_ADDRESS.search(line.text) for line in lines):
        found.add("pointer")
    return frozenset(found)


def said(lines: Sequence[Line], summary: str) -> int:
    """How many different words the filled lines add to those of the summary."""
    known = {word.casefold() for word in words(summary)}
    text = "\n".join(_ADDRESS.sub("", line.text) for line in filled(lines))
    return len({word.casefold() for word in words(text)} - known)
