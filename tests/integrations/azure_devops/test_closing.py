"""Duplicates that are closed: link and state in one write, and both taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from integrations.azure_devops.client import AzureDevOpsConnection
from integrations.sandbox.azure_devops.processes import REQUIREMENT, Process
from integrations.sandbox.records import Item
from integrations.sandbox.site import Mounted
from integrations.tracker import Conflict, Incomplete, Invalid, Unreachable
from rules.changes import CloseDuplicate, FieldValue
from rules.model import Link
from tests.integrations.azure_devops.deeds import ACTIVITY, apply, edit, make, planned, read, undo


@pytest.fixture
def original(ado: Mounted) -> Item:
    return make(ado, "Pay")


@pytest.fixture
def copy(ado: Mounted) -> Item:
    return make(ado, "Pay again", status="Active", **{"System.Reason": "Asked for by sales"})


def close(original: Item) -> CloseDuplicate:
    return CloseDuplicate(str(original.id), original.summary)


def test_a_duplicate_is_linked_and_closed_in_one_revision(
    ado: Mounted, bot: AzureDevOpsConnection, original: Item, copy: Item
) -> None:
    before = read(bot, copy)
    plan = bot.applier.plan(str(copy.id), close(original), {"status": before.digests["status"]}, "m1")
    receipt = bot.applier.perform(plan)
    closed = read(bot, copy)
    assert (closed.status, closed.status_category, closed.version) == ("Closed", "done", "2")
    assert closed.links == (Link("duplicates", str(original.id), "duplicate"),)
    assert (receipt.field, receipt.writes) == ("status", ("2",))
    again = bot.applier.perform(plan)
    assert (again.writes, again.details, read(bot, copy).version) == (("2",), receipt.details, "2")
    undo(bot, again)
    opened = read(bot, copy)
    assert (opened.status, opened.links, opened.version) == ("Active", (), "3")
    assert ado.tracker.item(copy.id).fields["System.Reason"] == "Asked for by sales"
    undo(bot, again)
    assert read(bot, copy).version == "3"


def test_fault_24_a_duplicate_whose_answer_was_lost_is_closed_once(
    ado: Mounted, bot: AzureDevOpsConnection, original: Item, copy: Item
) -> None:
    plan = planned(bot, copy, close(original))
    ado.faults.lose_answer(method="PATCH")
    try:
        receipt = bot.applier.perform(plan)
    except Unreachable:
        receipt = bot.applier.perform(plan)
    assert (receipt.writes, read(bot, copy).version) == (("2",), "2")
    undo(bot, receipt)
    assert (read(bot, copy).status, read(bot, copy).links) == ("Active", ())


def test_fault_26_a_duplicate_that_a_person_has_moved_on_is_neither_closed_nor_linked(
    ado: Mounted, bot: AzureDevOpsConnection, original: Item, copy: Item
) -> None:
    plan = planned(bot, copy, close(original))
    edit(ado, copy, status="Resolved")
    with pytest.raises(Conflict) as raised:
        bot.applier.perform(plan)
    assert (raised.value.field, raised.value.by) == ("status", "Lee Lindqvist")
    assert read(bot, copy).links == ()


def test_fault_26_a_duplicate_that_a_person_has_opened_again_is_left_to_them(
    ado: Mounted, bot: AzureDevOpsConnection, original: Item, copy: Item
) -> None:
    receipt = apply(bot, copy, close(original))
    edit(ado, copy, status="Resolved")
    with pytest.raises(Conflict):
        undo(bot, receipt)
    assert len(read(bot, copy).links) == 1


def test_a_link_that_a_person_had_made_stays_when_the_closing_is_taken_back(
    ado: Mounted, bot: AzureDevOpsConnection, original: Item, copy: Item
) -> None:
    ado.tracker.add_link(ado.tracker.user("lee"), "System.LinkTypes.Duplicate", original.id, copy.id)
    receipt = apply(bot, copy, close(original))
    assert read(bot, copy).status == "Closed"
    undo(bot, receipt)
    assert (read(bot, copy).status, len(read(bot, copy).links)) == ("Active", 1)


def test_an_item_that_is_closed_already_is_only_linked(
    ado: Mounted, bot: AzureDevOpsConnection, original: Item
) -> None:
    done = make(ado, status="Closed")
    receipt = apply(bot, done, close(original))
    assert (read(bot, done).status, len(read(bot, done).links)) == ("Closed", 1)
    undo(bot, receipt)
    assert (read(bot, done).status, read(bot, done).links) == ("Closed", ())


def test_where_nothing_is_ever_completed_a_duplicate_is_removed(
    ado: Mounted, bot: AzureDevOpsConnection, original: Item
) -> None:
    states = {"Open": "todo", "Dropped": "done"}
    process = Process(types={"User Story": REQUIREMENT}, states=states, categories={"Dropped": "Removed"})
    ado.vendor.give_process("Shop", process)
    item = make(ado, status="Open")
    apply(bot, item, close(original))
    assert read(bot, item).status == "Dropped"


def test_where_nothing_is_ever_closed_a_duplicate_can_only_be_linked(
    ado: Mounted, bot: AzureDevOpsConnection, original: Item
) -> None:
    ado.vendor.give_process("Shop", Process(types={"User Story": REQUIREMENT}, states={"Open": "todo"}))
    with pytest.raises(Invalid):
        planned(bot, make(ado, status="Open"), close(original))


def test_closing_that_wants_a_field_names_it(
    ado: Mounted, bot: AzureDevOpsConnection, original: Item, copy: Item
) -> None:
    ado.vendor.give_process("Shop", Process(required_in={"Closed": frozenset({ACTIVITY})}))
    with pytest.raises(Incomplete) as raised:
        planned(bot, copy, close(original))
    assert raised.value.fields == ("Activity",)
    assert read(bot, copy).links == ()
    receipt = apply(bot, copy, replace(close(original), fields=(FieldValue("activity", "Design"),)))
    assert (read(bot, copy).status, ado.tracker.item(copy.id).fields[ACTIVITY]) == ("Closed", "Design")
    undo(bot, receipt)
    assert (read(bot, copy).status, ado.tracker.item(copy.id).fields.get(ACTIVITY)) == ("Active", None)


def test_fault_24_an_undo_without_a_way_back_takes_the_link_away_and_is_found_made(
    ado: Mounted, bot: AzureDevOpsConnection, original: Item, copy: Item
) -> None:
    receipt = apply(bot, copy, close(original))
    ado.vendor.give_process("Shop", Process(required_in={"Active": frozenset({ACTIVITY})}))
    plan = bot.applier.plan_undo(receipt, "u1")
    for _ in range(2):
        assert bot.applier.perform(plan).details == {"left": ["status"]}
        assert (read(bot, copy).status, read(bot, copy).links) == ("Closed", ())


def test_what_a_person_puts_beside_a_closing_while_it_is_taken_back_stays(
    ado: Mounted, bot: AzureDevOpsConnection, original: Item, copy: Item
) -> None:
    receipt = apply(bot, copy, replace(close(original), fields=(FieldValue("activity", "Design"),)))
    plan = bot.applier.plan_undo(receipt, "u1")
    edit(ado, copy, **{ACTIVITY: "Testing"})
    assert bot.applier.perform(plan).details["edited"] == ["Activity"]
    assert (read(bot, copy).status, ado.tracker.item(copy.id).fields[ACTIVITY]) == ("Active", "Testing")


def test_what_was_set_beside_a_closing_is_put_back_where_a_person_has_opened_the_item_again(
    ado: Mounted, bot: AzureDevOpsConnection, original: Item, copy: Item
) -> None:
    receipt = apply(bot, copy, replace(close(original), fields=(FieldValue("activity", "Design"),)))
    edit(ado, copy, status="Active")
    undo(bot, receipt)
    assert (read(bot, copy).links, ado.tracker.item(copy.id).fields.get(ACTIVITY)) == ((), None)
