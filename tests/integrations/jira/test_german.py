"""A site whose administrator named everything in German: nothing here compares with an English name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from integrations.jira.client import JiraConnection
from integrations.jira.session import BasicAuth, BearerAuth
from integrations.sandbox.jira.scheme import CUSTOM, Field, Scheme, arrange
from integrations.sandbox.site import Site, serve
from integrations.sandbox.state import Tracker
from rules.changes import (
    AddChildren,
    AddCriteria,
    AddSubtasks,
    Change,
    CloseDuplicate,
    Criterion,
    SetField,
    SetPriority,
)

OWN = Field(
    "customfield_10050",
    "Akzeptanzkriterien",
    {"type": "string", "custom": f"{CUSTOM}:textarea", "customId": 10050},
)


@pytest.fixture(params=["jira-cloud", "jira-data-center"])
def site(request: pytest.FixtureRequest) -> Iterator[tuple[Tracker, JiraConnection]]:
    tracker = Tracker("jira", request.param, language="de")
    with serve(Site([tracker])) as served:
        cloud = request.param == "jira-cloud"
        auth = BasicAuth("steward@corner-shop.example", "token-steward") if cloud else BearerAuth("token-steward")
        flavour: Any = "cloud" if cloud else "data_center"
        yield tracker, JiraConnection("shop", f"{served.url}/jira", auth, flavour)
    tracker.close()


def test_items_are_read_in_their_own_words(site: tuple[Tracker, JiraConnection]) -> None:
    tracker, jira = site
    key = tracker.create_item(tracker.user("rae"), "SHOP", "Fehler", "Warenkorb leer").key
    item = jira.reader.fetch(key)
    assert (item.type, item.status, item.status_category, item.priority) == ("Fehler", "Zu erledigen", "todo", "Mittel")
    words = jira.reader.vocabulary("SHOP")
    assert words.priorities[:2] == ("Am höchsten", "Hoch")
    assert words.subtask_type == "Unteraufgabe"


def test_changes_are_made_and_taken_back(site: tuple[Tracker, JiraConnection]) -> None:
    tracker, jira = site
    arrange(tracker, "SHOP", Scheme(fields=(OWN,)))
    rae = tracker.user("rae")
    key, old = (tracker.create_item(rae, "SHOP", "Fehler", summary).key for summary in ("A", "B"))
    changes: list[Change] = [
        AddCriteria((Criterion("der Warenkorb bleibt"),)),
        SetPriority("Mittel", "Hoch"),
        SetField("status", "Zu erledigen", "in arbeit"),
        AddSubtasks(("eins",)),
        CloseDuplicate(old, "B"),
    ]
    before = tracker.item(key)
    receipts = []
    for change in changes:
        receipts.append(jira.applier.perform(jira.applier.plan(key, change, {}, f"m{len(receipts)}")))
    item = jira.reader.fetch(key)
    assert (item.status, item.priority, item.acceptance_criteria) == ("Fertig", "Hoch", "- der Warenkorb bleibt")
    assert [(link.phrase, link.key, link.kind) for link in item.links] == [("dupliziert", old, "duplicate")]
    for receipt in reversed(receipts):
        jira.applier.perform(jira.applier.plan_undo(receipt, "u"))
    after = tracker.item(key)
    names = ("status", "priority", "resolution", "fields", "description")
    assert [getattr(after, name) for name in names] == [getattr(before, name) for name in names]
    assert jira.reader.fetch(key).links == ()


def test_children_are_of_a_type_in_the_projects_own_language(site: tuple[Tracker, JiraConnection]) -> None:
    tracker, jira = site
    if tracker.flavour != "jira-cloud":
        pytest.skip("Data Center wants a field for the epic, as in test_created")
    epic = tracker.create_item(tracker.user("rae"), "SHOP", "Epos", "Kasse")
    plan = jira.applier.plan(epic.key, AddChildren("geschichte", ("eins",)), {}, "m")
    jira.applier.perform(plan)
    assert [child.type for child in tracker.children(epic.id)] == ["Geschichte"]
