"""Accepted changes are made, and made ones taken back."""

from bot.flows.applying.deciding import Result, accept, finish_stranded, undo

__all__ = ["Result", "accept", "finish_stranded", "undo"]
