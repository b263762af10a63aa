"""What people see: the sandbox renders as Jira does, written apart from the bot, and is asked what became live."""

from __future__ import annotations

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from integrations.blocks import Bullets, Code, Heading, ItemLink, Paragraph, Text
from integrations.jira.markup import AdfMarkup, WikiMarkup

WIKI = WikiMarkup(lambda key: f"https://jira.example/browse/{key}", lambda mention: None)
ADF = AdfMarkup(lambda key: f"https://jira.example/browse/{key}")

LINKS = ["http://evil.example", "mailto:a@b.c", "[a|http://x]", "www.evil.example", "file://x", "SHOP-97", "//x"]
MACROS = ["{code}", "{noformat}", "{quote}", "{color:red}", "[~rae]", "!x.png!", "(!)", "(/)", ":)", "??a??", "&#123;"]
LINES = ["h1. x", "bq. x", "* x", "# x", "||a||", "----"]
SIGNS = ["*b*", "_i_", "-s-", "+u+", "^a^", "~a~", "{{m}}", "\\", "\\\\", *LINES]
PLAIN = ["a", "b c", " ", "<b>x</b>", "<script>", "é", "'", '"', "12:30", "C++", "50%", "a@b.c", "2026-11-21", "Hi!"]
WORDS = st.lists(st.sampled_from([*LINKS, *MACROS, *SIGNS, *PLAIN]), min_size=1, max_size=6)
TEXTS = st.tuples(WORDS, st.sampled_from(["", " "])).map(lambda parts: parts[1].join(parts[0]))
STYLES = st.sampled_from(["plain", "plain", "strong", "emphasis", "strike", "code"])
LIVE = re.compile(r"<(?:a|img|table|iframe|script|blockquote|hr|h[1-6])\b", re.IGNORECASE)


def shown(page: str) -> list[str]:
    """The words that a person sees."""
    return html.unescape(re.sub(r"<[^<>]*>", " ", page)).split()


def squeezed(words: list[str]) -> str:
    return "".join(words)


@given(st.lists(st.builds(Text, TEXTS, STYLES), min_size=1, max_size=3))  # type: ignore[arg-type]
def test_fault_31_text_shows_letter_for_letter_in_wiki_markup(texts: list[Text]) -> None:
    from integrations.sandbox.markup.wiki import wiki_to_html

    page = wiki_to_html(WIKI.render((Paragraph(tuple(texts)),)))
    assert LIVE.search(page) is None
    assert squeezed(shown(page)) == squeezed("".join(text.text for text in texts).split())


@given(TEXTS)
def test_fault_30_text_in_every_kind_of_block_stays_text(text: str) -> None:
    from integrations.sandbox.markup.wiki import wiki_to_html

    plain = Text(f"x {text}")
    blocks = (Heading(2, (plain,)), Bullets(((plain,),)), Code(text), Paragraph((plain, ItemLink("SHOP-1"))))
    page = wiki_to_html(WIKI.render(blocks))
    assert len(re.findall(r"<a\b", page)) == 1
    assert "<img" not in page
    assert len(re.findall(r"<h[1-6]\b", page)) == 1
    assert squeezed(text.split()) in squeezed(shown(page))


@given(st.lists(st.builds(Text, TEXTS, STYLES), min_size=1, max_size=3))  # type: ignore[arg-type]
def test_fault_31_text_shows_letter_for_letter_in_documents(texts: list[Text]) -> None:
    from integrations.sandbox.markup.adf import adf_problem, adf_to_html

    document = ADF.render((Paragraph(tuple(texts)),))
    assert adf_problem(document) is None
    page = adf_to_html(document)
    assert LIVE.search(page) is None
    assert squeezed(shown(page)) == squeezed("".join(text.text for text in texts).split())
