"""Pure: the sentences of the one answer comment, in which the bot answers those who gave it a command.

Each says what was or was not done, and what to type next. None mentions (that is, notifies) anybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Literal

from bot.words.changes import STATE_WORDS, ShownChange, State, because, change_entries, change_title, unseen_in
from bot.words.wording import clean, command, enumeration, linked, moment, plain, quoted, strong, tidy
from integrations.blocks import Block, Blocks, Bullets, Inline, Paragraph

MAX_ANSWERS = 5
MAX_EXPLAINED_ENTRIES = 50
EDIT_RIGHT = "the right to edit this item"

_COMMANDS: tuple[tuple[str, str], ...] = (
    ("steward accept 2", "makes change 2; also steward accept 1 3, steward accept all, steward accept all without 3"),
    ("steward accept 1:", "with your own lines below it puts those in place of the drafted ones"),
    ("steward reject 2 reason", "turns it down; it will not be suggested again"),
    ("steward undo 2", "takes an accepted change back"),
    ("steward explain 2", "says what it rests on"),
    ("steward expand", "looks at the item anew"),
    ("steward more", "shows what did not fit"),
    ("steward mute", "ends suggestions on this item, steward unmute allows them again"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one person, by display name, is told."""

    to: str
    lines: Blocks


def answer_comment(answers: Sequence[Answer]) -> Blocks:
    """The whole answer comment: the last few answers, oldest first."""
    blocks: list[Block] = []
    for answer in answers[-MAX_ANSWERS:]:
        to = strong(f"{clean(answer.to, 80) or 'Answer'}:")
        first, *rest = answer.lines or (Paragraph(()),)
        if isinstance(first, Paragraph):
            blocks += [Paragraph((to, plain(" "), *first.inlines)), *rest]
        else:
            blocks += [Paragraph((to,)), first, *rest]
    return tidy(blocks)


def help_answer() -> Blocks:
    """What can be typed, and who may."""
    entries: list[tuple[Inline, ...]] = [(command(typed), plain(f" {meaning}")) for typed, meaning in _COMMANDS]
    label = (plain("Without typing: the label "), command("steward-accept"), plain(" accepts all that is shown"))
    rights = "All but help and explain need the right to edit the item; its reporter may also reject."
    return (
        Paragraph((plain("A command is a line of its own in a comment, outside quotes and code."),)),
        Bullets((*entries, label)),
        Paragraph((plain(rights),)),
    )


def refusal(right_missing: str = EDIT_RIGHT) -> Blocks:
    """Who asked may not; `right_missing` names what lacks, in a few words."""
    missing = clean(right_missing, 300).rstrip(" .") or EDIT_RIGHT
    return _said(
        plain(f"Nothing was changed. Missing: {missing}. Somebody who may edit this item can give the same command.")
    )


def not_understood(line: str, suggestion: str) -> Blocks:
    """`suggestion` is a whole line that would have worked."""
    return _said(
        plain(
            f"{quoted(line, 120)} is not a command, and nothing was changed. This would work, on a line of its own: "
        ),
        command(clean(suggestion, 120)),
    )


def explanation(
    shown: ShownChange, versions: Mapping[str, str], known_keys: frozenset[str] = frozenset(), zone: tzinfo = UTC
) -> Blocks:
    """All that a change would write and what it rests on; `versions` (name -> value) says what drafted it."""
    state = STATE_WORDS[shown.state] + _by_and_at(shown.by, shown.at, zone)
    title = linked(f"{shown.number}. {change_title(shown)}", known_keys, "strong")
    blocks: list[Block] = [Paragraph((*title, plain(f" ({state}). "), *because(shown, known_keys)))]
    if entries := change_entries(shown.change, 600):
        blocks.append(Bullets(entries[:MAX_EXPLAINED_ENTRIES]))
    if count := unseen_in(shown.change):
        blocks.append(Paragraph((plain(f"Invisible characters in it, not shown: {count}."),)))
    drafted = [f"Drafted by {clean(shown.source, 80)}"]
    drafted += [f"{clean(name, 40)}: {clean(value, 80)}" for name, value in list(versions.items())[:8]]
    blocks.append(Paragraph((plain("; ".join(drafted) + "."),)))
    return tidy(blocks)


