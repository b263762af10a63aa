"""Pure: one change in words, described from its own values and not from somebody's prose about it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, assert_never

from bot.words.wording import clean, emphasis, linked, plain, quoted, sentence, unseen
from integrations.blocks import Inline, Text
from rules.model import AddCriteria, AddLabel, AddSubtasks, Change, LinkDuplicate, SetPriority

MAX_ENTRIES = 12
MAX_EVIDENCE = 4

State = Literal["open", "accepted", "rejected", "undone", "not_applied", "withdrawn"]

STATE_WORDS: Mapping[str, str] = {
    "open": "open",
    "accepted": "accepted",
    "rejected": "rejected",
    "undone": "undone",
    "not_applied": "not applied",
    "withdrawn": "withdrawn",
    "accepting": "being applied",
    "undoing": "being taken back",
}


@dataclass(frozen=True, slots=True)
class ShownChange:
    """One numbered change as a comment shows it.

    `by` is the display name of who decided, `at` when; `note` is the reason of a rejection, or what stood in the way of
    a change that was not applied ("the description was changed by Kim after this was written").
    """

    number: int
    title: str
    change: Change
    reason: str
    evidence: tuple[str, ...]
    source: str
    state: State
    by: str = ""
    at: datetime | None = None
    note: str = ""


def change_line(change: Change) -> str:
    """The change as one plain line, for lists: "Priority: Medium → High"."""
    match change:
        case AddCriteria():
            shown = "; ".join(clean(criterion.text, 120) for criterion in change.criteria[:3])
            more = f"; and {len(change.criteria) - 3} more" if len(change.criteria) > 3 else ""
            return f"Acceptance criteria: {shown}{more}"
        case SetPriority():
            return f"Priority: {clean(change.old or 'none', 60)} \N{RIGHTWARDS ARROW} {clean(change.new, 60)}"
        case AddLabel():
            return f"Label: add {clean(change.label, 80)}"
        case LinkDuplicate():
            return f"Duplicate: link to {clean(change.original, 80)} {quoted(change.original_summary, 120)}"
        case AddSubtasks():
            return f"Sub-tasks: {'; '.join(clean(summary, 80) for summary in change.summaries[:MAX_ENTRIES])}"
    assert_never(change)


def change_title(shown: ShownChange) -> str:
    """The few words of a change that stand in bold, without its number. They always name what would be written."""
    title = clean(shown.title, 160).rstrip(" .:!")
    change = shown.change
    match change:
        case AddCriteria():
            return title or "Acceptance criteria"
        case SetPriority():
            line = change_line(change)
            return title if line in title else line
        case AddLabel():
            label = clean(change.label, 80)
            return title if label in title else f"Label: add {label}"
        case LinkDuplicate():
            original = clean(change.original, 80)
            return title if original in title.split() else f"Probably the same as {original}"
        case AddSubtasks():
            return title or f"Split into {len(change.summaries)} sub-tasks"
    assert_never(change)


def change_entries(change: Change, limit: int) -> tuple[tuple[Inline, ...], ...]:
    """What the change would write, as entries of a list; empty where the title already says it all."""
    match change:
        case AddCriteria():
            return tuple(
                (emphasis("assumption:"), plain(" " + clean(criterion.text, limit)))
                if criterion.is_assumption
                else (plain(clean(criterion.text, limit)),)
                for criterion in change.criteria
            )
        case AddSubtasks():
            return tuple((plain(clean(summary, limit)),) for summary in change.summaries)
        case SetPriority() | AddLabel() | LinkDuplicate():
            return ()
    assert_never(change)


def unseen_in(change: Change) -> int:
    """How many characters of what the change would write a reader cannot see."""
    match change:
        case AddCriteria():
            return sum(unseen(criterion.text) for criterion in change.criteria)
        case AddSubtasks():
            return sum(map(unseen, change.summaries))
        case SetPriority():
            return unseen(change.new)
        case AddLabel():
            return unseen(change.label)
        case LinkDuplicate():
            return unseen(change.original)
    assert_never(change)


def because(shown: ShownChange, known_keys: Collection[str], scale: float = 1.0) -> tuple[Inline, ...]:
    """Why, and in brackets what a person can check: "Three people reported it (SHOP-97; SHOP-101)."."""
    reason = clean(shown.reason, int(400 * scale))
    evidence = [clean(entry, int(120 * scale)) for entry in _unsaid(shown)[:MAX_EVIDENCE]]
    if not evidence:
        return linked(sentence(reason), known_keys)
    inlines: list[Inline] = list(linked(reason.rstrip(" ."), known_keys))
    apart = "; " if any(" " in entry for entry in evidence) else ", "
    for position, entry in enumerate(evidence):
        before = apart if position else (" (" if inlines else "(")
        inlines += [plain(before), *linked(entry, known_keys)]
    inlines.append(plain(")."))
    return tuple(inlines)


def _unsaid(shown: ShownChange) -> list[str]:
    """The evidence that neither the reason nor the change itself has said already."""
    written = "\n".join(text for entry in change_entries(shown.change, 2000) for text in _texts(entry))
    said = "\n".join((clean(shown.reason, 400), change_title(shown), change_line(shown.change), written)).casefold()
    cleaned = (clean(entry, 400) for entry in shown.evidence)
    return [entry for entry in cleaned if entry and entry.casefold() not in said]


def _texts(entry: tuple[Inline, ...]) -> list[str]:
    return [inline.text.strip() for inline in entry if isinstance(inline, Text)]
