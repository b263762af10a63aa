"""What Jira's webhooks say, and that they have the shape of real ones where those are at hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from integrations.sandbox.markup import wiki_to_adf
from integrations.sandbox.site import Served

FIXTURES = Path(__file__).parents[4].parent / "shared" / "fixtures" / "jira"


@pytest.fixture
def story(served: Served, receiver: Any) -> dict[str, list[dict[str, Any]]]:
    """Name of the flavour -> every payload of one short story."""
    told = {}
    for name in ("cloud", "dc"):
        mounted = served.site[name]
        tracker = mounted.tracker
        dana, rae = tracker.user("dana"), tracker.user("rae")
        text: Any = wiki_to_adf("It *hangs*") if name == "cloud" else "It *hangs*"
        other = tracker.create_item(None, "SHOP", "Story", "The older one")
        mounted.webhooks.register(receiver.url)
        item = tracker.create_item(rae, "SHOP", "Story", "Save the cart", text)
        tracker.change_item(dana, item.id, {"priority": "High", "labels": ["checkout"]})
        comment = tracker.add_comment(rae, item.id, text)
        tracker.edit_comment(rae, comment.id, text)
        tracker.delete_comment(rae, comment.id)
        tracker.add_link(dana, "Duplicate", item.id, other.id)
        tracker.delete_item(None, item.id)
        mounted.webhooks.drain()
        told[name] = [json.loads(body) for _, _, body in receiver.got]
        receiver.got.clear()
    return told


def named(told: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(payload for payload in told if payload["webhookEvent"] == name)


def test_cloud_tells_each_thing_once(story: Any) -> None:
    assert [payload["webhookEvent"] for payload in story["cloud"]] == [
        "jira:issue_created",
        "jira:issue_updated",
        "comment_created",
        "comment_updated",
        "comment_deleted",
        "issuelink_created",
        "jira:issue_deleted",
    ]


def test_data_center_tells_of_comments_twice(story: Any) -> None:
    said = [(payload["webhookEvent"], payload.get("issue_event_type_name")) for payload in story["dc"]]
    assert said == [
        ("jira:issue_created", "issue_created"),
        ("jira:issue_updated", "issue_updated"),
        ("comment_created", None),
        ("jira:issue_updated", "issue_commented"),
        ("comment_updated", None),
        ("jira:issue_updated", "issue_comment_edited"),
        ("comment_deleted", None),
        ("jira:issue_updated", "issue_comment_deleted"),
        ("issuelink_created", None),
        ("jira:issue_deleted", "issue_deleted"),
    ]


def test_texts_are_wiki_markup_on_both(story: Any) -> None:
    for told in story.values():
        assert named(told, "comment_created")["comment"]["body"] == "It *hangs*"
        assert named(told, "jira:issue_created")["issue"]["fields"]["description"] == "It *hangs*"


def test_a_comment_of_cloud_has_a_short_issue_and_one_of_data_center_has_none(story: Any) -> None:
    cloud, dc = (named(story[name], "comment_created") for name in ("cloud", "dc"))
    assert set(cloud["issue"]["fields"]) == {"summary", "issuetype", "project", "assignee", "priority", "status"}
    assert "user" not in cloud
    assert set(dc) == {"timestamp", "webhookEvent", "comment"}
    assert "/issue/10002/comment/" in dc["comment"]["self"]


def test_a_changelog_says_what_moved(story: Any) -> None:
    for name, told in story.items():
        payload = named(told, "jira:issue_updated")
        items = {item["field"]: (item["fromString"], item["toString"]) for item in payload["changelog"]["items"]}
        assert items == {"priority": ("Medium", "High"), "labels": ("", "checkout")}
        assert payload["user"]["displayName"] == "Dana Duarte"
        assert ("accountId" in payload["user"]) == (name == "cloud")


REAL = {
    "cloud_2024_comment_created_with_account_mention.json": ("cloud", "comment_created"),
    "webhook-cloud-comment-deleted.json": ("cloud", "comment_deleted"),
    "webhook-issue-created.json": ("cloud", "jira:issue_created"),
    "webhook-issue-updated-labels.json": ("cloud", "jira:issue_updated"),
    "webhook-issue-deleted.json": ("cloud", "jira:issue_deleted"),
    "webhook-server-comment-created.json": ("dc", "comment_created"),
    "webhook-server-issue-updated-in-progress.json": ("dc", "jira:issue_updated"),
}
UNSPOKEN = {
    *(
        "name",
        "key",
        "emailAddress",
        "jsdPublic",
        "accountType",
    ),  # of accounts and comments: they come and go over the years
    *("timespent", "aggregatetimespent", "timeoriginalestimate", "aggregatetimeoriginalestimate", "timeestimate"),
    *("aggregatetimeestimate", "lastViewed", "security", "statuscategorychangedate", "parent", "visibility"),
    *("simplified", "hierarchyLevel", "eventType", "entityId", "edits", "components", "percent", "avatarId"),
}


def lacking(real: Any, ours: Any, path: str = "") -> list[str]:
    """Paths of objects' members that the real delivery has and ours has not, or has in another kind."""
    if not isinstance(real, dict) or not isinstance(ours, dict):
        return []
    gone = [
        f"{path}.{name}" for name in real if name not in ours and name not in UNSPOKEN and "customfield_" not in name
    ]
    return gone + [
        line
        for name in real.keys() & ours.keys() - {"avatarUrls", "timetracking", "progress", "aggregateprogress"}
        for line in lacking(real[name], ours[name], f"{path}.{name}")
    ]


@pytest.mark.skipif(not FIXTURES.exists(), reason="no shared data")
@pytest.mark.parametrize("name", REAL)
def test_a_real_delivery_has_nothing_that_ours_lacks(story: Any, name: str) -> None:
    flavour, event = REAL[name]
    real = json.loads((FIXTURES / name).read_text())
    assert lacking(real, named(story[flavour], event)) == []
