"""The questions for a reporter, in plain words: what is missing, asked about what was said."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.facts import Fact
from rules.reading import shorten

MOST = 3

_I = re.IGNORECASE
_SYMPTOMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b(?:slow|slowly|lag\w*|(?:bad|poor)\s+performance"
                r"|performance\s+(?:is|issue|problem)\w*|takes (?:too )?(?:long|forever)|sluggish)\b", _I),
     "How long does it take now, and how long would be fine?"),
    (re.compile(r"\b(?:crash\w*|force close\w*|hangs?|hanging|freez\w*|frozen|stuck)\b", _I),
     "What is the last thing on the screen or in the log before it stops?"),
    (re.compile(r"\b(?:sometimes|intermittent\w*|random\w*|occasional\w*|from time to time|flaky)\b", _I),
     "How often does it happen: once in how many tries?"),
    (re.compile(r"\b(?:wrong|incorrect\w*|invalid|mismatch|inaccurate|bad)\b", _I),
     "Which value or result do you see, and which one would be right?"),
    (re.compile(
        r"\b(?:missing|not (?:show\w*|visible|display\w*|appear\w*|there)|disappear\w*|gone|empty|blank)\b", _I),
     "What exactly is missing, and where did you look for it?"),
    (re.compile(r"\b(?:error|fail\w*|exception)\b", _I), "What does the error message say, word for word?"),
    (re.compile(r"\b(?:broken|not work\w*|n['o]?t work\w*|doesnt work|problem\w*|issue\w*|bug\w*)\b", _I),
     "What happens instead: a message, an empty page, nothing at all?"),
)  # fmt: skip
_WISHES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b(improv\w*|better|enhanc\w*|optimi[sz]\w*|faster|speed up|nicer|modern\w*|user[- ]friendly)\b", _I),
     "What is not good enough today, and how will somebody notice the difference?"),
    (re.compile(r"\b(investigat\w*|research|analy[sz]e|evaluat\w*|spike|explore|look into)\b", _I),
     "Which question should be answered at the end, and who decides with the answer?"),
    (re.compile(r"\b(refactor\w*|clean[- ]?up|rework|restructur\w*|rewrit\w*|migrat\w*)\b", _I),
     "Which parts are meant, and what must still work in the same way afterwards?"),
    (re.compile(r"\b(updat\w*|upgrad\w*|bump)\b", _I), "Which version or content should it have afterwards?"),
    (re.compile(r"\b(fix\w*)\b", _I), "What is wrong today, and what should happen instead?"),
    (re.compile(r"\b(test\w*)\b", _I), "Which cases should be tested, and which results are expected?"),
    (re.compile(r"\b(document\w*|docs|wiki|readme)\b", _I),
     "Who will read it, and what should they be able to do afterwards?"),
)  # fmt: skip


def questions(summary: str, known: frozenset[Fact], *, defect: bool) -> tuple[str, ...]:
    """At most three questions that fit the type, the title and what is missing; the most telling first."""
    return tuple(dict.fromkeys(_of_defect(summary, known) if defect else _of_wish(summary, known)))[:MOST]


def _of_defect(summary: str, known: frozenset[Fact]) -> Iterator[str]:
    specific = next((question for symptom, question in _SYMPTOMS if symptom.search(summary)), None)
    if specific and not (specific == _SYMPTOMS[-1][1] and "actual" in known):
        yield specific
    if not known & {"steps", "condition"}:
        yield "What did you do, step by step, just before it happened?"
    elif "steps" not in known:
        yield "Which steps lead there, from the first screen or command on?"
    if specific is None and not known & {"message", "actual"}:
        yield "What did you see: which message, page or value?"
    if "expected" not in known:
        yield "What should have happened instead?"
    if "place" not in known:
        yield "Where does it happen: which version, which device or browser?"


def _of_wish(summary: str, known: frozenset[Fact]) -> Iterator[str]:
    for wish, question in _WISHES:
        if found := wish.search(summary):
            yield question.format(found[1].lower())
            break
    else:
        yield (
            f'What will somebody be able to do once "{shorten(summary.strip(), 60)}" is done?'
            if summary.strip()
            else ("What should be different once this is done?")
        )
    if "reason" not in known:
        yield "Who needs it, and what for?"
    yield "How can it be checked that it is done?"
