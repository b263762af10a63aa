"""What people can ask of the bot: one class a verb."""

from __future__ import annotations

from dataclasses import dataclass

from bot.words.command_words import typed


@dataclass(frozen=True, slots=True)
class Choice:
    """One change by its number, and by a letter where it has variants ("3a")."""

    number: int
    variant: str = ""


@dataclass(frozen=True, slots=True)
class Accept:
    """`everything` stands for all that the comment showed, less `without`; `own_lines` replace the draft of one."""

    choices: tuple[Choice, ...] = ()
    everything: bool = False
    without: tuple[Choice, ...] = ()
    own_lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reject:
    """As Accept; the reason is one line in the person's words, often empty."""

    choices: tuple[Choice, ...] = ()
    everything: bool = False
    without: tuple[Choice, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Undo:
    """Take accepted changes back."""

    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Explain:
    """Say what changes rest on."""

    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Expand:
    """Look at the item anew."""


@dataclass(frozen=True, slots=True)
class More:
    """Show what did not fit into the comment."""


@dataclass(frozen=True, slots=True)
class Mute:
    """Stop suggesting on this item (on), or take that back (off)."""

    on: bool


@dataclass(frozen=True, slots=True)
class Help:
    """List the commands."""


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """A line that was meant as a command and is none; `suggestion` is the one line that would have worked."""

    line: str
    suggestion: str


Command = Accept | Reject | Undo | Explain | Expand | More | Mute | Help | NotUnderstood


def spelled(command: Command) -> str:
    """A command as the bot writes it, without reasons and own words; nothing for a line that is none."""
    match command:
        case NotUnderstood():
            return ""
        case Mute(on):
            return typed("mute" if on else "unmute")
        case Accept() | Reject():
            which = [f"{one.number}{one.variant}" for one in command.choices] or ["all"]
            without = [f"{one.number}{one.variant}" for one in command.without]
            return typed(type(command).__name__.lower(), *which, *(["without", *without] if without else []))
        case Undo() | Explain():
            return typed(type(command).__name__.lower(), *(f"{one.number}{one.variant}" for one in command.choices))
        case _:
            return typed(type(command).__name__.lower())
