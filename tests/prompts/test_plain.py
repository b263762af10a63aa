import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompts.plain import LINK_LEFT_OUT, links_in, plain_line


@pytest.mark.parametrize(
    "text",
    [
        "Given a saved card, when Apple Pay times out, then the cart is kept",
        'When <b> is typed, then the field shows "<b>" as text',
        "Then {code} and [brackets] and (parentheses) and a|b stay, 50% off, user@host, C:/temp, 10:30",
        "Then [[EMAIL_1]] gets a mail",
    ],
)
def test_words_stay_as_they_are(text: str) -> None:
    assert plain_line(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[pay here](https://evil.example/a_(b)) now", "pay here now"),
        ("![tracking](https://evil.example/p.png?d=1)", "tracking"),
        ("![](//evil.example/p.png) ok", "ok"),
        ("[text|https://evil.example]", "text"),
        ("see https://evil.example/x?d=1.", f"see {LINK_LEFT_OUT}."),
        ("see HTTPS://EVIL.EXAMPLE and www.evil.example/x", f"see {LINK_LEFT_OUT} and {LINK_LEFT_OUT}"),
        ("<https://evil.example>", f"<{LINK_LEFT_OUT}>"),
        ("!https://evil.example/p.png!", f"!{LINK_LEFT_OUT}!"),
        ("[[[a](b)](//evil.example)](c)", "a"),
        ("[~[~[a|b]]]", "a"),
        ("[a][1] [1]: http://evil.example", f"[a][1] [1]: {LINK_LEFT_OUT}"),
        ("javascript:alert(1) data:text/html;base64,AA", f"{LINK_LEFT_OUT}(1) {LINK_LEFT_OUT}"),
        ('<a href="https://evil.example">pay</a>', "pay"),
        ("<img src=x onerror=alert(1)>done", "done"),
        ("<svg/onload=alert(1)>done", "done"),
        ("[~accountid:5b10] and [~dana], look", "accountid:5b10 and dana, look"),
        ("@<0b8f3b6e-0000-0000-0000-000000000000> look", "look"),
        ("- a\n- b", "a - b"),
        ("  1. first\tline \r\n ", "first line"),
        ("pay\u200bment\u202e", "payment"),
    ],
)
def test_fault_30_targets_are_dropped_and_words_survive(text: str, expected: str) -> None:
    assert plain_line(text) == expected


def test_a_link_of_the_item_may_be_named_again_letter_for_letter() -> None:
    known = links_in("The page https://shop.example/cart, see it.")
    assert known == {"https://shop.example/cart"}
    assert plain_line("Then https://shop.example/cart opens", known) == "Then https://shop.example/cart opens"
    assert plain_line("Then https://shop.example/cart?d=key opens", known) == f"Then {LINK_LEFT_OUT} opens"


@given(
    st.lists(st.sampled_from(["[", "]", "(", ")", "!", "|", "~", "<a ", ">", "http://", "www.", "x", " ", "\n", "/"]))
)
def test_no_live_target_is_ever_left(parts: list[str]) -> None:
    line = plain_line("".join(parts))
    assert "\n" not in line
    assert not links_in(line)


@pytest.mark.parametrize("piece", ["[", "![", "[a](", "[a|", "[~", "<a ", "@<", "http://", "www.", "a", "(", " ", "a:"])
def test_fault_49_dead_text_is_linear(piece: str) -> None:
    """No clock: a pattern that is not linear makes this test run for minutes."""
    assert plain_line((piece * 100_000)[:100_000]) is not None
