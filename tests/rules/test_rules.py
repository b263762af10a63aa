"""The rules as one: quiet on finished items, ordered, deterministic, and unharmed by any text."""

import ast
import dataclasses
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import rules
from languages import LANGUAGES, speaking
from rules.model import Candidate, Context, Policy, WorkItem

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
POLICY = Policy(priorities=("Highest", "High", "Medium", "Low", "Lowest"))
BASE = WorkItem("jira", "1", "SHOP-1", "SHOP", "Story", "s", "", "Open", "todo", NOW, NOW, priority="Low")


def context_with(title: str) -> Context:
    earlier = Candidate("SHOP-0", title, "Open", "todo", NOW - timedelta(days=3))
    return Context(today=NOW, policy=POLICY, candidates=(earlier,))


def check(**changes: object) -> tuple[rules.Finding, ...]:
    item = dataclasses.replace(BASE, **changes)  # type: ignore[arg-type]  # tests name the fields they change
    return rules.check(item, context_with(item.summary))


def test_a_finished_item_gets_no_findings() -> None:
    assert check(type="Bug", summary="Broken", status_category="done") == ()


def test_a_disabled_rule_is_silent() -> None:
    item = dataclasses.replace(BASE, type="Bug", summary="Checkout broken")
    off = Policy(disabled_rules=frozenset({"vague_description"}))
    assert rules.check(item, Context(today=NOW)) != ()
    assert rules.check(item, Context(today=NOW, policy=off)) == ()


def test_findings_come_most_valuable_first() -> None:
    values = [f.value for f in check(type="Bug", summary="Nobody can log in", description="Production is down.")]
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_findings_are_said_in_the_language_that_is_spoken_and_are_the_same_otherwise(code: str) -> None:
    def told() -> list[rules.Finding]:
        parts = "# Tasks\n" + "\n".join(f"- Add the {name} page" for name in ("cart", "card", "order", "bill", "mail"))
        need = "As a buyer, I want to save my card. The card must be masked."
        return [
            *check(type="Bug", summary="Nobody can log in", description="Production is down."),
            *check(type="Bug", summary="Checkout broken"),
            *check(type="Story", summary="Improve search", description="Search better"),
            *check(type="Story", summary="Pages of the shop and more", description=parts, story_points=20.5),
            *check(type="Story", summary="Saved cards in the shop", description=need),
        ]

    english = told()
    with speaking(code):
        spoken = told()
    assert {finding.rule for finding in english} == {rule.NAME for rule in rules.RULES}
    for here, there in zip(english, spoken, strict=True):
        assert (here.rule, here.subject, here.value, here.change) == (
            there.rule,
            there.subject,
            there.value,
            there.change,
        )
        for one, other in zip(
            (here.title, here.reason, *here.questions), (there.title, there.reason, *there.questions), strict=True
        ):
            assert one != other
            assert "{" not in other


def test_every_rule_is_listed_and_documented() -> None:
    folder = Path(rules.__file__).parent
    on_disk = {path.stem for path in folder.glob("*.py") if "\nNAME = " in path.read_text()}
    assert {rule.NAME for rule in rules.RULES} == on_disk
    for rule in rules.RULES:
        page = rule.__doc__ or ""
        assert "What:" in page
        assert "Example:" in page
        assert page.partition("\n")[0] == f"{rule.LOOKS_FOR[:1].upper()}{rule.LOOKS_FOR[1:]}."


