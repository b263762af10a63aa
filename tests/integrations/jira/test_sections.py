"""The section that the bot owns: added, found and removed, with everything else as it was."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from integrations.jira.markup.sections import (
    AdfSections,
    SectionEditedError,
    SectionRefusedError,
    WikiSections,
    criteria_section,
)
from integrations.jira.markup.wiki_tokens import unclosed
from rules.changes import Criterion

ADF = AdfSections(lambda key: f"https://jira.example/browse/{key}")
WIKI = WikiSections(lambda key: f"https://jira.example/browse/{key}", lambda mention: None)
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
