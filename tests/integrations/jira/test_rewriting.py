"""Descriptions rewritten as a whole, only where nothing is lost by it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.jira.markup.adf_reading import read_adf
from integrations.jira.markup.reading import one_kind_of_line_end
from integrations.jira.markup.rewriting import (
    adf_from_reading,
    is_rewritable_adf,
    is_rewritable_wiki,
    wiki_from_reading,
)
from integrations.jira.markup.wiki_reading import read_wiki
from integrations.tracker import Conflict, Invalid
from rules.changes import RewriteDescription

TEXT = "# Checkout\n\nThe cart is lost\non a time-out.\n\n- one\n- two\n\n1. first\n2. second\n\n```text\na\n  b\n```"


def doc(*content: Any) -> dict[str, Any]:
    return {"type": "doc", "version": 1, "content": list(content)}


def paragraph(*content: Any) -> dict[str, Any]:
    return {"type": "paragraph", "content": list(content)}


def words(text: str, *marks: str) -> dict[str, Any]:
    return {"type": "text", "text": text, **({"marks": [{"type": mark} for mark in marks]} if marks else {})}


def test_plain_text_with_headings_lists_and_code_is_rebuilt_from_its_reading() -> None:
    assert read_adf(adf_from_reading(TEXT)) == TEXT
    assert read_wiki(wiki_from_reading(TEXT)) == TEXT
    assert is_rewritable_adf(adf_from_reading(TEXT))
    assert is_rewritable_wiki(wiki_from_reading(TEXT))
    assert is_rewritable_wiki("h2. Scope\n\n* cart\n\nIt is lost\nagain.")
    assert is_rewritable_adf(None)
    assert is_rewritable_wiki(None)


@pytest.mark.parametrize(
    "document",
    [
        doc(paragraph(words("bold", "strong"))),
        doc(paragraph({"type": "mention", "attrs": {"id": "1", "text": "@Dana"}})),
        doc(paragraph(words("- not a list"))),
        doc(paragraph(words("# not a heading"))),
        doc(paragraph(words("a "))),
        doc({"type": "panel", "attrs": {"panelType": "info"}, "content": [paragraph(words("a"))]}),
        doc({"type": "mediaSingle", "content": [{"type": "media", "attrs": {"id": "1", "type": "file"}}]}),
        doc({"type": "blockquote", "content": [paragraph(words("a"))]}),
        doc({"type": "unheardOf"}),
        {"type": "other"},
        7,
    ],
)
def test_a_document_that_holds_more_than_its_reading_is_not_rewritten(document: Any) -> None:
    assert not is_rewritable_adf(document)


@pytest.mark.parametrize(
    "wiki",
    [
        "*bold*",
        "[~dana] said",
        "{panel}x{panel}",
        "!shot.png!",
        "||a||b||",
        "{quote}x{quote}",
        "a -gone- b",
        7,
    ],
)
def test_wiki_markup_that_holds_more_than_its_reading_is_not_rewritten(wiki: Any) -> None:
    assert not is_rewritable_wiki(wiki)


@given(st.text(alphabet=st.sampled_from("ab #-*_1.`>~{}[]|\\\n "), max_size=40))
def test_whatever_is_written_reads_as_what_was_accepted_or_is_never_rewritten_again(text: str) -> None:
    document = adf_from_reading(text)
    if read_adf(document) == text:
        assert is_rewritable_adf(document)
    json.dumps(document)
    assert is_rewritable_wiki(wiki_from_reading(text)) in {True, False}


def test_on_real_descriptions_what_is_called_rewritable_comes_back_letter_for_letter() -> None:
    path = Path(__file__).parents[3].parent / "shared" / "data" / "titanium_raw_jira_sample.jsonl.gz"
    if not path.exists():
        pytest.skip("no shared data")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        texts = [json.loads(line).get("fields", {}).get("description") or "" for line in lines]
    rewritable = [text for text in texts if text and is_rewritable_wiki(text)]
    assert rewritable
    for text in rewritable:
        assert wiki_from_reading(read_wiki(text)) == one_kind_of_line_end(text).strip("\n")


def test_a_description_is_rewritten_and_the_very_text_put_back(world: Any) -> None:
    key = world.file("A", world.text("words"))
    assert world.jira.reader.fetch(key).rewritable
    applier = world.jira.applier
    plan = applier.plan(key, RewriteDescription(TEXT), {}, "m")
    receipt = applier.perform(plan)
    assert world.jira.reader.fetch(key).description == TEXT
    assert applier.perform(plan) == receipt
    assert len(receipt.writes) == 1
    applier.perform(applier.plan_undo(receipt, "u"))
    assert world.tracker.item(key).description == world.text("words")


def test_a_description_with_more_in_it_is_refused(world: Any) -> None:
    native = doc(paragraph(words("bold", "strong"))) if world.cloud else "*bold*"
    key = world.file("A", native)
    assert not world.jira.reader.fetch(key).rewritable
    with pytest.raises(Invalid, match="formatting"):
        world.jira.applier.plan(key, RewriteDescription("x"), {}, "m")


def test_fault_26_a_persons_edit_wins_over_a_rewrite_and_over_its_undo(world: Any) -> None:
    key = world.file("A", world.text("words"))
    applier = world.jira.applier
    plan = applier.plan(key, RewriteDescription("x"), {}, "m")
    world.change(key, by="lee", description=world.text("theirs"))
    with pytest.raises(Conflict) as caught:
        applier.perform(plan)
    assert caught.value.by == "Lee Lindqvist"
    receipt = applier.perform(applier.plan(key, RewriteDescription("x"), {}, "m"))
    world.change(key, by="lee", description=world.text("theirs again"))
    with pytest.raises(Conflict):
        applier.plan_undo(receipt, "u")
