"""Pure: the sentences of the one answer comment, in which the bot answers those who gave it a command.

Each says what was or was not done, and what to type next. None mentions (that is, notifies) anybody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo

from bot.words.changes import STATE_WORDS, ShownChange, because, change_entries, change_title, unseen_in
from bot.words.wording import clean, command, enumeration, linked, moment, plain, quoted, tidy
from integrations.blocks import Block, Blocks, Bullets, Inline, Paragraph

MAX_EXPLAINED_ENTRIES = 50
EDIT_RIGHT = "the right to edit this item"

_VERB = re.compile(r"\b(?:is|are|was|were|can|cannot|may|must|has|have|lacks|needs|not)\b")

_COMMANDS = (
    "`steward accept 2` applies suggestion 2; also `steward accept 1 3`, `steward accept all without 3`",
    "`steward accept 1:` with your own lines below it puts those in place of the drafted ones",
    "`steward reject 2 reason` turns it down; it will not be suggested again",
    "`steward undo 2` takes an accepted one back",
    "`steward explain 2` says what it rests on",
    "`steward expand` looks at the item anew; `steward more` shows what did not fit",
    "`steward mute` ends suggestions on this item; `steward unmute` allows them again",
    "without typing: the label `steward-accept` accepts all that is shown",
)


def help_answer() -> Blocks:
    """What can be typed, and who may."""
    rights = "All but help and explain need the right to edit the item; its reporter may also reject."
    return (
        Paragraph((plain("A command is a line of its own in a comment, outside quotes and code."),)),
        Bullets(tuple(map(_marked, _COMMANDS))),
        Paragraph((plain(rights),)),
    )


def refusal(right_missing: str = EDIT_RIGHT) -> Blocks:
    """Who asked may not; `right_missing` is what lacks ("the right to edit"), or a whole sentence that says so."""
    missing = clean(right_missing, 300).rstrip(" .") or EDIT_RIGHT
    if _VERB.search(missing):
        return _said(plain(f"Nothing was changed: {missing}."))
    return _said(plain(f"Nothing was changed: {missing} is missing. Somebody who has it can give the same command."))


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
    if entries := change_entries(shown.change, 2000):
        blocks.append(Bullets(entries[:MAX_EXPLAINED_ENTRIES]))
    if count := unseen_in(shown.change):
        blocks.append(Paragraph((plain(f"Invisible characters in it, not shown: {count}."),)))
    told = [f"{clean(name, 40)}: {clean(value, 80)}" for name, value in list(versions.items())[:8]]
    if not any(name.lower() == "drafted by" for name in versions):
        told.insert(0, f"drafted by: {clean(shown.source, 80)}")
    blocks.append(Paragraph((plain(f"{told[0][:1].upper()}{'; '.join(told)[1:]}."),)))
    return tidy(blocks)


def already(number: int, state: str, by: str = "", at: datetime | None = None, zone: tzinfo = UTC) -> Blocks:
    """The change is no longer open."""
    decided = f"{_state(state)}{_by_and_at(by, at, zone)}"
    said = f"Nothing was changed: suggestion {number} is already {decided}."
    match state:
        case "accepted":
            return _said(plain(f"{said} "), command(f"steward undo {number}"), plain(" takes it back."))
        case "open":
            return _said(
                plain(f"Nothing was changed: suggestion {number} is open. "),
                command(f"steward accept {number}"),
                plain(" applies it."),
            )
        case "accepting" | "undoing":
            return _said(plain(f"Suggestion {number} is {STATE_WORDS[state]} just now."))
        case _:
            return _said(plain(f"{said} "), command("steward expand"), plain(" looks at the item anew."))


def no_such(number: int, open_numbers: Sequence[int]) -> Blocks:
    """There is no change of this number to which the command could apply; `open_numbers` are those there are."""
    said = f"Nothing was changed: there is no suggestion {number} here"
    if not open_numbers:
        return _said(plain(f"{said}. "), command("steward expand"), plain(" looks at the item anew."))
    listed = enumeration(str(open_number) for open_number in open_numbers[:10])
    return _said(plain(f"{said}, only {listed}."))


def no_variant(number: int, variant: str) -> Blocks:
    """The change exists, but not with this letter."""
    said = f"Nothing was changed: suggestion {number} has no {clean(variant, 8)}. "
    return _said(plain(said), command(f"steward accept {number}"))


def own_words_do_not_fit(number: int) -> Blocks:
    """Own lines were given for a change that lines cannot stand for."""
    said = f"Nothing was changed: your own lines cannot stand for suggestion {number}. "
    return _said(plain(said), command(f"steward accept {number}"), plain(" takes it as it stands."))


def not_applied_yet(number: int, state: str) -> Blocks:
    """An undo of what was never applied."""
    is_now = f"suggestion {number} is {_state(state)}"
    return _said(plain(f"Nothing was changed: {is_now}, so there is nothing to take back."))


def changed_since(by: str, field: str) -> Blocks:
    """A person was faster: the change no longer fits the item."""
    what = f"the {clean(field, 60)}" if clean(field, 60) else "the item"
    who = f" by {clean(by, 80)}" if clean(by, 80) else ""
    said = f"Not applied: {what} was changed{who} after this was written. "
    return _said(plain(said), command("steward expand"), plain(" drafts anew."))


def not_undone(number: int, field: str, by: str = "") -> Blocks:
    """A person has edited since a change was made, so it is not taken back."""
    what = f"the {clean(field, 60)}" if clean(field, 60) else "the item"
    who = f" by {clean(by, 80)}" if clean(by, 80) else ""
    return _said(plain(f"Suggestion {number} was not taken back: {what} was changed{who} since, and that edit stays."))


def not_possible(number: int, because_of: str, *, undoing: bool = False) -> Blocks:
    """The tracker did not take the change, or the item is gone; `because_of` is a few words of the bot's own."""
    done = "taken back" if undoing else "applied"
    return _said(plain(f"Suggestion {number} was not {done}: {clean(because_of, 200).rstrip(' .')}."))


def nothing_to_show() -> Blocks:
    """Nothing waits, or nothing more does."""
    return _said(plain("There is nothing more here. "), command("steward expand"), plain(" looks at the item anew."))


def nothing_found() -> Blocks:
    """The item was looked at anew."""
    return _said(plain("Looked at the item anew: nothing to suggest."))


def muted(on: bool) -> Blocks:
    """Suggestions on this item have been stopped, or allowed again."""
    if on:
        return _said(
            plain("No more suggestions on this item. "), command("steward unmute"), plain(" allows them again.")
        )
    return _said(
        plain("Suggestions on this item are allowed again. "), command("steward expand"), plain(" looks at it now.")
    )


def _marked(sentence: str) -> tuple[Inline, ...]:
    """A sentence of our own, with what stands between backticks as commands."""
    parts = enumerate(sentence.split("`"))
    return tuple(command(part) if position % 2 else plain(part) for position, part in parts if part)


def _said(*inlines: Inline) -> Blocks:
    return (Paragraph(inlines),)


def _state(state: str) -> str:
    return STATE_WORDS.get(state, clean(state, 40))


def _by_and_at(by: str, at: datetime | None, zone: tzinfo) -> str:
    who = f" by {clean(by, 80)}" if clean(by, 80) else ""
    return who + (f", {moment(at, zone)}" if at else "")
