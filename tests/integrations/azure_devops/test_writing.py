"""Comments, drafts and accepted changes on a sandbox organisation, with the real client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from integrations.azure_devops.client import AzureDevOpsConnection
from integrations.blocks import Blocks, Paragraph, Text
from integrations.sandbox.records import Item
from integrations.sandbox.site import Mounted
from integrations.tracker import Conflict, Invalid, Refused, Throttled, Unreachable
from rules.changes import AddCriteria, AddLabel, AddSubtasks, Change, Criterion, LinkDuplicate, SetPriority
from rules.model import WorkItem
from tests.integrations.azure_devops import deeds
from tests.integrations.azure_devops.deeds import apply, read, remembered, stored, undo

HELLO: Blocks = (Paragraph((Text("hello"),)),)
CRITERIA = AddCriteria((Criterion("it is kept"), Criterion("within 30 s", is_assumption=True)))


@pytest.fixture
def item(ado: Mounted) -> Item:
    return make(ado, description="<div>As a buyer</div>", labels=("api",))


def make(ado: Mounted, summary: str = "Pay", **values: object) -> Item:
    """A Task: it has no field for acceptance criteria, so they go into the description."""
    return deeds.make(ado, summary, type="Task", **values)


# comments


def test_no_comment_is_found_where_there_is_none(bot: AzureDevOpsConnection, item: Item) -> None:
    assert bot.commenter.find(str(item.id), "m1") is None


@pytest.mark.parametrize("text_format", ["markdown", "html"])
def test_a_comment_is_posted_found_and_edited_in_place(
    connect: Callable[..., AzureDevOpsConnection], ado: Mounted, item: Item, text_format: str
) -> None:
    bot = connect(comment_format=text_format)
    comment = bot.commenter.post(str(item.id), HELLO, "m1")
    assert bot.commenter.find(str(item.id), "m1") == comment
    bot.commenter.edit(str(item.id), comment, (Paragraph((Text("changed"),)),), "m1")
    (found,) = bot.reader.comments(str(item.id))
    assert (found.id, found.marker, found.edited) == (comment, "m1", True)
    assert found.text.startswith("changed\n")
    assert [one.format for one in ado.tracker.comments(item.id)] == [text_format]


def test_fault_14_a_copied_marker_is_not_taken_for_the_bots_own(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item
) -> None:
    ado.tracker.add_comment(ado.tracker.user("dana"), item.id, "<div>steward-ref:m1</div>")
    assert bot.commenter.find(str(item.id), "m1") is None
    own = bot.commenter.post(str(item.id), HELLO, "m1")
    assert bot.commenter.find(str(item.id), "m1") == own


def test_fault_24_a_comment_whose_answer_was_lost_is_found(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item
) -> None:
    ado.faults.lose_answer(method="POST", path="comments")
    with pytest.raises(Unreachable):
        bot.commenter.post(str(item.id), HELLO, "m1")
    assert bot.commenter.find(str(item.id), "m1") is not None
    assert len(bot.reader.comments(str(item.id))) == 1


def test_fault_23_a_throttled_comment_was_not_made(ado: Mounted, bot: AzureDevOpsConnection, item: Item) -> None:
    bot.reader.fetch(str(item.id))
    ado.faults.throttle(retry_after=600, method="POST")
    with pytest.raises(Throttled) as raised:
        bot.commenter.post(str(item.id), HELLO, "m1")
    assert 590 < raised.value.retry_after <= 600
    before = len(ado.faults.requests)
    with pytest.raises(Throttled):
        bot.reader.fetch(str(item.id))
    assert len(ado.faults.requests) == before


@pytest.mark.parametrize("audience", ["role:Developers", "group:staff"])
def test_a_comment_that_others_must_not_read_is_not_written(
    bot: AzureDevOpsConnection, item: Item, audience: str
) -> None:
    with pytest.raises(Invalid, match="everybody"):
        bot.commenter.post(str(item.id), HELLO, "m1", only_for=audience)
    comment = bot.commenter.post(str(item.id), HELLO, "m1", reply_to="7")
    with pytest.raises(Invalid):
        bot.commenter.edit(str(item.id), comment, HELLO, "m1", only_for=audience)
    assert len(bot.reader.comments(str(item.id))) == 1


# drafts


def test_a_draft_is_a_tagged_task_under_its_parent(ado: Mounted, bot: AzureDevOpsConnection, item: Item) -> None:
    assert bot.drafter.find(str(item.id), "d1") is None
    key = bot.drafter.create(str(item.id), "  Write\n it ", HELLO, "d1")
    assert bot.drafter.find(str(item.id), "d1") == key
    draft = bot.reader.fetch(key)
    assert (draft.summary, draft.type, draft.parent, draft.labels) == (
        "Write it",
        "Task",
        str(item.id),
        ("steward-draft",),
    )
    assert draft.assignee is None


def test_fault_24_a_draft_whose_answer_was_lost_is_found(ado: Mounted, bot: AzureDevOpsConnection, item: Item) -> None:
    bot.reader.fetch(str(item.id))
    ado.faults.lose_answer(method="POST", path=r"\$Task")
    with pytest.raises(Unreachable):
        bot.drafter.create(str(item.id), "x", HELLO, "d1")
    assert bot.drafter.find(str(item.id), "d1") is not None
    assert len(read(bot, item).children) == 1


# changes


def changes(ado: Mounted) -> dict[str, Change]:
    original = make(ado, "Pay twice")
    return {
        "criteria": CRITERIA,
        "priority": SetPriority("2", "1"),
        "label": AddLabel("needs details"),
        "duplicate": LinkDuplicate(str(original.id), "Pay twice"),
        "subtasks": AddSubtasks(("one", "two")),
    }


KINDS = ["criteria", "priority", "label", "duplicate", "subtasks"]


def shape(item: WorkItem) -> tuple[object, ...]:
    return item.description, item.priority, set(item.labels), item.links, [child.summary for child in item.children]


@pytest.mark.parametrize("kind", KINDS)
def test_a_change_is_made_once_and_taken_back(ado: Mounted, bot: AzureDevOpsConnection, item: Item, kind: str) -> None:
    change = changes(ado)[kind]
    before = read(bot, item)
    plan = stored(bot.applier.plan(str(item.id), change, before.digests, "m1"))
    receipt = bot.applier.perform(plan)
    changed = read(bot, item)
    assert shape(changed) != shape(before)
    again = bot.applier.perform(plan)
    assert (again.writes, again.details) == (receipt.writes, receipt.details)
    assert read(bot, item).version == changed.version
    assert receipt.writes
    undo(bot, remembered(again))
    assert shape(read(bot, item)) == shape(before)
    undo(bot, remembered(again))
    assert shape(read(bot, item)) == shape(before)


@pytest.mark.parametrize("kind", KINDS)
def test_fault_24_a_change_whose_answer_was_lost_is_made_once(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item, kind: str
) -> None:
    plan = stored(bot.applier.plan(str(item.id), changes(ado)[kind], {}, "m1"))
    ado.faults.lose_answer(method="POST" if kind == "subtasks" else "PATCH")
    try:
        receipt = bot.applier.perform(plan)
    except Unreachable:
        receipt = bot.applier.perform(plan)
    assert receipt.writes
    once = read(bot, item)
    assert len(once.children) == (2 if kind == "subtasks" else 0)
    assert once.description.count("Acceptance criteria") == (1 if kind == "criteria" else 0)
    undo(bot, remembered(receipt))
    assert shape(read(bot, item)) == ("As a buyer", "2", {"api"}, (), [])


@pytest.mark.parametrize("kind", ["criteria", "priority"])
def test_fault_26_a_person_who_was_faster_wins(ado: Mounted, bot: AzureDevOpsConnection, item: Item, kind: str) -> None:
    change = changes(ado)[kind]
    field = {"criteria": "description", "priority": "priority"}[kind]
    seen = read(bot, item).digests
    plan = stored(bot.applier.plan(str(item.id), change, {field: seen[field]}, "m1"))
    theirs = {"description": "<p>mine</p>", "priority": "3"}[field]
    ado.tracker.change_item(ado.tracker.user("lee"), item.id, {field: theirs})
    for attempt in (
        lambda: bot.applier.perform(plan),
        lambda: bot.applier.plan(str(item.id), change, {field: seen[field]}, "m2"),
    ):
        with pytest.raises(Conflict) as raised:
            attempt()
        assert (raised.value.field, raised.value.by) == (field, "Lee Lindqvist")
    assert read(bot, item).version == "2"


@pytest.mark.parametrize("kind", KINDS)
def test_fault_26_an_edit_of_something_else_is_no_conflict(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item, kind: str
) -> None:
    plan = stored(bot.applier.plan(str(item.id), changes(ado)[kind], {}, "m1"))
    ado.tracker.change_item(ado.tracker.user("lee"), item.id, {"labels": ("api", "theirs")})
    bot.applier.perform(plan)
    assert {"api", "theirs"} <= set(read(bot, item).labels)


@pytest.mark.parametrize("kind", ["criteria", "priority", "subtasks"])
def test_fault_26_nothing_is_taken_back_that_a_person_has_edited_since(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item, kind: str
) -> None:
    receipt = apply(bot, item, changes(ado)[kind])
    lee = ado.tracker.user("lee")
    if kind == "subtasks":
        ado.tracker.change_item(lee, int(receipt.writes[1]), {"summary": "mine"})
    else:
        theirs = {"criteria": {"description": "<p>mine</p>"}, "priority": {"priority": "4"}}[kind]
        ado.tracker.change_item(lee, item.id, theirs)
    before = shape(read(bot, item))
    with pytest.raises(Conflict) as raised:
        undo(bot, receipt)
    assert raised.value.by == "Lee Lindqvist"
    assert shape(read(bot, item)) == before


def test_a_revision_that_moved_between_reading_and_writing_is_read_again(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = bot.applier.plan(str(item.id), SetPriority("2", "1"), {}, "m1")
    session = bot.reader._session
    patch, meddled = session.patch, []

    def meddling(number: int, revision: int, operations: object) -> object:
        if len(meddled) < 2:
            meddled.append(ado.tracker.add_comment(ado.tracker.user("lee"), item.id, "<div>hm</div>"))
        return patch(number, revision, operations)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(session, "patch", meddling)
    assert bot.applier.perform(plan).writes == ("4",)
    assert read(bot, item).priority == "1"


def test_the_rest_of_a_description_stays_to_the_last_byte(ado: Mounted, bot: AzureDevOpsConnection) -> None:
    native = "<div>a&nbsp;<b>b</b>\n</div><p>ü"
    item = make(ado, description=native)
    before = ado.tracker.item(item.id).description
    receipt = apply(bot, item, CRITERIA)
    assert ado.tracker.item(item.id).description.startswith(before)
    undo(bot, receipt)
    assert ado.tracker.item(item.id).description == before


def test_a_markdown_description_stays_markdown(ado: Mounted, bot: AzureDevOpsConnection) -> None:
    item = make(ado, description="As a *buyer*", formats={"System.Description": "markdown"})
    receipt = apply(bot, item, CRITERIA)
    assert ado.tracker.item(item.id).description.startswith("As a *buyer*\n\n### Acceptance criteria\n\n- it is kept")
    assert ado.tracker.item(item.id).formats["System.Description"].lower() == "markdown"
    undo(bot, receipt)
    assert ado.tracker.item(item.id).description == "As a *buyer*"


def test_an_empty_description_takes_a_section_and_is_empty_again(ado: Mounted, bot: AzureDevOpsConnection) -> None:
    item = make(ado)
    receipt = apply(bot, item, CRITERIA)
    assert read(bot, item).description.startswith("### Acceptance criteria")
    undo(bot, receipt)
    assert read(bot, item).description == ""


def test_a_description_with_something_open_is_left_alone(ado: Mounted, bot: AzureDevOpsConnection) -> None:
    item = make(ado, description="```\ncode", formats={"System.Description": "markdown"})
    with pytest.raises(Invalid):
        apply(bot, item, CRITERIA)


@pytest.mark.parametrize(
    "change",
    [SetPriority("2", "High"), SetPriority("2", "9"), AddLabel("a;b"), AddLabel(" "), AddLabel("x" * 401)],
)
def test_what_the_tracker_does_not_take_is_invalid(bot: AzureDevOpsConnection, item: Item, change: Change) -> None:
    with pytest.raises(Invalid):
        apply(bot, item, change)


def test_an_item_is_never_linked_to_itself(bot: AzureDevOpsConnection, item: Item) -> None:
    with pytest.raises(Invalid):
        apply(bot, item, LinkDuplicate(str(item.id), "itself"))


def test_a_tag_or_link_that_a_person_had_put_there_is_not_taken_back(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item
) -> None:
    receipt = apply(bot, item, AddLabel("API"))
    assert receipt.writes == ()
    undo(bot, receipt)
    assert read(bot, item).labels == ("api",)
    change = changes(ado)["duplicate"]
    apply(bot, item, change)
    second = apply(bot, item, change, "m2")
    undo(bot, second)
    assert len(read(bot, item).links) == 1


def test_a_label_is_taken_off_whatever_its_letter_case_and_only_once(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item
) -> None:
    bot.applier.remove_label(str(item.id), "API")
    version = read(bot, item).version
    bot.applier.remove_label(str(item.id), "api")
    assert (read(bot, item).labels, read(bot, item).version) == ((), version)


def test_fault_25_sub_tasks_that_are_there_are_not_made_again(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = stored(bot.applier.plan(str(item.id), AddSubtasks(tuple("abcde")), {}, "m1"))
    create, made = bot.reader._session.create, 0

    def failing(*args: object, **more: object) -> object:
        nonlocal made
        made += 1
        if made == 3:
            ado.faults.lose_answer(method="POST", path=r"\$Task")
        return create(*args, **more)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(bot.reader._session, "create", failing)
    with pytest.raises(Unreachable):
        bot.applier.perform(plan)
    receipt = bot.applier.perform(plan)
    assert [child.summary for child in read(bot, item).children] == list("abcde")
    assert len(receipt.writes) == 5


def drafted(bot: AzureDevOpsConnection, item: Item) -> list[str]:
    """Drafts of what AddSubtasks(("a", "b")) of marker "m1" will ask for."""
    return [bot.drafter.create(str(item.id), word, HELLO, f"m1:{index}") for index, word in enumerate("ab")]


def test_drafts_that_were_kept_are_taken_back(bot: AzureDevOpsConnection, item: Item) -> None:
    drafts = drafted(bot, item)
    bot.applier.remove_label(drafts[0], "steward-draft")
    receipt = apply(bot, item, AddSubtasks(("a", "b")))
    assert receipt.writes == tuple(drafts)
    undo(bot, receipt)
    assert read(bot, item).children == ()


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize(
    "edit",
    [
        {"labels": ("steward-draft", "theirs")},
        {"labels": ("theirs",)},
        {"labels": (), "summary": "theirs"},
        {"priority": "1"},
    ],
)
def test_a_kept_draft_that_a_person_touched_is_not_deleted(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item, edit: dict[str, Any], late: bool
) -> None:
    drafts = drafted(bot, item)

    def touch() -> None:
        ado.tracker.change_item(ado.tracker.user("lee"), int(drafts[1]), edit)

    if not late:
        touch()
    for draft in drafts:
        bot.applier.remove_label(draft, "steward-draft")
    receipt = apply(bot, item, AddSubtasks(("a", "b")))
    if late:
        touch()
    with pytest.raises(Conflict):
        undo(bot, receipt)
    assert len(read(bot, item).children) == 2


@pytest.mark.parametrize("touch", ["comment", "link", "child"])
def test_a_kept_draft_that_is_in_use_is_not_deleted(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item, touch: str
) -> None:
    drafts = drafted(bot, item)
    lee, draft = ado.tracker.user("lee"), int(drafts[0])
    bot.applier.remove_label(drafts[0], "steward-draft")
    if touch == "comment":
        ado.tracker.add_comment(lee, draft, "<div>hm</div>")
    elif touch == "link":
        ado.tracker.add_link(lee, "System.LinkTypes.Duplicate", draft, make(ado).id)
    else:
        bot.drafter.create(drafts[0], "inner", HELLO, "d1")
    receipt = apply(bot, item, AddSubtasks(("a", "b")))
    with pytest.raises(Conflict):
        undo(bot, receipt)


def test_sub_tasks_that_a_person_has_deleted_are_no_matter_for_an_undo(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item
) -> None:
    receipt = apply(bot, item, AddSubtasks(("a", "b")))
    ado.tracker.delete_item(ado.tracker.user("ada"), int(receipt.writes[0]))
    undo(bot, receipt)
    assert read(bot, item).children == ()


def test_fault_27_a_right_that_is_missing_is_refused(
    bot: AzureDevOpsConnection, connect: Callable[..., AzureDevOpsConnection], item: Item
) -> None:
    reporter = connect("rae")
    plan = bot.applier.plan(str(item.id), SetPriority("2", "1"), {}, "m1")
    with pytest.raises(Refused):
        reporter.applier.plan(str(item.id), SetPriority("2", "1"), {}, "m1")
    with pytest.raises(Refused):
        reporter.applier.perform(plan)


def test_the_steps_of_a_bug_are_its_description_where_it_has_no_other(ado: Mounted, bot: AzureDevOpsConnection) -> None:
    steps = "Microsoft.VSTS.TCM.ReproSteps"
    bug = ado.tracker.create_item(ado.tracker.user("dana"), "Shop", "Bug", "Pay", **{steps: "<div>click</div>"})
    receipt = apply(bot, bug, CRITERIA)
    assert read(bot, bug).description.startswith("click\n\n### Acceptance criteria")
    assert ado.tracker.item(bug.id).description is None
    undo(bot, receipt)
    assert ado.tracker.item(bug.id).fields[steps] == "<div>click</div>"


@pytest.mark.parametrize("answer", ["503", "close"])
def test_fault_15_a_write_that_lands_late_is_made_once(
    ado: Mounted, bot: AzureDevOpsConnection, item: Item, answer: str
) -> None:
    plan = bot.applier.plan(str(item.id), CRITERIA, {}, "m1")
    ado.faults.land_late(0.3, answer=answer, method="PATCH")  # type: ignore[arg-type]  # one of the two it knows
    bot.applier.perform(plan)
    ado.faults.settle()
    after = read(bot, item)
    assert (after.version, after.description.count("Acceptance criteria")) == ("2", 1)
