from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from integrations.sandbox.records import Forbidden, Happening, Invalid, NotFound, Seed, StaleRevision
from integrations.sandbox.state import Tracker


@pytest.fixture(params=["jira-cloud", "jira-data-center", "azure-devops"])
def tracker(request: pytest.FixtureRequest) -> Tracker:
    return Tracker("it", request.param)


def home(tracker: Tracker) -> str:
    return tracker.projects()[0].key


def story(tracker: Tracker) -> str:
    return "User Story" if tracker.flavour == "azure-devops" else "Story"


def test_a_change_to_the_same_value_is_no_change(tracker: Tracker) -> None:
    item = tracker.create_item(tracker.user("dana"), home(tracker), story(tracker), "Save the cart")
    told: list[Happening] = []
    tracker.subscribe(told.append)
    again = tracker.change_item(tracker.user("dana"), item.id, {"summary": "Save the cart"})
    assert again == item
    assert told == []


def test_a_change_writes_history_and_tells_once(tracker: Tracker) -> None:
    dana = tracker.user("dana")
    item = tracker.create_item(dana, home(tracker), story(tracker), "Save the cart", labels=["a"])
    told: list[Happening] = []
    tracker.subscribe(told.append)
    changed = tracker.change_item(dana, item.id, {"summary": "Keep the cart", "labels": ["a", "b"]})
    assert changed.rev == item.rev + 1
    last = tracker.history(item.id)[-1]
    assert {(edit.field, str(edit.before), str(edit.after)) for edit in last.edits} == {
        ("summary", "Save the cart", "Keep the cart"),
        ("labels", "['a']", "['a', 'b']"),
    }
    assert [(h.kind, h.item.rev, h.actor.name) for h in told] == [("updated", changed.rev, "dana")]
    assert last.actor == "dana"


def test_only_azure_devops_counts_creation_and_comments(tracker: Tracker) -> None:
    item = tracker.create_item(None, home(tracker), story(tracker), "Save the cart")
    tracker.add_comment(tracker.user("rae"), item.id, "why?")
    counted = [entry.rev for entry in tracker.history(item.id)]
    assert counted == ([1, 2] if tracker.flavour == "azure-devops" else [])


@pytest.mark.parametrize(
    ("login", "browse", "comment", "create", "edit"),
    [
        ("ada", True, True, True, True),
        ("dana", True, True, True, True),
        ("rae", True, True, True, False),
        ("otto", True, False, False, False),
        ("steward", True, True, True, True),
    ],
)
def test_rights_follow_the_role(
    tracker: Tracker, login: str, browse: bool, comment: bool, create: bool, edit: bool
) -> None:
    project = tracker.projects()[0]
    user = tracker.user(login)
    held = [tracker.may(user, permission, project) for permission in ("browse", "comment", "create", "edit")]
    assert held == [browse, comment, create, edit]


def test_a_private_project_is_unknown_to_outsiders(tracker: Tracker) -> None:
    item = tracker.create_item(None, home(tracker), story(tracker), "Save the cart")
    tracker.set_private(home(tracker), True)
    with pytest.raises(NotFound):
        tracker.item(item.id, tracker.user("otto"))
    assert tracker.item(item.id, tracker.user("rae")).key == item.key


def test_a_reporter_may_not_edit_and_nothing_is_left_behind(tracker: Tracker) -> None:
    item = tracker.create_item(tracker.user("rae"), home(tracker), story(tracker), "Save the cart")
    with pytest.raises(Forbidden):
        tracker.change_item(tracker.user("rae"), item.id, {"summary": "No"})
    assert tracker.item(item.id) == item


def test_a_failure_in_a_transaction_takes_all_of_it_back_and_tells_nobody(tracker: Tracker) -> None:
    item = tracker.create_item(None, home(tracker), story(tracker), "Save the cart")
    told: list[Happening] = []
    tracker.subscribe(told.append)

    def two_changes() -> None:
        with tracker.transaction():
            tracker.change_item(None, item.id, {"summary": "Changed"})
            tracker.change_item(None, item.id, {"status": "Nowhere"})

    with pytest.raises(Invalid):
        two_changes()
    assert tracker.item(item.id).summary == "Save the cart"
    assert told == []


