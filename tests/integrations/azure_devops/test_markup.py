"""Blocks as HTML and Markdown: text is shown letter for letter and never becomes live."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from integrations.azure_devops.markup import Markup, marker_of
from integrations.azure_devops.reading import from_html, from_markdown
from integrations.blocks import Blocks, Bullets, Code, Heading, ItemLink, Mention, Paragraph, Text

MARKUP = Markup.of("https://dev.azure.com/contoso/", "Corner Shop")
GUID = "588a336e-2bf7-57c0-bad7-85d53fac32d7"
STYLES = ["plain", "strong", "emphasis", "strike", "strong_strike", "code"]
RENDERER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
LETTERS = st.text(
    st.sampled_from("ab1 \n\t#!@<>[]()*_`~|\\-+=.:/&;$^{}'\"%?,") | st.characters(exclude_categories=["Cs"]),
    max_size=60,
)
LIVE = ["[a](http://e)", "![a](http://e)", "<http://e>", "http://e.example", "www.e.example", "a@e.example", "#12",
        "!12", f"@<{GUID}>", "<b>x</b>", "&lt;", "1. a", "- a", "# a", "> a", "---", "```", "    x", "| a |\n|--|",
        "[a]: http://e", "\\[a](b)", "$$x$$", "javascript:alert(1)", "mailto:a@b.example", "**a**", "~~a~~", "a  ",
        "<!-- x", "e.example/x?y"]  # fmt: skip
TEXTS = LETTERS | st.sampled_from(LIVE) | st.lists(st.sampled_from(LIVE), max_size=4).map(" ".join)
ALLOWED = {"p", "h1", "h2", "h3", "ul", "li", "pre", "code", "strong", "em", "s", "b", "i"}


class Tags(HTMLParser):
    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.words = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag if not attrs else f"{tag} {attrs}")

    def handle_data(self, data: str) -> None:
        self.words += data


def squeezed(text: str) -> str:
    return re.sub(r"[\s\x00-\x1f\x7f\x85\u2028\u2029\ufffd]+", "", text)


def blocks_of(text: str, style: str) -> Blocks:
    one = (Text(text, style),)  # type: ignore[arg-type]  # a style of the list above
    return (Heading(2, one), Paragraph((Text("x "), *one, Text(" y"))), Paragraph(one), Bullets((one, one)), Code(text))


def test_no_blocks_are_no_text() -> None:
    assert MARKUP.render((), "html") == MARKUP.render((), "markdown") == ""


@given(TEXTS, st.sampled_from(STYLES))
def test_fault_30_no_text_becomes_live_in_html(text: str, style: str) -> None:
    rendered = Tags(MARKUP.render(blocks_of(text, style), "html"))
    assert rendered.tags <= ALLOWED
    assert squeezed(rendered.words).count(squeezed(text)) >= (5 if squeezed(text) else 0)


@given(TEXTS, st.sampled_from(STYLES))
def test_fault_30_no_text_becomes_live_in_markdown(text: str, style: str) -> None:
    source = MARKUP.render(blocks_of(text, style), "markdown")
    rendered = Tags(RENDERER.render(source))
    assert rendered.tags <= ALLOWED


@given(st.lists(st.tuples(TEXTS, st.sampled_from(STYLES)), max_size=5))
def test_fault_30_no_text_becomes_live_next_to_another(pieces: list[tuple[str, str]]) -> None:
    line = tuple(Text(text, style) for text, style in pieces)  # type: ignore[arg-type]
    for text_format in ("html", "markdown"):
        source = MARKUP.render((Paragraph(line), Bullets((line,))), text_format)  # type: ignore[arg-type]
        rendered = Tags(source if text_format == "html" else RENDERER.render(source))
        assert rendered.tags <= ALLOWED


@given(TEXTS)
def test_markdown_shows_text_letter_for_letter(text: str) -> None:
    rendered = Tags(RENDERER.render(MARKUP.render((Paragraph((Text(text),)),), "markdown")))
    assert squeezed(rendered.words) == squeezed(text)


@given(TEXTS, st.sampled_from([style for style in STYLES if style != "code"]))
def test_fault_31_addresses_and_references_are_shown_as_code_or_escaped(text: str, style: str) -> None:
    source = MARKUP.render((Paragraph((Text(text, style),)),), "markdown")  # type: ignore[arg-type]
    spans = RENDERER.parseInline(source)[0].children or []
    prose = "\n".join(token.content for token in spans if token.type == "text")
    assert not re.search(r"https?://|www\.|\w@\w+\.\w", prose)  # what a renderer would make a link of
    outside_code = re.sub(r"(`+).+?\1", "", source)
    assert not re.search(r"(?<!\\)[#!]\d|(?<!\\)@(?!\\)<", outside_code)


def test_links_and_mentions_of_ours_are_live() -> None:
    blocks = (Paragraph((ItemLink("97"), Text(" "), Mention(GUID, "Dana <b>"))),)
    assert MARKUP.render(blocks, "html") == (
        '<p><a href="https://dev.azure.com/contoso/Corner%20Shop/_workitems/edit/97">#97</a> '
        f'<a href="#" data-vss-mention="version:2.0,{GUID.upper()}">@Dana &lt;b&gt;</a></p>'
    )
    assert MARKUP.render(blocks, "markdown") == (
        f"[\\#97](<https://dev.azure.com/contoso/Corner%20Shop/_workitems/edit/97>) @<{GUID.upper()}>"
    )


@pytest.mark.parametrize("text_format", ["html", "markdown"])
def test_what_is_no_number_or_identity_is_text(text_format: str) -> None:
    blocks = (Paragraph((ItemLink('9"><b>'), Mention("<b>", "<b>"), Mention("", "Kim"))),)
    source = MARKUP.render(blocks, text_format)  # type: ignore[arg-type]
    rendered = Tags(source if text_format == "html" else RENDERER.render(source))
    assert rendered.tags <= {"p", "code"}
    assert rendered.words.replace(" ", "").strip() == '9"><b>@<b>@Kim'


@pytest.mark.parametrize("text_format", ["html", "markdown"])
def test_the_marker_is_found_again_at_the_end_only(text_format: str) -> None:
    read = from_html if text_format == "html" else from_markdown
    source = MARKUP.render((Paragraph((Text("hello"),)),), text_format, "m_1.a:2")  # type: ignore[arg-type]
    assert marker_of(read(source)) == "m_1.a:2"
    assert marker_of(read(source + ("<div>more</div>" if text_format == "html" else "\n\nmore"))) is None
    assert marker_of("\n".join(f"> {line}" for line in read(source).split("\n"))) is None
    assert marker_of("see steward-ref:m_1 for this") is None


def test_a_marker_that_could_not_be_found_again_is_refused() -> None:
    with pytest.raises(ValueError, match="marker"):
        MARKUP.render((), "html", "two words")


@pytest.mark.parametrize("text_format", ["html", "markdown"])
def test_a_text_too_long_ends_at_a_block_and_keeps_its_marker(text_format: str) -> None:
    blocks = tuple(Paragraph((Text(f"{number} " + "x" * 80),)) for number in range(100))
    source = MARKUP.render(blocks, text_format, "m1", limit=1000)  # type: ignore[arg-type]
    read = (from_html if text_format == "html" else from_markdown)(source)
    assert len(source) <= 1000
    assert "The rest is too long" in read
    assert marker_of(read) == "m1"
