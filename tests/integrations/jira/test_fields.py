"""Single fields set and set back: summary, component, estimate, assignee, status; on both flavours of the sandbox."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.sandbox.jira.scheme import CUSTOM, Field, Scheme, Step, arrange
from integrations.sandbox.records import Term
from integrations.tracker import Conflict, Incomplete, Invalid, NoSuchField, Unreachable
from rules.changes import FIELDS_TOUCHED, FieldValue, SetField
from tests.integrations.jira.deeds import apply, expected, undo

POINTS = "customfield_10016"
RISK = Field("customfield_10031", "Risk", {"type": "string", "custom": f"{CUSTOM}:textfield", "customId": 10031})


@pytest.fixture
def key(world: Any) -> str:
    for name in ("Cart", "Checkout", "Search"):
        world.tracker.add_term(Term("component", 0, name))
    filed: str = world.file("A", components=("Cart", "Search"), assignee="lee", **{POINTS: 3})
    return filed


def change_of(world: Any, kind: str) -> SetField:
    dana = world.tracker.user("dana").id
    return {
        "summary": SetField("summary", "A", "The cart is lost"),
        "component": SetField("component", "Cart", "checkout"),
        "estimate": SetField("estimate", "3", "5"),
        "assignee": SetField("assignee", "Lee Lindqvist", "Dana Duarte", dana),
        "status": SetField("status", "To Do", "in progress"),
    }[kind]


KINDS = ("summary", "component", "estimate", "assignee", "status")


def native(world: Any, key: str) -> dict[str, Any]:
    item = world.tracker.item(key)
    names = ("summary", "assignee", "status", "resolution", "fields", "labels", "priority")
    return {name: getattr(item, name) for name in names} | {"components": set(item.components)}


@pytest.mark.parametrize("kind", KINDS)
def test_a_field_is_set_and_set_back(world: Any, key: str, kind: str) -> None:
    before = native(world, key)
    receipt = apply(world, key, change_of(world, kind))
    after = native(world, key)
    assert sum(before[name] != after[name] for name in before) == 1
    assert len(receipt.writes) == 1
    assert receipt.field == FIELDS_TOUCHED[kind][0]
    taken = undo(world, receipt)
    assert native(world, key) == before
    assert len(taken.writes) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_plan_made_twice_is_made_once(world: Any, key: str, kind: str) -> None:
    change = change_of(world, kind)
    plan = world.jira.applier.plan(key, change, expected(world, key, change), "m")
    first = world.jira.applier.perform(plan)
    entries = len(world.jira.reader.history(key))
    again = world.jira.applier.perform(plan)
    assert len(world.jira.reader.history(key)) == entries
    assert (again.details, again.writes) == (first.details, first.writes)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "component"])
def test_fault_24_a_write_whose_answer_was_lost_is_found_made(world: Any, key: str, kind: str) -> None:
    change = change_of(world, kind)
    plan = world.jira.applier.plan(key, change, expected(world, key, change), "m")
    world.mounted.faults.lose_answer(method="POST" if kind == "status" else "PUT")
    with pytest.raises(Unreachable):
        world.jira.applier.perform(plan)
    receipt = world.jira.applier.perform(plan)
    assert receipt.writes
    assert len([one for one in world.mounted.faults.requests if one.method in {"PUT", "POST"}]) == 1
    undo(world, receipt)


@pytest.mark.parametrize("kind", KINDS)
def test_fault_26_an_edit_between_plan_and_write_is_kept(world: Any, key: str, kind: str) -> None:
    change = change_of(world, kind)
    plan = world.jira.applier.plan(key, change, expected(world, key, change), "m")
    theirs = {"summary": "B", "components": (), "assignee": "ada", "status": "Done", POINTS: 8}
    world.change(key, by="lee", **theirs)
    before = native(world, key)
    with pytest.raises(Conflict) as caught:
        world.jira.applier.perform(plan)
    assert (caught.value.field, caught.value.by) == (plan.field, "Lee Lindqvist")
    assert native(world, key) == before
    with pytest.raises(Conflict):
        world.jira.applier.plan(key, change, {}, "m")


@pytest.mark.parametrize("kind", KINDS)
def test_undo_yields_to_a_persons_value(world: Any, key: str, kind: str) -> None:
    receipt = apply(world, key, change_of(world, kind))
    world.change(key, by="lee", summary="B", components=("Cart",), assignee="ada", status="Done", **{POINTS: 8})
    with pytest.raises(Conflict) as caught:
        world.jira.applier.plan_undo(receipt, "u")
    assert caught.value.by == "Lee Lindqvist"


@pytest.mark.parametrize("kind", KINDS)
def test_no_request_lies_between_the_comparison_and_the_write(world: Any, key: str, kind: str) -> None:
    change = change_of(world, kind)
    plan = world.jira.applier.plan(key, change, expected(world, key, change), "m")
    before = len(world.mounted.faults.requests)
    world.jira.applier.perform(plan)
    made = world.mounted.faults.requests[before:]
    at = next(n for n, request in enumerate(made) if request.method in {"PUT", "POST"})
    assert made[at - 1].method == "GET"
    assert made[at - 1].query.startswith("fields=")


def test_nothing_is_written_and_nothing_taken_back_where_the_value_is_there_already(world: Any, key: str) -> None:
    receipt = apply(world, key, SetField("component", None, "Cart"))
    assert receipt.writes == ()
    undo(world, receipt)
    assert set(world.tracker.item(key).components) == {"Cart", "Search"}


def test_a_component_is_added_beside_the_others(world: Any, key: str) -> None:
    receipt = apply(world, key, SetField("component", None, "Checkout"))
    assert set(world.tracker.item(key).components) == {"Cart", "Checkout", "Search"}
    world.change(key, components=("Checkout", "Search"))
    undo(world, receipt)
    assert set(world.tracker.item(key).components) == {"Search"}


@pytest.mark.parametrize(
    "change",
    [
        SetField("summary", "A", "  "),
        SetField("summary", "A", "x" * 256),
        SetField("component", None, "Nowhere"),
        SetField("estimate", "3", "many"),
        SetField("estimate", "3", "nan"),
        SetField("assignee", "Lee Lindqvist", "Dana Duarte"),
        SetField("assignee", "Lee Lindqvist", "Nobody", "712020:nobody"),
        SetField("status", "To Do", "Nowhere"),
    ],
)
def test_what_jira_does_not_take_is_refused_before_anything_is_written(world: Any, key: str, change: SetField) -> None:
    with pytest.raises(Invalid):
        world.jira.applier.plan(key, change, {}, "m")


def test_a_person_who_is_not_assignable_is_refused_although_a_longer_name_matches(world: Any, key: str) -> None:
    tracker = world.tracker
    tracker.add_account("ott", "Ott Olsen")
    tracker.add_account("ottoline", "Ottoline Oak", "Developers")
    change = SetField("assignee", "Lee Lindqvist", "Ott Olsen", tracker.user("ott").id)
    with pytest.raises(Invalid, match="cannot be assigned"):
        world.jira.applier.plan(key, change, {}, "m")


def test_trap_an_assignee_is_set_by_id_at_our_own_address_and_no_first_hit_of_a_search_is_taken(
    world: Any, key: str
) -> None:
    for number in range(3):
        world.tracker.add_account(f"dana{number}", f"Dana {number}", "Developers")
    apply(world, key, change_of(world, "assignee"))
    assert world.tracker.item(key).assignee == "dana"
    (put,) = [one for one in world.mounted.faults.requests if one.method == "PUT"]
    assert put.path == f"/rest/api/{3 if world.cloud else 2}/issue/{key}/assignee"


def test_the_estimate_is_told_by_the_kind_of_field_whatever_its_name(world: Any) -> None:
    own = Field(
        "customfield_10040",
        "Aufwand",
        {"type": "number", "custom": "com.pyxis.greenhopper.jira:jsw-story-points", "customId": 10040},
    )
    arrange(world.tracker, "SHOP", Scheme(is_team_managed=True, fields=(own,), without=(POINTS,)))
    key = world.file("A")
    assert "estimate" in world.jira.reader.fetch(key).digests
    receipt = apply(world, key, SetField("estimate", None, "0.5"))
    assert world.tracker.item(key).fields == {"customfield_10040": 0.5}
    assert world.jira.reader.fetch(key).story_points == 0.5
    undo(world, receipt)
    assert world.tracker.item(key).fields == {}


def test_an_item_without_an_estimate_field_has_no_digest_of_it_and_takes_no_estimate(world: Any) -> None:
    arrange(world.tracker, "SHOP", Scheme(without=(POINTS,)))
    key = world.file("A")
    assert "estimate" not in world.jira.reader.fetch(key).digests
    with pytest.raises(Invalid):
        world.jira.applier.plan(key, SetField("estimate", None, "3"), {}, "m")


def workflow(world: Any, *steps: Step) -> None:
    arrange(world.tracker, "SHOP", Scheme(fields=(RISK,), steps=steps))


def test_a_status_is_reached_only_by_a_transition_that_the_workflow_offers_from_there(world: Any) -> None:
    workflow(world, Step("Start", "In Progress", ("To Do",)), Step("Finish", "Done", ("In Progress",)))
    key = world.file("A")
    with pytest.raises(Invalid, match="no transition"):
        world.jira.applier.plan(key, SetField("status", "To Do", "Done"), {}, "m")
    receipt = apply(world, key, SetField("status", "To Do", "IN PROGRESS"))
    assert world.tracker.item(key).status == "In Progress"
    with pytest.raises(Invalid, match="no way back"):
        world.jira.applier.plan_undo(receipt, "u")


def test_a_required_value_of_the_transition_is_asked_for_by_its_name(world: Any) -> None:
    workflow(world, Step("Finish", "Done", (), ("!customfield_10031", "!resolution")))
    key = world.file("A")
    with pytest.raises(Incomplete) as caught:
        world.jira.applier.plan(key, SetField("status", "To Do", "Done"), {}, "m")
    assert caught.value.fields == ("Risk", "Resolution")
    assert world.tracker.item(key).status == "To Do"


@pytest.mark.parametrize("theirs", [None, "mine"])
def test_a_value_given_for_a_move_goes_with_it_and_is_put_back_unless_a_person_has_edited_it(
    world: Any, theirs: str | None
) -> None:
    workflow(world, Step("Finish", "Done", (), ("!customfield_10031",)), Step("Again", "To Do"))
    key = world.file("A")
    receipt = apply(world, key, SetField("status", "To Do", "Done", fields=(FieldValue("risk", "low"),)))
    assert (world.tracker.item(key).status, world.tracker.item(key).fields[RISK.id]) == ("Done", "low")
    if theirs:
        world.change(key, by="lee", customfield_10031=theirs)
    details = undo(world, receipt).details
    assert (details.get("left"), details.get("edited")) == (None, ["Risk"] if theirs else None)
    assert (world.tracker.item(key).status, world.tracker.item(key).fields.get(RISK.id)) == ("To Do", theirs)


@pytest.mark.parametrize("is_known", [True, False])
def test_a_value_that_jira_has_rewritten_is_put_back_or_told_as_left(world: Any, is_known: bool) -> None:
    workflow(world, Step("Finish", "Done", (), ("!customfield_10031",)), Step("Again", "To Do"))
    key = world.file("A")
    receipt = apply(world, key, SetField("status", "To Do", "Done", fields=(FieldValue("risk", "low"),)))
    beside = receipt.details["target"]["beside"][RISK.id]
    world.change(key, by="steward", customfield_10031="Low")
    if is_known:
        beside["stored"] = "Low"
    else:  # as a former release kept it
        del beside["stored"]
    assert undo(world, receipt).details.get("left", []) == ([] if is_known else ["Risk"])
    assert world.tracker.item(key).fields.get(RISK.id) == (None if is_known else "Low")


def test_a_required_value_that_the_item_has_already_is_not_asked_for(world: Any) -> None:
    workflow(world, Step("Finish", "Done", (), ("!summary", "!customfield_10031")))
    key = world.file("A", customfield_10031="low")
    apply(world, key, SetField("status", "To Do", "Done"))
    assert world.tracker.item(key).status == "Done"


def test_the_way_without_questions_is_taken_where_two_lead_to_the_status(world: Any) -> None:
    workflow(world, Step("Finish with risk", "Done", (), ("!customfield_10031",)), Step("Finish", "Done"))
    key = world.file("A")
    apply(world, key, SetField("status", "To Do", "Done"))
    assert world.tracker.item(key).status == "Done"


def test_a_move_takes_the_way_that_has_the_field_which_a_person_names_or_none(world: Any) -> None:
    workflow(world, Step("Finish", "Done"), Step("Finish with risk", "Done", (), ("customfield_10031",)))
    key = world.file("A")
    with pytest.raises(NoSuchField):
        apply(world, key, SetField("status", "To Do", "Done", fields=(FieldValue("Risiko", "low", spoken=True),)))
    apply(world, key, SetField("status", "To Do", "Done", fields=(FieldValue("Risk", "low", spoken=True),)))
    assert world.tracker.item(key).fields[RISK.id] == "low"


def test_a_transition_that_wants_a_person_named_asks_nobody_for_it(world: Any) -> None:
    reviewer = Field("customfield_10032", "Reviewer", {"type": "user", "custom": f"{CUSTOM}:userpicker"})
    steps = (Step("Finish", "Done", (), ("!customfield_10031", "!customfield_10032")),)
    arrange(world.tracker, "SHOP", Scheme(fields=(RISK, reviewer), steps=steps))
    with pytest.raises(Incomplete) as caught:
        world.jira.applier.plan(world.file("A"), SetField("status", "To Do", "Done"), {}, "m")
    assert (caught.value.fields, caught.value.by_hand) == (("Reviewer",), True)
