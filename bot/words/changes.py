"""Pure: one change in words, described from its own values and not from somebody's prose about it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, assert_never

from bot.words.wording import clean, emphasis, linked, plain, quoted, sentence, unseen
from integrations.blocks import Inline, Text
from languages import say, to_say
from rules.changes import (
    AddChildren,
    AddCriteria,
    AddLabel,
    AddSection,
    AddSubtasks,
    Change,
    CloseDuplicate,
    Duplicate,
    FieldKind,
    FieldValue,
    LinkDuplicate,
    RewriteDescription,
    SetField,
    SetPriority,
)

MAX_ENTRIES = 12
MAX_EVIDENCE = 4

State = Literal["open", "accepted", "rejected", "undone", "not_applied", "withdrawn"]

UNNAMED = to_say("Duplicate of an item that is not open to all who read this")
"""Said of a link whose other end is restricted, gone or in another project by now."""

FIELD_WORDS: Mapping[FieldKind, str] = {
    "summary": to_say("Title"),
    "component": to_say("Component"),
    "estimate": to_say("Estimate"),
    "assignee": to_say("Assignee"),
    "status": to_say("Status"),
}


@dataclass(frozen=True, slots=True)
class ShownChange:
    """One numbered change as a comment shows it.

    `by` is the display name of who decided, `at` when; `note` is the reason of a rejection, or what stood in the way of
    a change that was not applied ("the description was changed by Kim after this was written"). `drafted`: what it
    would create is there already, as drafts.
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
    drafted: bool = False


def change_line(change: Change) -> str:
    """The change as one plain line, for lists: "Priority: Medium → High"."""
    match change:
        case AddCriteria():
            return _criteria_line(change)
        case AddSection():
            return say("Description: add {heading}", heading=quoted(change.heading, 120))
        case RewriteDescription():
            return say("Description: {text}", text=clean(change.text, 240))
        case SetPriority():
            return say("Priority: {change}", change=_turned(change.old, change.new, 60))
        case SetField():
            turned = _turned(change.old, change.new, 160)
            return say("{field}: {change}", field=say(FIELD_WORDS[change.kind]), change=turned)
        case AddLabel():
            return say("Label: add {label}", label=clean(change.label, 80))
        case LinkDuplicate() | CloseDuplicate() if not change.original:
            return say(UNNAMED)
        case LinkDuplicate():
            return say("Duplicate: link to {original} {summary}", **_original(change))
        case CloseDuplicate():
            return say("Duplicate: close, as {original} {summary}", **_original(change))
        case AddSubtasks():
            return say("Sub-tasks: {summaries}", summaries=_summaries(change.summaries))
        case AddChildren():
            return say("{type}: {summaries}", type=clean(change.type, 40), summaries=_summaries(change.summaries))
    assert_never(change)


def _criteria_line(change: AddCriteria) -> str:
    shown = "; ".join(clean(criterion.text, 120) for criterion in change.criteria[:3])
    if more := len(change.criteria[3:]):
        return say("Acceptance criteria: {criteria}; and {number} more", criteria=shown, number=more)
    return say("Acceptance criteria: {criteria}", criteria=shown)


def change_title(shown: ShownChange) -> str:
    """The few words of a change that stand in bold, without its number. They always name what would be written."""
    title = clean(shown.title, 160).rstrip(" .:!")
    change = shown.change
    match change:
        case AddCriteria():
            return title or say("Acceptance criteria")
        case AddSection():
            return title if clean(change.heading, 120) in title else change_line(change)
        case RewriteDescription():
            return title or say("A new description")
        case SetPriority() | SetField():
            line = change_line(change)
            return title if line in title else line
        case AddLabel():
            label = clean(change.label, 80)
            return title if label in title else change_line(change)
        case LinkDuplicate() | CloseDuplicate() if not change.original:
            return say(UNNAMED)
        case LinkDuplicate():
            original = clean(change.original, 80)
            if title == f"Link to {original}":  # all that is kept of one whose original is gone
                return say("Link to {original}", original=original)
            named = original in title.replace("#", " ").split()  # Azure DevOps writes "#1"
            return title if named else say("Probably the same as {original}", original=original)
        case CloseDuplicate():
            return say("Close as a duplicate of {original}", original=clean(change.original, 80))
        case AddSubtasks():
            return title or say("Split into {number} sub-tasks", number=len(change.summaries))
        case AddChildren():
            return title or say(
                "Add {number} of type {type}", number=len(change.summaries), type=clean(change.type, 40)
            )
    assert_never(change)


def change_entries(change: Change, limit: int) -> tuple[tuple[Inline, ...], ...]:
    """What the change would write, as entries of a list; empty where the title already says it all."""
    match change:
        case AddCriteria():
            return tuple(
                (emphasis(say("assumption:")), plain(" " + clean(criterion.text, limit)))
                if criterion.is_assumption
                else (plain(clean(criterion.text, limit)),)
                for criterion in change.criteria
            )
        case AddSection():
            return tuple((plain(clean(line, limit)),) for line in (*change.paragraphs, *change.entries))
        case RewriteDescription():
            return tuple((plain(clean(line, limit)),) for line in change.text.splitlines() if line.strip())
        case AddSubtasks() | AddChildren():
            return (
                *((plain(clean(summary, limit)),) for summary in change.summaries),
                *map(_value_entry, change.fields),
            )
        case SetPriority() | SetField() | AddLabel() | LinkDuplicate() | CloseDuplicate():
            return ()
    assert_never(change)


def _value_entry(value: FieldValue) -> tuple[Inline, ...]:
    return (emphasis(say("{name}:", name=clean(value.field, 60))), plain(f" {clean(value.value, 80)}"))


def unseen_in(change: Change) -> int:
    """How many characters of what the change would write a reader cannot see."""
    return sum(map(unseen, _written(change)))


def _written(change: Change) -> tuple[str, ...]:
    match change:
        case AddCriteria():
            return tuple(criterion.text for criterion in change.criteria)
        case AddSection():
            return (change.heading, *change.paragraphs, *change.entries)
        case RewriteDescription():
            return (change.text,)
        case SetPriority() | SetField():
            return (change.new,)
        case AddLabel():
            return (change.label,)
        case LinkDuplicate() | CloseDuplicate():
            return (change.original,)
        case AddSubtasks() | AddChildren():
            return (*change.summaries, *(one.value for one in change.fields))
    assert_never(change)


def _turned(old: str | None, new: str, limit: int) -> str:
    before = clean(old, limit) if old else say("none")
    return f"{before} \N{RIGHTWARDS ARROW} {clean(new, limit)}"


def _original(change: Duplicate) -> dict[str, str]:
    return {"original": clean(change.original, 80), "summary": quoted(change.original_summary, 120)}


def _summaries(summaries: Sequence[str]) -> str:
    return "; ".join(clean(summary, 80) for summary in summaries[:MAX_ENTRIES])


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
