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
from bot.words.decided import decision
from bot.words.wording import CUT, Style, clean, emphasis, linked, plain, quoted, spoken, to_type
from integrations.blocks import Block, Bullets, Inline, Paragraph, Text
from languages import say
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
    for more in (because(change, known_keys, scale), _what_accepting_does(change)):
        said += [plain(" "), *more] if more else []
    if unseen_in(change.change):
        said += [plain(" "), emphasis(say("This text holds invisible characters, which are not shown."))]
    blocks: list[Block] = [Paragraph(tuple(said))]
    if entries := change_entries(change.change, int(400 * scale)):
        blocks.append(Bullets(entries[:MAX_ENTRIES]))
    if len(entries) > MAX_ENTRIES or any(map(_is_cut, entries)):
        whole = to_type("explain", change.number)
        blocks.append(Paragraph(spoken("Not all of it fits here: {explain} shows it.", explain=whole)))
    return blocks


def _titled(change: ShownChange, known_keys: Collection[str], style: Style) -> list[Inline]:
    title = f"{change.number}. {change_title(change)}"
    stop = plain(".") if title.split()[-1] in known_keys else Text(".", style)
    return [*linked(title, known_keys, style), stop]


def _is_cut(entry: tuple[Inline, ...]) -> bool:
    last = entry[-1]
    return isinstance(last, Text) and last.text.endswith(CUT)


def _what_accepting_does(change: ShownChange) -> tuple[Inline, ...]:
    """Said only where the title alone does not tell."""
    accept, reject = to_type("accept", change.number), to_type("reject", change.number)
    match change.change:
        case LinkDuplicate():
            return spoken(
                "{accept} links the two and closes nothing; after {reject} it will not be suggested again.",
                accept=accept,
                reject=reject,
            )
        case CloseDuplicate():
            return spoken("{accept} links the two and closes this one.", accept=accept)
        case AddSubtasks() | AddChildren() if change.drafted:
            return spoken("{accept} keeps them:", accept=accept)
        case AddSubtasks() | AddChildren():
            return spoken("{accept} creates them:", accept=accept)
        case AddSection():
            return spoken("{accept} adds it to the description:", accept=accept)
        case RewriteDescription():
            return spoken("{accept} puts this in place of the description:", accept=accept)
        case _:
            return ()


def decided_change(change: ShownChange, known_keys: Collection[str], zone: ZoneInfo) -> tuple[Inline, ...]:
    """One that has been: by whom and when, and how to take it back."""
    struck: Style = "strong_strike" if change.state == "accepted" else "strong"
    return (*_titled(change, known_keys, struck), plain(" "), *_became(change, known_keys, zone))


def _became(change: ShownChange, known_keys: Collection[str], zone: ZoneInfo) -> tuple[Inline, ...]:
    note = clean(change.note, 300).rstrip(" .")
    told = decision(change.state, change.by, change.at, zone)
    match change.state:
        case "accepted":
            told = f"{told} ({note})" if note else told
            return (*linked(f"{told}. ", known_keys), to_type("undo", change.number))
        case "rejected":
            told = decision("rejected", change.by)
            if note:
                told = say("{rejected}: {reason}", rejected=told, reason=quoted(note, 300))
            return spoken("{rejected}. Will not be suggested again.", rejected=told)
        case "undone" if note:
            return linked(f"{told}; {note}.", known_keys)
        case "undone":
            return linked(say("{undone}. It is as it was before.", undone=told), known_keys)
        case "not_applied":
            why = linked(note or say("the item was changed after this was written"), known_keys)
            return spoken("not applied: {why}. {expand} drafts anew.", why=why, expand=to_type("expand"))
        case _:
            return linked(say("withdrawn: {why}.", why=note or say("it no longer fits the item")), known_keys)
