"""Proposals and answers as blocks: what is said, and what can never be in it."""

from __future__ import annotations

import dataclasses
import json
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import answers
from bot.commands import NotUnderstood, parse
from bot.comments import (
    MAX_CHANGES,
    MAX_CHARACTERS,
    MAX_QUESTIONS,
    Answer,
    ShownChange,
    ShownProposal,
    answer_comment,
    change_line,
    draft_subtask,
    proposal_comment,
    shown_numbers,
)
from bot.words.rule_lines import rule_line
from bot.words.wording import block_size, clean
from integrations.blocks import Blocks, Bullets, Code, Inline, ItemLink, Mention, Text, pack, unpack
from languages import moment
from rules import RULES, Rule
from rules.changes import AddCriteria, AddLabel, AddSubtasks, Change, Criterion, LinkDuplicate, SetPriority
from rules.model import Person

BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2026, 11, 21, 13, 2, tzinfo=UTC)
RAE = Person("712020:rae", "Rae Reporter")
MARKS = {"plain": "", "strong": "**", "emphasis": "*", "strike": "~~", "strong_strike": "~~**", "code": "`"}


def spans(blocks: Blocks) -> Iterator[Inline]:
    for block in blocks:
        if isinstance(block, Bullets):
            for entry in block.entries:
                yield from entry
        elif not isinstance(block, Code):
            yield from block.inlines


def line_of(inlines: tuple[Inline, ...]) -> str:
    said = ""
    for inline in inlines:
        match inline:
            case Text(text, style):
                said += MARKS[style] + text + MARKS[style][::-1]
            case ItemLink(key):
                said += f"[{key}]"
            case Mention(_, name):
                said += f"@{name}"
    return said


def read(blocks: Blocks) -> list[str]:
    lines: list[str] = []
    for block in blocks:
        if isinstance(block, Bullets):
            lines += ["- " + line_of(entry) for entry in block.entries]
        elif not isinstance(block, Code):
            lines.append(line_of(block.inlines))
    return lines


CRITERIA = AddCriteria(
    (
        Criterion('Given a saved card, when Apple Pay times out, then the cart is kept and "Try again" is offered'),
        Criterion("the time-out is 30 s", is_assumption=True),
    )
)
ONE = ShownChange(1, "Acceptance criteria", CRITERIA, "The item has none", (), "rules", "open")
TWO = ShownChange(
    2, "Priority", SetPriority("Medium", "High"), "Three people reported it.", ("SHOP-97", "SHOP-101"), "rules", "open"
)
THREE = ShownChange(
    3,
    "Probably the same as SHOP-97",
    LinkDuplicate("SHOP-97", "Checkout hangs with Apple Pay"),
    "Both name E_PAY_TIMEOUT and the payment step",
    ("open, 6 days old",),
    "rules",
    "open",
)
FOUR = ShownChange(4, "", AddLabel("needs-details"), "The description has 3 words.", (), "rules", "open")
FIVE = ShownChange(5, "", AddSubtasks(("API", "Form")), "21 points is more than 13", (), "rules", "open")
KEYS = frozenset({"SHOP-97", "SHOP-101"})


def shown(*changes: ShownChange, questions: tuple[str, ...] = (), **more: object) -> list[str]:
    view = ShownProposal(changes, questions, RAE, known_keys=KEYS)
    return read(proposal_comment(dataclasses.replace(view, **more), BERLIN))  # type: ignore[arg-type]  # by name


def test_a_proposal_without_anything_says_so() -> None:
    assert shown() == [
        "**Steward: nothing to suggest on this item.**",
        "*Drafted by rules from this item.* `steward mute` · `steward help`",
    ]


def test_a_proposal_with_nothing_left_says_why() -> None:
    assert shown(notice="the item was set to Done")[0] == "**Steward: nothing waits here:** the item was set to Done."
    assert shown(notice="It is the same as SHOP-97.")[0] == (
        "**Steward: nothing waits here:** It is the same as [SHOP-97]."
    )
    assert not any("Note:" in line for line in shown(notice="the item was set to Done"))
    assert shown(FOUR, notice="the item has moved")[1] == "Note: the item has moved."


