"""The questions for a reporter, in plain words: what is missing, asked about what was said."""

from __future__ import annotations

import re
from collections.abc import Iterator

from languages import say, to_say
from rules.facts import Fact
from rules.reading import shorten

MOST = 3

_I = re.IGNORECASE
_SYMPTOMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b(?:slow|slowly|lag\w*|(?:bad|poor)\s+performance"
                r"|performance\s+(?:is|issue|problem)\w*|takes (?:too )?(?:long|forever)|sluggish)\b", _I),
     to_say("How long does it take now, and how long would be fine?")),
    (re.compile(r"\b(?:crash\w*|force close\w*|hangs?|hanging|freez\w*|frozen|stuck)\b", _I),
     to_say("What is the last thing on the screen or in the log before it stops?")),
    (re.compile(r"\b(?:sometimes|intermittent\w*|random\w*|occasional\w*|from time to time|flaky)\b", _I),
     to_say("How often does it happen: once in how many tries?")),
    (re.compile(r"\b(?:wrong|incorrect\w*|invalid|mismatch|inaccurate|bad)\b", _I),
     to_say("Which value or result do you see, and which one would be right?")),
    (re.compile(
        r"\b(?:missing|not (?:show\w*|visible|display\w*|appear\w*|there)|disappear\w*|gone|empty|blank)\b", _I),
     to_say("What exactly is missing, and where did you look for it?")),
    (re.compile(r"\b(?:error|fail\w*|exception)\b", _I), to_say("What does the error message say, word for word?")),
    (re.compile(r"\b(?:broken|not work\w*|n['o]?t work\w*|doesnt work|problem\w*|issue\w*|bug\w*)\b", _I),
     to_say("What happens instead: a message, an empty page, nothing at all?")),
)  # fmt: skip
_WISHES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b(improv\w*|better|enhanc\w*|optimi[sz]\w*|faster|speed up|nicer|modern\w*|user[- ]friendly)\b", _I),
     to_say("What is not good enough today, and how will somebody notice the difference?")),
    (re.compile(r"\b(investigat\w*|research|analy[sz]e|evaluat\w*|spike|explore|look into)\b", _I),
     to_say("Which question should be answered at the end, and who decides with the answer?")),
    (re.compile(r"\b(refactor\w*|clean[- ]?up|rework|restructur\w*|rewrit\w*|migrat\w*)\b", _I),
     to_say("Which parts are meant, and what must still work in the same way afterwards?")),
    (re.compile(r"\b(updat\w*|upgrad\w*|bump)\b", _I), to_say("Which version or content should it have afterwards?")),
    (re.compile(r"\b(fix\w*)\b", _I), to_say("What is wrong today, and what should happen instead?")),
    (re.compile(r"\b(test\w*)\b", _I), to_say("Which cases should be tested, and which results are expected?")),
    (re.compile(r"\b(document\w*|docs|wiki|readme)\b", _I),
     to_say("Who will read it, and what should they be able to do afterwards?")),
)  # fmt: skip


def questions(summary: str, known: frozenset[Fact], *, defect: bool) -> tuple[str, ...]:
    """At most three questions that fit the type, the title and what is missing; the most telling first."""
    return tuple(dict.fromkeys(_of_defect(summary, known) if defect else _of_wish(summary, known)))[:MOST]


def _of_defect(summary: str, known: frozenset[Fact]) -> Iterator[str]:
    specific = next((question for symptom, question in _SYMPTOMS if symptom.search(summary)), None)
    if specific and not (specific == _SYMPTOMS[-1][1] and "actual" in known):
        yield say(specific)
    if not known & {"steps", "condition"}:
        yield say("What did you do, step by step, just before it happened?")
    elif "steps" not in known:
        yield say("Which steps lead there, from the first screen or command on?")
    if specific is None and not known & {"message", "actual"}:
        yield say("What did you see: which message, page or value?")
    if "expected" not in known:
        yield say("What should have happened instead?")
    if "place" not in known:
        yield say("Where does it happen: which version, which device or browser?")


def _of_wish(summary: str, known: frozenset[Fact]) -> Iterator[str]:
    for wish, question in _WISHES:
        if wish.search(summary):
            yield say(question)
            break
    else:
        title = shorten(summary.strip(), 60)
        yield (
            say('What will somebody be able to do once "{title}" is done?', title=title)
            if title
            else say("What should be different once this is done?")
        )
    if "reason" not in known:
        yield say("Who needs it, and what for?")
    yield say("How can it be checked that it is done?")
