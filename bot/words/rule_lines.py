"""Pure: what a change comes from: the line in which its rule says what it looks for, and who drafted it."""

from __future__ import annotations

from collections.abc import Mapping

from bot.words.drafted import drafter
from bot.words.wording import clean, sentence
from languages import ENGLISH, language, say
from rules import RULES


def rule_line(name: str) -> str:
    """The first line of a rule's page, without its full stop and to be read on from a colon; empty if not known."""
    for rule in RULES:
        if name == rule.NAME and (page := (rule.__doc__ or "").strip()):
            line = say(page.split("\n", 1)[0]).rstrip(" .")  # the catalogues have it: see languages/extracting.py
            return line[:1].lower() + line[1:] if language() == ENGLISH else line
    return ""


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
