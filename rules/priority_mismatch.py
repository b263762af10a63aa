"""A priority that the item's own words speak against.

What: the text reports an outage, a loss of data, a security hole or payments that fail for everyone, and the priority
is low; or the title calls the matter a typo or cosmetic, and the priority is the highest. Negated, quoted and supposed
words do not count, and where the text softens them ("there is a workaround") the rule is silent. Why: a grave report
at a low priority is found too late. Example: "Nobody can log in since this morning" at Low becomes High, never at
once the highest: that last step is a person's.
"""

from __future__ import annotations

from collections.abc import Iterable

from languages import say, to_say
from rules.changes import SetPriority
from rules.kinds import reports_defect
from rules.language import is_english
from rules.model import Context, Finding, WorkItem
from rules.reading import headline, read
from rules.severity import Heard, severe, slight

NAME = "priority_mismatch"
LOOKS_FOR = to_say("a priority that the item's own words speak against")

_FEWEST_LEVELS = 3
_ABOUT = {
    "data loss": to_say("data loss"),
    "outage": to_say("outage"),
    "security": to_say("security"),
    "payments": to_say("payments"),
}


def check(item: WorkItem, context: Context) -> Iterable[Finding]:
    """At most one finding, with a priority of the project's own scheme."""
    scheme = context.policy.priorities
    folded = [name.casefold() for name in scheme]
    if (
        len(scheme) < _FEWEST_LEVELS
        or item.priority is None
        or item.priority.casefold() not in folded
        or not reports_defect(item)
    ):
        return
    now = folded.index(item.priority.casefold())
    summary, lines = headline(item.summary), read(item.description)
    if not is_english("\n".join((summary, *(x.text for x in lines if x.kind != "code")))):
        return
    if now > 1 or (now == 1 and len(scheme) == _FEWEST_LEVELS):
        heard = severe(summary, lines)
        if heard and now >= _low_from(len(scheme), heard):
            yield _finding(item, heard, SetPriority(item.priority, scheme[_high(len(scheme))]), 90)
    elif now == 0 and (heard := slight(summary, lines)):
        yield _finding(item, heard, SetPriority(item.priority, scheme[len(scheme) // 2]), 40)


def _low_from(levels: int, heard: Heard) -> int:
    """The first place in the scheme that is too low: under the middle, or the middle itself where everyone is hit."""
    middle = levels // 2
    return middle if heard.everyone and levels > _FEWEST_LEVELS else middle + 1 if levels % 2 else middle


def _high(levels: int) -> int:
    """The place proposed: high, and not the top, which a person gives."""
    return 1 if levels > _FEWEST_LEVELS else 0


def _finding(item: WorkItem, heard: Heard, change: SetPriority, value: int) -> Finding:
    return Finding(
        rule=NAME,
        title=say("Priority: {change}", change=f"{change.old} → {change.new}"),
        reason=_why(heard),
        value=value,
        evidence=(heard.words,),
        change=change,
    )


def _why(heard: Heard) -> str:
    if heard.about == "cosmetic":
        return say('The text says "{words}", which calls it cosmetic.', words=heard.words)
    about = say(_ABOUT[heard.about])
    if heard.everyone:
        return say('The text says "{words}" ({about}, for everyone).', words=heard.words, about=about)
    return say('The text says "{words}" ({about}).', words=heard.words, about=about)
