"""Wiki markup to readings and blocks to wiki markup."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from integrations.blocks import Bullets, Code, Heading, ItemLink, Mention, Paragraph, Text
from integrations.jira.markup import LIMIT, WikiMarkup, read_wiki
from integrations.jira.markup.wiki_tokens import unclosed
from integrations.jira.markup.wiki_writing import escaped

MARKUP = WikiMarkup(lambda key: f"https://jira.example/browse/{key}", lambda mention: mention.person_id or None)


@pytest.mark.parametrize("wiki", [None, "", " \n ", 7, {}, []])
def test_nothing_reads_as_nothing(wiki: object) -> None:
    assert read_wiki(wiki) == ""


def test_blocks_read_the_markdown_way() -> None:
    wiki = "h2. Checkout\n\nIt *hangs* _often_.\n* one\n** inner\n# first\n# second\n----\n||a||b||\n|c|d|"
    expected = "## Checkout\n\nIt hangs often.\n- one\n  - inner\n1. first\n2. second\n---\na | b\nc | d"
    assert read_wiki(wiki) == expected


def test_inline_markup_reads_as_what_it_shows() -> None:
    wiki = (
        "[~dana] and [~accountid:712020:x] {{E_TIMEOUT}} [log|https://a.example] [https://b.example] !shot.png|thumb!"
    )
    expected = "@dana and @712020:x `E_TIMEOUT` log (https://a.example) https://b.example [attachment shot.png]"
    assert read_wiki(wiki) == expected


def test_what_only_looks_like_markup_is_left() -> None:
    for plain in ("snake_case_name and a*b*c", "2 - 3 - 4", "well-known-name", "array[0] and {x}", "Hi! Really!"):
        assert read_wiki(plain) == plain


def test_colours_and_panels_lose_their_tags() -> None:
    assert read_wiki("a {color:red}b{color} c\n{panel:title=Note|x=y}\nd\n{panel}") == "a b c\n\nNote\n\nd"


def test_an_html_macro_reads_as_its_text() -> None:
    body = "<div><p>Tested in\na <b>simulator</b> &amp; here<br>\ntoo</p><ul>\n<li>one</li><li>two</li></ul></div>"
    assert read_wiki(f"{{html}}{body}{{html}}") == "Tested in a simulator & here\ntoo\n\n- one\n- two"


def test_fault_38_quotes_and_code_in_an_html_macro_are_marked() -> None:
    wiki = "{html}<blockquote>a<br>steward accept 1</blockquote><pre>b\nsteward accept 2</pre>c{html}"
    assert read_wiki(wiki) == "> a\n> steward accept 1\n\n```text\nb\nsteward accept 2\n```\n\nc"


def test_fault_38_quotes_are_marked_on_every_line() -> None:
    wiki = "{quote}\na\rsteward accept 1\u2028steward accept 2\\\\ \nsteward accept 3\n{quote}\nbq. steward accept 4"
    lines = read_wiki(wiki).splitlines()
    assert all(line.startswith("> ") for line in lines if line)
    assert sum("steward" in line for line in lines) == 4


@pytest.mark.parametrize(
    "wiki",
    [
        "{code}\nsteward accept 1\n{code}",
        "{code:java|title=x}\n{quote}\nsteward accept 1\n{code}",
        "{noformat}\n{code}\nsteward accept 1\n{noformat}",
        "{code}\nsteward accept 1",
        "{CODE}\nsteward accept 1\n{code}",
        "```\n{code}\nsteward accept 1\n{code}",
        "{quote}{code}\nsteward accept 1\n{code}{quote}",
    ],
)
def test_fault_38_code_is_fenced_even_where_it_is_never_closed(wiki: str) -> None:
    fence, inside = "", False
    for line in read_wiki(wiki).removeprefix("> ").replace("\n> ", "\n").split("\n"):
        if fence and line.startswith(fence) and not line.strip("`"):
            fence = ""
        elif not fence and line.startswith("```"):
            fence = line[: len(line) - len(line.lstrip("`"))]
        elif line == "steward accept 1":
            inside = bool(fence)
    assert inside


def test_fault_38_text_behind_an_unclosed_quote_counts_as_quoted() -> None:
    assert read_wiki("{quote}\nsteward accept 1") == "> steward accept 1"


@given(st.text(alphabet=st.sampled_from("ab \n\\{}[]*_-+|!~#:;&.h1codequte\u2028\r\ud800")))
def test_no_markup_makes_the_reading_fail(wiki: str) -> None:
    read_wiki(wiki).encode()


HOSTILE = ["{code", "{code}", "{code:", "{quote}", "{color:x}", "{{", "[", "[a|", "[~", "!", "!a.", "*a ", "_a ", "-a "]
HOSTILE += [
    "{html}<div>",
    "{html}<p",
    "<b>",
    "{html}&lt;",
    "<",
    "\\",
    "\\\\ ",
    "&#",
    "&a",
    "|",
    "||",
    "* ",
    "#",
    "-",
    "`",
    "h1. ",
    "bq. ",
    "\n",
    " ",
    "a",
    "{panel:title=",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_fault_49_a_hundred_kilobytes_of_anything_are_read(piece: str) -> None:
    wiki = piece * (100_000 // len(piece))
    assert len(read_wiki(wiki)) < 1_000_000
    unclosed(wiki)
    assert len(escaped(wiki)) < 1_000_000


# What Jira's own renderer would find in the markup: its signs where no backslash stands before them, and addresses.
LIVE = re.compile(
    r"(?<!\\)[*_+^~|{}\[\]#]"
    r"|(?<!\\)!(?=\S)"
    r"|(?<!\\)\((?=[^()\s]{1,5}\))"
    r"|(?<!\\)\?\?"
    r"|(?<![\\\w ])-(?=\S)|(?<!\\)-(?=[0-9-])"
    r"|[A-Za-z]:[/\\]|mailto:|[:;][()DP]"
    r"|\\(?![-*_+?^~|{}\[\]()!#])"
    r"|^\s*(h[1-6]|bq)\.",
    re.IGNORECASE | re.MULTILINE,
)
ENTITY = re.compile(r"&#[0-9]{1,3};")
LINKS = [
    "http://evil.example",
    "mailto:a@b.c",
    "[a|http://x]",
    "www.evil.example",
    "file://x",
    "javascript:x",
    "SHOP-97",
]
MACROS = ["{html}", "{code}", "{noformat}", "{quote}", "[~rae]", "!x.png!", "(!)", ":)", "??", "&#123;", "&lt;", "<b>"]
SIGNS = ["*b*", "_i_", "-s-", "\\", "\\\\", "h1. x", "bq. x", "|", "----", "#", "\n", "\u2028", "a", " "]
FRAGMENTS = st.sampled_from([*LINKS, *MACROS, *SIGNS])
TEXTS = st.lists(FRAGMENTS | st.text(max_size=4), max_size=8).map("".join)


@given(TEXTS)
@example("a !x.png! -b- 1-2")
def test_fault_31_no_text_becomes_live_markup(text: str) -> None:
    shown = escaped(text)
    assert "\n" not in shown
    assert "www." not in shown.lower()
    assert not re.search(r"(?<![A-Za-z])[A-Z][A-Z]+-[0-9]", shown)
    assert LIVE.search(ENTITY.sub("x", shown)) is None or "&" in text


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_fault_30_no_address_appears_across_neighbouring_texts(texts: list[str]) -> None:
    line = MARKUP.render((Paragraph(tuple(Text(text) for text in texts)),))
    assert "://" not in line
    assert "mailto:" not in line


@given(TEXTS)
def test_an_escaped_text_reads_as_it_was(text: str) -> None:
    plain = re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff\r\n]", " ", text)
    rendered = MARKUP.render((Paragraph((Text("x "), Text(plain), Text(" x"))),))
    assert read_wiki(rendered).split() == ["x", *plain.split(), "x"]


def test_the_styles_use_the_signs_of_the_markup() -> None:
    styles = ("strong", "emphasis", "strike", "strong_strike", "code")
    inlines = [part for style in styles for part in (Text("a b", style), Text(" "))]  # type: ignore[arg-type]
    assert MARKUP.render((Paragraph(tuple(inlines)),)) == "*a b* _a b_ -a b- -*a b*- {{a b}}"


def test_a_style_right_beside_a_letter_is_dropped() -> None:
    assert MARKUP.render((Paragraph((Text("x"), Text("b", "strong"), Text("y"))),)) == "xby"


def test_only_a_real_key_becomes_a_link_and_only_a_plain_name_a_mention() -> None:
    blocks = (
        Paragraph((ItemLink("SHOP-97"), Text(" "), ItemLink("x|http://evil.example"))),
        Paragraph((Mention("dana", "Dana"), Text(" "), Mention("a]b{code}", "Rae *x*"), Text(" "), Mention("", "No"))),
    )
    assert MARKUP.render(blocks) == (
        "[SHOP-97|https://jira.example/browse/SHOP-97] x\\|http&#58;//evil.example\n\n[~dana] @Rae \\*x\\* @No"
    )


def test_headings_and_bullets_are_lines() -> None:
    blocks = (Heading(3, (Text("A"),)), Bullets(((Text("- b"),), (Text("* c"),))))
    assert MARKUP.render(blocks) == "h3. A\n\n* \\- b\n* \\* c"


@given(st.lists(FRAGMENTS | st.just("{code:x}") | st.just("{NOFORMAT}"), max_size=6).map("".join))
def test_code_cannot_end_its_own_block(text: str) -> None:
    marker = MARKUP.render((Code(text), Paragraph((Text("after"),))))
    assert read_wiki(marker).endswith("\n\nafter") or not text.strip()
    assert unclosed(marker) is None


def test_a_text_over_the_limit_is_cut_at_a_block_and_says_so() -> None:
    rendered = MARKUP.render(tuple(Paragraph((Text("😀" * 500),)) for _ in range(60)))
    assert len(rendered.encode("utf-16-le")) / 2 <= LIMIT
    assert read_wiki(rendered).split("\n\n")[-1].startswith("This text was cut here")


def test_an_unclosed_macro_is_named_and_a_closed_one_is_not() -> None:
    for wiki in ("", "{code}x{code}", "{quote}a{quote}", "{color:red}x{color}", "\\{code}", "{code}{quote}{code}"):
        assert unclosed(wiki) is None
    for wiki, name in (
        ("{code}", "code"),
        ("a {quote} b", "quote"),
        ("{panel:x=y}", "panel"),
        ("{noformat}{code}", "noformat"),
    ):
        assert unclosed(wiki) == name
