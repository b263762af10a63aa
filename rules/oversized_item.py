"""An item too large to finish in one go.

What: more story points than the project's limit, or a text that names many separable parts: a long list of pieces of
work, many acceptance criteria, or very much prose. Where the item's own list says what the parts
are, sub-tasks are proposed in its words, leaving out what its children already cover; else it is only a question.
Why: a large item hides its risk until the end and is seldom finished when it was promised. Example: a story of 21
points whose section "Tasks" has five entries is offered those five as sub-tasks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from languages import figure, say, to_say
from rules.changes import AddSubtasks
from rules.kinds import is_container, is_defect, is_test
from rules.model import Context, Finding, WorkItem
from rules.parts import named_parts, without
from rules.reading import Line, read

NAME = "oversized_item"
LOOKS_FOR = to_say("an item too large to finish in one go")

_FEWEST_PARTS = 3
"""With story points over the limit, a list of this many parts is worth proposing."""
_MANY_PARTS = 5
"""Without story points, this many parts make an item large."""
_MANY_CRITERIA = 12
_MANY_HEADINGS = 4


def check(item: WorkItem, context: Context) -> Iterable[Finding]:
    """At most one finding, with sub-tasks or a question."""
    if item.is_subtask or is_container(item) or is_test(item):
        return
    lines = read(item.description)
    points, limit = item.story_points, context.policy.oversized_points
    parts = () if is_defect(item) else named_parts(lines)
    left = without(parts, [child.summary for child in item.children])
    if points is not None and points > limit:
        why = _why_points(points, limit)
    else:
        why = _why_text(item, lines, parts, context.policy.oversized_characters)
    if not why:
        return
    if len(left) >= (_FEWEST_PARTS if not item.children else 2):
        yield Finding(
            rule=NAME,
            title=say("Split into {number} sub-tasks", number=len(left)),
            reason=f"{why} {_where_from(item)}",
            value=50,
            evidence=left[:3],
            change=AddSubtasks(left),
        )
    elif not item.children:
        yield Finding(
            rule=NAME,
            title=say("Large item"),
            reason=why,
            value=25 if points is None or points <= limit else 35,
            questions=(say("Which part of it would be useful on its own, and could be done first?"),),
        )


def _why_points(points: float, limit: float) -> str:
    return say(
        "It is estimated at {points} points; the project's limit is {limit}.",
        points=figure(points),
        limit=figure(limit),
    )


def _where_from(item: WorkItem) -> str:
    if item.children:
        return say("Its own list names these parts, and no child covers them yet.")
    return say("Its own list names these parts.")


def _why_text(item: WorkItem, lines: Sequence[Line], parts: Sequence[str], most_characters: int) -> str:
    if is_defect(item):
        return ""
    if len(parts) >= _MANY_PARTS:
        return say("Its text lists {number} separate pieces of work.", number=len(parts))
    in_text = [line for line in lines if line.kind == "entry" and line.section == "criteria" and line.depth == 0]
    criteria = len(in_text) + sum(line.kind == "entry" and line.depth == 0 for line in read(item.acceptance_criteria))
    if criteria >= _MANY_CRITERIA:
        return say("It has {number} acceptance criteria.", number=criteria)
    prose = sum(len(line.text) for line in lines if line.kind in ("text", "entry"))
    headings = sum(line.kind == "heading" for line in lines)
    if prose <= most_characters:
        return ""
    if headings >= _MANY_HEADINGS:
        return say(
            "Its text has {characters} characters under {headings} headings.",
            characters=figure(prose),
            headings=headings,
        )
    return say("Its text has {characters} characters.", characters=figure(prose))
