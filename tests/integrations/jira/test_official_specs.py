"""A journey on which the bot sends everything that it can: tests.specifications holds each request against the vendor's
own specification as the test ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.blocks import Paragraph, Text
from integrations.sandbox.records import Term
from rules.changes import (
    AddChildren,
    AddCriteria,
    AddLabel,
    AddSection,
    AddSubtasks,
    Change,
    CloseDuplicate,
    Criterion,
    LinkDuplicate,
    RewriteDescription,
    SetField,
    SetPriority,
)
from rules.model import Person
from tests.integrations.jira.deeds import apply, undo

HELLO = (Paragraph((Text("Hello"),)),)


def journey(world: Any) -> None:
    jira = world.jira
    key, old = world.file("A", world.text("words"), priority="Medium"), world.file("Old")
    dana = Person(world.tracker.user("dana").id, "Dana")
    jira.reader.fetch(key)
    jira.reader.vocabulary("SHOP")
    jira.reader.moved("SHOP", datetime.now(UTC) - timedelta(minutes=5), None, "labels = x")
    jira.reader.is_within(key, "labels = x")
    world.tracker.add_term(Term("component", 0, "Cart"))
    jira.people.may_edit(dana, key)
    jira.people.in_group(dana, "Developers", "SHOP")
    jira.people.in_group(dana, "shop-deciders", "SHOP")
    comment = jira.commenter.post(key, HELLO, "m", only_for="role:Administrators")
    jira.commenter.edit(key, comment, HELLO, "m", only_for="role:Administrators")
    jira.commenter.post(key, HELLO, "m2", reply_to=comment)
    jira.commenter.find(key, "m")
    jira.drafter.create(old, "Draft", HELLO, "d")
    changes: list[Change] = [
        AddCriteria((Criterion("given"),)),
        SetPriority("Medium", "High"),
        AddLabel("x"),
        LinkDuplicate(old, "Old"),
        AddSubtasks(("one",)),
        AddSection("Scope", ("words",), ("one",)),
        RewriteDescription("other words"),
        SetField("summary", "A", "B"),
        SetField("component", None, "Cart"),
        SetField("estimate", None, "3"),
        SetField("assignee", None, "Dana Duarte", dana.id),
        SetField("status", "To Do", "In Progress"),
        CloseDuplicate(old, "Old"),
        *([AddChildren("Story", ("one",))] if world.cloud else []),
    ]
    for change in changes:
        # Each on an issue of its own: so many writes to one within seconds are spaced.
        key = world.file("A", world.text("words"), priority="Medium")
        undo(world, apply(world, key, change))


def test_every_request_is_in_the_specification(world: Any) -> None:
    journey(world)
    assert {request.method for request in world.mounted.faults.requests} == {"GET", "PUT", "POST", "DELETE"}
