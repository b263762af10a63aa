"""Azure DevOps Server: a collection below a path, without Graph, with an older API and comments in HTML only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from integrations.azure_devops.client import AzureDevOpsConnection
from integrations.blocks import Blocks, Paragraph, Text
from integrations.sandbox.azure_devops.versions import SERVER_VERSION
from integrations.sandbox.records import Item
from integrations.sandbox.site import Mounted, Site, serve
from integrations.sandbox.state import Tracker
from integrations.tracker import Right
from rules.changes import AddCriteria, AddSubtasks, Change, CloseDuplicate, Criterion, SetField
from rules.model import Person
from tests.integrations.azure_devops.deeds import apply, make, read, undo

COLLECTION = "tfs/DefaultCollection"
HELLO: Blocks = (Paragraph((Text("hello"),)),)

Connect = Callable[[str], AzureDevOpsConnection]


@pytest.fixture
def server() -> Iterator[Mounted]:
    site = Site([Tracker(COLLECTION, "azure-devops")], time_scale=0.01)
    with serve(site):
        site[COLLECTION].vendor.server = True
        yield site[COLLECTION]
    site.close()


@pytest.fixture
def connect_to(server: Mounted, tmp_path: Path) -> Connect:
    def connected(who: str) -> AzureDevOpsConnection:
        token = f"token-{who}"
        return AzureDevOpsConnection(server.url, token, "ado", cache_dir=tmp_path, comment_format="html")

    return connected


@pytest.fixture
def bot(connect_to: Connect) -> AzureDevOpsConnection:
    return connect_to("steward")


@pytest.fixture
def item(server: Mounted) -> Item:
    return make(server, description="<div>As a buyer</div>")


def person(server: Mounted, name: str) -> Person:
    return Person(server.tracker.user(name).id, name)


def test_a_comment_is_posted_answered_and_edited_as_html(
    server: Mounted, bot: AzureDevOpsConnection, item: Item
) -> None:
    comment = bot.commenter.post(item.key, HELLO, "m1")
    server.tracker.add_comment(server.tracker.user("dana"), item.id, "<div>steward accept 1</div>")
    bot.commenter.edit(item.key, comment, (Paragraph((Text("done"),)),), "m1")
    assert bot.commenter.find(item.key, "m1") == comment
    assert [one.format for one in server.tracker.comments(item.id)] == ["html", "html"]
    answer = bot.reader.comments(item.key)[1]
    assert (answer.text, answer.author.id) == ("steward accept 1", server.tracker.user("dana").id)
    assert bot.people.may_edit(answer.author, item.key) == Right(True)


def test_changes_are_made_and_taken_back(server: Mounted, bot: AzureDevOpsConnection, item: Item) -> None:
    original = make(server, "Pay twice")
    dana = server.tracker.user("dana")
    changes: list[Change] = [
        AddCriteria((Criterion("it is kept"),)),
        SetField("assignee", None, "Dana Duarte", dana.id),
        AddSubtasks(("one",)),
        CloseDuplicate(original.key, original.summary),
    ]
    before = read(bot, item)
    receipts = [apply(bot, item, change, f"m{number}") for number, change in enumerate(changes)]
    changed = read(bot, item)
    assert (changed.status_category, len(changed.children), changed.assignee) == (
        "done",
        1,
        Person(dana.id, "Dana Duarte"),
    )
    for receipt in reversed(receipts):
        undo(bot, receipt)
    after = read(bot, item)
    assert (after.digests, after.links, after.children) == (before.digests, (), ())


def test_everything_is_asked_for_in_the_servers_own_version_below_its_path(
    server: Mounted, bot: AzureDevOpsConnection, item: Item
) -> None:
    apply(bot, item, AddCriteria((Criterion("it is kept"),)))
    bot.commenter.post(item.key, HELLO, "m1")
    asked = server.faults.requests
    assert not [one for one in asked if one.status >= 400 and "resourceareas" not in one.path.lower()]
    assert server.url.endswith(f"/{COLLECTION}")
    assert SERVER_VERSION < 7


@pytest.mark.parametrize(("name", "allowed"), [("ada", True), ("dana", True), ("rae", False), ("otto", False)])
def test_fault_37_who_may_edit_is_told_by_identities_and_access_control_lists(
    server: Mounted, bot: AzureDevOpsConnection, item: Item, name: str, allowed: bool
) -> None:
    right = bot.people.may_edit(person(server, name), item.key)
    assert right.allowed is allowed
    assert bool(right.missing) is not allowed


def test_fault_37_who_has_left_or_was_never_there_may_not(
    server: Mounted, bot: AzureDevOpsConnection, item: Item
) -> None:
    lee = person(server, "lee")
    assert bot.people.may_edit(lee, item.key).allowed
    server.tracker.set_user("lee", active=False)
    assert bot.people.may_edit(lee, item.key).allowed is False
    for identity in ("", "nobody", "00000000-0000-0000-0000-000000000000"):
        assert bot.people.may_edit(Person(identity, "x"), item.key).allowed is not True
        assert not bot.people.in_group(Person(identity, "x"), "Contributors", "Shop")


def test_a_plain_bot_says_what_it_may_not_see(server: Mounted, connect_to: Connect, item: Item) -> None:
    right = connect_to("lee").people.may_edit(person(server, "dana"), item.key)
    assert right.allowed is None
    assert right.missing


def test_groups_are_told_by_identities(server: Mounted, bot: AzureDevOpsConnection) -> None:
    dana = person(server, "dana")
    assert bot.people.in_group(dana, "contributors", "Shop")
    assert bot.people.in_group(dana, "[Shop]\\shop-deciders", "Shop")
    assert not bot.people.in_group(dana, "Project Administrators", "Shop")
    assert not bot.people.in_group(person(server, "rae"), "Contributors", "Shop")
    server.tracker.add_project("Bank", "Bank", roles={"otto": "Developers"})
    assert not bot.people.in_group(person(server, "otto"), "Contributors", "Shop")
