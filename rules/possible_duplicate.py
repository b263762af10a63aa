"""An earlier item that carries the same title.

What: among the candidates the duplicate index found, one whose title says the same, word for word but for spelling; a
title of one or two words counts only where the descriptions are the same as well. Guards keep recurring and related
work out: other numbers, versions or platforms, sub-tasks, clones, titles that many items carry, items already linked,
parent and child. Why: two people fix one fault, or one fixes what the other closed. Only a link is proposed, never
closing, and never a probability. Example: "Checkout hangs with Apple Pay" and "Checkout hangs with Apple Pay!" are
the same title; "Use 1.2.0" and "Use 1.3.0" are siblings.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from languages import enumeration, say, say_many, to_say
from rules.changes import LinkDuplicate
from rules.duplicates.shared import checkable, in_common, shared_words
from rules.duplicates.title import is_clone_title, normal_title, same_title
from rules.duplicates.tokens import surfaces, tokens
from rules.kinds import is_container, is_test
from rules.model import Candidate, Context, Finding, WorkItem

NAME = "possible_duplicate"
LOOKS_FOR = to_say("an earlier item that carries the same title")

MOST_WITH_TITLE = 2
"""A title that more other items carry is a recurring chore, not a report."""
OLDEST_DONE_DAYS = 730
"""A done item older than this is history: the same title today is a new case."""


def check(item: WorkItem, context: Context) -> Iterable[Finding]:
    """At most one finding: the link to the earlier item that is still open, else to the earliest."""
    if item.is_subtask or is_clone_title(item.summary) or is_container(item) or is_test(item):
        return
    linked = {link.key for link in item.links} | {child.key for child in item.children} | {item.parent, item.key}
    same = [
        other
        for other in context.candidates
        if other.key not in linked and _may_be_original(item, other, context.today)
    ]
    if not same:
        return
    original = min(same, key=lambda other: (other.status_category == "done", other.created, other.key))
    known_words = original.shared_words or shared_words(
        surfaces(item.summary), in_common(tokens(item.summary), tokens(original.summary))
    )
    standing = _standing(original, context.today)
    named = checkable(known_words)[:3]
    shown = f"#{original.key}" if original.key.isdecimal() else original.key  # as Azure DevOps writes it
    told = [say("It is {standing}.", standing=standing)]
    if original.same_text:
        told.append(say("The descriptions are the same."))
    if named:
        told.append(say("Both name {words}.", words=enumeration(named)))
    yield Finding(
        rule=NAME,
        title=say("Same title as {key}", key=shown),
        reason=" ".join(told),
        value=80,
        subject=original.key,
        evidence=(original.key, standing, *named),
        change=LinkDuplicate(original.key, original.summary),
    )


def _may_be_original(item: WorkItem, other: Candidate, today: datetime) -> bool:
    if other.is_subtask or other.is_clone or other.already_linked or other.title_count > MOST_WITH_TITLE:
        return False
    if (other.created, other.key) >= (item.created, item.key) or is_clone_title(other.summary):
        return False
    if other.status_category == "done" and (today - other.created).days > OLDEST_DONE_DAYS:
        return False
    return same_title(item.summary, other.summary) or (
        other.same_text and normal_title(item.summary) == normal_title(other.summary) != ""
    )


def _standing(original: Candidate, today: datetime) -> str:
    """The status and the age: "Open, created today", "Open, 6 days old"; then in months, then in years."""
    status, days = original.status, max(0, (today - original.created).days)
    if days == 0:
        return say("{status}, created today", status=status)
    if days < 60:
        return say_many("{status}, {number} day old", "{status}, {number} days old", days, status=status)
    if days < 365:
        return say_many("{status}, {number} month old", "{status}, {number} months old", days // 30, status=status)
    return say_many("{status}, {number} year old", "{status}, {number} years old", days // 365, status=status)
