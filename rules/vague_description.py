"""A description that gives nobody anything to act on.

What: nothing, or next to nothing, beside the title: no steps, no message, nothing expected, no outcome; or a form whose
headings were left unfilled. A short description is no fault: "NullPointerException when saving an empty cart" is
enough to start. Why: such an item comes back to its reporter days later, when the memory is gone; asking on the first
day costs one sentence. Example: "Checkout broken" with "it does not work, please fix" is asked what was done, what was
seen and what was expected.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from languages import say, to_say
from rules import asking
from rules.changes import AddLabel
from rules.facts import Fact, facts, filled, said
from rules.kinds import is_container, is_test, reports_defect
from rules.language import is_english
from rules.model import Context, Finding, WorkItem
from rules.reading import Line, headline, read, shorten, words
from rules.severity import severe

NAME = "vague_description"
LOOKS_FOR = to_say("a description that gives nobody anything to act on")

_QUOTED = 60
_FEW_WORDS = 12
"""A defect that adds fewer different words than this to its title needs a fact to stand."""
_TELLING_TITLE = 8
"""A title of this many words that names an outcome or a condition can stand alone."""
_FULL_TITLE = 12
"""A title of this many words is a description."""
_SELF_CONTAINED = re.compile(
    r"\bdoc(?:s|ument\w*)?\b|\bnot\s+(?:yet\s+)?(?:implemented|supported)\b|\bunimplemented\b|\bre-?enable\b",
    re.IGNORECASE,
)
"""A title about documentation, or about something that is not there at all, says what is to be done."""
_IDENTIFIER = re.compile(r"\w\.\w|[a-z][A-Z]|\w_\w|\w\(\)|\bdoc(?:s|ument\w*)?\b|\btypos?\b")


def check(item: WorkItem, context: Context) -> Iterable[Finding]:
    """A finding with a label and up to three questions, or none."""
    if item.is_subtask or is_container(item) or is_test(item):
        return
    lines = read(item.description)
    summary = headline(item.summary)
    if item.acceptance_criteria.strip() or not _is_vague(item, summary, lines):
        return
    known = _known(summary, lines)
    defect = reports_defect(item)
    asked = asking.questions(summary, known, defect=defect)
    first = next((line.text for line in filled(lines)), "")
    quote = shorten(first, _QUOTED)
    label = context.policy.vague_label
    has_label = label is not None and label.casefold() in {own.casefold() for own in item.labels}
    yield Finding(
        rule=NAME,
        title=say("Needs details"),
        reason=_what_is_there(lines, quote),
        value=70 if defect else 55,
        evidence=(quote,) if quote and quote == first else (),
        change=AddLabel(label) if label is not None and not has_label else None,
        questions=asked,
    )


def _is_vague(item: WorkItem, summary: str, lines: tuple[Line, ...]) -> bool:
    kept = filled(lines)
    title_words = len(words(summary))
    if not is_english("\n".join((summary, *(line.text for line in lines if line.kind != "code")))):
        # Where the words are not known, only an empty description under a short title is certain.
        if kept:
            return False
        if not summary.isascii():
            return len(summary) < 20
    known = _known(summary, lines) if kept else facts(summary, lines)
    added = said(lines, summary)
    if title_words >= _FULL_TITLE:
        return False
    if reports_defect(item):
        strong = {"steps", "message", "pointer", "actual"} & known
        telling = bool({"condition", "expected"} & known)
        if strong or _SELF_CONTAINED.search(summary) or (telling and added + title_words >= _TELLING_TITLE + 2):
            return False
        return added < _FEW_WORDS and (title_words < _TELLING_TITLE or not (known - {"place"}))
    if (
        _IDENTIFIER.search(summary)
        or known & {"steps", "pointer", "message"}
        or (known & {"reason", "outcome"} and added + title_words >= _TELLING_TITLE)
    ):
        return False
    return added < 5 and title_words < _TELLING_TITLE - 2


def _known(summary: str, lines: tuple[Line, ...]) -> frozenset[Fact]:
    """The facts told; "nobody can log in" is what is seen, and what should be is plain."""
    known = facts(summary, lines)
    return known | {"actual", "expected"} if severe(summary, lines) else known


def _what_is_there(lines: tuple[Line, ...], quote: str) -> str:
    if quote:
        return say('The description adds little to the title ("{quote}").', quote=quote)
    if not lines:
        return say("The description is empty.")
    if any(line.kind == "heading" or line.text[:1] in tuple("<[{(") for line in lines):
        return say("The description holds only unfilled headings or placeholders.")
    return say("The description is too short to act on.")
