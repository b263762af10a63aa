"""Child items and required fields; on both flavours of the sandbox."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.jira.changes.created.required import native_value
from integrations.sandbox.jira.scheme import CUSTOM, EPIC_LINK, Field, Scheme, arrange
from integrations.tracker import Conflict, Incomplete, Invalid, NoSuchField, NotToSet, Refused, Unreachable
from rules.changes import AddChildren, AddSubtasks, FieldValue
from tests.integrations.jira.deeds import apply, undo

EPIC = Field("customfield_10014", "Epic Link", {"type": "any", "custom": EPIC_LINK, "customId": 10014})
TEAM = Field(
    "customfield_10060",
    "Team",
    {"type": "option", "custom": f"{CUSTOM}:select", "customId": 10060},
    required=True,
    options=("Web", "Store"),
)
STORIES = AddChildren("story", ("one", "two", "three"))


def below(world: Any, key: str) -> list[tuple[str, str]]:
    return [(item.type, item.summary) for item in world.tracker.children(world.id(key))]


@pytest.fixture
def epic(world: Any) -> str:
    arrange(world.tracker, "SHOP", Scheme(fields=() if world.cloud else (EPIC,)))
    filed: str = world.tracker.create_item(world.tracker.user("rae"), "SHOP", "Epic", "Checkout").key
    return filed


def test_stories_are_created_below_an_epic_in_order_and_deleted_by_undo(world: Any, epic: str) -> None:
    receipt = apply(world, epic, STORIES)
    assert below(world, epic) == [("Story", "one"), ("Story", "two"), ("Story", "three")]
    assert len(receipt.writes) == 3
    undo(world, receipt)
    assert below(world, epic) == []
    undo(world, receipt)


def test_a_plan_for_children_made_twice_is_made_once(world: Any, epic: str) -> None:
    plan = world.jira.applier.plan(epic, STORIES, {}, "m")
    assert world.jira.applier.perform(plan) == world.jira.applier.perform(plan)
    assert len(below(world, epic)) == 3


@pytest.mark.parametrize("index_is_late", [False, True])
def test_fault_25_a_child_whose_answer_was_lost_is_found_even_before_the_index_knows_it(
    world: Any, epic: str, index_is_late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = world.jira.applier.plan(epic, STORIES, {}, "m")
    if index_is_late:
        monkeypatch.setattr(world.jira.reader, "found", lambda query, most: ())
    world.file("Somebody else's, meanwhile")
    world.mounted.faults.lose_answer(method="POST", path="/issue$")
    with pytest.raises(Unreachable):
        world.jira.applier.perform(plan)
    receipt = world.jira.applier.perform(plan)
    assert [summary for _, summary in below(world, epic)] == ["one", "two", "three"]
    assert len(set(receipt.writes)) == 3


@pytest.mark.parametrize("touch", ["edit", "comment", "sub-task"])
def test_a_child_that_somebody_touched_is_not_deleted(world: Any, epic: str, touch: str) -> None:
    receipt = apply(world, epic, STORIES)
    child = receipt.writes[1]
    if touch == "edit":
        world.change(child, by="lee", summary="more")
    elif touch == "comment":
        world.say(child, "mine", by="lee")
    else:
        kind = "Subtask" if world.cloud else "Sub-task"
        world.tracker.create_item(world.tracker.user("lee"), "SHOP", kind, "inner", parent=world.id(child))
    with pytest.raises(Conflict):
        undo(world, receipt)
    assert len(below(world, epic)) == 3


def test_a_type_that_the_project_lacks_or_that_takes_no_parent_is_refused(world: Any, epic: str) -> None:
    with pytest.raises(Invalid):
        world.jira.applier.plan(epic, AddChildren("Wish", ("one",)), {}, "m")
    subtask = "Subtask" if world.cloud else "Sub-task"
    with pytest.raises(Invalid):
        world.jira.applier.plan(epic, AddChildren(subtask, ("one",)), {}, "m")
    if not world.cloud:
        arrange(world.tracker, "SHOP", Scheme())
        with pytest.raises(Invalid, match="below"):
            world.jira.applier.plan(epic, STORIES, {}, "m")


CHANGES = [AddSubtasks, lambda summaries, fields=(): AddChildren("Story", summaries, fields)]


@pytest.mark.parametrize("made", CHANGES)
def test_a_required_field_without_a_value_is_asked_for_by_its_name(world: Any, epic: str, made: Any) -> None:
    own = () if world.cloud else (EPIC,)
    usual = Field("customfield_10061", "Area", {"type": "string", "custom": "x:y"}, required=True, has_default=True)
    arrange(world.tracker, "SHOP", Scheme(fields=(TEAM, usual, *own)))
    with pytest.raises(Incomplete) as caught:
        world.jira.applier.plan(epic, made(("one",)), {}, "m")
    assert caught.value.fields == ("Team",)
    receipt = apply(world, epic, made(("one",), (FieldValue("team", "store"), FieldValue("Elsewhere", "x"))))
    assert world.tracker.item(receipt.writes[0]).fields["customfield_10060"]["value"] == "Store"


def schema(kind: str, custom: str, items: str = "") -> dict[str, Any]:
    return {"type": kind, "custom": f"{CUSTOM}:{custom}", **({"items": items} if items else {})}


@pytest.mark.parametrize(
    ("field", "given", "stored"),
    [
        (Field("customfield_1", "F", schema("string", "textfield"), True), "a, b", "a, b"),
        (Field("customfield_1", "F", schema("number", "float"), True), "2.5", 2.5),
        (Field("customfield_1", "F", schema("date", "datepicker"), True), "2026-12-03", "2026-12-03"),
        (Field("customfield_1", "F", schema("array", "labels", "string"), True), "a, b", ["a", "b"]),
        (
            Field("customfield_1", "F", schema("array", "multiselect", "option"), True, options=("x", "y")),
            "Y, x",
            [{"id": "11", "value": "y"}, {"id": "10", "value": "x"}],
        ),
    ],
)
def test_a_value_is_sent_as_its_field_takes_it(world: Any, epic: str, field: Field, given: str, stored: Any) -> None:
    arrange(world.tracker, "SHOP", Scheme(fields=(field,)))
    receipt = apply(world, epic, AddSubtasks(("one",), (FieldValue("F", given),)))
    assert world.tracker.item(receipt.writes[0]).fields["customfield_1"] == stored


def test_a_long_text_is_sent_in_the_native_form(world: Any, epic: str) -> None:
    arrange(world.tracker, "SHOP", Scheme(fields=(Field("customfield_1", "F", schema("string", "textarea"), True),)))
    receipt = apply(world, epic, AddSubtasks(("one",), (FieldValue("F", "words"),)))
    assert world.tracker.item(receipt.writes[0]).fields["customfield_1"] == world.text("words")


@pytest.mark.parametrize(
    ("field", "given"),
    [
        (Field("customfield_1", "F", schema("number", "float"), True), "many"),
        (Field("customfield_1", "F", schema("option", "select"), True, options=("x",)), "z"),
        (Field("customfield_1", "F", schema("user", "userpicker"), True), "Dana"),
        (Field("customfield_1", "F", {"type": "array", "custom": "com.pyxis:gh-sprint"}, False), "Sprint 7"),
    ],
)
def test_a_value_that_its_field_does_not_take_is_refused(world: Any, epic: str, field: Field, given: str) -> None:
    arrange(world.tracker, "SHOP", Scheme(fields=(field,)))
    with pytest.raises(Invalid):
        world.jira.applier.plan(epic, AddSubtasks(("one",), (FieldValue("F", given),)), {}, "m")
    assert below(world, epic) == []


def test_a_child_has_the_security_level_of_its_parent_or_is_not_made(
    world: Any, epic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.tracker.restrict(world.id(epic), "steward")
    with pytest.raises(Refused, match="security level") as refused:
        apply(world, epic, STORIES)
    assert "create screen" in refused.value.missing
    screen, level = world.jira.reader.create_fields, {"fieldId": "security", "name": "Security Level"}
    level |= {"required": True, "schema": {"type": "securitylevel", "system": "security"}}
    monkeypatch.setattr(world.jira.reader, "create_fields", lambda *place: [*screen(*place), level])
    for key in apply(world, epic, STORIES).writes:
        assert world.tracker.item(key).fields["security"] == "Confidential"


@pytest.mark.parametrize("schema", [{"type": "user"}, {"type": "array", "items": "user"}, {"type": "group"}])
def test_people_are_no_value_that_a_line_gives(schema: dict[str, str]) -> None:
    field = {"schema": schema, "allowedValues": [{"id": "1", "name": "Lee"}]}
    with pytest.raises(NotToSet):
        native_value(field, "Reviewers", "Lee", lambda blocks: blocks)


@pytest.mark.parametrize(("name", "why"), [("Titel", NoSuchField), ("summary", NotToSet)])
def test_a_field_that_a_person_names_and_the_bot_does_not_set_is_told(
    world: Any, epic: str, name: str, why: type[Invalid]
) -> None:
    with pytest.raises(why):
        world.jira.applier.plan(epic, AddSubtasks(("one",), (FieldValue(name, "x", spoken=True),)), {}, "m")
    apply(world, epic, AddSubtasks(("one",), (FieldValue(name, "named for other types"),)))
