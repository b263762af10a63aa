"""When a description gives nobody anything to act on."""

import pytest

from rules.changes import AddLabel
from rules.vague_description import check


@pytest.mark.parametrize(
    ("kind", "summary", "description"),
    [
        ("Bug", "Checkout fails", "1. Open the cart\n2. Press pay\n3. Nothing happens"),
        ("Bug", "NullPointerException when saving an empty cart", ""),
        ("Bug", "Checkout broken", "```\njava.lang.IllegalStateException: cart\n```"),
        ("Bug", "Wrong total", "When I add two vouchers, the total shows 3 EUR instead of 5 EUR."),
        ("Story", "As a buyer, I want to save my card, so that I can pay faster", ""),
        ("Story", "Saved cards", "- add a card\n- remove a card"),
        ("Task", "Rename OrderService.place() to submit()", ""),
        ("Epic", "Payments", ""),
        ("Bug", "Checkout broken", "Production is down for all customers since 9:00. Nobody can log in."),
        ("Sub-task", "Backend", ""),
        ("Bug", "結合テストで支払い画面が表示されないことがある問題について調査してください", ""),
    ],
)
def test_is_silent_where_somebody_could_start(make_item, context, kind, summary, description) -> None:
    item = make_item(type=kind, summary=summary, description=description, is_subtask=kind == "Sub-task")
    assert list(check(item, context)) == []


@pytest.mark.parametrize(
    ("kind", "summary", "description", "asked"),
    [
        ("Bug", "Checkout broken", "", "What happens instead"),
        ("Bug", "Checkout broken", "Does not work, please fix", "step by step"),
        ("Bug", "Search is slow", "Very slow.", "How long does it take now"),
        (
            "Bug",
            "App crash",
            "Steps to reproduce:\n\nExpected result:\nTBD\n\nActual result:\nn/a",
            "last thing on the screen",
        ),
        ("Story", "Improve search", "TBD", "notice the difference"),
        ("Task", "Vouchers", "<describe the task here>", "Who needs it"),
    ],
)
def test_asks_at_most_three_questions_that_fit(make_item, context, kind, summary, description, asked) -> None:
    [finding] = check(make_item(type=kind, summary=summary, description=description), context)
    assert finding.change == AddLabel("needs-details")
    assert 1 <= len(finding.questions) <= 3
    assert any(asked in question for question in finding.questions), finding.questions


def test_an_empty_description_needs_no_known_language(make_item, context) -> None:
    assert list(check(make_item(summary="Kasse kaputt", description="Geht nicht mehr"), context)) == []
    [finding] = check(make_item(summary="Kasse kaputt", description=""), context)
    assert finding.reason == "The description is empty."


def test_a_label_that_is_there_is_not_proposed_again(make_item, context) -> None:
    [finding] = check(make_item(summary="Checkout broken", labels=("Needs-Details",)), context)
    assert finding.change is None
    assert finding.questions


def test_an_outage_is_what_is_seen(make_item, context) -> None:
    [finding] = check(make_item(summary="Shop broken, nobody can log in"), context)
    assert not any("What happens instead" in question for question in finding.questions)


@pytest.mark.parametrize(
    ("description", "reason"),
    [
        ("", "The description is empty."),
        ("asdf", "The description is too short to act on."),
        ("\U0001f622", "The description is too short to act on."),
        ("Steps to reproduce:\n\nExpected:", "The description holds only unfilled headings or placeholders."),
        ("does not work", 'The description adds little to the title ("does not work").'),
    ],
)
def test_the_reason_says_what_was_observed_and_no_more(make_item, context, description, reason) -> None:
    [finding] = check(make_item(summary="Checkout broken", description=description), context)
    assert finding.reason == reason


@pytest.mark.parametrize("description", ["does not work", "it does not work " * 4 + "please"])
def test_evidence_is_what_the_reason_quotes_or_left_out(make_item, context, description) -> None:
    [finding] = check(make_item(summary="Checkout broken", description=description), context)
    assert finding.evidence == ((description,) if len(description) <= 60 else ())
