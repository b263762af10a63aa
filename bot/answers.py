"""Pure: the sentences of the one answer comment, in which the bot answers those who gave it a command.

Each says what was or was not done, and what to type next. None mentions (that is, notifies) anybody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo

from bot.words.changes import STATE_WORDS, ShownChange, because, change_entries, change_title, unseen_in
from bot.words.drafted import stay
from bot.words.rule_lines import rule_line
from bot.words.wording import clean, command, enumeration, linked, moment, plain, quoted, sentence, tidy
from integrations.blocks import Block, Blocks, Bullets, Inline, Paragraph
from integrations.tracker import ACCEPT_LABEL

MAX_EXPLAINED_ENTRIES = 50
MAX_LISTED = 10
EDIT_RIGHT = "the right to edit this item"

_VERB = re.compile(r"\b(?:is|are|was|were|can|cannot|may|must|has|have|lacks|needs|not)\b")

_COMMANDS = (
    "`steward accept 2` applies suggestion 2; also `steward accept 1 3`, `steward accept all without 3`",
    "`steward accept 1:` with your own lines behind or below it puts those in place of the drafted ones",
    "`steward reject 2 reason` turns it down; it will not be suggested again",
    "`steward undo 2` takes an accepted one back",
    "`steward explain 2` says what it rests on",
    "`steward expand` looks at the item anew; `steward more` shows what did not fit",
    "`steward mute` ends suggestions on this item; `steward unmute` allows them again",
    f"without typing: the label `{ACCEPT_LABEL}` accepts all that is shown",
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


def no_way_to_ask(verb: str) -> str:
    """What is missing, for `refusal`, where the bot may not ask for people's rights and nobody is listed.

    The label stands for an accept only; a person with any other command (`verb`, as typed) is shown another way.
    """
    said = "the bot is not allowed to ask the tracker who may edit this item. "
    if verb.strip().lower() == "accept":
        return f"{said}Put the label {ACCEPT_LABEL} on the item instead; that accepts all that is shown."
    return f"{said}An administrator can list you under accept_people."


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
    """All that a change would write and what it rests on.

    `versions` (name -> value) says what drafted it. "rule" is the name of a rule, which is told with one line on what
    it looks for; a checksum ("sha-256") is left out where a rule made the change, because nobody can check it by eye.
    """
    state = STATE_WORDS[shown.state] + _by_and_at(shown.by, shown.at, zone)
    title = linked(f"{shown.number}. {change_title(shown)}", known_keys, "strong")
    blocks: list[Block] = [Paragraph((*title, plain(f" ({state}). "), *because(shown, known_keys)))]
    if entries := change_entries(shown.change, 2000):
        blocks.append(Bullets(entries[:MAX_EXPLAINED_ENTRIES]))
    if count := unseen_in(shown.change):
        blocks.append(Paragraph((plain(f"Invisible characters in it, not shown: {count}."),)))
    blocks.append(Paragraph((plain(_origin(shown, versions)),)))
    return tidy(blocks)


def already(number: int, state: str, by: str = "", at: datetime | None = None, zone: tzinfo = UTC) -> Blocks:
    """The change is no longer open. What came of other changes of the same command is not said here."""
    said = f"Suggestion {number} is already {_state(state)}{_by_and_at(by, at, zone)}."
    match state:
        case "accepted":
            return _said(plain(f"{said} "), command(f"steward undo {number}"), plain(" takes it back."))
        case "open":
            return _said(
                plain(f"Suggestion {number} is open. "), command(f"steward accept {number}"), plain(" applies it.")
            )
        case "accepting" | "undoing":
            return _said(plain(f"Suggestion {number} is {STATE_WORDS[state]} just now."))
        case _:
            return _said(plain(f"{said} "), command("steward expand"), plain(" looks at the item anew."))


def no_such(numbers: int | Sequence[int], open_numbers: Sequence[int], there_are: str = "open") -> Blocks:
    """There are no changes of these numbers to which the command could apply; `open_numbers` are those there are.

    `there_are` says what those are, where they are not the open ones ("accepted" for an undo, "shown" for an explain).
    Other changes of the same command may have been made, so nothing is said of them.
    """
    missing = list(dict.fromkeys((numbers,) if isinstance(numbers, int) else numbers))
    listed = enumeration(map(str, missing[:MAX_LISTED])) + (" and more" if len(missing) > MAX_LISTED else "")
    if len(missing) == 1:
        said = f"There is no suggestion {listed} on this item"
    else:
        said = f"There are no suggestions {listed} on this item"
    if not open_numbers:
        return _said(plain(f"{said}. "), command("steward expand"), plain(" looks at the item anew."))
    return _said(plain(f"{said}; {there_are}: {enumeration(map(str, open_numbers[:MAX_LISTED]))}."))


def no_variant(number: int, variant: str) -> Blocks:
    """The change exists, but not with this letter."""
    said = f"Suggestion {number} has no {clean(variant, 8)}. "
    return _said(plain(said), command(f"steward accept {number}"), plain(" takes it as it stands."))


def own_words_do_not_fit(number: int) -> Blocks:
    """Own lines were given for a change that lines cannot stand for."""
    said = f"Nothing was changed: your own lines cannot stand for suggestion {number}. "
    return _said(plain(said), command(f"steward accept {number}"), plain(" takes it as it stands."))


def not_applied_yet(number: int, state: str) -> Blocks:
    """An undo of what was never applied."""
    return _said(plain(f"Suggestion {number} is {_state(state)}, so there is nothing to take back."))


def not_undone(number: int, field: str, by: str = "") -> Blocks:
    """A person has edited since a change was made, so it is not taken back."""
    what = f"the {clean(field, 60)}" if clean(field, 60) else "the item"
    who = f" by {clean(by, 80)}" if clean(by, 80) else ""
    return _said(plain(f"Suggestion {number} was not taken back: {what} was changed{who} since, and that edit stays."))


def not_possible(number: int, because_of: str, *, undoing: bool = False) -> Blocks:
    """The tracker did not take the change, or the item is gone; `because_of` is a few words of the bot's own."""
    done = "taken back" if undoing else "applied"
    return _said(plain(f"Suggestion {number} was not {done}: {clean(because_of, 200).rstrip(' .')}."))


