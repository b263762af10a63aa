"""Sub-tasks and child items where a process wants more than a summary, under whatever names."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from integrations.azure_devops.client import AzureDevOpsConnection
from integrations.azure_devops.organisation.process import TypeField
from integrations.azure_devops.parts import ASSIGNEE
from integrations.azure_devops.writing.taken import wrong_value
from integrations.blocks import Paragraph, Text
from integrations.sandbox.azure_devops.processes import GERMAN, TASK, Process
from integrations.sandbox.azure_devops.resources.areas import add_area
from integrations.sandbox.records import Item
from integrations.sandbox.site import Mounted
from integrations.tracker import DRAFT_LABEL, Conflict, Incomplete, Invalid, NotToSet, Plan
from rules.changes import AddChildren, AddSubtasks, Change, FieldValue
from tests.integrations.azure_devops.deeds import ACTIVITY, apply, edit, make, planned, read, undo

WANTS_ACTIVITY = Process(
    labels={ACTIVITY: "Tätigkeit"}, required={"Task": frozenset({ACTIVITY}), "Bug": frozenset({ACTIVITY})}
)
CHANGES: list[Callable[..., Change]] = [
    lambda *fields: AddSubtasks(("a", "b"), fields),
    lambda *fields: AddChildren("bug", ("a", "b"), fields),
]


@pytest.fixture
def item(ado: Mounted) -> Item:
    add_area(ado.tracker, ado.tracker.project("Shop"), "Shop\\Checkout")
    place = {"System.AreaPath": "Shop\\Checkout", "System.IterationPath": "Shop\\Iteration 1"}
    return make(ado, type="Epic", assignee="lee", **place)


@pytest.mark.parametrize("change", CHANGES)
def test_children_stand_in_the_area_of_their_parent_and_in_no_sprint(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item, change: Callable[..., Change]
) -> None:
    receipt = apply(bot, item, change())
    children = ado.tracker.children(item.id)
    assert [child.summary for child in children] == ["a", "b"]
    assert receipt.writes == tuple(str(child.id) for child in children)
    assert {child.type for child in children} <= {"Task", "Bug"}
    for child in children:
        assert child.fields["System.AreaPath"] == "Shop\\Checkout"
        assert child.fields["System.IterationPath"] == "Shop"
        assert child.assignee is None
    undo(bot, receipt)
    assert ado.tracker.children(item.id) == []


@pytest.mark.parametrize("change", CHANGES)
def test_a_field_that_the_project_wants_is_asked_for_by_its_name(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item, change: Callable[..., Change]
) -> None:
    ado.vendor.give_process("Shop", WANTS_ACTIVITY)
    with pytest.raises(Incomplete) as raised:
        planned(bot, item, change())
    assert raised.value.fields == ("Tätigkeit",)
    apply(bot, item, change(FieldValue("tätigkeit", "Development"), FieldValue("Of other types", "x")))
    assert {child.fields[ACTIVITY] for child in ado.tracker.children(item.id)} == {"Development"}


def test_a_rule_that_only_the_server_knows_is_named_when_it_is_tried(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item
) -> None:
    process = Process(
        labels={ACTIVITY: "Tätigkeit"}, required_in={"New": frozenset({ACTIVITY})}, states={"New": "todo"}
    )
    ado.vendor.give_process("Shop", process)
    with pytest.raises(Incomplete) as raised:
        planned(bot, item, AddSubtasks(("a",)))
    assert raised.value.fields == ("Tätigkeit",)
    with pytest.raises(Incomplete):
        bot.drafter.create(str(item.id), "a", (Paragraph((Text("x"),)),), "d1")
    assert ado.tracker.children(item.id) == []


def test_a_child_that_a_person_has_edited_is_not_deleted(ado: Mounted, bot: AzureDevOpsConnection, item: Item) -> None:
    receipt = apply(bot, item, AddChildren("Feature", ("a", "b")))
    edit(ado, ado.tracker.children(item.id)[0], summary="mine")
    with pytest.raises(Conflict):
        undo(bot, receipt)
    assert len(ado.tracker.children(item.id)) == 2


def test_a_type_that_the_project_has_not_got_is_invalid(bot: AzureDevOpsConnection, item: Item) -> None:
    with pytest.raises(Invalid):
        planned(bot, item, AddChildren("Saga", ("a",)))


def test_a_process_without_a_type_for_sub_tasks_takes_none(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item
) -> None:
    ado.vendor.give_process("Shop", Process(types={"Epic": "Microsoft.EpicCategory"}))
    assert bot.reader.vocabulary("Shop").subtask_type is None
    with pytest.raises(Invalid):
        planned(bot, item, AddSubtasks(("a",)))


def test_a_plan_of_an_older_release_is_still_performed(bot: AzureDevOpsConnection, item: Item) -> None:
    bot.applier.perform(Plan(str(item.id), "subtasks", "subtasks", "m1", None, {"add": ["a"]}))
    assert [child.summary for child in read(bot, item).children] == ["a"]


def test_a_sub_task_is_known_by_the_category_of_its_type(ado: Mounted, bot: AzureDevOpsConnection) -> None:
    ado.tracker.add_project("Laden", "Laden", roles={"dana": "Developers", "steward": "Developers"})
    ado.vendor.give_process("Laden", GERMAN)
    assert GERMAN.types["Aufgabe"] == TASK
    parent = make(ado, "Kasse", type="Anforderung", project="Laden", status="Neu")
    child = make(ado, "Knopf", type="Aufgabe", project="Laden", status="Neu", parent=parent.id)
    assert (read(bot, child).is_subtask, read(bot, parent).is_subtask) == (True, False)


@pytest.mark.parametrize("name", ["Area Path", "Description", "History", "assigned to", "System.IterationPath"])
def test_what_a_child_says_and_where_it_stands_is_not_set_by_a_value_beside_it(
    bot: AzureDevOpsConnection, item: Item, name: str
) -> None:
    with pytest.raises(NotToSet):
        planned(bot, item, AddSubtasks(("a",), (FieldValue(name, "Shop\\Board only"),)))


def test_a_value_beside_a_child_is_text_and_leaves_the_bots_own_alone(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item
) -> None:
    values = (FieldValue("Tags", "web"), FieldValue("System Info", "<img src=x> @x"))
    draft = bot.drafter.create(str(item.id), "a", (), "d1", values)
    receipt = apply(bot, item, AddChildren("Bug", ("b",), values))
    assert bot.drafter.find(str(item.id), "d1") == draft
    assert set(ado.tracker.item(int(draft)).labels) == {"web", DRAFT_LABEL}
    assert ado.tracker.item(int(receipt.writes[0])).fields["Microsoft.VSTS.TCM.SystemInfo"] == (
        "<p>&lt;img src=x&gt; @x</p>"
    )


def test_a_value_that_a_field_does_not_take_lists_no_people(bot: AzureDevOpsConnection) -> None:
    known = {name: TypeField(name, name, allowed=("Lee", "Rae")) for name in (ACTIVITY, ASSIGNEE)}
    told = {name: wrong_value(Invalid("no"), bot.reader.processes, known, {name: "x"}) for name in (ACTIVITY, ASSIGNEE)}
    assert [getattr(one, "allowed", None) for one in told.values()] == [("Lee", "Rae"), ()]


def test_a_field_in_the_settings_that_the_bot_does_not_set_is_told_by_the_doctor(bot: AzureDevOpsConnection) -> None:
    with pytest.raises(NotToSet):
        bot.rights.lacking("Shop", (FieldValue("Area Path", "Shop"),))
