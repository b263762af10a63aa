"""A story without acceptance criteria.

What: a story, feature or task that has no criteria in a field of its own nor in its text, in any usual form (a
heading, Given/When/Then, a check list). The draft is made of the item's own sentences: what "should", "must" or
"needs to" be, and what an "As a ..., I want ..." asks for; a hedged sentence becomes an assumption. Where the text
says nothing that could be checked, or no more than the title, nothing is drafted. Plans, vague wishes and whatever
carries links, mentions or a secret are never drafted. Why: without criteria two people finish two different things.
Example: "As a buyer, I want to save my card. The card must be masked." becomes "A buyer can save their card" and "The
card must be masked".
"""

from __future__ import annotations

from collections.abc import Iterable

from languages import say, to_say
from rules.changes import AddCriteria
from rules.criteria_forms import has_criteria
from rules.drafting import draft, only_restates
from rules.facts import said
from rules.kinds import is_container
from rules.language import is_english
from rules.model import Context, Finding, WorkItem
from rules.reading import headline, read, shorten

NAME = "missing_criteria"
LOOKS_FOR = to_say("a story without acceptance criteria")

_ENOUGH_TO_ASK = 50
"""A text with this many words of its own deserves the question; a shorter one is vague first of all."""


def check(item: WorkItem, context: Context) -> Iterable[Finding]:
    """A finding with drafted criteria, one with a question, or none."""
    if item.is_subtask or is_container(item) or item.acceptance_criteria.strip():
        return
    if item.type.strip().casefold() not in {name.casefold() for name in context.policy.criteria_types}:
        return
    summary, lines = headline(item.summary), read(item.description)
    if has_criteria(lines) or not is_english("\n".join((summary, *(x.text for x in lines if x.kind != "code")))):
        return
    criteria = draft(summary, lines)
    if len(criteria) == 1 and only_restates(criteria[0], summary, lines):
        return
    if criteria:
        yield Finding(
            rule=NAME,
            title=say("Acceptance criteria"),
            reason=say("The item has none. These are drafted from its own sentences."),
            value=60,
            evidence=tuple(criterion.text[:120] for criterion in criteria[:2]),
            change=AddCriteria(criteria),
        )
    elif said(lines, summary) >= _ENOUGH_TO_ASK:
        yield Finding(
            rule=NAME,
            title=say("No acceptance criteria"),
            reason=say("The item has none, and its text does not say what must be true when it is done."),
            value=30,
            questions=(
                say(
                    'What must somebody be able to see or do when "{title}" is done?',
                    title=shorten(summary.strip(), 60),
                ),
            ),
        )