def incomplete(number: int, fields: Sequence[str]) -> Blocks:
    """The project requires values that nobody has given; nothing was made, and the person is asked for them."""
    names = [clean(name, 80) for name in fields[:MAX_LISTED]]
    wanted = f"Suggestion {number} waits: this project requires {enumeration(names)}. Give it as lines of a comment:"
    lines = (command(f"steward accept {number}:"), *(command(f"{name} = ...") for name in names))
    return (Paragraph((plain(wanted),)), Bullets(tuple((line,) for line in lines)))


def drafts_stay(keys: Sequence[str]) -> Blocks:
    """Of a change that was turned down, these drafts are left as they are, without the label."""
    told = sentence(stay(keys))
    return _said(plain(told[:1].upper() + told[1:]))


def nothing_to_show() -> Blocks:
    """Nothing waits, or nothing more does."""
    return _said(plain("There is nothing more here. "), command("steward expand"), plain(" looks at the item anew."))


def nothing_found() -> Blocks:
    """The item was looked at anew, and no rule has anything new to say."""
    return _said(plain("Looked at the item anew: there is nothing new to suggest."))


def unsaid() -> Blocks:
    """In place of an answer that named an item which not all who read it may see by now."""
    return _said(plain("What stood here named an item that is not open to all who read this."))


def muted(on: bool) -> Blocks:
    """Suggestions on this item have been stopped, or allowed again."""
    if on:
        return _said(
            plain("No more suggestions on this item. "), command("steward unmute"), plain(" allows them again.")
        )
    return _said(
        plain("Suggestions on this item are allowed again. "), command("steward expand"), plain(" looks at it now.")
    )


def _origin(shown: ShownChange, versions: Mapping[str, str]) -> str:
    """What drafted a change, on one line: "Rule missing_criteria: a story without ... Drafted by: rules."."""
    told = {name.lower(): (clean(name, 40), clean(value, 80)) for name, value in list(versions.items())[:8]}
    _, rule = told.pop("rule", ("", ""))
    _, source = told.pop("drafted by", ("", clean(shown.source, 80)))
    if source == "rules":
        told.pop("sha-256", None)
    rest = "; ".join(f"{name}: {value}" for name, value in (("Drafted by", source), *told.values()))
    if not rule:
        return f"{rest}."
    looks_for = rule_line(rule)
    return f"Rule {rule}{f': {sentence(looks_for)}' if looks_for else '.'} {rest}."


def _marked(said: str) -> tuple[Inline, ...]:
    """A sentence of our own, with what stands between backticks as commands."""
    parts = enumerate(said.split("`"))
    return tuple(command(part) if position % 2 else plain(part) for position, part in parts if part)


def _said(*inlines: Inline) -> Blocks:
    return (Paragraph(inlines),)


def _state(state: str) -> str:
    return STATE_WORDS.get(state, clean(state, 40))


def _by_and_at(by: str, at: datetime | None, zone: tzinfo) -> str:
    who = f" by {clean(by, 80)}" if clean(by, 80) else ""
    return who + (f", {moment(at, zone)}" if at else "")
