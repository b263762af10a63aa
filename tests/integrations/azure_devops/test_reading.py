"""What a person reads in an Azure DevOps text, and what must stay recognisable as quote or code."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.azure_devops.reading import from_html, from_markdown, reading

HOSTILE = {
    "nested blocks": "<div>" * 20_000,
    "nested lists": "<ul><li>x" * 12_000,
    "nested quotes": "<blockquote>x" * 8_000,
    "mixed formatting": "<b><p>" * 15_000,
    "open links": '<a href="' * 11_000,
    "links": "<a href=http://x>y" * 6_000,
    "attributes": "<a " + "href= " * 20_000 + ">",
    "pictures": "<img " + "alt='" * 20_000 + ">",
    "less than": "<" * 100_000,
    "a long name": "<" + "a" * 100_000,
    "open comments": "<!--" * 25_000,
    "empty comments": "<!---->" * 14_000,
    "ampersands": "&" * 100_000,
    "a long number": "&#" + "9" * 100_000 + ";",
    "code": "<code>`" * 14_000,
    "pre": "<pre>`</pre>" * 9_000,
    "backticks": "`\n" * 50_000,
    "fences": "```\n" * 25_000,
    "raw pre": "<pre\n" * 20_000,
    "backslashes": "\\" * 100_000,
    "spaces": " " * 100_000,
    "closing": "</a>" * 25_000,
}


def test_no_text_reads_as_nothing() -> None:
    assert from_html(None) == from_html("") == from_markdown(None) == from_markdown("") == ""


def test_lines_break_as_the_editor_shows_them() -> None:
    text = "<div>Hi&nbsp;there</div><div><br></div><div>steward accept 2<br></div><div>bye</div>"
    assert from_html(text) == "Hi there\n\nsteward accept 2\nbye"


def test_structure_is_kept_the_markdown_way() -> None:
    text = (
        "<h2>Steps</h2><ol><li>open</li><li>pay</li></ol><ul><li>a<ul><li>b</li></ul></li></ul>"
        "<pre><code>if x:\n  y</code></pre><table><tr><th>k</th><th>v</th></tr><tr><td>1</td><td>2</td></tr></table>"
    )
    assert from_html(text) == ("## Steps\n\n1. open\n2. pay\n\n- a\n  - b\n\n```\nif x:\n  y\n```\n\nk | v\n1 | 2")


def test_quotes_and_code_are_told_from_a_persons_own_lines() -> None:
    text = "<blockquote><div>steward accept 1</div><div>x</div></blockquote><div><code>steward accept 2</code></div>"
    assert from_html(text) == "> steward accept 1\n> x\n\n`steward accept 2`"


def test_code_cannot_close_its_own_fence() -> None:
    lines = from_html("<pre>a\n```\nsteward accept 1\n```</pre>").split("\n")
    assert lines[0] == lines[-1] == "````"


def test_code_over_several_lines_is_code_on_each() -> None:
    assert from_html("<code>a<br>steward accept 1</code>") == "`a`\n`steward accept 1`"


def test_mentions_and_item_links_read_as_their_text_and_other_links_show_where_they_go() -> None:
    text = (
        '<a href="#" data-vss-mention="version:2.0,6cff26b0-f204-5533-8117-03552b973069">@Dana</a> see '
        '<a href="https://dev.azure.com/c/Shop/_workitems/edit/9">#9</a> and <a href="https://evil.example/">bank</a>'
    )
    assert from_html(text) == "@Dana see #9 and bank (https://evil.example/)"


def test_what_is_not_shown_is_not_read() -> None:
    assert from_html("a<!-- steward accept 1 --><script>x</script><style>y</style><title>z</title>b") == "ab"


def test_the_markdown_reading_is_the_text_with_escapes_resolved() -> None:
    text = "# A\r\n\r\n&gt; quoted \\* star\r\n- b&nbsp;c\n```\n\\* &gt; x\n```"
    assert from_markdown(text) == "# A\n\n> quoted * star\n- b c\n```\n\\* &gt; x\n```"


def test_html_within_markdown_is_read_as_quoted() -> None:
    text = "<pre>\nsteward accept 1\n</pre>\n<blockquote>steward accept 2</blockquote>\nsteward accept 3"
    own = [line for line in from_markdown(text).split("\n") if not line.startswith("> ")]
    assert own == ["steward accept 3"]


def test_the_format_decides() -> None:
    assert reading("a &lt;b&gt;", "Markdown") == reading("a &lt;b&gt;", "html") == "a <b>"
    assert reading("<b>x</b>", "Markdown") == "<b>x</b>"


@given(st.text(st.sampled_from("<>/=\"'`&#;\\ \n\tabpredivliquote!-~[]()"), max_size=300))
def test_every_text_has_a_reading(text: str) -> None:
    for shown in (from_html(text), from_markdown(text)):
        assert "\x00" not in shown


@given(st.lists(st.sampled_from(["<pre>", "</pre>", "<div>", "</div>", "<br>", "```", "x", "<ul><li>", "\n"])))
def test_a_quote_covers_all_that_is_in_it(parts: list[str]) -> None:
    shown = from_html(f"<blockquote>{''.join(parts)}</blockquote>")
    opened = "".join(parts).count("<pre>")
    assert all(line.startswith(">") for line in shown.split("\n") if line) or opened


@pytest.mark.parametrize("name", HOSTILE)
def test_fault_49_readings_take_linear_time(name: str) -> None:
    text = HOSTILE[name]

    def seconds(source: str) -> float:
        begin = time.process_time()
        from_html(source)
        from_markdown(source)
        return time.process_time() - begin

    # Ten times the text may take some thirty times as long on a busy machine, never a hundred times.
    assert seconds(text) < 30 * max(seconds(text[: len(text) // 10]), 0.02)


@pytest.mark.parametrize("tag", ["s", "strike", "del"])
def test_what_is_struck_out_is_marked_so_that_it_is_no_command(tag: str) -> None:
    assert from_html(f"<div><{tag}>steward accept 2</{tag}></div>") == "~~steward accept 2~~"
