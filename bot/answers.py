"""Pure: the sentences of the one answer comment, in which the bot answers those who gave it a command.

Each says what was or was not done, and what to type next. None mentions (that is, notifies) anybody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo

from bot.words.changes import ShownChange, because, change_entries, change_title, unseen_in
from bot.words.decided import decision, state_words, what_changed
from bot.words.drafted import stay
from bot.words.help import help_answer as help_answer  # these three are answers like the others
from bot.words.help import not_understood as not_understood
from bot.words.help import nothing_to_name as nothing_to_name
from bot.words.rule_lines import origin
from bot.words.wording import clean, command, linked, plain, sentence, spoken, tidy, to_type
from integrations.blocks import Block, Blocks, Bullets, Inline, Paragraph
from integrations.tracker import ACCEPT_LABEL
from languages import ENGLISH, enumeration, language, say, say_many, to_say

MAX_EXPLAINED_ENTRIES = 50
MAX_LISTED = 10
EDIT_RIGHT = to_say("the right to edit this item")
_RIGHTS = (EDIT_RIGHT, to_say("the right to edit work items in this area"))
_NAMED = (*_RIGHTS, to_say("no such person in the organisation"))

_VERB = re.compile(r"\b(?:is|are|was|were|can|cannot|may|must|has|have|lacks|needs|not)\b")


def refusal(right_missing: str = EDIT_RIGHT) -> Blocks:
    """Who asked may not; `right_missing` is what lacks ("the right to edit"), or a whole sentence that says so.

    But for what the trackers' ports name in English, it is a sentence in every other language.
    """
    missing = clean(right_missing, 300).rstrip(" .") or EDIT_RIGHT
    told = say(missing) if missing in _NAMED else missing
    if missing in _RIGHTS or (language() == ENGLISH and not _VERB.search(missing)):
        lacking = spoken(
            "Nothing was changed: {right} is missing. Somebody who has it can give the same command.", right=told
        )
        return _said(lacking)
    return _said(spoken("Nothing was changed: {why}.", why=told))


def no_way_to_ask(*, accepting: bool) -> str:
    """What is missing, for `refusal`, where the bot may not ask for people's rights and nobody is listed.

    The label stands for an accept only; who is not `accepting` is shown another way.
    """
    said = say("the bot is not allowed to ask the tracker who may edit this item.")
    if accepting:
        way = say("Put the label {label} on the item instead; that accepts all that is shown.", label=ACCEPT_LABEL)
    else:
        way = say("An administrator can list you under accept_people.")
    return f"{said} {way}"


def explanation(
    shown: ShownChange, versions: Mapping[str, str], known_keys: frozenset[str] = frozenset(), zone: tzinfo = UTC
) -> Blocks:
    """All that a change would write and what it rests on.

    `versions` (name -> value) says what drafted it. "rule" is the name of a rule, which is told with one line on what
    it looks for; a checksum ("sha-256") is left out where a rule made the change, because nobody can check it by eye.
    """
    state = decision(shown.state, shown.by, shown.at, zone)
    title = linked(f"{shown.number}. {change_title(shown)}", known_keys, "strong")
    blocks: list[Block] = [Paragraph((*title, plain(f" ({state}). "), *because(shown, known_keys)))]
    if entries := change_entries(shown.change, 2000):
        blocks.append(Bullets(entries[:MAX_EXPLAINED_ENTRIES]))
    if count := unseen_in(shown.change):
        blocks.append(Paragraph((plain(say("Invisible characters in it, not shown: {count}.", count=count)),)))
    blocks.append(Paragraph((plain(origin(shown.source, versions)),)))
    return tidy(blocks)


def already(number: int, state: str, by: str = "", at: datetime | None = None, zone: tzinfo = UTC) -> Blocks:
    """The change is no longer open. What came of other changes of the same command is not said here."""
    said = say("Suggestion {number} is already {decision}.", number=number, decision=decision(state, by, at, zone))
    match state:
        case "accepted":
            return _then(said, spoken("{undo} takes it back.", undo=to_type("undo", number)))
        case "open":
            said = say("Suggestion {number} is open.", number=number)
            return _then(said, spoken("{accept} applies it.", accept=to_type("accept", number)))
        case "accepting":
            return _said(spoken("Suggestion {number} is being applied just now.", number=str(number)))
        case "undoing":
            return _said(spoken("Suggestion {number} is being taken back just now.", number=str(number)))
        case _:
            return _then(said, _anew())


def no_such(numbers: int | Sequence[int], open_numbers: Sequence[int], there_are: str = "open") -> Blocks:
    """There are no changes of these numbers to which the command could apply; `open_numbers` are those there are.

    `there_are` says what those are, where they are not the open ones ("accepted" for an undo, "shown" for an explain).
    Other changes of the same command may have been made, so nothing is said of them.
    """
    missing = list(dict.fromkeys((numbers,) if isinstance(numbers, int) else numbers))
    listed = enumeration(map(str, missing[:MAX_LISTED]))
    if len(missing) > MAX_LISTED:
        listed = say("{numbers} and more", numbers=listed)
    if not open_numbers:
        said = say_many(
            "There is no suggestion {numbers} on this item.",
            "There are no suggestions {numbers} on this item.",
            len(missing),
            numbers=listed,
        )
        return _then(said, _anew())
    said = say_many(
        "There is no suggestion {numbers} on this item; {others}.",
        "There are no suggestions {numbers} on this item; {others}.",
        len(missing),
        numbers=listed,
        others=_there_are(there_are, enumeration(map(str, open_numbers[:MAX_LISTED]))),
    )
    return _said((plain(said),))


def _there_are(state: str, numbers: str) -> str:
    match state:
        case "accepted":
            return say("accepted: {numbers}", numbers=numbers)
        case "shown":
            return say("shown: {numbers}", numbers=numbers)
        case _:
            return say("open: {numbers}", numbers=numbers)


def no_variant(number: int, variant: str) -> Blocks:
    """The change exists, but not with this letter."""
    said = say("Suggestion {number} has no {letter}.", number=number, letter=clean(variant, 8))
    return _then(said, _as_it_stands(number))


def own_words_do_not_fit(number: int) -> Blocks:
    """Own lines were given for a change that lines cannot stand for."""
    said = say("Nothing was changed: your own lines cannot stand for suggestion {number}.", number=number)
    return _then(said, _as_it_stands(number))


def not_applied_yet(number: int, state: str) -> Blocks:
    """An undo of what was never applied."""
    return _said(
        spoken(
            "Suggestion {number} is {state}, so there is nothing to take back.",
            number=str(number),
            state=state_words(state),
        )
    )


def not_undone(number: int, field: str, by: str = "") -> Blocks:
    """A person has edited since a change was made, so it is not taken back."""
    if person := clean(by, 80):
        return _said(
            spoken(
                "Suggestion {number} was not taken back: {what} was changed by {person} since, and that edit stays.",
                number=str(number),
                what=what_changed(field),
                person=person,
            )
        )
    return _said(
        spoken(
            "Suggestion {number} was not taken back: {what} was changed since, and that edit stays.",
            number=str(number),
            what=what_changed(field),
        )
    )


def not_possible(number: int, because_of: str, *, undoing: bool = False) -> Blocks:
    """The tracker did not take the change, or the item is gone; `because_of` is a few words of the bot's own."""
    why = clean(because_of, 200).rstrip(" .")
    if undoing:
        return _said(spoken("Suggestion {number} was not taken back: {why}.", number=str(number), why=why))
    return _said(spoken("Suggestion {number} was not applied: {why}.", number=str(number), why=why))


