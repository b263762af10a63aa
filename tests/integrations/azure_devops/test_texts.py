"""Criteria, sections and whole descriptions on a sandbox organisation: the rest of a text stays to the last byte."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.azure_devops.client import AzureDevOpsConnection
from integrations.sandbox.records import Item
from integrations.sandbox.site import Mounted
from integrations.tracker import Conflict, Invalid, Unreachable
from rules.changes import AddCriteria, AddSection, Change, Criterion, RewriteDescription
from tests.integrations.azure_devops.deeds import CRITERIA_FIELD, apply, edit, make, planned, read, undo

STEPS = "Microsoft.VSTS.TCM.ReproSteps"
CRITERIA = AddCriteria((Criterion("it is kept"), Criterion("within 30 s", is_assumption=True)))
SECTION = AddSection("How to see it", ("Take a card.",), ("pay", "wait"))
OTHER = AddSection("Not part of it", (), ("refunds",))
REWRITE = RewriteDescription("As a buyer\n\n## Why\n\nIt costs orders.\n- one\n- two")
CHANGES: dict[str, Change] = {"criteria": CRITERIA, "section": SECTION, "rewrite": REWRITE}
KINDS = list(CHANGES)


def native(ado: Mounted, item: Item, kind: str = "section") -> Any:
    now = ado.tracker.item(item.id)
    return now.fields.get(CRITERIA_FIELD) if kind == "criteria" else now.description


@pytest.fixture(params=["html", "markdown"])
def item(ado: Mounted, request: pytest.FixtureRequest) -> Item:
    if request.param == "html":
        return make(ado, description="<div>As a buyer</div>", **{CRITERIA_FIELD: "<ul><li>x</li></ul>"})
    formats = {"System.Description": "markdown", CRITERIA_FIELD: "markdown"}
    return make(ado, description="As a buyer", formats=formats, **{CRITERIA_FIELD: "- x"})


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_is_written_once_and_taken_back_to_the_last_byte(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item, kind: str
) -> None:
    before, formats = native(ado, item, kind), ado.tracker.item(item.id).formats
    field = "acceptance_criteria" if kind == "criteria" else "description"
    expected = {field: read(bot, item).digests[field]}
    plan = bot.applier.plan(str(item.id), CHANGES[kind], expected, "m1")
    receipt = bot.applier.perform(plan)
    assert (receipt.field, receipt.writes) == (field, ("2",))
    written = native(ado, item, kind)
    assert written != before
    assert kind == "rewrite" or written.startswith(before)
    assert bot.applier.perform(plan) == receipt
    assert ado.tracker.item(item.id).rev == 2
    undo(bot, receipt)
    assert (native(ado, item, kind), ado.tracker.item(item.id).formats) == (before, formats)
    undo(bot, receipt)
    assert ado.tracker.item(item.id).rev == 3


@pytest.mark.parametrize("kind", KINDS)
def test_fault_24_a_text_whose_answer_was_lost_is_written_once(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item, kind: str
) -> None:
    before = native(ado, item, kind)
    plan = planned(bot, item, CHANGES[kind])
    ado.faults.lose_answer(method="PATCH")
    try:
        receipt = bot.applier.perform(plan)
    except Unreachable:
        receipt = bot.applier.perform(plan)
    assert (receipt.writes, ado.tracker.item(item.id).rev) == (("2",), 2)
    undo(bot, receipt)
    assert native(ado, item, kind) == before


@pytest.mark.parametrize("kind", KINDS)
def test_fault_26_a_text_that_a_person_has_edited_is_left_to_them(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item, kind: str
) -> None:
    plan = planned(bot, item, CHANGES[kind])
    name = CRITERIA_FIELD if kind == "criteria" else "description"
    edit(ado, item, **{name: "mine"})
    with pytest.raises(Conflict) as raised:
        bot.applier.perform(plan)
    assert (raised.value.field, raised.value.by) == (plan.field, "Lee Lindqvist")
    edit(ado, item, "dana", **{name: plan.before["value"]})
    receipt = bot.applier.perform(plan)
    edit(ado, item, **{name: "mine"})
    with pytest.raises(Conflict):
        undo(bot, receipt)
    assert native(ado, item, kind) == "mine"


def test_criteria_go_to_the_field_that_the_type_has_for_them(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item
) -> None:
    before = native(ado, item)
    apply(bot, item, CRITERIA)
    assert read(bot, item).acceptance_criteria.replace("*", "-").splitlines()[-2:] == [
        "- it is kept",
        "- -assumption:- within 30 s" if item.formats else "- assumption: within 30 s",
    ]
    assert native(ado, item) == before


def test_fault_26_criteria_are_not_written_beside_a_description_that_has_changed(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item
) -> None:
    plan = planned(bot, item, CRITERIA)
    before = native(ado, item, "criteria")
    edit(ado, item, description="mine")
    with pytest.raises(Conflict) as raised:
        bot.applier.perform(plan)
    assert (raised.value.field, raised.value.by) == ("description", "Lee Lindqvist")
    assert native(ado, item, "criteria") == before


def test_an_empty_field_for_criteria_is_empty_again(ado: Mounted, bot: AzureDevOpsConnection) -> None:
    item = make(ado)
    receipt = apply(bot, item, CRITERIA)
    assert native(ado, item, "criteria").startswith("<ul><li>it is kept</li>")
    undo(bot, receipt)
    assert CRITERIA_FIELD not in ado.tracker.item(item.id).fields


@pytest.mark.parametrize("steps", [None, "<div>click</div>"])
def test_a_bug_without_description_takes_criteria_behind_its_steps(
    ado: Mounted, bot: AzureDevOpsConnection, steps: str | None
) -> None:
    bug = make(ado, type="Bug", **({STEPS: steps} if steps else {}))
    receipt = apply(bot, bug, CRITERIA)
    assert receipt.field == "description"
    assert "### Acceptance criteria" in read(bot, bug).description
    assert ado.tracker.item(bug.id).description is None
    undo(bot, receipt)
    assert ado.tracker.item(bug.id).fields.get(STEPS) == steps


@pytest.mark.parametrize("first_undone", [0, 1])
def test_two_sections_do_not_disturb_one_another(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item, first_undone: int
) -> None:
    before = native(ado, item)
    receipts = [apply(bot, item, SECTION, "m1"), apply(bot, item, OTHER, "m2")]
    undo(bot, receipts[first_undone])
    left = read(bot, item).description
    assert ("How to see it" in left, "Not part of it" in left) == (first_undone == 1, first_undone == 0)
    assert native(ado, item).startswith(before)
    undo(bot, receipts[1 - first_undone])
    assert native(ado, item) == before


def test_a_section_that_is_there_is_not_added_again_when_another_has_followed(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item
) -> None:
    plan = planned(bot, item, SECTION)
    bot.applier.perform(plan)
    apply(bot, item, OTHER, "m2")
    bot.applier.perform(plan)
    assert read(bot, item).description.count("How to see it") == 1


def test_what_a_person_has_written_above_a_section_stays_when_it_goes(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item
) -> None:
    receipt = apply(bot, item, SECTION)
    edit(ado, item, description=native(ado, item).replace("buyer", "patient buyer"))
    undo(bot, receipt)
    assert read(bot, item).description == "As a patient buyer"


def test_a_section_that_a_person_has_gone_on_with_is_not_taken_away(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item
) -> None:
    receipt = apply(bot, item, SECTION)
    edit(ado, item, description=native(ado, item) + ("\n- mine" if item.formats else "mine"))
    with pytest.raises(Conflict):
        undo(bot, receipt)


def test_a_description_that_would_lose_something_is_not_written_anew(ado: Mounted, bot: AzureDevOpsConnection) -> None:
    item = make(ado, description="<div>As a <b>buyer</b></div>")
    assert not read(bot, item).rewritable
    with pytest.raises(Invalid):
        planned(bot, item, REWRITE)


def test_a_description_written_anew_reads_as_it_was_shown(ado: Mounted, bot: AzureDevOpsConnection, item: Item) -> None:
    assert read(bot, item).rewritable
    apply(bot, item, REWRITE)
    shown = read(bot, item).description
    assert [line for line in shown.splitlines() if line] == [line for line in REWRITE.text.splitlines() if line]


def test_trap_a_markdown_field_is_never_given_html(ado: Mounted, bot: AzureDevOpsConnection, item: Item) -> None:
    for number, change in enumerate((CRITERIA, SECTION)):
        apply(bot, item, change, f"m{number}")
    now = ado.tracker.item(item.id)
    texts = str(now.description) + str(now.fields[CRITERIA_FIELD])
    assert ("<" in texts) != bool(item.formats)
    assert {name: text.lower() for name, text in now.formats.items()} == dict(item.formats)


def test_trap_a_text_that_a_person_has_turned_into_markdown_is_not_given_html(
    ado: Mounted, bot: AzureDevOpsConnection
) -> None:
    item = make(ado, description="As a buyer")
    plan = planned(bot, item, SECTION)
    lee, formats = ado.tracker.user("lee"), {"System.Description": "markdown"}
    ado.tracker.change_item(lee, item.id, {}, formats=formats)
    with pytest.raises(Conflict):
        bot.applier.perform(plan)
    assert ado.tracker.item(item.id).description == "As a buyer"
