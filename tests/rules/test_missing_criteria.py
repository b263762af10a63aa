"""When acceptance criteria are missing, and what is drafted."""

import pytest

from rules.missing_criteria import check

STORY = "As a buyer, I want to save my card, so that I can pay faster"


@pytest.mark.parametrize(
    ("kind", "description", "field"),
    [
        ("Bug", "The total should be right.", ""),
        ("Story", "The total should be right.", "- the total is right"),
        ("Story", "# Acceptance criteria\n- the total is right", ""),
        ("Story", "AC:\n- the total is right", ""),
        ("Story", "Given a cart, when it is paid, then a receipt is sent. It should be quick to read.", ""),
        ("Story", "Given a cart\nWhen it is paid\nThen a receipt should be sent", ""),
        ("Story", "- [ ] the total must be right\n- [x] a receipt must be sent", ""),
        ("Story", "Akzeptanzkriterien:\n- Die Summe stimmt", ""),
        ("Story", "Let us look at the cart.", ""),
        ("Story", "This should be easy. Should we ask Kim? We should discuss it.", ""),
        ("Story", "> The vendor says the total must be right.", ""),
    ],
)
def test_is_silent_where_criteria_exist_or_nothing_can_be_drawn(make_item, context, kind, description, field) -> None:
    item = make_item(type=kind, summary="Cart total", description=description, acceptance_criteria=field)
    assert list(check(item, context)) == []


def drafted(make_item, context, **changes) -> list[tuple[str, bool]]:
    [finding] = check(make_item(**{"type": "Story", "summary": "Cards", **changes}), context)
    return [(criterion.text, criterion.is_assumption) for criterion in finding.change.criteria]


def test_drafts_from_the_story_and_its_own_sentences(make_item, context) -> None:
    text = f"{STORY}. The card number must be masked. It is an old wish. Maybe the name should be shown as well."
    assert drafted(make_item, context, description=text) == [
        ("A buyer can save their card", False),
        ("The card number must be masked", False),
        ("The name should be shown as well", True),
    ]


def test_a_hedged_sentence_is_an_assumption(make_item, context) -> None:
    [(_, assumed)] = drafted(make_item, context, description="Ideally the report should list closed orders too.")
    assert assumed


def test_entries_under_a_demand_are_read_with_it(make_item, context) -> None:
    found = drafted(make_item, context, description="The report must show:\n- the total\n- the tax")
    assert [text for text, _ in found] == ["The report must show: the total", "The report must show: the tax"]


def test_at_most_six_are_drafted(make_item, context) -> None:
    names = ("total", "tax", "buyer", "seller", "currency", "discount", "voucher", "shipping")
    text = " ".join(f"The {name} must be {name}ed by every {name}er." for name in names)
    assert len(drafted(make_item, context, description=text)) == 6
