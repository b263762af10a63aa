"""ADF to readings and blocks to ADF."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.blocks import Block, Bullets, Code, Heading, Inline, ItemLink, Mention, Paragraph, Text
from integrations.jira.markup import LIMIT, AdfMarkup, read_adf

SCHEMA = Path(__file__).parents[3].parent / "shared" / "specs" / "adf" / "schema.json"
MARKUP = AdfMarkup(lambda key: f"https://jira.example/browse/{key}")

STYLES = st.sampled_from(["plain", "strong", "emphasis", "strike", "strong_strike", "code"])
INLINES: st.SearchStrategy[Inline] = st.one_of(
    st.builds(Text, st.text(), STYLES),  # type: ignore[arg-type]
    st.builds(ItemLink, st.text() | st.just("SHOP-97")),
    st.builds(Mention, st.text(), st.text()),
)
RUN = st.lists(INLINES, max_size=4).map(tuple)
BLOCKS: st.SearchStrategy[tuple[Block, ...]] = st.lists(
    st.one_of(
        st.builds(Paragraph, RUN),
        st.builds(Heading, st.integers(0, 8), RUN),
        st.builds(Bullets, st.lists(RUN, max_size=3).map(tuple)),
        st.builds(Code, st.text()),
    ),
    max_size=5,
).map(tuple)


def text(value: str, *marks: dict[str, Any]) -> dict[str, Any]:
    return {"type": "text", "text": value, **({"marks": list(marks)} if marks else {})}


def node(kind: str, *content: Any, **attrs: Any) -> dict[str, Any]:
    return {"type": kind, "content": list(content), **({"attrs": attrs} if attrs else {})}


def paragraph(value: str) -> dict[str, Any]:
    return node("paragraph", text(value))


@pytest.mark.parametrize("document", [None, {}, {"content": None}, [], 7, {"content": [None, 3, "x", []]}, node("doc")])
def test_nothing_reads_as_nothing(document: object) -> None:
    assert read_adf(document) == ""


def test_blocks_read_the_markdown_way() -> None:
    document = node(
        "doc",
        node("heading", text("Checkout"), level=2),
        paragraph("It hangs."),
        node("bulletList", node("listItem", paragraph("one")), node("listItem", paragraph("two"))),
        node("orderedList", node("listItem", paragraph("first")), order=3),
        node("taskList", node("taskItem", text("done"), state="DONE"), node("taskItem", text("open"), state="TODO")),
        node("rule"),
        node("table", node("tableRow", node("tableHeader", paragraph("a")), node("tableCell", paragraph("b")))),
        node("panel", paragraph("note"), panelType="info"),
        node("expand", paragraph("inside"), title="More"),
    )
    assert read_adf(document) == (
        "## Checkout\n\nIt hangs.\n\n- one\n- two\n\n3. first\n\n- [x] done\n- [ ] open\n\n---\n\na | b\n\nnote\n\n"
        "More\n\ninside"
    )


def test_inline_nodes_read_as_what_they_show() -> None:
    document = node(
        "doc",
        node(
            "paragraph",
            {"type": "mention", "attrs": {"id": "1", "text": "@Dana"}},
            text(" sees "),
            text("E_TIMEOUT", {"type": "code"}),
            {"type": "hardBreak"},
            {"type": "emoji", "attrs": {"shortName": ":x:", "text": "✗"}},
            {"type": "status", "attrs": {"text": "OPEN"}},
            {"type": "date", "attrs": {"timestamp": "1763683200000"}},
            {"type": "inlineCard", "attrs": {"url": "https://a.example"}},
            text("log", {"type": "link", "attrs": {"href": "https://b.example"}}),
            text("gone", {"type": "strike"}),
        ),
    )
    expected = "@Dana sees `E_TIMEOUT`\n✗OPEN2025-11-21https://a.examplelog (https://b.example)~~gone~~"
    assert read_adf(document) == expected


def test_fault_38_every_line_of_a_quote_is_marked() -> None:
    hidden = "a\u2028steward accept 1\rsteward accept 2\x85steward accept 3"
    quote = node("blockquote", paragraph(hidden), node("bulletList", node("listItem", paragraph(hidden))))
    for document in (node("doc", quote), node("doc", node("bulletList", node("listItem", quote)))):
        lines = [line for line in read_adf(document).splitlines() if line.strip() not in {"", "-"}]
        assert sum("steward" in line for line in lines) == 6
        assert all(line.startswith("> ") for line in lines)


def test_fault_38_code_is_fenced_longer_than_any_fence_in_it_wherever_it_stands() -> None:
    block = node("codeBlock", text("```\nsteward accept 1\n````"), language="java")
    fenced = "`````java\n```\nsteward accept 1\n````\n`````"
    assert read_adf(node("doc", block)) == fenced
    assert read_adf(node("doc", node("bulletList", node("listItem", block)))) == f"-\n{fenced}"


def test_unknown_nodes_keep_their_text() -> None:
    document = node("doc", node("wobble", paragraph("a"), node("inner", text("b"))), {"type": ["x"], "text": "c"})
    assert read_adf(document) == "a\n\nb"


def test_a_document_of_any_depth_is_read() -> None:
    deep: dict[str, Any] = paragraph("bottom")
    for _ in range(5000):
        deep = node("blockquote", deep)
    assert read_adf(node("doc", deep)) == "> bottom"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KINDS = ["text", "paragraph", "heading", "bulletList", "orderedList", "listItem", "taskList", "taskItem", "codeBlock"]
KINDS += ["blockquote", "table", "tableRow", "tableCell", "media", "mention", "date", "expand", "hardBreak", "zzz"]
NODES = st.recursive(
    JSON,
    lambda inner: st.fixed_dictionaries(
        {"type": st.sampled_from(KINDS)},
        optional={"content": st.lists(inner, max_size=4) | JSON, "attrs": JSON, "text": JSON, "marks": JSON},
    ),
    max_leaves=12,
)


@given(NODES)
def test_no_document_makes_the_reading_fail(document: object) -> None:
    read_adf(document).encode()
    read_adf({"type": "doc", "content": [document]}).encode()


def test_fault_49_a_hundred_kilobytes_of_anything_are_read() -> None:
    quotes: dict[str, Any] = paragraph("\n" * 100_000)
    for _ in range(100):
        quotes = node("blockquote", node("bulletList", node("listItem", quotes)))
    for document in (node("doc", quotes), node("doc", *[paragraph("`" * 100)] * 1000)):
        assert len(read_adf(document)) < 2_000_000


@given(BLOCKS)
def test_fault_31_text_stays_text_and_only_our_links_and_mentions_live(blocks: tuple[Block, ...]) -> None:
    document = MARKUP.render(blocks)
    rendered = json.dumps(document)
    assert rendered.count('"type": "mention"') == sum(
        isinstance(inline, Mention) and bool(inline.person_id) for inline in inlines_of(blocks)
    )
    assert rendered.count('"type": "link"') == sum(
        isinstance(inline, ItemLink) and inline.key == "SHOP-97" for inline in inlines_of(blocks)
    )


def inlines_of(blocks: tuple[Block, ...]) -> list[Inline]:
    found: list[Inline] = []
    for block in blocks:
        if isinstance(block, Bullets):
            found += [inline for entry in block.entries for inline in entry]
        elif not isinstance(block, Code):
            found += block.inlines
    return found


@given(BLOCKS)
def test_what_is_rendered_is_valid_by_the_schema(blocks: tuple[Block, ...]) -> None:
    if not SCHEMA.exists():
        pytest.skip("no shared data")
    VALIDATOR.validate(MARKUP.render(blocks))


VALIDATOR = jsonschema.Draft4Validator(json.loads(SCHEMA.read_text()) if SCHEMA.exists() else {})


def test_a_comment_over_the_limit_is_cut_at_a_block_and_says_so() -> None:
    blocks = tuple(Paragraph((Text("é😀" * 500),)) for _ in range(60))
    document = MARKUP.render(blocks)
    assert len(json.dumps(document, ensure_ascii=False).encode("utf-16-le")) / 2 <= LIMIT
    assert read_adf(document["content"][-1]).startswith("This text was cut here")
    assert document["content"][:-1] == MARKUP.render(blocks[: len(document["content"]) - 1])["content"]


def test_a_comment_within_the_limit_is_whole() -> None:
    assert len(MARKUP.render((Paragraph((Text("x" * 31_000),)),))["content"][0]["content"][0]["text"]) == 31_000
