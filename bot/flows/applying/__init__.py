"""Accepted changes are made, and made ones taken back."""

from bot.flows.applying.deciding import Result, accept, finish_stranded, undo
from bot.flows.applying.drafted import clear_drafts

__all__ = ["Result", "accept", "clear_drafts", "finish_stranded", "undo"]