def stays_open(number: int, because_of: str) -> Blocks:
    """What a person gave in place of a draft, or beside it, cannot be written; `because_of` is of the bot's own."""
    why = clean(because_of, 800).rstrip(" .")
    return _said(spoken("Nothing was changed, and suggestion {number} stays open: {why}.", number=str(number), why=why))


def incomplete(number: int, fields: Sequence[str]) -> Blocks:
    """The project requires values that nobody has given; nothing was made, and the person is asked for them."""
    names = [clean(name, 80) for name in fields[:MAX_LISTED]]
    wanted = _said(
        spoken(
            "Suggestion {number} waits: this project requires {fields}. Give it as lines of a comment:",
            number=str(number),
            fields=enumeration(names),
        )
    )
    lines = (to_type("accept", f"{number}:"), *(command(f"{name} = ...") for name in names))
    return (*wanted, Bullets(tuple((line,) for line in lines)))


def drafts_stay(keys: Sequence[str]) -> Blocks:
    """Of a change that was turned down, these drafts are left as they are, without the label."""
    told = sentence(stay(keys))
    return _said((plain(told[:1].upper() + told[1:]),))


def nothing_to_show() -> Blocks:
    """Nothing waits, or nothing more does."""
    return _then(say("There is nothing more here."), _anew())


def nothing_found() -> Blocks:
    """The item was looked at anew, and no rule has anything new to say."""
    return _said(spoken("Looked at the item anew: there is nothing new to suggest."))


def unsaid() -> Blocks:
    """In place of an answer that named an item which not all who read it may see by now."""
    return _said(spoken("What stood here named an item that is not open to all who read this."))


def muted(on: bool) -> Blocks:
    """Suggestions on this item have been stopped, or allowed again."""
    if on:
        return _said(spoken("No more suggestions on this item. {unmute} allows them again.", unmute=to_type("unmute")))
    return _said(
        spoken("Suggestions on this item are allowed again. {expand} looks at it now.", expand=to_type("expand"))
    )


def _anew() -> tuple[Inline, ...]:
    return spoken("{expand} looks at the item anew.", expand=to_type("expand"))


def _as_it_stands(number: int) -> tuple[Inline, ...]:
    return spoken("{accept} takes it as it stands.", accept=to_type("accept", number))


def _then(said: str, following: tuple[Inline, ...]) -> Blocks:
    return _said((plain(f"{said} "), *following))


def _said(inlines: tuple[Inline, ...]) -> Blocks:
    return (Paragraph(inlines),)
