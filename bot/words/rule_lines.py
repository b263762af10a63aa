"""Pure: what a change comes from: the line in which its rule says what it looks for, and who drafted it."""

from __future__ import annotations

from collections.abc import Mapping

from bot.words.drafted import drafter
from bot.words.wording import clean, sentence
from languages import say
from rules import RULES


def rule_line(name: str) -> str:
    """What a rule looks for, without a full stop and to be read on from a colon; empty if the rule is not known."""
    return next((say(rule.LOOKS_FOR) for rule in RULES if name == rule.NAME), "")


def origin(drafted_by: str, versions: Mapping[str, str]) -> str:
    """What drafted a change, on one line: "Rule missing_criteria: a story without ... Drafted by: rules."."""
    told = {name.lower(): (clean(name, 40), clean(value, 80)) for name, value in list(versions.items())[:8]}
    _, rule = told.pop("rule", ("", ""))
    _, source = told.pop("drafted by", ("", clean(drafted_by, 80)))
    if source == "rules":
        told.pop("sha-256", None)
    drafted = say("Drafted by: {source}", source=drafter(source))
    rest = "; ".join((drafted, *(f"{name}: {value}" for name, value in told.values())))
    if not rule:
        return f"{rest}."
    looks_for = rule_line(rule)
    named = (
        say("Rule {rule}: {line}", rule=rule, line=sentence(looks_for)) if looks_for else say("Rule {rule}.", rule=rule)
    )
    return f"{named} {rest}."