def already(number: int, state: State, by: str = "", at: datetime | None = None, zone: tzinfo = UTC) -> Blocks:
    """The change is no longer open."""
    said = f"Nothing was changed: {number} is already {STATE_WORDS[state]}{_by_and_at(by, at, zone)}."
    match state:
        case "accepted":
            return _said(plain(f"{said} "), command(f"steward undo {number}"), plain(" takes it back."))
        case "open":
            return _said(plain(f"Nothing was changed: {number} is still open. "), command(f"steward accept {number}"))
        case _:
            return _said(plain(f"{said} "), command("steward expand"), plain(" looks at the item anew."))


def no_such(number: int, open_numbers: Sequence[int]) -> Blocks:
    """The item has no change of this number."""
    said = f"Nothing was changed: there is no {number} on this item."
    if not open_numbers:
        return _said(plain(f"{said} Nothing is open; "), command("steward expand"), plain(" looks at the item anew."))
    listed = enumeration(str(open_number) for open_number in open_numbers[:10])
    return _said(plain(f"{said} Open: {listed}. "), command(f"steward accept {open_numbers[0]}"))


def no_variant(number: int, variant: str) -> Blocks:
    """The change exists, but not with this letter."""
    said = f"Nothing was changed: {number} has no {clean(variant, 8)}. "
    return _said(plain(said), command(f"steward accept {number}"))


def no_own_lines(number: int) -> Blocks:
    """Own lines were given for a change that is not a list of lines."""
    said = f"Nothing was changed: only acceptance criteria can be in your own lines, and {number} has none. "
    return _said(plain(said), command(f"steward accept {number}"), plain(" takes it as it stands."))


def nothing_open() -> Blocks:
    """A command for everything, where nothing waits."""
    return _said(
        plain("Nothing was changed: nothing is open here. "),
        command("steward expand"),
        plain(" looks at the item anew."),
    )


def not_applied_yet(number: int, state: State) -> Blocks:
    """An undo of what was never applied."""
    return _said(plain(f"Nothing was changed: {number} is {STATE_WORDS[state]}, so there is nothing to take back."))


def changed_since(by: str, field: str) -> Blocks:
    """A person was faster: the change no longer fits the item."""
    what = f"the {clean(field, 60)}" if clean(field, 60) else "the item"
    who = f" by {clean(by, 80)}" if clean(by, 80) else ""
    said = f"Not applied: {what} was changed{who} after this was written. "
    return _said(plain(said), command("steward expand"), plain(" drafts anew."))


def undo_refused(number: int, by: str, field: str) -> Blocks:
    """A person has edited since a change was made, so it is not taken back."""
    what = f"the {clean(field, 60)}" if clean(field, 60) else "the item"
    who = f" by {clean(by, 80)}" if clean(by, 80) else ""
    said = f"{number} was not taken back: {what} was changed{who} since, and that stays. Please edit it by hand."
    return _said(plain(said))


def not_possible(number: int, because_of: str) -> Blocks:
    """The tracker did not take the change, or the item is gone; `because_of` is a few words of the bot's own."""
    return _said(plain(f"{number} was not applied: {clean(because_of, 200).rstrip(' .')}."))


def nothing_to_show(kind: Literal["more", "expand"] = "more") -> Blocks:
    """Nothing further, or nothing at all, to suggest."""
    if kind == "expand":
        return _said(plain("I looked at the item anew and have nothing to suggest."))
    return _said(plain("There is nothing more to suggest on this item."))


def muted(on: bool) -> Blocks:
    """Suggestions on this item have been stopped, or allowed again."""
    if on:
        return _said(
            plain("No more suggestions on this item. "), command("steward unmute"), plain(" allows them again.")
        )
    return _said(
        plain("Suggestions on this item are allowed again. "), command("steward expand"), plain(" looks at it now.")
    )


def _said(*inlines: Inline) -> Blocks:
    return (Paragraph(inlines),)


def _by_and_at(by: str, at: datetime | None, zone: tzinfo) -> str:
    who = f" by {clean(by, 80)}" if clean(by, 80) else ""
    return who + (f", {moment(at, zone)}" if at else "")
