"""Fields with one value on a sandbox organisation: written once, read back, taken back, and never against a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.words.not_taken import why_not_made
from integrations.azure_devops.client import AzureDevOpsConnection
from integrations.azure_devops.writing.fields import unique_name
from integrations.sandbox.azure_devops.processes import AGILE, Process
from integrations.sandbox.azure_devops.resources.areas import add_area
from integrations.sandbox.records import Item
from integrations.sandbox.site import Mounted
from integrations.tracker import Conflict, Incomplete, Invalid, NoSuchField, Refused, Unreachable
from rules.changes import FIELDS_TOUCHED, FieldValue, SetField
from rules.model import WorkItem
from tests.integrations.azure_devops.deeds import ACTIVITY, EFFORT, POINTS, apply, edit, make, planned, read, undo

WISHES: dict[str, tuple[str | None, str]] = {
    "summary": ("Pay", "Pay by card"),
    "component": (None, "Shop\\Checkout"),
    "estimate": ("3", "5"),
    "assignee": (None, "Dana Duarte"),
    "status": ("New", "Active"),
}
KINDS = list(WISHES)
THEIRS: dict[str, dict[str, Any]] = {
    "summary": {"summary": "Mine"},
    "component": {"System.AreaPath": "Shop\\Web"},
    "estimate": {POINTS: 8.0},
    "assignee": {"assignee": "lee"},
    "status": {"status": "Resolved"},
}


@pytest.fixture
def item(ado: Mounted) -> Item:
    for area in ("Checkout", "Web"):
        add_area(ado.tracker, ado.tracker.project("Shop"), f"Shop\\{area}")
    return make(ado, **{POINTS: 3.0})


def wish(ado: Mounted, kind: str) -> SetField:
    old, new = WISHES[kind]
    return SetField(kind, old, new, ado.tracker.user("dana").id if kind == "assignee" else "")  # type: ignore[arg-type]  # one of the five


def value(item: WorkItem, kind: str) -> object:
    shown = {"component": item.components, "estimate": item.story_points, "assignee": item.assignee}
    return shown[kind] if kind in shown else getattr(item, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_field_is_set_once_and_set_back(ado: Mounted, bot: AzureDevOpsConnection, item: Item, kind: str) -> None:
    before = read(bot, item)
    field = FIELDS_TOUCHED[kind][0]
    expected = {field: before.digests[field]}
    plan = bot.applier.plan(str(item.id), wish(ado, kind), expected, "m1")
    assert plan.field == field
    receipt = bot.applier.perform(plan)
    changed = read(bot, item)
    assert value(changed, kind) != value(before, kind)
    assert changed.digests[field] != before.digests[field]
    assert bot.applier.perform(plan) == receipt
    assert (read(bot, item).version, receipt.writes) == ("2", ("2",))
    undo(bot, receipt)
    assert value(read(bot, item), kind) == value(before, kind)
    assert read(bot, item).digests == before.digests
    undo(bot, receipt)
    assert read(bot, item).version == "3"


@pytest.mark.parametrize("kind", KINDS)
def test_fault_24_a_field_whose_answer_was_lost_is_set_once(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item, kind: str
) -> None:
    plan = planned(bot, item, wish(ado, kind))
    ado.faults.lose_answer(method="PATCH")
    try:
        receipt = bot.applier.perform(plan)
    except Unreachable:
        receipt = bot.applier.perform(plan)
    assert (receipt.writes, read(bot, item).version) == (("2",), "2")
    undo(bot, receipt)
    assert value(read(bot, item), kind) == value(bot.reader.fetch(str(make(ado, **{POINTS: 3.0}).id)), kind)


@pytest.mark.parametrize("kind", KINDS)
def test_fault_26_a_person_who_was_faster_keeps_the_field(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item, kind: str
) -> None:
    plan = planned(bot, item, wish(ado, kind))
    edit(ado, item, **THEIRS[kind])
    theirs = value(read(bot, item), kind)
    for attempt in (lambda: bot.applier.perform(plan), lambda: planned(bot, item, wish(ado, kind))):
        with pytest.raises(Conflict) as raised:
            attempt()
        assert (raised.value.field, raised.value.by) == (plan.field, "Lee Lindqvist")
    assert value(read(bot, item), kind) == theirs


@pytest.mark.parametrize("kind", KINDS)
def test_fault_26_a_field_that_a_person_has_edited_since_is_not_set_back(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item, kind: str
) -> None:
    receipt = apply(bot, item, wish(ado, kind))
    edit(ado, item, **THEIRS[kind])
    with pytest.raises(Conflict):
        undo(bot, receipt)


def test_a_field_that_a_person_had_set_so_is_not_taken_back(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item
) -> None:
    plan = planned(bot, item, wish(ado, "status"))
    edit(ado, item, status="Active")
    receipt = bot.applier.perform(plan)
    assert receipt.writes == ()
    undo(bot, receipt)
    assert read(bot, item).status == "Active"


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("summary", "Pay", "  "),
        ("summary", "Pay", "x" * 256),
        ("component", None, "Shop\\Nowhere"),
        ("component", None, "Bank\\Checkout"),
        ("estimate", "3", "many"),
        ("estimate", "3", "nan"),
        ("estimate", "3", "-1"),
        ("assignee", None, "Nobody"),
        ("status", "New", "Erledigt"),
    ],
)
def test_what_the_tracker_has_not_got_is_invalid(
    bot: AzureDevOpsConnection, item: Item, kind: Any, old: str | None, new: str
) -> None:
    with pytest.raises(Invalid):
        planned(bot, item, SetField(kind, old, new))


def test_an_area_is_named_with_or_without_its_root_in_any_letter_case(bot: AzureDevOpsConnection, item: Item) -> None:
    apply(bot, item, SetField("component", None, "checkout"))
    assert read(bot, item).components == ("Shop\\Checkout",)
    apply(bot, item, SetField("component", "Checkout", "SHOP\\WEB"), "m2")
    assert read(bot, item).components == ("Shop\\Web",)


def test_the_estimate_goes_where_the_type_has_it(ado: Mounted, bot: AzureDevOpsConnection, item: Item) -> None:
    epic = make(ado, type="Epic")
    receipt = apply(bot, epic, SetField("estimate", None, "8"))
    assert ado.tracker.item(epic.id).fields[EFFORT] == 8.0
    undo(bot, receipt)
    assert EFFORT not in ado.tracker.item(epic.id).fields
    with pytest.raises(Invalid):
        apply(bot, make(ado, type="Task"), SetField("estimate", None, "8"))


def test_somebody_who_has_left_is_assigned_nothing(ado: Mounted, bot: AzureDevOpsConnection, item: Item) -> None:
    ado.tracker.set_user("dana", active=False)
    with pytest.raises(Invalid):
        planned(bot, item, wish(ado, "assignee"))


def test_an_assignee_is_set_back_to_the_one_before(ado: Mounted, bot: AzureDevOpsConnection) -> None:
    item = make(ado, assignee="lee")
    receipt = apply(bot, item, SetField("assignee", "Lee Lindqvist", "Dana Duarte", ado.tracker.user("dana").id))
    assert ado.tracker.item(item.id).assignee == "dana"
    undo(bot, receipt)
    assert ado.tracker.item(item.id).assignee == "lee"


def test_an_account_that_is_somebody_elses_too_is_noticed_before_anything_is_written(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item
) -> None:
    ado.tracker.set_user("ada", mail=ado.tracker.user("dana").mail)
    with pytest.raises(Invalid):
        planned(bot, item, wish(ado, "assignee"))
    assert ado.tracker.item(item.id).rev == 1


def test_a_person_is_named_by_mail_or_by_domain_and_account() -> None:
    def identity(**values: str) -> dict[str, Any]:
        return {"properties": {name: {"$type": "System.String", "$value": text} for name, text in values.items()}}

    assert unique_name(identity(Account="dana@shop.example", Domain="5cf1")) == "dana@shop.example"
    assert unique_name(identity(Account="dana", Domain="CORP")) == "CORP\\dana"
    assert unique_name(identity(Account="dana")) == "dana"
    assert unique_name({}) == unique_name({"properties": {"Account": "dana"}}) == ""


def test_a_state_that_wants_a_field_names_it_as_people_read_it(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item
) -> None:
    labels = {ACTIVITY: "Tätigkeit"}
    ado.vendor.give_process("Shop", Process(labels=labels, required_in={"Active": frozenset({ACTIVITY})}))
    with pytest.raises(Incomplete) as raised:
        planned(bot, item, wish(ado, "status"))
    assert raised.value.fields == ("Tätigkeit",)
    assert ado.tracker.item(item.id).rev == 1


def test_a_rule_made_between_planning_and_writing_is_named_too(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item
) -> None:
    plan = planned(bot, item, wish(ado, "status"))
    ado.vendor.give_process("Shop", Process(required_in={"Active": frozenset({ACTIVITY})}))
    with pytest.raises(Incomplete) as raised:
        bot.applier.perform(plan)
    assert raised.value.fields == ("Activity",)
    ado.vendor.give_process("Shop", AGILE)
    assert bot.applier.perform(plan).writes == ("2",)


def test_the_reason_of_a_state_comes_back_with_it(ado: Mounted, bot: AzureDevOpsConnection) -> None:
    item = make(ado, **{"System.Reason": "Asked for by sales"})
    receipt = apply(bot, item, wish(ado, "status"))
    assert "System.Reason" not in ado.tracker.item(item.id).fields
    undo(bot, receipt)
    assert ado.tracker.item(item.id).fields["System.Reason"] == "Asked for by sales"


def test_trying_a_write_tells_nobody(ado: Mounted, bot: AzureDevOpsConnection, item: Item) -> None:
    told: list[object] = []
    ado.tracker.subscribe(told.append)
    planned(bot, item, wish(ado, "status"))
    assert told == []
    assert [one.method for one in ado.faults.requests].count("PATCH") == 1


def test_an_old_server_that_might_take_a_trial_for_a_write_is_not_asked_for_one(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.azure_devops.sdk._DRY_RUN_SINCE", 99.0)
    plan = planned(bot, item, wish(ado, "status"))
    assert "PATCH" not in [one.method for one in ado.faults.requests]
    assert bot.applier.perform(plan).writes == ("2",)


def test_fault_27_a_right_that_is_missing_is_refused_before_anything_is_written(
    ado: Mounted, connect: Callable[..., AzureDevOpsConnection], item: Item
) -> None:
    with pytest.raises(Refused):
        planned(connect("rae"), item, wish(ado, "status"))


def test_what_a_person_puts_beside_a_state_while_it_is_taken_back_stays(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item
) -> None:
    change = replace(wish(ado, "status"), fields=(FieldValue("Activity", "Design"),))
    plan = bot.applier.plan_undo(apply(bot, item, change), "u1")
    edit(ado, item, **{ACTIVITY: "Testing"})
    for _ in range(2):
        assert bot.applier.perform(plan).details["edited"] == ["Activity"]
        assert (read(bot, item).status, ado.tracker.item(item.id).fields[ACTIVITY]) == ("New", "Testing")


def test_what_was_set_beside_a_state_is_put_back_where_a_person_has_set_back_the_state(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item
) -> None:
    receipt = apply(bot, item, replace(wish(ado, "status"), fields=(FieldValue("Activity", "Design"),)))
    edit(ado, item, status="New")
    assert ado.tracker.item(item.id).fields[ACTIVITY] == "Design"
    assert undo(bot, receipt).details == {}
    assert (read(bot, item).status, ado.tracker.item(item.id).fields.get(ACTIVITY)) == ("New", None)


@pytest.mark.parametrize("name", ["Risiko", "Bereichspfad"])
def test_a_field_that_a_person_names_and_the_type_does_not_have_is_told(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item, name: str
) -> None:
    with pytest.raises(NoSuchField) as raised:
        planned(bot, item, replace(wish(ado, "status"), fields=(FieldValue(name, "x", spoken=True),)))
    assert raised.value.fields == (name,)
    planned(bot, item, replace(wish(ado, "status"), fields=(FieldValue(name, "named for other types"),)))


def test_a_state_that_wants_what_the_bot_does_not_set_asks_nobody_for_it(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item
) -> None:
    wanted = frozenset({ACTIVITY, "System.AssignedTo"})
    ado.vendor.give_process("Shop", Process(required_in={"Active": wanted}))
    with pytest.raises(Incomplete) as raised:
        planned(bot, item, wish(ado, "status"))
    assert (raised.value.fields, raised.value.by_hand) == (("Assigned To",), True)
    assert "fill it in by hand" in why_not_made(raised.value)
