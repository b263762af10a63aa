"""Changes as they are stored and sealed."""

from __future__ import annotations

from rules.changes import AddCriteria, Criterion, change_from, change_hash, payload_of

CRITERIA = (Criterion("the cart is kept"),)


def test_criteria_under_their_usual_heading_are_sealed_as_before_there_were_others() -> None:
    plain = AddCriteria(CRITERIA)
    assert payload_of(plain) == {
        "criteria": ({"text": "the cart is kept", "is_assumption": False},),
        "kind": "criteria",
    }
    assert change_from(payload_of(plain)) == plain


def test_another_heading_is_part_of_what_is_accepted() -> None:
    headed = AddCriteria(CRITERIA, heading="Akzeptanzkriterien")
    assert change_from(payload_of(headed)) == headed
    assert change_hash(headed) != change_hash(AddCriteria(CRITERIA))
