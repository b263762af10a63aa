"""A change in a person's own words: lines take the place of the drafted ones, values come beside them."""

from __future__ import annotations

import pytest

from bot.flows.acceptance.rewording import reworded
from rules.changes import AddSubtasks, Change, CloseDuplicate, FieldKind, FieldValue, SetField

DRAFTED = AddSubtasks(("one", "two"), (FieldValue("Team", "Web"), FieldValue("Area", "Shop")))


def test_lines_alone_leave_the_values_as_they_are() -> None:
    assert reworded(DRAFTED, ["three"]) == AddSubtasks(("three",), DRAFTED.fields)


def test_a_value_takes_the_place_of_the_one_that_the_settings_named_and_leaves_the_others() -> None:
    told = (
        FieldValue("Area", "Shop"),
        FieldValue("team", "Store", spoken=True),
        FieldValue("Risk", "low", spoken=True),
    )
    assert reworded(DRAFTED, ["team = Store", "Risk = low"]) == AddSubtasks(("one", "two"), told)


@pytest.mark.parametrize("line", ["risque\u0301: low", "RISQU\u00c9=low", "Risqu\u00e9 \uff1a low"])
def test_a_line_that_names_what_is_required_is_a_value_however_it_is_written(line: str) -> None:
    given = reworded(DRAFTED, [line, "Team: spirit"], ["Risqu\u00e9"])
    assert isinstance(given, AddSubtasks)
    assert given.summaries == ("Team: spirit",)
    assert given.fields[-1].value == "low"


@pytest.mark.parametrize("change", [SetField("status", "New", "Done"), CloseDuplicate("SHOP-1", "Pay")])
def test_what_a_move_asks_for_is_given_as_lines(change: Change) -> None:
    given = reworded(change, ["Risk = low"])
    assert getattr(given, "fields", None) == (FieldValue("Risk", "low", spoken=True),)


def test_no_words_stand_for_another_item() -> None:
    assert reworded(CloseDuplicate("SHOP-1", "Pay"), ["SHOP-2"]) is None


@pytest.mark.parametrize("kind", ["summary", "estimate"])
def test_a_sign_in_words_for_what_takes_no_values_is_a_part_of_them(kind: FieldKind) -> None:
    assert reworded(SetField(kind, "", "x"), ["Timeout = 30 s"]) == SetField(kind, "", "Timeout = 30 s")


def test_beside_other_lines_only_a_known_name_gives_a_value() -> None:
    given = reworded(AddSubtasks(("one",)), ["Set timeout = 30", "RISK = low", "Write docs"], ["Risk"])
    assert given == AddSubtasks(("Set timeout = 30", "Write docs"), (FieldValue("RISK", "low", spoken=True),))
