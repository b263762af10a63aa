"""What is said in which language."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from languages import LANGUAGES, Place, enumeration, moment, pieces, say, say_many, speaking

NOON = datetime(2026, 11, 21, 13, 2, tzinfo=UTC)


def test_english_is_spoken_where_nothing_is_chosen() -> None:
    assert say("{count} of these", count=3) == "3 of these"
    assert enumeration(["a", "b", "c"]) == "a, b and c"
    assert moment(NOON, ZoneInfo("Europe/Berlin")) == "21 Nov, 14:02 CET"


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_sentence_without_a_translation_is_said_in_english(code: str) -> None:
    with speaking(code):
        assert say("{count} of these, which no catalogue knows", count=3) == "3 of these, which no catalogue knows"
        assert say_many("{number} unknown", "{number} unknowns", 2) == "2 unknowns"


def test_a_value_is_never_read_as_a_place() -> None:
    assert say("by {name}", name="{password} {0}") == "by {password} {0}"


def test_a_sentence_is_taken_apart_for_values_that_are_more_than_text() -> None:
    assert pieces("{undo} takes {number} back.") == (Place("undo"), " takes ", Place("number"), " back.")


def test_the_language_ends_with_its_block_and_stays_in_its_thread() -> None:
    heard: list[str] = []
    with speaking("de"):
        other = threading.Thread(target=lambda: heard.append(enumeration(["a", "b"])))
        other.start()
        other.join()
        heard.append(enumeration(["a", "b"]))
    assert [*heard, enumeration(["a", "b"])] == ["a and b", "a und b", "a and b"]


def test_a_date_is_written_as_people_of_the_language_write_it() -> None:
    said = []
    for code in LANGUAGES:
        with speaking(code):
            said.append(moment(NOON, ZoneInfo("UTC")))
    assert said == [
        "21 Nov, 13:02 UTC",
        "21. Nov., 13:02 UTC",
        "21 nov., 13:02 UTC",
        "21 nov, 13:02 UTC",
        "21 de nov., 13:02 UTC",
    ]


def test_a_language_that_is_not_spoken_is_an_error() -> None:
    with pytest.raises(ValueError, match="not one of"), speaking("xx"):
        pass