def test_a_proposal_says_what_then_why_then_what_to_type() -> None:
    lines = shown(
        ONE,
        TWO,
        THREE,
        questions=("Does it also happen with Google Pay?",),
        mention_reporter=True,
        drafted_by="rules and a language model",
    )
    assert lines == [
        "**Steward: 3 suggestions.** Reply `steward accept 1`, `steward accept 1 2`, `steward reject 2 reason`. "
        "Nothing changes until you do.",
        "**1. Acceptance criteria.** The item has none.",
        '- Given a saved card, when Apple Pay times out, then the cart is kept and "Try again" is offered',
        "- *assumption:* the time-out is 30 s",
        "**2. Priority: Medium → High.** Three people reported it ([SHOP-97], [SHOP-101]).",
        "**3. Probably the same as** [SHOP-97] “Checkout hangs with Apple Pay”. "
        "Both name E_PAY_TIMEOUT and the payment step (open, 6 days old). `steward accept 3` links the two and closes "
        "nothing; after `steward reject 3` it will not be suggested again.",
        "**One question for** @Rae Reporter: Does it also happen with Google Pay? Answer in a comment.",
        "*Drafted by rules and a language model from this item and* [SHOP-97]*.* "
        "`steward explain 1` · `steward mute` · `steward help`",
    ]


def test_one_suggestion_is_answered_by_its_own_number() -> None:
    assert shown(FOUR)[:2] == [
        "**Steward: 1 suggestion.** Reply `steward accept 4` or `steward reject 4 reason`. "
        "Nothing changes until you do.",
        "**4. Label: add needs-details.** The description has 3 words.",
    ]


def test_evidence_that_the_reason_or_the_change_has_said_is_not_said_again() -> None:
    evidence = ("the time-out is 30 s", "The item has none", "SHOP-97")
    assert shown(dataclasses.replace(ONE, evidence=evidence))[1] == (
        "**1. Acceptance criteria.** The item has none ([SHOP-97])."
    )
    reason = 'SHOP-97 "Checkout hangs with Apple Pay" (open, 6 days old) carries the same title.'
    line = shown(dataclasses.replace(THREE, title="Same title as SHOP-97", reason=reason))[1]
    assert line.startswith('**3. Same title as** [SHOP-97]. [SHOP-97] "Checkout hangs with Apple Pay" (open, 6 days')
    assert line.count("open, 6 days old") == 1


def test_subtasks_are_listed() -> None:
    assert shown(FIVE)[1:4] == [
        "**5. Split into 2 sub-tasks.** 21 points is more than 13. `steward accept 5` creates them:",
        "- API",
        "- Form",
    ]


def test_a_question_alone_is_asked_without_a_word_about_suggestions() -> None:
    assert shown(questions=("Which version?",))[0] == (
        "**Steward: one question for the reporter:** Which version? Answer in a comment."
    )
    assert shown(FOUR, questions=("Which version?", "Since when?"))[2:5] == [
        "**Two questions for the reporter.** Answer in a comment.",
        "- Which version?",
        "- Since when?",
    ]
    assert shown(questions=("Which version?",), reporter=None)[0].startswith("**Steward: one question:** Which")


DECIDED = (
    dataclasses.replace(TWO, state="accepted", by="Dana", at=AT),
    dataclasses.replace(THREE, state="rejected", by="Lee", note="different error code"),
    dataclasses.replace(ONE, state="not_applied", note="the description was changed by Kim after this was written"),
    dataclasses.replace(FOUR, state="undone", by="Dana", at=AT),
    dataclasses.replace(FIVE, state="withdrawn"),
)


def test_decisions_are_told_in_place() -> None:
    assert shown(*DECIDED)[:6] == [
        "**Steward: nothing waits for an answer.** 1 accepted, 1 rejected, 1 undone, 1 not applied and 1 withdrawn.",
        "~~**2. Priority: Medium → High.**~~ accepted by Dana, 21 Nov, 14:02 CET. `steward undo 2`",
        "**3. Probably the same as** [SHOP-97]. rejected by Lee: “different error code”. Will not be suggested again.",
        "**1. Acceptance criteria.** not applied: the description was changed by Kim after this was written. "
        "`steward expand` drafts anew.",
        "**4. Label: add needs-details.** undone by Dana, 21 Nov, 14:02 CET. It is as it was before.",
        "**5. Split into 2 sub-tasks.** withdrawn: it no longer fits the item.",
    ]


def test_questions_that_are_still_open_are_not_called_nothing() -> None:
    def header(*questions: str) -> str:
        return shown(DECIDED[0], questions=questions)[0]

    assert header() == header("") == header("", "\u200b") == "**Steward: nothing waits for an answer.** 1 accepted."
    assert header("Which version?") == "**Steward: one question waits for an answer.** 1 accepted."
    assert header("Which?", "Since when?") == "**Steward: two questions wait for an answer.** 1 accepted."
    assert header("1?", "2?", "3?", "4?") == "**Steward: three questions wait for an answer.** 1 accepted."


