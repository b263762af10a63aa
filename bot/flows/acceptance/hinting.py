"""A hint names a number only where the command could be carried out: nobody is sent from one answer to the next."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.commands import Accept, Choice, Explain, Reject, Undo, parse
from bot.flows.acceptance.word import Word
from bot.store import proposals
from bot.store.proposals import ProposedChange
from bot.words.command_words import typed

_STATES = {Undo: ("accepted",), Accept: (proposals.OPEN,), Reject: (proposals.OPEN,)}


def fitting(word: Word, suggestion: str) -> str:
    """The suggested line with numbers that fit what is there; empty where nothing there fits it."""
    match parse(suggestion):
        case (Accept(everything=False) | Reject(everything=False) | Undo() | Explain() as command,):
            there = _there(word, type(command))
            return _renumbered(suggestion, command, there) if there else ""
        case (Accept() | Reject() as command,):
            return suggestion if _there(word, type(command)) else ""
    return suggestion


def _there(word: Word, command: type[Accept | Reject | Undo | Explain]) -> list[int]:
    with word.desk.db.read() as session:
        rows: Sequence[ProposedChange] = proposals.changes(session, word.desk.connection, word.item.id)
    return [row.number for row in rows if row.shown_at is not None and row.state in _STATES.get(command, (row.state,))]


def _renumbered(suggestion: str, command: Accept | Reject | Undo | Explain, there: Collection[int]) -> str:
    meant = [choice.number for choice in command.choices if choice.number in there] or [min(there)]
    if list(command.choices) == [Choice(number) for number in meant]:
        return suggestion
    reason = [command.reason] if isinstance(command, Reject) and command.reason else []
    return typed(type(command).__name__.lower(), *meant, *reason)
