"""Titles that say the same, and their siblings that do not."""

import pytest

from rules.duplicates.title import is_clone_title, normal_title, same_text, same_title

SIBLINGS = [
    ("Use library 1.2.0 in the build", "Use library 1.3.0 in the build"),
    ("Release 1.2.0 of the mobile app", "Release 1.2.1 of the mobile app"),
    ("Replace Guava Lists in the order module", "Replace Guava Sets in the order module"),
    ("iOS: list view flickers while scrolling quickly", "Android: list view flickers while scrolling quickly"),
    ("Export orders from the admin page as CSV", "Import orders from the admin page as CSV"),
    ("The buyer can see the invoice after the payment", "The buyer cannot see the invoice after the payment"),
    ("Create <Model> in the markup (singleton)", "Create <Collection> in the markup (singleton)"),
    ("Complete the TableView implementation in the browser", "Complete the TableViewRow implementation in the browser"),
    ("Encode the address of the buyer in the label", "Decode the address of the buyer in the label"),
    ("Sprint 14 planning of the checkout team", "Sprint 15 planning of the checkout team"),
    ("Login page", "Login page"),
    ("The field is broken in phone voucher", "The field is broken in voucher phone"),
    ("Copy the orders from shop to archive", "Copy the orders from archive to shop"),
    (
        "The name on the receipt that is sent to the buyer after the payment in the shop is not that of the invoice",
        "The name on the invoice that is sent to the buyer after the payment in the shop is not that of the receipt",
    ),
    ("", ""),
]
SAME = [
    ("Checkout hangs with Apple Pay", "Checkout hangs with Apple Pay"),
    ("Checkout hangs with Apple Pay", "checkout hangs with Apple Pay!"),
    ("The receipt is not sent to the buyer", "The reciept is not sent to the buyer"),
    ("Image does not handle the '@' symbol in the address", "Image does not handle '@' symbol in the address"),
    ("支払い画面でタイムアウトが発生する", "支払い画面でタイムアウトが発生する"),
]


@pytest.mark.parametrize(("left", "right"), SIBLINGS)
def test_siblings_are_not_the_same(left, right) -> None:
    assert not same_title(left, right)
    assert not same_title(right, left)


@pytest.mark.parametrize(("left", "right"), SAME)
def test_the_same_title_in_other_clothes(left, right) -> None:
    assert same_title(left, right)
    assert same_title(right, left)


def test_clones_are_known_by_their_title() -> None:
    assert not is_clone_title("Checkout of a clone hangs")
    assert is_clone_title("CLONE - Checkout hangs")


def test_titles_are_counted_without_case_and_punctuation() -> None:
    assert normal_title("Checkout: hangs!") == normal_title("checkout hangs")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("", ""),
        ("...", "..."),
        ("TBD", "TBD"),
        ("# Steps to reproduce\n\n# Expected", "# Steps to reproduce\n\n# Expected"),
        ("I cannot log in on 1.2", "I cannot log in on 1.3"),
        ("I cannot log in", ""),
    ],
)
def test_descriptions_that_say_nothing_or_differ_are_not_the_same_text(left, right) -> None:
    assert not same_text(left, right)


def test_the_same_text_may_differ_in_case_and_punctuation() -> None:
    assert same_text("I cannot log in.", "i cannot  log in!")
