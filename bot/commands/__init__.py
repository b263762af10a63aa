"""People's words in: the text of a comment -> the commands in it. Pure."""

from bot.commands.parsing import MAX_COMMANDS, MAX_OWN_LINES, parse
from bot.commands.verbs import (
    Accept,
    Choice,
    Command,
    Expand,
    Explain,
    Help,
    More,
    Mute,
    NotUnderstood,
    Reject,
    Undo,
    spelled,
)

__all__ = [
    "MAX_COMMANDS",
    "MAX_OWN_LINES",
    "Accept",
    "Choice",
    "Command",
    "Expand",
    "Explain",
    "Help",
    "More",
    "Mute",
    "NotUnderstood",
    "Reject",
    "Undo",
    "parse",
    "spelled",
]
