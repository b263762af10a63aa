"""When an earlier item carries the same title."""

import dataclasses
from datetime import timedelta

import pytest

from rules.changes import LinkDuplicate
from rules.model import Candidate
from rules.possible_duplicate import check

TITLE = "Checkout hangs with Apple Pay"


@pytest.fixture
def earlier(context):
    return Candidate("SHOP-7", TITLE, "In Progress", "doing", context.today - timedelta(days=6))


def found(make_item, context, candidates, **changes):
    item = make_item(**{"summary": TITLE, **changes})
    return list(check(item, dataclasses.replace(context, candidates=candidates)))


@pytest.mark.parametrize(
    "changes",
    [
        {"is_subtask": True},
        {"is_clone": True},
        {"already_linked": True},
        {"title_count": 3},
        {"summary": "Checkout hangs with Google Pay"},
        {"summary": "CLONE - Checkout hangs with Apple Pay"},
        {"key": "SHOP-10"},
        {"summary": "Checkout with Apple hangs Pay"},
        {"summary": "Login broken", "same_text": True},
    ],
)
def test_a_guarded_candidate_is_passed_over(make_item, context, earlier, changes) -> None:
    assert found(make_item, context, (dataclasses.replace(earlier, **changes),)) == []


def test_a_later_item_is_not_the_original(make_item, context, earlier) -> None:
    later = dataclasses.replace(earlier, created=context.today + timedelta(days=1))
    assert found(make_item, context, (later,)) == []


def test_a_subtask_or_a_child_of_the_candidate_is_left_alone(make_item, context, earlier) -> None:
    assert found(make_item, context, (earlier,), is_subtask=True) == []
    assert found(make_item, context, (earlier,), parent="SHOP-7") == []


def test_the_open_earlier_item_is_the_original(make_item, context, earlier) -> None:
    done = dataclasses.replace(
        earlier, key="SHOP-3", status_category="done", created=context.today - timedelta(days=60)
    )
    [finding] = found(make_item, context, (done, earlier))
    assert finding.change == LinkDuplicate("SHOP-7", TITLE)
    assert finding.subject == "SHOP-7"
    assert "In Progress, 6 days old" in finding.reason
    assert "%" not in finding.reason


@pytest.mark.parametrize("same_text", [False, True])
def test_a_short_title_counts_only_with_the_same_description(make_item, context, earlier, same_text) -> None:
    short = dataclasses.replace(earlier, summary="login broken", same_text=same_text)
    proposed = found(make_item, context, (short,), summary="Login broken")
    assert len(proposed) == same_text
    assert all("The descriptions are the same." in finding.reason for finding in proposed)


def test_words_that_prove_nothing_are_not_named(make_item, context, earlier) -> None:
    chatter = dataclasses.replace(earlier, shared_words=("doesnt", "pls", "broken", "forever"))
    [finding] = found(make_item, context, (chatter,))
    assert "Both name" not in finding.reason
    assert len(finding.evidence) == 2
    [finding] = found(make_item, context, (dataclasses.replace(chatter, shared_words=("pls", "E_PAY_TIMEOUT")),))
    assert "Both name E_PAY_TIMEOUT." in finding.reason
