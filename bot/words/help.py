"""Pure: what can be typed, and who may: the answer to a call for help."""

from __future__ import annotations

from bot.words.wording import command, plain, spoken, to_type
from integrations.blocks import Blocks, Bullets, Inline, Paragraph
from integrations.tracker import ACCEPT_LABEL
from languages import say


def help_answer() -> Blocks:
    """What can be typed, and who may."""
    place = say("A command is a line of its own in a comment, outside quotes and code.")
    rights = say("All but help and explain need the right to edit the item; its reporter may also reject.")
    return (Paragraph((plain(place),)), Bullets(_commands()), Paragraph((plain(rights),)))


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