def test_what_is_still_open_stays_answerable_after_a_decision() -> None:
    lines = shown(DECIDED[0], ONE, FOUR)
    assert lines[0].startswith("**Steward: 2 of 3 suggestions are still open.** Reply `steward accept 1`")


def test_everything_a_comment_offers_to_type_is_a_command() -> None:
    view = ShownProposal((ONE, TWO, THREE, FOUR, FIVE, *DECIDED), ("Which?",), RAE, waiting=2)
    every = (*proposal_comment(view, BERLIN), *answer_comment([Answer("Dana", answers.help_answer())]))
    typed = [span.text for span in spans(every) if isinstance(span, Text) and span.style == "code"]
    assert len(typed) > 15
    for text in typed:
        if text == "steward-accept":  # the label
            continue
        (command,) = parse(text + "\nmine" if text.endswith(":") else text)
        assert not isinstance(command, NotUnderstood), text


def test_the_bots_own_comment_holds_no_command_that_counts() -> None:
    view = ShownProposal((ONE, TWO, THREE, FOUR, FIVE, *DECIDED), ("Which?",), RAE, waiting=2)
    assert parse("\n\n".join(read(proposal_comment(view, BERLIN)))) == ()


def test_the_reporter_is_mentioned_only_with_a_question_and_only_if_asked_for() -> None:
    def mentions(**more: object) -> list[Inline]:
        view = dataclasses.replace(ShownProposal((ONE,), (), RAE), **more)  # type: ignore[arg-type]  # by name
        return [span for span in spans(proposal_comment(view, BERLIN)) if isinstance(span, Mention)]

    assert mentions() == []
    assert mentions(mention_reporter=True) == []
    assert mentions(questions=("Which?",)) == []
    assert mentions(questions=("Which?",), mention_reporter=True, reporter=None) == []
    assert mentions(questions=("Which?",), mention_reporter=True) == [Mention(RAE.id, RAE.name)]


def test_only_known_keys_become_links() -> None:
    reason = "As in SHOP-97, SHOP-98, https://x.example/browse/SHOP-97 and ESHOP-97-b; see #12"
    view = ShownProposal(
        (dataclasses.replace(TWO, reason=reason, evidence=("SHOP-101", "13")),), known_keys=KEYS | {"12"}
    )
    links = [span.key for span in spans(proposal_comment(view, BERLIN)) if isinstance(span, ItemLink)]
    assert links == ["SHOP-97", "12", "SHOP-101"]


def test_at_most_three_questions_are_asked_and_the_rest_of_the_changes_waits() -> None:
    many = tuple(dataclasses.replace(FOUR, number=number) for number in range(1, 31))
    view = ShownProposal(many, ("One?", "Two?", "Three?", "Four?"), waiting=2)
    lines = read(proposal_comment(view, BERLIN))
    assert len(shown_numbers(view)) == 2 * MAX_CHANGES
    assert "22 more wait: `steward more`" in lines
    assert sum(line.endswith("?") for line in lines) == MAX_QUESTIONS


def test_invisible_characters_in_what_would_be_written_are_told() -> None:
    hidden = dataclasses.replace(FOUR, change=AddLabel("needs\u200b-details\U000e0041"))
    assert shown(hidden)[1].endswith("*This text holds invisible characters, which are not shown.*")
    assert "invisible" not in shown(FOUR)[1]


def test_what_is_not_shown_in_full_says_where_it_is() -> None:
    long = AddCriteria(tuple(Criterion(f"line {number}") for number in range(20)))
    lines = shown(dataclasses.replace(ONE, change=long))
    assert "Not all of it fits here: `steward explain 1` shows it." in lines
    explained = read(answers.explanation(dataclasses.replace(ONE, change=long), {}))
    assert "- line 19" in explained
    wide = AddCriteria((Criterion("word " * 200),))
    assert "Not all of it fits here: `steward explain 1` shows it." in shown(dataclasses.replace(ONE, change=wide))
    assert "- " + ("word " * 200).strip() in read(answers.explanation(dataclasses.replace(ONE, change=wide), {}))


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (SetPriority("Medium", "High"), "Priority: Medium → High"),
        (SetPriority(None, "High"), "Priority: none → High"),
        (AddLabel("needs-details"), "Label: add needs-details"),
        (LinkDuplicate("SHOP-97", "Checkout\nhangs"), "Duplicate: link to SHOP-97 “Checkout hangs”"),
        (AddSubtasks(("API", "Form")), "Sub-tasks: API; Form"),
        (AddCriteria((Criterion("a"), Criterion("b"))), "Acceptance criteria: a; b"),
    ],
)
def test_a_change_is_one_plain_line(change: Change, line: str) -> None:
    assert change_line(change) == line


