"""Pure: what can be typed, and who may: the answers to a call for help, and to a line that was meant as a command."""

from __future__ import annotations

from typing import Literal

from bot.words.wording import clean, command, plain, quoted, spoken, to_type
from integrations.blocks import Blocks, Bullets, Inline, Paragraph
from integrations.tracker import ACCEPT_LABEL
from languages import say

WhoDecides = Literal["tracker", "list", "label"]
"""What says who may: the tracker; else an administrator's list of people or groups; else who may set the label."""


def help_answer(decides: WhoDecides = "tracker", project: str = "") -> Blocks:
    """What can be typed, and who may in this project."""
    place = say("A command is a line of its own in a comment, outside quotes and code.")
    return (Paragraph((plain(place),)), Bullets(_commands()), Paragraph(_rights(decides, project)))


def _rights(decides: WhoDecides, project: str) -> tuple[Inline, ...]:
    match decides:
        case "tracker":
            return spoken("All but help and explain need the right to edit the item; its reporter may also reject.")
        case "list":
            return spoken(
                "All but help and explain are for the people whom an administrator has listed for {project}; the "
                "item's reporter may also reject.",
                project=project,
            )
        case "label":
            return spoken(
                "The bot is not allowed to ask the tracker who may edit this item: only the label {label} accepts, for "
                "whoever can put it there. The item's reporter may reject; help and explain are for all.",
                label=command(ACCEPT_LABEL),
            )


def _commands() -> tuple[tuple[Inline, ...], ...]:
    return (
        spoken(
            "{accept} applies suggestion 2; also {accept_both}, {accept_all}",
            accept=to_type("accept", 2),
            accept_both=to_type("accept", 1, 3),
            accept_all=to_type("accept", "all", "without", 3),
        ),
        spoken(
            "{accept} with your own lines behind or below it puts those in place of the drafted ones",
            accept=to_type("accept", "1:"),
        ),
        spoken(
            "{reject} turns it down; it will not be suggested again",
            reject=to_type("reject", 2, say("reason")),
        ),
        spoken("{undo} takes an accepted one back", undo=to_type("undo", 2)),
        spoken("{explain} says what it rests on", explain=to_type("explain", 2)),
        spoken(
            "{expand} looks at the item anew; {more} shows what did not fit",
            expand=to_type("expand"),
            more=to_type("more"),
        ),
        spoken(
            "{mute} ends suggestions on this item; {unmute} allows them again",
            mute=to_type("mute"),
            unmute=to_type("unmute"),
        ),
        spoken("without typing: the label {label} accepts all that is shown", label=command(ACCEPT_LABEL)),
    )


def not_understood(line: str, suggestion: str) -> Blocks:
    """`suggestion` is a whole line that would have worked."""
    return _said(
        spoken(
            "{line} is not a command, and nothing was changed. This would work, on a line of its own: {command}",
            line=quoted(line, 120),
            command=command(clean(suggestion, 120)),
        )
    )


def nothing_to_name(line: str, *, undoing: bool) -> Blocks:
    """As `not_understood`, where no command of its kind would work: nothing is open or, for an undo, accepted."""
    said = quoted(line, 120)
    if undoing:
        return _said(
            spoken(
                "{line} is not a command, and nothing was changed. No suggestion on this item is accepted, so there is "
                "nothing to take back.",
                line=said,
            )
        )
    return _said(
        spoken(
            "{line} is not a command, and nothing was changed. No suggestion on this item is open; {expand} looks at "
            "the item anew.",
            line=said,
            expand=to_type("expand"),
        )
    )


def _said(inlines: tuple[Inline, ...]) -> Blocks:
    return (Paragraph(inlines),)
