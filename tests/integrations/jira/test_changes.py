"""Planned, made, found made, taken back, and refused where a person was faster; on both flavours of the sandbox."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.tracker import Conflict, Invalid, Missing, Refused, TooLong, Unreachable
from rules.changes import (
    AddCriteria,
    AddLabel,
    AddSubtasks,
    Change,
    Criterion,
    LinkDuplicate,
    RewriteDescription,
    SetPriority,
)
from tests.integrations.jira.deeds import apply, expected, undo

CRITERIA = AddCriteria((Criterion("the cart is kept"), Criterion("30 s", is_assumption=True)))


def native(world: Any, key: str) -> tuple[Any, ...]:
    item = world.tracker.item(key)
    return item.description, item.priority, set(item.labels), world.jira.reader.fetch(key).links


def changes(world: Any) -> list[Change]:
    return [CRITERIA, SetPriority("Medium", "High"), AddLabel("needs-details"), LinkDuplicate(world.file("Old"), "Old")]


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("description", [None, "Some words"])
def test_a_change_and_its_undo_leave_the_item_as_it_was(world: Any, number: int, description: str | None) -> None:
    text = None if description is None else world.text(description)
    key = world.file("A", text, priority="Medium", labels=("mine",))
    change = changes(world)[number]
    before = native(world, key)
    receipt = apply(world, key, change)
    assert native(world, key) != before
    assert receipt.writes
    own = {entry.id for entry in world.jira.reader.history(key) if entry.actor == world.jira.people.me()}
    assert set(receipt.writes) == own
    taken = undo(world, receipt)
    assert native(world, key) == before
    assert taken.writes
    assert not set(taken.writes) & set(receipt.writes)


@pytest.mark.parametrize("number", range(4))
def test_a_plan_made_twice_is_made_once(world: Any, number: int) -> None:
    key = world.file("A", world.text("words"), priority="Medium")
    change = changes(world)[number]
    plan = world.jira.applier.plan(key, change, expected(world, key, change), "m")
    first = world.jira.applier.perform(plan)
    after, entries = native(world, key), len(world.jira.reader.history(key))
    again = world.jira.applier.perform(plan)
    assert native(world, key) == after
    assert len(world.jira.reader.history(key)) == entries
    assert (again.details, again.writes) == (first.details, first.writes)


@pytest.mark.parametrize("number", range(4))
def test_fault_24_a_write_whose_answer_was_lost_is_found_made(world: Any, number: int) -> None:
    key = world.file("A", world.text("words"), priority="Medium")
    change = changes(world)[number]
    plan = world.jira.applier.plan(key, change, expected(world, key, change), "m")
    world.mounted.faults.lose_answer(method="POST" if number == 3 else "PUT")
    if number == 2:  # adding a label may simply be repeated
        receipt = world.jira.applier.perform(plan)
    else:
        with pytest.raises(Unreachable):
            world.jira.applier.perform(plan)
        receipt = world.jira.applier.perform(plan)
    assert receipt.writes
    writes = [request for request in world.mounted.faults.requests if request.method in {"PUT", "POST"}]
    assert len(writes) == (2 if number == 2 else 1)
    undo(world, receipt)


def test_the_section_is_added_behind_the_persons_words(world: Any) -> None:
    key = world.file("A", world.text("Words with a {brace} and *stars*"))
    apply(world, key, CRITERIA)
    reading = world.jira.reader.fetch(key).description
    expected_section = "\n\n### Acceptance criteria\n\n- the cart is kept\n- assumption: 30 s"
    assert reading.endswith(expected_section)
    stored = world.tracker.item(key).description
    original = world.text("Words with a {brace} and *stars*")
    if world.cloud:
        assert stored["content"][:1] == original["content"]
    else:
        assert stored.startswith(original)


def test_fault_26_an_edit_before_the_plan_is_a_conflict_that_names_the_person(world: Any) -> None:
    key = world.file("A", world.text("words"), priority="Medium")
    digests = expected(world, key, CRITERIA)
    world.change(key, by="lee", description=world.text("other words"))
    with pytest.raises(Conflict) as caught:
        world.jira.applier.plan(key, CRITERIA, digests, "m")
    assert (caught.value.field, caught.value.by) == ("description", "Lee Lindqvist")


@pytest.mark.parametrize("number", range(2))
def test_fault_26_an_edit_between_plan_and_write_is_kept(world: Any, number: int) -> None:
    key = world.file("A", world.text("words"), priority="Medium")
    change = changes(world)[number]
    plan = world.jira.applier.plan(key, change, expected(world, key, change), "m")
    world.change(key, by="lee", description=world.text("other words"), priority="Low")
    with pytest.raises(Conflict):
        world.jira.applier.perform(plan)
    assert world.tracker.item(key).description == world.text("other words")
    assert world.tracker.item(key).priority == "Low"


def meddle(world: Any, key: str, edit: Any) -> list[str]:
    """A person edits while the history is read for the first time; gives the list of the writes that follow."""
    live, sent = world.jira.applier._live, []
    read, write = live.entries, live.set

    def entries(wanted: str) -> Any:
        live.entries = read
        found = read(wanted)
        edit()
        return found

    def put(*args: Any) -> None:
        sent.append(args[1])
        write(*args)

    live.entries, live.set = entries, put
    return sent


@pytest.mark.parametrize("number", range(2))
@pytest.mark.parametrize("taken_back", [False, True])
def test_fault_26_an_edit_while_the_history_is_read_is_kept(world: Any, number: int, taken_back: bool) -> None:
    key = world.file("A", world.text("words"), priority="Medium")
    applier, change = world.jira.applier, changes(world)[number]
    plan = applier.plan(key, change, expected(world, key, change), "m")
    if taken_back:
        plan = applier.plan_undo(applier.perform(plan), "u")
    theirs = {"description": world.text("other words"), "priority": "Low"}
    sent = meddle(world, key, lambda: world.change(key, by="lee", **theirs))
    with pytest.raises(Conflict) as caught:
        applier.perform(plan)
    assert (caught.value.field, caught.value.by, sent) == (plan.field, "Lee Lindqvist", [])
    assert world.tracker.item(key).description == theirs["description"]
    assert world.tracker.item(key).priority == "Low"


@pytest.mark.parametrize("number", range(2))
@pytest.mark.parametrize("taken_back", [False, True])
def test_no_request_lies_between_the_comparison_and_the_write(world: Any, number: int, taken_back: bool) -> None:
    key = world.file("A", world.text("words"), priority="Medium")
    applier, change = world.jira.applier, changes(world)[number]
    plan = applier.plan(key, change, expected(world, key, change), "m")
    if taken_back:
        plan = applier.plan_undo(applier.perform(plan), "u")
    before = len(world.mounted.faults.requests)
    receipt = applier.perform(plan)
    made = world.mounted.faults.requests[before:]
    compared = made[[request.method for request in made].index("PUT") - 1]
    assert (compared.method, compared.query) == ("GET", f"fields={plan.field}")
    assert len(receipt.writes) == 1


def test_undo_keeps_what_a_person_wrote_elsewhere_and_yields_to_an_edited_section(world: Any) -> None:
    key = world.file("A", world.text("words"))
    receipt = apply(world, key, CRITERIA)
    stored = world.tracker.item(key).description
    if world.cloud:
        more = {**stored, "content": [*world.text("before")["content"], *stored["content"]]}
    else:
        more = f"before\n\n{stored}"
    world.change(key, description=more)
    undo(world, receipt)
    assert world.jira.reader.fetch(key).description == "before\n\nwords"
    receipt = apply(world, key, CRITERIA, "m2")
    stored = world.tracker.item(key).description
    edited = {**stored, "content": stored["content"][:-1]} if world.cloud else stored.replace("kept", "lost")
    world.change(key, by="lee", description=edited)
    with pytest.raises(Conflict) as caught:
        world.jira.applier.plan_undo(receipt, "u")
    assert caught.value.by == "Lee Lindqvist"
    assert world.tracker.item(key).description == edited


def test_undo_of_a_priority_yields_to_a_persons_choice(world: Any) -> None:
    key = world.file("A", priority="Medium")
    receipt = apply(world, key, SetPriority("Medium", "High"))
    world.change(key, by="lee", priority="Low")
    with pytest.raises(Conflict) as caught:
        world.jira.applier.plan_undo(receipt, "u")
    assert (caught.value.field, caught.value.by) == ("priority", "Lee Lindqvist")


def test_a_priority_that_is_not_as_shown_or_not_in_the_scheme_is_refused(world: Any) -> None:
    key = world.file("A", priority="Medium")
    with pytest.raises(Conflict):
        world.jira.applier.plan(key, SetPriority("Low", "High"), {}, "m")
    with pytest.raises(Invalid):
        world.jira.applier.plan(key, SetPriority("Medium", "Urgent"), {}, "m")


def test_a_label_that_was_there_before_is_not_taken_away(world: Any) -> None:
    key = world.file("A", labels=("needs-details",))
    receipt = apply(world, key, AddLabel("needs-details"))
    assert receipt.writes == ()
    undo(world, receipt)
    assert world.tracker.item(key).labels == ("needs-details",)


def test_a_label_with_a_space_is_refused(world: Any) -> None:
    key = world.file("A")
    with pytest.raises(Invalid):
        world.jira.applier.plan(key, AddLabel("needs details"), {}, "m")


def test_removing_a_label_leaves_the_others_and_may_be_repeated(world: Any) -> None:
    key = world.file("A", labels=("steward-accept", "mine"))
    for _ in range(2):
        world.jira.applier.remove_label(key, "steward-accept")
    assert world.tracker.item(key).labels == ("mine",)


def test_a_link_that_a_person_made_is_neither_made_again_nor_taken_away(world: Any) -> None:
    key, old = world.file("A"), world.file("Old")
    world.tracker.add_link(world.tracker.user("dana"), "Duplicate", world.id(key), world.id(old))
    receipt = apply(world, key, LinkDuplicate(old, "Old"))
    assert receipt.writes == ()
    undo(world, receipt)
    assert [link.key for link in world.jira.reader.fetch(key).links] == [old]


def test_a_link_says_that_this_item_duplicates_the_original(world: Any) -> None:
    key, old = world.file("A"), world.file("Old")
    apply(world, key, LinkDuplicate(old, "Old"))
    (link,) = world.jira.reader.fetch(key).links
    assert (link.phrase, link.key, link.kind) == ("duplicates", old, "duplicate")


def test_an_original_that_is_gone_is_missing_and_an_item_is_no_duplicate_of_itself(world: Any) -> None:
    key = world.file("A")
    with pytest.raises(Missing):
        world.jira.applier.plan(key, LinkDuplicate("SHOP-999", "x"), {}, "m")
    with pytest.raises(Invalid):
        world.jira.applier.plan(key, LinkDuplicate(key, "A"), {}, "m")


SUBTASKS = AddSubtasks(("one", "two", "three", "four", "five"))


def test_sub_tasks_are_created_in_order_and_deleted_by_undo(world: Any) -> None:
    key = world.file("A")
    receipt = apply(world, key, SUBTASKS)
    assert [child.summary for child in world.jira.reader.fetch(key).children] == list(SUBTASKS.summaries)
    assert len(receipt.writes) == 5
    undo(world, receipt)
    assert world.jira.reader.fetch(key).children == ()
    undo(world, receipt)


def test_fault_25_a_failure_after_three_of_five_sub_tasks_ends_in_five(world: Any) -> None:
    key = world.file("A")
    plan = world.jira.applier.plan(key, SUBTASKS, expected(world, key, SUBTASKS), "m")
    create, made = world.jira.drafter._subtasks._session.post, []

    def failing(path: str, body: Any, **needs: Any) -> Any:
        if len(made) == 3:
            made.append("lost")
            world.mounted.faults.lose_answer(method="POST")
        else:
            made.append(path)
        return create(path, body, **needs)

    world.jira.drafter._subtasks._session.post = failing
    with pytest.raises(Unreachable):
        world.jira.applier.perform(plan)
    assert len(world.jira.reader.fetch(key).children) == 4
    receipt = world.jira.applier.perform(plan)
    assert [child.summary for child in world.jira.reader.fetch(key).children] == list(SUBTASKS.summaries)
    assert len(set(receipt.writes)) == 5


@pytest.mark.parametrize("touch", ["edit", "comment"])
def test_a_sub_task_that_somebody_touched_is_not_deleted(world: Any, touch: str) -> None:
    key = world.file("A")
    receipt = apply(world, key, AddSubtasks(("one", "two")))
    child = receipt.writes[1]
    if touch == "edit":
        world.change(child, by="lee", summary="more")
    else:
        world.say(child, "I am on it", by="lee")
    with pytest.raises(Conflict) as caught:
        undo(world, receipt)
    assert caught.value.by == "Lee Lindqvist"
    assert len(world.jira.reader.fetch(key).children) == 2


def drafted(world: Any, key: str) -> list[str]:
    """Drafts of what SUBTASKS of marker "m" will ask for."""
    return [world.jira.drafter.create(key, word, (), f"m:{index}") for index, word in enumerate(SUBTASKS.summaries)]


def test_drafts_that_were_kept_are_taken_back(world: Any) -> None:
    key = world.file("A")
    drafts = drafted(world, key)
    for draft in drafts:
        world.jira.applier.remove_label(draft, "steward-draft")
    receipt = apply(world, key, SUBTASKS)
    assert receipt.writes == tuple(drafts)
    undo(world, receipt)
    assert world.jira.reader.fetch(key).children == ()


@pytest.mark.parametrize(
    "edit",
    [
        {"labels": ("steward-draft", "mine")},
        {"labels": ("mine",)},
        {"labels": (), "summary": "more"},
        {"summary": "more"},
    ],
)
def test_a_kept_draft_that_somebody_touched_is_not_deleted(world: Any, edit: dict[str, Any]) -> None:
    key = world.file("A")
    drafts = drafted(world, key)
    world.change(drafts[1], by="lee", **edit)
    for draft in drafts:
        world.jira.applier.remove_label(draft, "steward-draft")
    receipt = apply(world, key, SUBTASKS)
    with pytest.raises(Conflict) as caught:
        undo(world, receipt)
    assert caught.value.by == "Lee Lindqvist"
    assert len(world.jira.reader.fetch(key).children) == 5


def test_a_sub_task_has_no_sub_tasks(world: Any) -> None:
    child = apply(world, world.file("A"), AddSubtasks(("one",))).writes[0]
    with pytest.raises(Invalid):
        apply(world, child, AddSubtasks(("inner",)))


def test_a_right_that_lacks_is_named(plain_world: Any) -> None:
    world = plain_world
    key = world.file("A", priority="Medium")
    receipt = apply(world, key, AddSubtasks(("one",)))
    with pytest.raises(Refused) as caught:
        undo(world, receipt)
    assert "Delete Issues" in caught.value.missing
    world.tracker.set_role("SHOP", "steward", "Reporters")
    with pytest.raises(Refused) as caught:
        apply(world, key, SetPriority("Medium", "High"))
    assert "Edit Issues" in caught.value.missing


def test_fault_27_an_item_that_was_deleted_is_missing(world: Any) -> None:
    key = world.file("A", priority="Medium")
    change = SetPriority("Medium", "High")
    plan = world.jira.applier.plan(key, change, expected(world, key, change), "m")
    world.tracker.delete_item(world.tracker.user("ada"), world.id(key))
    with pytest.raises(Missing):
        world.jira.applier.perform(plan)


def test_a_description_that_would_swallow_the_section_is_refused(world: Any) -> None:
    if world.cloud:
        pytest.skip("documents have no unclosed macros")
    key = world.file("A", "log:\n{code}\nx")
    with pytest.raises(Invalid):
        apply(world, key, CRITERIA)


@pytest.mark.parametrize("text", ["été " * 3500, "日本語" * 2000, "a b c\n\n" * 600], ids=["accents", "kana", "blocks"])
def test_only_what_people_read_counts_against_the_length_of_a_text(world: Any, text: str) -> None:
    key = world.file("A", world.text("words"))
    undo(world, apply(world, key, RewriteDescription(text.strip())))
    world.change(key, description=world.jira.applier.plan(key, RewriteDescription(text.strip()), {}, "m").after)
    apply(world, key, CRITERIA)


def test_a_text_that_is_too_long_is_told_as_that(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    key = world.file("A", world.text("words"))
    change = RewriteDescription("a" * 32_768)
    with pytest.raises(TooLong):
        apply(world, key, change)
    if world.cloud:  # the tracker counts for itself
        monkeypatch.setattr("integrations.jira.changes.texts.rewrite.LIMIT", 40_000)
        with pytest.raises(TooLong):
            apply(world, key, change)