def test_a_draft_subtask_says_that_it_is_one() -> None:
    assert read(draft_subtask("SHOP-5", "The item is over 13 points", "rules", 4)) == [
        "The item is over 13 points.",
        "**Draft.** To keep it, edit it as you like and take the label `steward-draft` off. "
        "If it is not wanted, close it.",
        "*Drafted by rules from* [SHOP-5]*.* As a comment there: `steward explain 4` · `steward mute` · `steward help`",
    ]


ANSWERS = {
    "a refusal": (
        answers.refusal("the right to edit"),
        "Nothing was changed: the right to edit is missing. Somebody who has it can give the same command.",
    ),
    "a refusal in a sentence": (
        answers.refusal("you cannot decide here."),
        "Nothing was changed: you cannot decide here.",
    ),
    "a mistyped command": (
        answers.not_understood("steward acept 2", "steward accept 2"),
        "“steward acept 2” is not a command, and nothing was changed. "
        "This would work, on a line of its own: `steward accept 2`",
    ),
    "accepted before": (
        answers.already(2, "accepted", "Dana", AT, BERLIN),
        "Suggestion 2 is already accepted by Dana, 21 Nov, 14:02 CET. `steward undo 2` takes it back.",
    ),
    "rejected before": (
        answers.already(2, "rejected", "Lee"),
        "Suggestion 2 is already rejected by Lee. `steward expand` looks at the item anew.",
    ),
    "still open": (answers.already(2, "open"), "Suggestion 2 is open. `steward accept 2` applies it."),
    "under way": (answers.already(2, "accepting"), "Suggestion 2 is being applied just now."),
    "never applied": (
        answers.not_applied_yet(2, "rejected"),
        "Suggestion 2 is rejected, so there is nothing to take back.",
    ),
    "no such variant": (
        answers.no_variant(2, "b"),
        "Suggestion 2 has no b. `steward accept 2` takes it as it stands.",
    ),
    "nothing there at all": (
        answers.no_such(7, ()),
        "There is no suggestion 7 on this item. `steward expand` looks at the item anew.",
    ),
    "no such number": (answers.no_such(7, (1, 3)), "There is no suggestion 7 on this item; open: 1 and 3."),
    "one number of several": (answers.no_such((2,), (1,)), "There is no suggestion 2 on this item; open: 1."),
    "no such numbers": (
        answers.no_such((2, 3, 2), (1,)),
        "There are no suggestions 2 and 3 on this item; open: 1.",
    ),
    "far too many numbers": (
        answers.no_such(range(2, 20), (1,)),
        "There are no suggestions 2, 3, 4, 5, 6, 7, 8, 9, 10 and 11 and more on this item; open: 1.",
    ),
    "nothing of that number to take back": (
        answers.no_such(2, (1,), "accepted"),
        "There is no suggestion 2 on this item; accepted: 1.",
    ),
    "nobody may be asked to accept": (
        answers.refusal(answers.no_way_to_ask(accepting=True)),
        "Nothing was changed: the bot is not allowed to ask the tracker who may edit this item. "
        "Put the label steward-accept on the item instead; that accepts all that is shown.",
    ),
    "nobody may be asked to undo": (
        answers.refusal(answers.no_way_to_ask(accepting=False)),
        "Nothing was changed: the bot is not allowed to ask the tracker who may edit this item. "
        "An administrator can list you under accept_people.",
    ),
    "nothing found": (answers.nothing_found(), "Looked at the item anew: there is nothing new to suggest."),
    "a person has edited since": (
        answers.not_undone(2, "priority", "Kim"),
        "Suggestion 2 was not taken back: the priority was changed by Kim since, and that edit stays.",
    ),
    "a person has edited a list since": (
        answers.not_undone(2, "acceptance_criteria"),
        "Suggestion 2 was not taken back: the list of acceptance criteria was changed since, and that edit stays.",
    ),
    "muted": (answers.muted(True), "No more suggestions on this item. `steward unmute` allows them again."),
}


@pytest.mark.parametrize(("blocks", "said"), ANSWERS.values(), ids=ANSWERS.keys())
def test_an_answer_says_what_was_not_done_and_what_to_type(blocks: Blocks, said: str) -> None:
    assert read(blocks) == [said]


