"""Reading work items of a sandbox organisation with the real client."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from integrations.azure_devops.client import AzureDevOpsConnection
from integrations.sandbox.records import Item, Seed
from integrations.sandbox.site import Mounted
from integrations.tracker import Invalid, Missing, Refused
from rules.changes import LinkDuplicate
from rules.model import Child, Link


def created(ado: Mounted, who: str = "dana", summary: str = "Pay", type: str = "User Story", **values: object) -> Item:
    tracker = ado.tracker
    return tracker.create_item(tracker.user(who), "Shop", type, summary, **values)  # type: ignore[arg-type]  # fields


def test_an_empty_project_has_nothing_that_moved(bot: AzureDevOpsConnection) -> None:
    page = bot.reader.moved("Shop", None)
    assert (page.items, page.next) == ((), None)


@pytest.mark.parametrize("key", ["99", "", "x", "1e3", "-1", "١", "99999999999999", "1 OR 1"])
def test_what_is_not_there_is_missing(bot: AzureDevOpsConnection, key: str) -> None:
    with pytest.raises(Missing):
        bot.reader.fetch(key)


def test_an_item_is_read_in_the_words_of_the_house(ado: Mounted, bot: AzureDevOpsConnection) -> None:
    parent = created(ado, summary="Checkout", type="Epic")
    item = created(
        ado,
        description="<div>As a <b>buyer</b></div><div>I pay</div>",
        labels=("two words", "api"),
        priority="1",
        parent=parent.id,
        **{"Microsoft.VSTS.Scheduling.StoryPoints": 5.0, "Microsoft.VSTS.Common.AcceptanceCriteria": "<ul><li>x</ul>"},
    )
    child = created(ado, summary="Write it", type="Task", parent=item.id)
    read = bot.reader.fetch(str(item.id))
    assert (read.connection, read.key, read.project, read.type) == ("ado", str(item.id), "Shop", "User Story")
    assert (read.description, read.acceptance_criteria) == ("As a buyer\nI pay", "- x")
    assert (read.priority, set(read.labels), read.story_points) == ("1", {"two words", "api"}, 5.0)
    assert (read.status_category, read.parent) == ("todo", str(parent.id))
    assert read.children == (Child(str(child.id), "Write it"),)
    assert read.reporter is not None
    assert (read.reporter.name, read.is_subtask) == ("Dana Duarte", False)
    assert bot.reader.fetch(str(child.id)).is_subtask


def test_a_markdown_description_is_read_as_markdown(ado: Mounted, bot: AzureDevOpsConnection) -> None:
    item = created(ado, description="# A\n\n&gt; b", formats={"System.Description": "markdown"})
    assert bot.reader.fetch(str(item.id)).description == "# A\n\n> b"


def test_the_digest_of_a_field_changes_with_that_field_only(ado: Mounted, bot: AzureDevOpsConnection) -> None:
    item = created(ado, description="<div>a</div>", labels=("x",))
    before = bot.reader.fetch(str(item.id))
    ado.tracker.change_item(ado.tracker.user("dana"), item.id, {"description": "<p>a</p>"})
    after = bot.reader.fetch(str(item.id))
    assert before.description == after.description
    assert {name for name in before.digests if before.digests[name] != after.digests[name]} == {"description"}
    told = {"summary", "description", "acceptance_criteria", "priority", "labels", "components", "estimate"}
    assert set(before.digests) == told | {"assignee", "status"}
    task = created(ado, type="Task")
    assert told - set(bot.reader.fetch(str(task.id)).digests) == {"acceptance_criteria", "estimate"}


def test_which_end_of_a_duplicate_is_which(ado: Mounted, bot: AzureDevOpsConnection) -> None:
    original, copy = created(ado), created(ado)
    plan = bot.applier.plan(str(copy.id), LinkDuplicate(str(original.id), original.summary), {}, "m1")
    bot.applier.perform(plan)
    assert bot.reader.fetch(str(copy.id)).links == (Link("duplicates", str(original.id), "duplicate"),)
    assert bot.reader.fetch(str(original.id)).links == (Link("is duplicated by", str(copy.id), "duplicate"),)


def test_all_items_that_moved_come_once_in_order_over_many_pages(ado: Mounted, bot: AzureDevOpsConnection) -> None:
    start = datetime(2026, 1, 5, 9, tzinfo=UTC)
    # Every ten items share a date, as an import leaves them.
    seeds = [
        Seed(f"n {number}", type="Bug", created=start, updated=start + timedelta(hours=number // 10))
        for number in range(450)
    ]
    keys = ado.tracker.seed(seeds)
    found, pages = read_all(bot, None)
    assert sorted(found, key=int) == sorted(keys, key=int)
    assert len(found) == len(set(found)) == 450
    assert pages == 3
    recent, _ = read_all(bot, start + timedelta(hours=40))
    assert len(recent) == 50


def test_many_items_of_one_moment_are_all_read(ado: Mounted, bot: AzureDevOpsConnection) -> None:
    moment = datetime(2026, 1, 5, 9, tzinfo=UTC)
    keys = ado.tracker.seed([Seed(f"n {number}", type="Bug", created=moment, updated=moment) for number in range(405)])
    found, _ = read_all(bot, moment)
    assert sorted(found, key=int) == sorted(keys, key=int)


def read_all(bot: AzureDevOpsConnection, since: datetime | None) -> tuple[list[str], int]:
    found: list[str] = []
    page = bot.reader.moved("Shop", since)
    pages = 1
    found.extend(item.key for item in page.items)
    while page.next:
        page = bot.reader.moved("Shop", since, page.next)
        found.extend(item.key for item in page.items)
        pages += 1
    return found, pages


@pytest.mark.parametrize("token", ["{", "[]", '["x", []]', '[null, ["a"]]', "[1, 2, 3]", '["2026-01-01", null]'])
def test_a_page_token_that_is_none_of_ours_is_refused(bot: AzureDevOpsConnection, token: str) -> None:
    with pytest.raises(Invalid):
        bot.reader.moved("Shop", None, token)


def test_a_project_name_cannot_leave_its_quotes(bot: AzureDevOpsConnection) -> None:
    with pytest.raises(Missing):
        bot.reader.moved("Shop' OR [System.Id] > 0 --", None)


def test_all_comments_are_read_oldest_first_with_what_was_edited(ado: Mounted, bot: AzureDevOpsConnection) -> None:
    item = created(ado)
    dana = ado.tracker.user("dana")
    made = [ado.tracker.add_comment(dana, item.id, f"<div>n {number}</div>") for number in range(230)]
    ado.tracker.edit_comment(dana, made[0].id, "<div>steward accept 1</div>")
    ado.tracker.delete_comment(dana, made[1].id)
    ado.tracker.add_comment(dana, item.id, "a *b*\n\n> c", format="markdown")
    comments = bot.reader.comments(str(item.id))
    assert [comment.id for comment in comments[:2]] == [str(made[0].id), str(made[2].id)]
    assert len(comments) == 230
    assert [comment.edited for comment in comments[:2]] == [True, False]
    assert comments[0].text == "steward accept 1"
    assert comments[0].author.id == dana.id
    assert comments[-1].text == "a *b*\n\n> c"


def test_the_history_tells_who_set_which_label(ado: Mounted, bot: AzureDevOpsConnection) -> None:
    item = created(ado, labels=("two words",))
    lee = ado.tracker.user("lee")
    ado.tracker.change_item(lee, item.id, {"labels": ("two words", "steward-accept", "50%")})
    entries = bot.reader.history(str(item.id))
    assert [entry.id for entry in entries] == ["1", "2"]
    assert (entries[1].actor.id, entries[1].actor.name) == (lee.id, "Lee Lindqvist")
    (edit,) = entries[1].edits
    assert (edit.field, edit.before) == ("labels", "two%20words")
    assert set(edit.after.split()) == {"two%20words", "steward-accept", "50%25"}
    assert entries[0].at <= entries[1].at <= datetime.now(UTC) + timedelta(minutes=1)


def test_a_project_has_its_own_words(bot: AzureDevOpsConnection) -> None:
    words = bot.reader.vocabulary("Shop")
    assert words.priorities == ("1", "2", "3", "4")
    assert {"Bug", "Task", "User Story"} <= set(words.types)
    assert words.subtask_type == "Task"


def test_a_wrong_token_is_refused_as_such(connect: Callable[..., AzureDevOpsConnection]) -> None:
    with pytest.raises(Refused) as raised:
        connect("nobody").reader.fetch("1")
    assert raised.value.missing == "a valid access token"
