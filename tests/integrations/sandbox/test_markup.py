from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from integrations.sandbox.markup import adf_problem, adf_to_wiki, to_html, wiki_to_adf

SCHEMA = Path(__file__).parents[3].parent / "shared" / "specs" / "adf" / "schema.json"
SIGNS = st.text(alphabet="ab *_-+#|{}[]!~\\<>&\n\"'`h1.:/()@", max_size=80)
SNIPPETS = st.lists(
    st.sampled_from(
        [
            "h2. T\n",
            "* a\n",
            "** b\n",
            "# c\n",
            "|x|y|\n",
            "||h||\n",
            "{code}\n",
            "{quote}",
            "{panel}",
            "----\n",
            "\n\n",
            "text",
        ]
    ),
    max_size=12,
).map("".join)


def paragraph(*inline: dict[str, object]) -> dict[str, object]:
    return {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": list(inline)}]}


def test_nothing_is_nothing() -> None:
    assert adf_to_wiki(None) == ""
    assert to_html("jira-cloud", None) == ""
    assert wiki_to_adf("")["content"] == []


def test_wiki_goes_to_adf_and_back() -> None:
    lines = "See [the log|https://x.example/log] -old- [~accountid:712020:a]"
    text = f"h2. Steps\n\n* *one*\n** {{{{two}}}}\n\n{lines}\n\n{{code}}\na [b]\n{{code}}"
    document = wiki_to_adf(text)
    assert adf_problem(document) is None
    assert adf_to_wiki(document) == text


@given(st.one_of(SIGNS, SNIPPETS))
def test_every_wiki_text_becomes_a_document_that_cloud_takes(text: str) -> None:
    assert adf_problem(wiki_to_adf(text)) is None


@pytest.mark.skipif(not SCHEMA.exists(), reason="no shared data")
@given(st.one_of(SIGNS, SNIPPETS))
def test_every_wiki_text_becomes_a_document_by_the_official_schema(text: str) -> None:
    validator = Draft4Validator(json.loads(SCHEMA.read_text()))
    assert [error.message for error in validator.iter_errors(wiki_to_adf(text))] == []


@pytest.mark.parametrize(
    "document",
    [
        "text",
        {},
        {"type": "doc", "content": []},
        {"type": "doc", "version": 2, "content": []},
        {"type": "doc", "version": 1},
        {"type": "doc", "version": 1, "content": [{"type": "text", "text": "bare"}]},
        {"type": "doc", "version": 1, "content": [{"type": "iframe"}]},
        paragraph({"type": "text", "text": ""}),
        paragraph({"type": "text", "text": "x", "marks": [{"type": "blink"}]}),
        paragraph({"type": "text", "text": "x", "marks": [{"type": "code"}, {"type": "strong"}]}),
        paragraph({"type": "mention", "attrs": {}}),
        {"type": "doc", "version": 1, "content": [{"type": "heading", "attrs": {"level": 9}}]},
        {"type": "doc", "version": 1, "content": [{"type": "bulletList", "content": []}]},
    ],
)
def test_what_cloud_does_not_take_is_named(document: object) -> None:
    assert adf_problem(document) is not None
    if SCHEMA.exists():
        assert list(Draft4Validator(json.loads(SCHEMA.read_text())).iter_errors(document))


@given(
    SIGNS, st.sampled_from(["jira-cloud", "jira-data-center", "azure-devops"]), st.sampled_from(["html", "markdown"])
)
def test_no_text_becomes_live_markup(text: str, flavour: str, format_: str) -> None:
    body = paragraph({"type": "text", "text": text}) if flavour == "jira-cloud" else text
    html = to_html(flavour, body, format_).casefold()  # type: ignore[arg-type]
    assert "<script" not in html
    assert not re.search(r"<[^>]+\son\w+=", html)
    assert "javascript:" not in re.sub(r">[^<]*<", "><", html)


@pytest.mark.parametrize(
    "body", ["<script>alert(1)</script>", '<img src=x onerror="alert(1)">', "[x|javascript:alert(1)]"]
)
def test_hostile_text_shows_as_text_on_data_center(body: str) -> None:
    html = to_html("jira-data-center", body)
    assert "<script" not in html
    assert "<img" not in html
    assert 'href="javascript' not in html


def test_azure_markdown_shows_tags_as_text_and_marks_as_marks() -> None:
    html = to_html("azure-devops", "**Priority** ~~old~~ <b>x</b>\n\n- one\n- two", "markdown")
    assert html == (
        "<p><strong>Priority</strong> <del>old</del> &lt;b&gt;x&lt;/b&gt;</p><ul><li>one</li><li>two</li></ul>"
    )


@pytest.mark.parametrize(
    "piece", ["*a ", "_", "[a|", "[~", "{code}", "{quote}", "{{", "!a|", "-a", "\\", "h1. ", "|", "`", "**a"]
)
def test_a_hundred_kilobytes_of_one_sign_are_read(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    assert adf_problem(wiki_to_adf(text)) is None
    assert isinstance(to_html("azure-devops", text, "markdown"), str)
