"""Pure: the name of a rule -> the one line in which the rule says what it looks for."""

from __future__ import annotations

from languages import say
from rules import RULES


def rule_line(name: str) -> str:
    """What a rule looks for, without a full stop and to be read on from a colon; empty if the rule is not known."""
    return next((say(rule.LOOKS_FOR) for rule in RULES if name == rule.NAME), "")
