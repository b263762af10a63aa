"""The section that the bot owns: added, found and removed, with everything else as it was."""

from __future__ import annotations

import copy
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from integrations.jira.markup.sections import (
    AdfSections,
    LineSections,
    SectionEditedError,
    SectionRefusedError,
    WikiSections,
)
from integrations.jira.markup.wiki_tokens import unclosed
from integrations.sandbox.markup import wiki_to_adf
from integrations.sections import criteria_list, criteria_section, written_section
from rules.changes import AddSection, Criterion

ADF = AdfSections(lambda key: f"https://jira.example/browse/{key}")
WIKI = WikiSections(lambda key: f"https://jira.example/browse/{key}", lambda mention: None)
LINE = LineSections()
SECTION = criteria_section((Criterion("the cart is kept"), Criterion("30 s", is_assumption=True)))
CRITERIA = st.lists(st.builds(Criterion, st.text(min_size=1), st.booleans()), min_size=1, max_size=3).map(tuple)
NODES = st.lists(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["paragraph", "rule", "heading", "bulletList"])},
        optional={
            "attrs": st.dictionaries(st.sampled_from(["localId", "level"]), st.text() | st.integers()),
            "content": st.lists(st.fixed_dictionaries({"type": st.just("text"), "text": st.text()}), max_size=3),
        },
    ),
    max_size=4,
)
DOCUMENTS = st.none() | st.builds(lambda content: {"type": "doc", "version": 1, "content": content}, NODES)
WIKIS = (
    st.none()
    | st.text()
    | st.lists(st.sampled_from(["{code}", "{quote}", "a", "\n", "\r\n", "* b", "\\"])).map("".join)
)


@given(DOCUMENTS, CRITERIA)
def test_adding_to_a_document_and_removing_gives_the_document_back(document: Any, criteria: Any) -> None:
    original = copy.deepcopy(document)
    added = ADF.add(document, criteria_section(criteria))
    assert document == original
    if document is not None:
        assert added.description["content"][: len(document["content"])] == document["content"]
    assert ADF.remove(added.description, added.piece, added.empty) == original
    json.dumps(added.piece)


@given(WIKIS, CRITERIA)
def test_adding_to_wiki_markup_and_removing_gives_the_markup_back(wiki: str | None, criteria: Any) -> None:
    assume(unclosed(wiki or "") is None)
    added = WIKI.add(wiki, criteria_section(criteria))
    assert added.description.startswith(wiki or "")
    assert unclosed(added.description) is None
    assert WIKI.remove(added.description, added.piece, added.empty) == wiki


def test_the_section_reads_as_its_heading_and_criteria() -> None:
    assert WIKI.add("Text", SECTION).description == (
        "Text\n\nh3. Acceptance criteria\n\n* the cart is kept\n* _assumption:_ 30 s"
    )


@pytest.mark.parametrize("wiki", ["{code}", "log:\n{noformat}\nx", "{quote}he said", "{panel:title=x}"])
def test_an_unclosed_macro_that_would_swallow_the_section_is_refused(wiki: str) -> None:
    with pytest.raises(SectionRefusedError):
        WIKI.add(wiki, SECTION)


@pytest.mark.parametrize("description", [7, ["x"], {"type": "doc", "content": "x"}])
def test_a_description_of_another_form_is_refused(description: Any) -> None:
    with pytest.raises(SectionRefusedError):
        ADF.add(description, SECTION)
    with pytest.raises(SectionRefusedError):
        WIKI.add(description, SECTION)


def test_what_a_person_wrote_around_the_section_stays() -> None:
    added = WIKI.add("before", SECTION)
    assert WIKI.remove(f"new {added.description}\n\nafter", added.piece, added.empty) == "new before\n\nafter"
    document = {"type": "doc", "version": 1, "content": [{"type": "rule"}]}
    sections = ADF.add(document, SECTION)
    more = {"type": "paragraph", "content": []}
    around = {**sections.description, "content": [more, *sections.description["content"], more]}
    assert ADF.remove(around, sections.piece, sections.empty)["content"] == [more, {"type": "rule"}, more]


def test_a_section_that_came_back_with_other_line_ends_is_found() -> None:
    added = WIKI.add("a\nb", SECTION)
    returned = added.description.replace("\n", "\r\n")
    assert WIKI.remove(returned, added.piece, added.empty) == "a\r\nb"


def test_a_section_stored_with_local_ids_is_found() -> None:
    added = ADF.add(None, SECTION)
    stored = copy.deepcopy(added.description)
    stored["content"][0]["attrs"]["localId"] = "x"
    assert ADF.remove(stored, added.piece, added.empty) is None


