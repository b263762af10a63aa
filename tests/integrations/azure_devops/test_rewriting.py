"""Which descriptions may be written anew, and what they become."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.azure_devops.reading import reading
from integrations.azure_devops.rewriting import is_rewritable, rewritten

LINES = st.lists(
    st.sampled_from(["As a buyer", "# Why", "- one", "- two", "", "1. first", "> said", "a_b *c*", "x < y"])
)


@pytest.mark.parametrize("text_format", ["html", "markdown"])
def test_an_empty_description_may_be_written(text_format: str) -> None:
    assert is_rewritable("", text_format)


@pytest.mark.parametrize(
    "native",
    [
        "As a buyer",
        "<div>As a buyer</div>",
        "<div>a</div><div>b</div>",
        "<p>a</p>\n<p>b &amp; c</p>",
        "<div>a<br></div>",
        "<h2>Why</h2><ul><li>a</li><li>b</li></ul>",
    ],
)
def test_plain_html_may_be_written_anew(native: str) -> None:
    assert is_rewritable(native, "html")


@pytest.mark.parametrize(
    "native",
    [
        "<div>a <b>b</b></div>",
        "<div style='color:red'>a</div>",
        "<a href='https://x'>x</a>",
        "<img src='x'>",
        "<ol><li>a</li></ol>",
        "<ul><li>a<ul><li>b</li></ul></li></ul>",
        "<table><tr><td>a</td></tr></table>",
        "<!-- x -->a",
        "<blockquote>a</blockquote>",
        "<pre>a</pre>",
        "a < b",
        "<div>a",
        " ",
    ],
)
def test_html_that_holds_more_may_not(native: str) -> None:
    assert not is_rewritable(native, "html")


@pytest.mark.parametrize("native", ["As a buyer", "a\n\nb", "# Why\n\na\n\n- b\n- c", "Works. Really (see 2.4)!"])
def test_plain_markdown_may_be_written_anew(native: str) -> None:
    assert is_rewritable(native, "markdown")


@pytest.mark.parametrize(
    "native",
    [
        "a *b*",
        "a\nb",
        "1. a",
        "> a",
        "[x](y)",
        "a `b`",
        "| a |",
        "- a\n  - b",
        "* a",
        "a\n===",
        "![x](y)",
        "&lt;",
        "<b>",
    ],
)
def test_markdown_that_holds_more_may_not(native: str) -> None:
    assert not is_rewritable(native, "markdown")


@given(LINES, st.sampled_from(["html", "markdown"]))
def test_what_is_written_reads_as_it_was_meant(lines: list[str], text_format: str) -> None:
    wanted = [line for line in lines if line]
    got = [line for line in reading(rewritten("\n".join(lines), text_format), text_format).splitlines() if line]
    assert [line.replace("`", "") for line in got] == wanted


@given(st.text(max_size=60), st.sampled_from(["html", "markdown"]))
def test_whatever_may_be_written_anew_reads_the_same_afterwards(native: str, text_format: str) -> None:
    if is_rewritable(native, text_format):
        before = reading(native, text_format)
        after = reading(rewritten(before, text_format), text_format)
        assert [line for line in after.splitlines() if line] == [line for line in before.splitlines() if line]