def test_the_answer_comment_keeps_the_last_five_answers_the_newest_first_and_says_what_was_asked() -> None:
    given_answers = [Answer(f"Person {number}", answers.muted(True), f"steward undo {number}") for number in range(7)]
    assert [line.split(": ")[0] for line in read(answer_comment(given_answers))] == [
        f"**Person {number}**, on `steward undo {number}`" for number in (6, 5, 4, 3, 2)
    ]


def test_an_explanation_names_what_drafted_it() -> None:
    lines = read(answers.explanation(TWO, {"rule": "no_such_rule", "prompt": "none"}, KEYS))
    assert lines == [
        "**2. Priority: Medium → High** (open). Three people reported it ([SHOP-97], [SHOP-101]).",
        "Rule no_such_rule. Drafted by: rules; prompt: none.",
    ]


def test_an_explanation_says_what_a_rule_looks_for_and_gives_no_checksum_of_its_changes() -> None:
    versions = {"rule": "missing_criteria", "drafted by": "rules", "sha-256": "0123456789abcdef"}
    assert read(answers.explanation(TWO, versions, KEYS))[-1] == (
        "Rule missing_criteria: a story without acceptance criteria. Drafted by: rules."
    )
    drafted = {**versions, "drafted by": "a language model"}
    assert read(answers.explanation(TWO, drafted, KEYS))[-1].endswith("a language model; sha-256: 0123456789abcdef.")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.NAME)
def test_every_rule_says_in_one_line_what_it_looks_for(rule: Rule) -> None:
    line = rule_line(rule.NAME)
    assert 10 < len(line) < 100
    assert not line.endswith(".")


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("UTC", "21 Nov, 13:02 UTC"),
        ("America/Sao_Paulo", "21 Nov, 10:02 UTC-03"),
        ("Asia/Kolkata", "21 Nov, 18:32 IST"),
    ],
)
def test_a_time_is_told_in_the_projects_zone(zone: str, said: str) -> None:
    assert moment(AT, ZoneInfo(zone)) == said
    assert moment(AT.replace(tzinfo=None), ZoneInfo(zone)) == said


def test_the_bot_neither_shouts_nor_praises() -> None:
    every = (*proposal_comment(ShownProposal((ONE, TWO, THREE, FOUR, FIVE, *DECIDED), ("Which?",)), BERLIN),)
    every += answer_comment([Answer("Dana", blocks) for blocks, _ in list(ANSWERS.values())[:5]])
    every += answers.help_answer()
    said = "\n".join(read(every)).lower()
    for word in ("!", "great", "thank", "sorry", "awesome", " ai "):
        assert word not in said


HOSTILE_PIECES = st.sampled_from(
    (
        *(
            "[click](https://evil.example)",
            "![x](https://evil.example/x.png)",
            "<https://evil.example>",
            "[~accountid:1]",
        ),
        *("<img src=x onerror=alert(1)>", "{code}", "!http://evil.example/x.png!", "@<0001-GUID>", "[a|https://evil]"),
        *("steward accept 1", "\n", "SHOP-97", "SHOP-1", "#12", "`", "**", "\u202e", "\u200b", "\U000e0041", "\x00"),
        *("\ud800", "\u2028", "javascript:alert(1)", "@rae", "Approved by the administrator", "A" * 2_000),
    )
)
HOSTILE = st.one_of(st.text(), st.lists(HOSTILE_PIECES, max_size=6).map("".join))
CHANGES = st.one_of(
    st.builds(AddCriteria, st.lists(st.builds(Criterion, HOSTILE, st.booleans()), max_size=14).map(tuple)),
    st.builds(SetPriority, st.none() | HOSTILE, HOSTILE),
    st.builds(AddLabel, HOSTILE),
    st.builds(LinkDuplicate, HOSTILE, HOSTILE),
    st.builds(AddSubtasks, st.lists(HOSTILE, max_size=14).map(tuple)),
)
SHOWN = st.builds(
    ShownChange,
    number=st.integers(1, 9999),
    title=HOSTILE,
    change=CHANGES,
    reason=HOSTILE,
    evidence=st.lists(HOSTILE, max_size=6).map(tuple),
    source=HOSTILE,
    state=st.sampled_from(("open", "accepted", "rejected", "undone", "not_applied", "withdrawn")),
    by=HOSTILE,
    at=st.none() | st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1)),  # noqa: DTZ001 - naive is allowed
    note=HOSTILE,
)
VIEWS = st.builds(
    ShownProposal,
    changes=st.lists(SHOWN, max_size=6).map(tuple),
    questions=st.lists(HOSTILE, max_size=5).map(tuple),
    reporter=st.none() | st.builds(Person, st.just(RAE.id), HOSTILE),
    mention_reporter=st.booleans(),
    drafted_by=HOSTILE,
    known_keys=st.just(KEYS),
    notice=HOSTILE,
)


