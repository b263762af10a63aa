"""Pure: one numbered change as the living comment lists it, open or decided."""

from __future__ import annotations

from collections.abc import Collection
from zoneinfo import ZoneInfo

from bot.words.changes import (
    MAX_ENTRIES,
    ShownChange,
    because,
    change_entries,
    change_title,
    unseen_in,
)
from bot.words.wording import (
    CUT,
    Style,
    clean,
    command,
    emphasis,
    linked,
    moment,
    plain,
    quoted,
)
from integrations.blocks import Block, Bullets, Inline, Paragraph, Text
from rules.changes import (
    AddChildren,
    AddSection,
    AddSubtasks,
    CloseDuplicate,
    Duplicate,
    LinkDuplicate,
    RewriteDescription,
)


def open_change(change: ShownChange, known_keys: Collection[str], scale: float) -> list[Block]:
    """One that can be decided on: what, why, what is in it, what to type. `scale` (up to 1) shortens its texts."""
    said = _titled(change, known_keys, "strong")
    if isinstance(change.change, Duplicate) and clean(change.change.original_summary, 160) not in change.reason:
        said = [*said[:-1], plain(f" {quoted(change.change.original_summary, int(200 * scale))}.")]
    if why := because(change, known_keys, scale):
        said += [plain(" "), *why]
    said += _what_accepting_does(change)
    if unseen_in(change.change):
        said.append(emphasis(" This text holds invisible characters, which are not shown."))
    blocks: list[Block] = [Paragraph(tuple(said))]
    if entries := change_entries(change.change, int(400 * scale)):
        blocks.append(Bullets(entries[:MAX_ENTRIES]))
    if len(entries) > MAX_ENTRIES or any(map(_is_cut, entries)):
        whole = (plain("Not all of it fits here: "), command(f"steward explain {change.number}"), plain(" shows it."))
        blocks.append(Paragraph(whole))
    return blocks


def _titled(change: ShownChange, known_keys: Collection[str], style: Style) -> list[Inline]:
    title = f"{change.number}. {change_title(change)}"
    stop = plain(".") if title.split()[-1] in known_keys else Text(".", style)
    return [*linked(title, known_keys, style), stop]


def _is_cut(entry: tuple[Inline, ...]) -> bool:
    last = entry[-1]
    return isinstance(last, Text) and last.text.endswith(CUT)


def _what_accepting_does(change: ShownChange) -> list[Inline]:
    """Said only where the title alone does not tell."""
    accept, reject = command(f"steward accept {change.number}"), command(f"steward reject {change.number}")
    match change.change:
        case LinkDuplicate():
            ends = plain(" links the two and closes nothing; after ")
            return [plain(" "), accept, ends, reject, plain(" it will not be suggested again.")]
        case CloseDuplicate():
            return [plain(" "), accept, plain(" links the two and closes this one.")]
        case AddSubtasks() | AddChildren():
            return [plain(" "), accept, plain(" keeps them:" if change.drafted else " creates them:")]
        case AddSection():
            return [plain(" "), accept, plain(" adds it to the description:")]
        case RewriteDescription():
            return [plain(" "), accept, plain(" puts this in place of the description:")]
        case _:
            return []


def decided_change(change: ShownChange, known_keys: Collection[str], zone: ZoneInfo) -> tuple[Inline, ...]:
    """One that has been: by whom and when, and how to take it back."""
    struck: Style = "strong_strike" if change.state == "accepted" else "strong"
    title = _titled(change, known_keys, struck)
    who = f" by {clean(change.by, 80)}" if clean(change.by, 80) else ""
    when = f", {moment(change.at, zone)}" if change.at else ""
    note = clean(change.note, 300).rstrip(" .")
    match change.state:
        case "accepted":
            told = f" accepted{who}{when}{f' ({note})' if note else ''}. "
            return (*title, *linked(told, known_keys), command(f"steward undo {change.number}"))
        case "rejected":
            told = f" rejected{who}{f': {quoted(note, 300)}' if note else ''}. Will not be suggested again."
            return (*title, plain(told))
        case "undone":
            told = f" undone{who}{when}{f'; {note}.' if note else '. It is as it was before.'}"
            return (*title, *linked(told, known_keys))
        case "not_applied":
            told = f" not applied: {note or 'the item was changed after this was written'}. "
            return (*title, *linked(told, known_keys), command("steward expand"), plain(" drafts anew."))
        case _:
            told = f" withdrawn: {note or 'it no longer fits the item'}."
            return (*title, *linked(told, known_keys))
