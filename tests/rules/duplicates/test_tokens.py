"""Which terms a text gives."""

import pytest

from rules.duplicates.shared import checkable, shared_words
from rules.duplicates.tokens import surfaces, tokens


@pytest.mark.parametrize("text", ["", "   ", "the of and", "Steps to reproduce:", "!!! ???", "\u200b\u200b"])
def test_boilerplate_gives_no_terms(text) -> None:
    assert tokens(text) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ti.UI.createWindow", {"ti.ui.createwindow", "creat", "window"}),
        ("E_PAY_TIMEOUT", {"e_pay_timeout", "pay", "timeout"}),
        ("src/cart/total.py", {"src/cart/total.py", "cart", "total"}),
        ("parseXMLFile", {"parsexmlfile", "pars", "xml", "file"}),
        ("payments paid", {"payment", "paid"}),
        ("支払い", {"支払", "払い"}),
        ("заказы", {"заказ"}),
        ("1.2.3", {"1.2.3"}),
        ("ＡＢＣ pay\u200bment", {"abc", "payment"}),
    ],
)
def test_identifiers_are_split_and_kept_whole(text, expected) -> None:
    assert expected <= set(tokens(text))


def test_shared_words_name_identifiers_before_their_parts() -> None:
    wanted = surfaces("Timeout E_PAY_TIMEOUT in the payment step")
    assert shared_words(wanted, ["timeout", "e_pay_timeout", "payment"]) == ("E_PAY_TIMEOUT", "payment")


@pytest.mark.parametrize("word", ["doesnt", "pls", "broken", "forever", "Slowly", "asap", "can't", "TV", "12"])
def test_words_that_any_report_may_hold_are_no_evidence(word) -> None:
    assert checkable((word,)) == ()


def test_identifiers_codes_and_numbers_are_the_first_evidence() -> None:
    assert checkable(("pls", "voucher", "E_PAY_TIMEOUT", "broken", "4711")) == ("E_PAY_TIMEOUT", "4711", "voucher")
