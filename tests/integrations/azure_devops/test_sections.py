"""The bot's own section at the end of a person's text: added, found, taken away, and nothing else touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from integrations.azure_devops.reading import reading
from integrations.azure_devops.sections import SectionEditedError, UnclosedTextError, add, criteria, remove
from rules.changes import Criterion

ENTRIES = (Criterion("the cart is kept"), Criterion("the time-out is 30 s", is_assumption=True))
CRITERIA = criteria(ENTRIES)
RENDERER = MarkdownIt("commonmark", {"html": True})
HTML = [
    "<div>",
    "</div>",
    "<b>",
    "</b>",
    "<pre>",
    "</pre>",
    "<p>",
    "</p>",
    "<!--",
    "-->",
    "<a href='",
    "'>",
    "</a>",
    "text",
    "\n",
    "<br>",
    "<ul>",
    "<li>",
    "</ul>",
    "<table>",
    "<td>",
    "</table>",
    "<script>",
    "</script>",
    "<",
    "&amp",
    "<textarea>",
    "<title>",
    "<style>",
    "<select>",
    "<svg>",
    "<x-y>",
]
MARKDOWN = [
    "text",
    "\n",
    "\n\n",
    "```",
    "~~~",
    "````",
    "`",
    "``",
    "- ",
    "  ",
    "    ",
    "> ",
    "1. ",
    "<div>",
    "</div>",
    "<pre>",
    "</pre>",
    "<!--",
    "-->",
    "<?",
    "?>",
    "<![CDATA[",
    "]]>",
    "# ",
    "<b>",
    "---",
    "| a |",
    "$$",
    "<",
    "[a]: b",
    "\\",
    "\r\n",
    "\t",
    "<script>",
    "<style>",
    "<textarea>",
    "<!A",
    "*",
]


@pytest.mark.parametrize("text_format", ["html", "markdown"])
def test_an_empty_text_becomes_the_section(text_format: str) -> None:
    extended = add("", CRITERIA, text_format)  # type: ignore[arg-type]
    assert extended.value == extended.section
    expected = "### Acceptance criteria\n\n- the cart is kept\n- assumption: the time-out is 30 s"
    assert reading(extended.value, text_format).replace("*", "") == expected


def test_the_section_follows_the_text_and_the_assumption_is_marked() -> None:
    extended = add("<div>As a buyer</div>", CRITERIA, "html")
    assert extended.value == (
        "<div>As a buyer</div><h3>Acceptance criteria</h3><ul><li>the cart is kept</li>"
        "<li><i>assumption:</i> the time-out is 30 s</li></ul>"
    )
    assert add("As a buyer", criteria(ENTRIES[1:]), "markdown").value == (
        "As a buyer\n\n### Acceptance criteria\n\n- *assumption\\:* the time\\-out is 30 s"
    )


@given(
    st.text(max_size=80) | st.lists(st.sampled_from(HTML + MARKDOWN)).map("".join),
    st.sampled_from(["html", "markdown"]),
)
def test_adding_and_removing_leaves_the_text_as_it_was(native: str, text_format: str) -> None:
    try:
        extended = add(native, CRITERIA, text_format)  # type: ignore[arg-type]
    except UnclosedTextError:
        return
    assert extended.value.startswith(native)
    assert remove(extended.value, extended.section, text_format) == native  # type: ignore[arg-type]


@given(st.lists(st.sampled_from(MARKDOWN), max_size=14).map("".join))
def test_a_markdown_text_never_swallows_its_section(native: str) -> None:
    try:
        extended = add(native, CRITERIA, "markdown")
    except UnclosedTextError:
        return
    together, apart = (
        "".join(RENDERER.render(part) for part in parts) for parts in ([extended.value], [native, extended.section])
    )
    assert together.replace("\n", "") == apart.replace("\n", "")


@pytest.mark.parametrize(
    "native",
    [
        "<div>a",
        "<b>a",
        "<pre>a",
        "a <!-- b",
        "<a href='x",
        "<table><tr><td>",
        "<ul><li>a",
        "<textarea>",
        "<script>x",
        "<blockquote>",
        "<select>",
        "<div>" * 300,
    ],
)
def test_an_html_text_with_something_open_is_refused(native: str) -> None:
    with pytest.raises(UnclosedTextError):
        add(native, CRITERIA, "html")


@pytest.mark.parametrize(
    "native", ["```\na", "~~~\na", "a\n````\n```\n", "<!-- a", "<pre>\na", "<details>\na", "$$\na"]
)
def test_a_markdown_text_with_something_open_is_refused(native: str) -> None:
    with pytest.raises(UnclosedTextError):
        add(native, CRITERIA, "markdown")


@pytest.mark.parametrize(
    "native", ["```\n<div>\n```", "the `<select>` is broken", "a < b and List<String>", "<p>a", "- a\n- b"]
)
def test_an_ordinary_markdown_text_is_not_refused(native: str) -> None:
    assert add(native, CRITERIA, "markdown").value.startswith(native)


def test_a_section_that_was_edited_is_not_removed() -> None:
    extended = add("<div>a</div>", CRITERIA, "html")
    with pytest.raises(SectionEditedError):
        remove(extended.value.replace("cart", "basket"), extended.section, "html")
    with pytest.raises(SectionEditedError):
        remove(extended.value + "<div>more</div>", extended.section, "html")
    with pytest.raises(SectionEditedError):
        remove("anything", "", "html")