def test_rules_import_nothing_from_outside_their_room() -> None:
    allowed = {"rules", "languages", "rapidfuzz", "snowballstemmer"}
    for path in Path(rules.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                top = name.split(".")[0]
                assert top in allowed or top in __import__("sys").stdlib_module_names, f"{path.name} imports {name}"


TYPES = st.sampled_from(["Bug", "Story", "Task", "Epic", "Sub-task", "Improvement", "", "要求"])
WORDS = st.sampled_from(
    ["should", "must", "As a user, I want", "so that", "# Steps", "- [ ] ", "1. ", "```", "> ", "Expected:", "not",
     "data loss", "typo", "Nobody can log in", "\n", "\u200b", "TBD", "Acceptance criteria", ":", "?"]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=400), st.lists(st.one_of(WORDS, st.text(max_size=8)), max_size=40).map(" ".join))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    kind=TYPES, summary=TEXTS, description=TEXTS, criteria=st.text(max_size=40), points=st.none() | st.floats(0, 100)
)
def test_any_text_is_survived_and_judged_the_same_twice(
    kind: str, summary: str, description: str, criteria: str, points: float | None
) -> None:
    changes = {"type": kind, "summary": summary, "description": description, "acceptance_criteria": criteria}
    first = check(**changes, story_points=points)
    assert first == check(**changes, story_points=points)
    for finding in first:
        assert finding.change is not None or finding.questions
        assert len(finding.questions) <= 3
        assert finding.title
        assert finding.reason
        assert 0 <= finding.value <= 100


@pytest.mark.parametrize("invisible", ["\u200b", "\u00ad", "\u2060", "\ufeff", "\U000e0041", "\ufe0f", "\u202e"])
def test_invisible_characters_change_nothing(invisible: str) -> None:
    summary, description = (
        "Checkout broken for buyers",
        "It does not work. As a buyer, I want to pay. It should say so.",
    )
    for kind in ("Bug", "Story"):
        seen = check(type=kind, summary=summary, description=description)
        hidden = invisible.join(description)
        found = check(type=kind, summary=invisible.join(summary), description=hidden)
        assert [(f.rule, f.change, f.questions) for f in found if f.rule != "possible_duplicate"] == [
            (f.rule, f.change, f.questions) for f in seen if f.rule != "possible_duplicate"
        ]


HOSTILE = {
    "spaces": " " * 100_000,
    "tabs and a word": "\t " * 50_000 + "x",
    "one long word": "a" * 100_000,
    "dots": "." * 100_000,
    "colons": "a: " * 33_000,
    "brackets": "[" * 100_000,
    "angle brackets": "<" * 100_000,
    "quotes": '"aaaaaa' * 14_000,
    "dashes": "- " * 50_000,
    "hashes": "# " * 50_000,
    "as a": "As a x, I want " * 6_600,
    "as a without commas": "as a user i " * 8_300,
    "when": "given when " * 9_000,
    "when then lines": "given a when b\n" * 6_600,
    "nobody": "nobody all users can " * 4_700,
    "all the my our": "lose all the my our their " * 3_800,
    "negations": "not a b c " * 10_000,
    "underscores": "_" * 100_000,
    "lorem": "lorem ipsum " * 8_300,
    "describe": "please describe the " * 5_000,
    "combining marks": "\u0301\u0316" * 50_000,
    "wide ligatures": "\ufdfa" * 100_000,
    "han": "漢" * 100_000,
    "camel": "aBcD" * 25_000,
    "numbers": "1.2." * 25_000,
    "dotted": "a." * 50_000,
    "newlines": "\n" * 100_000,
    "short lines": "a\n" * 50_000,
    "bullets": "- add x\n" * 12_500,
    "modal words": "it should be a b c d e. " * 4_100,
    "should have to": "should have to be very more as a " * 3_000,
    "http": "http://" * 14_000,
    "markup": "{html" * 20_000,
    "upper": "A1-" * 33_000,
    "errors": "error: code " * 8_300,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_fault_49_hostile_text_of_100_kb_is_read_in_linear_time(name: str) -> None:
    """Twice the text may take about twice the time: a quadratic rule takes seconds here, a linear one milliseconds."""
    text = HOSTILE[name]
    for kind in ("Bug", "Story"):
        started = time.process_time()
        check(type=kind, summary=text, description=text)
        assert time.process_time() - started < 2.0
