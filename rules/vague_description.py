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

from rules import asking
from rules.facts import Fact, facts, filled, said
from rules.kinds import is_container, is_test, reports_defect
from rules.language import is_english
from rules.model import AddLabel, Context, Finding, WorkItem
from rules.reading import Line, headline, read, words

NAME = "vague_description"

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
    known = facts(summary, lines)
    defect = reports_defect(item)
    asked = asking.questions(summary, known, defect=defect)
    label = context.policy.vague_label
    has_label = label is not None and label.casefold() in {own.casefold() for own in item.labels}
    yield Finding(
        rule=NAME,
        title="Needs details",
        reason=f"{_what_is_there(lines)} {_what_is_missing(known, defect=defect)}",
        value=70 if defect else 55,
        evidence=tuple(line.text[:120] for line in filled(lines)[:1]),
        change=AddLabel(label) if label is not None and not has_label else None,
        questions=asked,
    )


def _is_vague(item: WorkItem, summary: str, lines: tuple[Line, ...]) -> bool:
    kept = filled(lines)
    title_words = len(words(summary))
    if not is_english("\n".join((summary, *(line.text for line in lines if line.kind != "code")))):
        # Where the words are not known, only an empty description under a short title is certain.
        return not kept and len(summary) < 20
    known = facts(summary, lines)
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


def _what_is_there(lines: tuple[Line, ...]) -> str:
    kept = filled(lines)
    if kept:
        return (
            f'The description adds little to the title ("{kept[0].text[:60]}{"…" if len(kept[0].text) > 60 else ""}").'
        )
    return "The description holds only unfilled headings or placeholders." if lines else "The description is empty."


def _what_is_missing(known: frozenset[Fact], *, defect: bool) -> str:
    wanted: tuple[tuple[str, set[str], str], ...] = (
        (("steps", {"steps", "condition"}, "how to make it happen"), ("actual", {"message", "actual"}, "what is seen"),
         ("expected", {"expected"}, "what was expected"))
        if defect
        else (("outcome", {"outcome"}, "what will be different"), ("reason", {"reason"}, "who needs it and why"))
    )  # fmt: skip
    missing = [words_ for _, names, words_ in wanted if not names & known]
    return f"Missing: {', '.join(missing)}." if missing else "There is not yet enough to start on."