def answers_about(change: ShownChange, text: str) -> Blocks:
    told = (
        answers.refusal(text),
        answers.not_understood(text, text),
        answers.explanation(change, {text: text}, KEYS),
        answers.already(2, text, text),
        answers.not_undone(2, text, text),
        answers.not_possible(2, text),
        answers.no_variant(2, text),
        answers.explanation(change, {"rule": text, "drafted by": text}, KEYS),
    )
    last = answer_comment([Answer(text, blocks) for blocks in told[4:]])
    return (
        *answer_comment([Answer(text, blocks) for blocks in told[:4]]),
        *last,
        *draft_subtask("SHOP-97", text, text),
    )


@given(VIEWS, SHOWN, HOSTILE)
@settings(max_examples=60)
def test_fault_30_nothing_in_a_text_becomes_a_link(view: ShownProposal, change: ShownChange, text: str) -> None:
    for span in spans((*proposal_comment(view, BERLIN), *answers_about(change, text))):
        assert isinstance(span, Text | Mention) or span.key in KEYS


@given(VIEWS, SHOWN, HOSTILE)
@settings(max_examples=60)
def test_fault_31_nothing_in_a_text_becomes_a_mention(view: ShownProposal, change: ShownChange, text: str) -> None:
    asked = view.mention_reporter and any(clean(question, 300) for question in view.questions)
    mentioned = [span.person_id for span in spans(proposal_comment(view, BERLIN)) if isinstance(span, Mention)]
    assert mentioned == ([view.reporter.id] if asked and view.reporter is not None else [])
    assert not any(isinstance(span, Mention) for span in spans(answers_about(change, text)))


@given(VIEWS, SHOWN, HOSTILE)
@settings(max_examples=60)
def test_fault_32_no_invisible_character_is_shown(view: ShownProposal, change: ShownChange, text: str) -> None:
    unseen = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    for span in spans((*proposal_comment(view, BERLIN), *answers_about(change, text))):
        said = span.name if isinstance(span, Mention) else span.text if isinstance(span, Text) else ""
        assert not any(unicodedata.category(character) in unseen for character in said)
        assert not any("\ufe00" <= character <= "\ufe0f" for character in said)
    assert "\n" not in change_line(change.change)


@given(VIEWS)
@settings(max_examples=60)
def test_fault_35_no_text_in_a_comment_of_ours_can_be_read_as_a_command(view: ShownProposal) -> None:
    lines = read(proposal_comment(view, BERLIN))
    assert all(isinstance(command, NotUnderstood) for command in parse("\n".join(lines)))
    for line in lines:
        if not line.startswith("- "):  # a bullet is obeyed where it is all that a person says
            assert all(isinstance(command, NotUnderstood) for command in parse(line))


@given(VIEWS, SHOWN, HOSTILE)
@settings(max_examples=60)
def test_every_comment_is_bounded_and_of_the_blocks_form(view: ShownProposal, change: ShownChange, text: str) -> None:
    blocks = proposal_comment(view, BERLIN)
    assert sum(map(block_size, blocks)) <= MAX_CHARACTERS
    for kept in (blocks, answers_about(change, text)):
        assert unpack(pack(kept)) == kept
        for span in spans(kept):
            if isinstance(span, Text):
                assert span.text
                assert span.style in {"plain", "code"} or span.text == span.text.strip(" ")


def test_fault_45_naughty_strings_are_text_only() -> None:
    shared = Path(__file__).parents[2].parent / "shared" / "data" / "hostile" / "blns"
    lists = sorted(shared.glob("*.json"))
    if not lists:
        pytest.skip("no shared data")
    for text in json.loads(lists[0].read_text(encoding="utf-8")):
        change = dataclasses.replace(FOUR, change=AddLabel(text), title=text, reason=text, by=text, note=text)
        view = ShownProposal((change, dataclasses.replace(change, state="rejected")), (text,), Person("r", text))
        for span in spans((*proposal_comment(view, BERLIN), *answers_about(change, text))):
            assert isinstance(span, Text) or span == ItemLink("SHOP-97")