def test_an_expected_revision_is_checked(tracker: Tracker) -> None:
    item = tracker.create_item(None, home(tracker), story(tracker), "Save the cart")
    tracker.change_item(None, item.id, {"summary": "Two"}, expect_rev=item.rev)
    with pytest.raises(StaleRevision):
        tracker.change_item(None, item.id, {"summary": "Three"}, expect_rev=item.rev)


def test_others_comments_are_for_administrators(tracker: Tracker) -> None:
    item = tracker.create_item(None, home(tracker), story(tracker), "Save the cart")
    comment = tracker.add_comment(tracker.user("dana"), item.id, "mine")
    with pytest.raises(Forbidden):
        tracker.edit_comment(tracker.user("lee"), comment.id, "yours")
    assert tracker.edit_comment(tracker.user("ada"), comment.id, "ours").version == 2


def test_a_restricted_comment_is_hidden_from_other_roles(tracker: Tracker) -> None:
    item = tracker.create_item(None, home(tracker), story(tracker), "Save the cart")
    tracker.add_comment(tracker.user("dana"), item.id, "x", visibility={"type": "role", "value": "Developers"})
    assert len(tracker.comments(item.id, tracker.user("lee"))) == 1
    assert tracker.comments(item.id, tracker.user("rae")) == []


def test_seeding_is_silent_and_keeps_the_past(tracker: Tracker) -> None:
    told: list[Happening] = []
    tracker.subscribe(told.append)
    then = datetime(2020, 5, 4, 12, tzinfo=UTC)
    link = "System.LinkTypes.Related" if tracker.flavour == "azure-devops" else "Duplicate"
    keys = tracker.seed(
        Seed(
            f"Item {number}",
            key=f"X-{number}",
            type="Odd type",
            status="Ripe",
            category="doing",
            created=then,
            updated=then,
            reporter="zoe",
            links=((link, "X-1"),),
            comments=(("zoe", "hello", then),),
        )
        for number in range(1, 2001)
    )
    assert told == []
    item = tracker.item(keys[4])
    assert (item.created, item.status, item.category, item.type) == (then, "Ripe", "doing", "Odd type")
    assert [comment.author for comment in tracker.comments(item.id)] == ["zoe"]
    assert len(tracker.links(item.id)) == 1
    new = tracker.create_item(None, home(tracker), story(tracker), "The next")
    assert new.key.endswith("2001")
    assert not tracker.may(tracker.user("zoe"), "comment", tracker.projects()[0])


def test_many_threads_lose_nothing(tracker: Tracker) -> None:
    item = tracker.create_item(None, home(tracker), story(tracker), "Save the cart")

    def talk(name: str) -> None:
        for _ in range(20):
            tracker.add_comment(tracker.user(name), item.id, name)

    threads = [threading.Thread(target=talk, args=(name,)) for name in ("ada", "dana", "lee", "rae")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tracker.comments(item.id)) == 80
    assert tracker.item(item.id).rev == 81


def test_a_file_keeps_the_state(tmp_path: object, tracker: Tracker) -> None:
    path = f"{tmp_path}/tracker.db"
    first = Tracker("kept", tracker.flavour, path)
    item = first.create_item(None, home(first), story(first), "Save the cart", description={"any": ["json"]})
    first.close()
    again = Tracker("kept", tracker.flavour, path)
    assert again.item(item.id) == item
    again.close()


def test_an_id_is_never_given_out_twice(tracker: Tracker) -> None:
    item = tracker.create_item(None, home(tracker), story(tracker), "Save the cart")
    comment = tracker.add_comment(None, item.id, "gone soon")
    tracker.delete_comment(None, comment.id)
    assert tracker.add_comment(None, item.id, "new").id > comment.id
    tracker.delete_item(None, item.id)
    assert tracker.create_item(None, home(tracker), story(tracker), "New").id > item.id
