"""What a good backlog item is: pure, with no input or output and no clock.

`RULES` is the table of contents. A rule is one module with a `NAME`, a `LOOKS_FOR` and `check(item, context) ->
Iterable[Finding]`; its docstring is its page in the documentation. What people read is said in their language.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from rules import missing_criteria, oversized_item, possible_duplicate, priority_mismatch, vague_description
from rules.model import Context, Finding, WorkItem


class Rule(Protocol):
    """What every module in RULES offers."""

    NAME: str
    LOOKS_FOR: str
    """What it looks for, in a few English words, to be read on from a colon: the first line of its page."""

    def check(self, item: WorkItem, context: Context) -> Iterable[Finding]:
        """What the rule has to say about the item."""


RULES: tuple[Rule, ...] = (
    priority_mismatch,
    possible_duplicate,
    vague_description,
    missing_criteria,
    oversized_item,
)


def check(item: WorkItem, context: Context) -> tuple[Finding, ...]:
    """The findings of all rules the policy leaves on, most valuable first. An item that is done gets none."""
    if item.status_category == "done":
        return ()
    enabled = (rule for rule in RULES if rule.NAME not in context.policy.disabled_rules)
    findings = [finding for rule in enabled for finding in rule.check(item, context)]
    return tuple(sorted(findings, key=lambda finding: -finding.value))