@pytest.mark.parametrize("edit", [("kept", "lost"), ("30 s", "30 s or more"), ("Acceptance", "Our acceptance")])
def test_an_edited_section_is_noticed(edit: tuple[str, str]) -> None:
    added = WIKI.add("text", SECTION)
    with pytest.raises(SectionEditedError):
        WIKI.remove(added.description.replace(*edit), added.piece, added.empty)
    document = ADF.add(None, SECTION)
    edited = json.loads(json.dumps(document.description).replace(*edit))
    with pytest.raises(SectionEditedError):
        ADF.remove(edited, document.piece, document.empty)


def test_a_section_that_is_gone_is_noticed() -> None:
    for gone in (None, "", "text"):
        with pytest.raises(SectionEditedError):
            WIKI.remove(gone, "\n\nsection", None)
    with pytest.raises(SectionEditedError):
        ADF.remove(None, ADF.add(None, SECTION).piece, None)


WORDS = st.sampled_from(["a", "b", "a b", "h3. a", "* a", "; a"])
CHANGES = st.builds(
    AddSection,
    st.sampled_from(["Scope", "Steps"]),
    st.lists(WORDS, max_size=2).map(tuple),
    st.lists(WORDS, max_size=2).map(tuple),
)


@given(DOCUMENTS | WIKIS, CHANGES, CHANGES, st.booleans())
def test_of_two_sections_each_is_taken_off_without_touching_the_other(
    text: Any, one: AddSection, other: AddSection, first_goes_first: bool
) -> None:
    is_document = not isinstance(text, str)
    assume(is_document or unclosed(text) is None)
    sections: Any = ADF if is_document else WIKI
    first = sections.add(text, written_section(one))
    second = sections.add(first.description, written_section(other))
    order = [first, second] if first_goes_first else [second, first]
    left = second.description
    for added in order:
        left = sections.remove(left, added.piece, added.empty, added.earlier)
        if added is order[0] and is_document:
            assert [node for node in order[1].piece if node not in left["content"]] == []
    assert sections.same(left, text)


def test_a_section_that_begins_like_a_longer_one_is_taken_off_by_itself() -> None:
    short, long = AddSection("Scope", (), ("a",)), AddSection("Scope", (), ("a", "b"))
    first = WIKI.add("text", written_section(short))
    second = WIKI.add(first.description, written_section(long))
    left = WIKI.remove(second.description, first.piece, first.empty, first.earlier)
    assert left == "text\n\nh3. Scope\n\n* a\n* b"
    first = WIKI.add("text", written_section(long))
    second = WIKI.add(first.description, written_section(short))
    assert WIKI.remove(second.description, second.piece, second.empty, second.earlier) == first.description


@given(st.none() | st.text(max_size=30), CRITERIA, CRITERIA)
def test_criteria_in_a_line_are_taken_off_exactly(line: str | None, some: Any, more: Any) -> None:
    first = LINE.add(line, (criteria_list(some),))
    second = LINE.add(first.description, (criteria_list(more),))
    assert "\n" not in first.piece
    assert LINE.remove(second.description, second.piece, second.empty, second.earlier) == first.description
    assert LINE.remove(first.description, first.piece, first.empty, first.earlier) == (line or first.empty)


def real_descriptions() -> list[Any]:
    path = Path(__file__).parents[3].parent / "shared" / "data" / "titanium_raw_jira_sample.jsonl.gz"
    if not path.exists():
        pytest.skip("no shared data")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line).get("fields", {}).get("description") for line in lines]


def test_on_real_descriptions_everything_outside_the_sections_stays_letter_for_letter() -> None:
    refused = 0
    descriptions = real_descriptions()
    more = written_section(AddSection("Scope", ("What it is about",), ("one", "two")))
    for text in descriptions:
        try:
            first = WIKI.add(text, SECTION)
        except SectionRefusedError:
            refused += 1
            continue
        second = WIKI.add(first.description, more)
        assert second.description.startswith(text or "")
        without_first = WIKI.remove(second.description, first.piece, first.empty, first.earlier)
        assert without_first == f"{text or ''}{second.piece}"
        assert WIKI.remove(without_first, second.piece, second.empty, second.earlier) == (text or None)
        document = wiki_to_adf(text) if text else None
        added = ADF.add(document, SECTION)
        both = ADF.add(added.description, more)
        assert ADF.remove(ADF.remove(both.description, added.piece, None, 0), both.piece, None, 0) == document
    assert refused < len(descriptions) / 20
