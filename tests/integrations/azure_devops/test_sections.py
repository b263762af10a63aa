"""The bot's own section at the end of a person's text: added, found, taken away, and nothing else touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from integrations.azure_devops.markup import TextFormat
from integrations.azure_devops.reading import reading
from integrations.azure_devops.sections import (
    SectionEditedError,
    UnclosedTextError,
    add,
    remove,
)
from integrations.blocks import Blocks
from integrations.sections import criteria_list, criteria_section, written_section
from rules.changes import AddSection, Criterion

ENTRIES = (Criterion("the cart is kept"), Criterion("the time-out is 30 s", is_assumption=True))
CRITERIA = criteria_section(ENTRIES)
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
    assert add("As a buyer", criteria_section(ENTRIES[1:]), "markdown").value == (
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


SECTION = written_section(AddSection("How to *see* it", ("Take <a> card.",), ("pay", "- wait")))
BARE: Blocks = (criteria_list(ENTRIES),)
TEXTS = st.text(max_size=60) | st.lists(st.sampled_from(HTML + MARKDOWN), max_size=12).map("".join)
FORMATS = st.sampled_from(["html", "markdown"])


@given(TEXTS, FORMATS, st.sampled_from([(CRITERIA, SECTION), (SECTION, CRITERIA), (BARE, BARE), (SECTION, SECTION)]))
def test_either_of_two_sections_goes_and_leaves_the_other_and_the_text(
    native: str, text_format: TextFormat, both: tuple[Blocks, Blocks]
) -> None:
    try:
        one = add(native, both[0], text_format)
        two = add(one.value, both[1], text_format)
    except UnclosedTextError:
        return
    assert remove(two.value, two.section, text_format) == one.value
    left = remove(two.value, one.section, text_format)
    assert left in (native + two.section, one.value)  # one.value where both are the same, to the letter
    assert remove(left, one.section if left == one.value else two.section, text_format) == native


@given(TEXTS, FORMATS, st.sampled_from([CRITERIA, SECTION, BARE]), TEXTS, TEXTS)
def test_whatever_a_person_does_around_a_section_only_the_section_ever_goes(
    native: str, text_format: TextFormat, blocks: Blocks, before: str, after: str
) -> None:
    try:
        added = add(native, blocks, text_format).section
    except UnclosedTextError:
        return
    try:
        left = remove(before + added + after, added, text_format)
    except SectionEditedError:
        return
    assert left == before + after


@given(st.lists(st.sampled_from(MARKDOWN), max_size=14).map("".join), st.sampled_from([BARE, SECTION]))
def test_no_list_of_a_markdown_text_takes_in_another(native: str, blocks: Blocks) -> None:
    try:
        extended = add(native, blocks, "markdown")
    except UnclosedTextError:
        return
    apart = RENDERER.render(native) + RENDERER.render(extended.section)
    assert RENDERER.render(extended.value).replace("\n", "") == apart.replace("\n", "")


@pytest.mark.parametrize("rest", ["\n- mine", "\n\n- mine", "\n  mine", "\nmine", "mine"])
def test_a_markdown_list_that_a_person_has_gone_on_with_is_not_removed(rest: str) -> None:
    extended = add("a", CRITERIA, "markdown")
    with pytest.raises(SectionEditedError):
        remove(extended.value + rest, extended.section, "markdown")


def test_a_text_that_would_be_too_long_takes_no_section() -> None:
    with pytest.raises(UnclosedTextError):
        add("x" * 999_990, CRITERIA, "html")


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


@pytest.mark.parametrize(
    ("text_format", "more"), [("html", "<div>mine</div>"), ("html", "<p>mine</p>"), ("markdown", "\n\nmine")]
)
def test_what_a_person_wrote_below_the_section_stays(text_format: TextFormat, more: str) -> None:
    extended = add("a", CRITERIA, text_format)
    assert remove(extended.value + more, extended.section, text_format) == f"a{more}"


def test_a_section_that_was_edited_is_not_removed() -> None:
    extended = add("<div>a</div>", CRITERIA, "html")
    with pytest.raises(SectionEditedError):
        remove(extended.value.replace("cart", "basket"), extended.section, "html")
    with pytest.raises(SectionEditedError):
        remove(extended.value + "more", extended.section, "html")
    with pytest.raises(SectionEditedError):
        remove("anything", "", "html")
