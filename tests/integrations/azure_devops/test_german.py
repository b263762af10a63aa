"""A project whose process has German words: nothing is known by its English name."""

from __future__ import annotations

import pytest

from integrations.azure_devops.client import AzureDevOpsConnection
from integrations.sandbox.azure_devops.processes import GERMAN
from integrations.sandbox.records import Item
from integrations.sandbox.site import Mounted
from integrations.tracker import Invalid
from rules.changes import AddChildren, AddCriteria, AddSubtasks, CloseDuplicate, Criterion, SetField
from tests.integrations.azure_devops.deeds import apply, make, read, undo


@pytest.fixture
def item(ado: Mounted) -> Item:
    roles = {"dana": "Developers", "steward": "Administrators"}
    ado.tracker.add_project("Laden", "Laden", roles=roles)
    ado.vendor.give_process("Laden", GERMAN)
    return make(ado, "Kasse", type="Anforderung", project="Laden", status="Neu", description="<div>Als Käufer</div>")


def test_a_german_project_has_its_own_words(bot: AzureDevOpsConnection, item: Item) -> None:
    words = bot.reader.vocabulary("Laden")
    assert set(words.types) == set(GERMAN.types)
    assert words.subtask_type == "Aufgabe"
    assert "Aufgabe" not in bot.reader.vocabulary("Shop").types


def test_states_are_known_by_their_category(ado: Mounted, bot: AzureDevOpsConnection, item: Item) -> None:
    categories = []
    for status in GERMAN.states:
        ado.tracker.change_item(ado.tracker.user("dana"), item.id, {"status": status})
        categories.append(read(bot, item).status_category)
    assert categories == ["todo", "doing", "done"]


def test_a_state_is_set_by_its_german_name_only(bot: AzureDevOpsConnection, item: Item) -> None:
    receipt = apply(bot, item, SetField("status", "Neu", "in arbeit"))
    assert read(bot, item).status == "In Arbeit"
    undo(bot, receipt)
    assert read(bot, item).status == "Neu"
    with pytest.raises(Invalid):
        apply(bot, item, SetField("status", "Neu", "Active"))


def test_a_german_duplicate_is_closed(ado: Mounted, bot: AzureDevOpsConnection, item: Item) -> None:
    original = make(ado, "Kasse", type="Fehler", project="Laden", status="Neu")
    receipt = apply(bot, item, CloseDuplicate(original.key, original.summary))
    assert (read(bot, item).status, read(bot, item).links[0].kind) == ("Geschlossen", "duplicate")
    undo(bot, receipt)
    assert (read(bot, item).status, read(bot, item).links) == ("Neu", ())


def test_german_children_and_criteria(ado: Mounted, bot: AzureDevOpsConnection, item: Item) -> None:
    receipts = [
        apply(bot, item, AddSubtasks(("Knopf",)), "m1"),
        apply(bot, item, AddChildren("fehler", ("Absturz",)), "m2"),
        apply(bot, item, AddCriteria((Criterion("bleibt erhalten"),)), "m3"),
    ]
    children = ado.tracker.children(item.id)
    assert [(child.type, child.status) for child in children] == [("Aufgabe", "Neu"), ("Fehler", "Neu")]
    assert receipts[2].field == "acceptance_criteria"
    for receipt in reversed(receipts):
        undo(bot, receipt)
    assert (ado.tracker.children(item.id), read(bot, item).acceptance_criteria) == ([], "")
