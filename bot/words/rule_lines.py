"""Pure: the name of a rule -> the one line in which the rule says what it looks for."""

from __future__ import annotations

from rules import RULES


def rule_line(name: str) -> str:
    """The first line of a rule's page, without its full stop and to be read on from a colon; empty if not known."""
    for rule in RULES:
        if name == rule.NAME:
            line = (rule.__doc__ or "").strip().split("\n", 1)[0].rstrip(" .")
            return line[:1].lower() + line[1:]
    return ""
