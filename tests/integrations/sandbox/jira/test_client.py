"""The real `jira` client against both flavours: it must be unable to tell."""

from __future__ import annotations

from typing import Any

import pytest
from jira import JIRA, JIRAError

from integrations.sandbox.site import Served

ALL = [("cloud", "2"), ("cloud", "3"), ("dc", "2")]


def rich(version: str, text: str) -> Any:
    """A text in the form that this REST version takes."""
    if version == "2":
        return text
    return {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}],
    }


@pytest.fixture(params=ALL, ids=["cloud-2", "cloud-3", "dc-2"])
def setup(request: pytest.FixtureRequest, connect: Any) -> tuple[JIRA, str]:
    name, version = request.param
    return connect(name, "dana", version), version


def make(client: JIRA, version: str, **more: Any) -> Any:
    given = {"project": "SHOP", "summary": "Save the cart", "issuetype": {"name": "Story"}, **more}
    return client.create_issue(fields={**given, "description": rich(version, "As a buyer I want it saved")})


def test_an_empty_project_is_empty(setup: tuple[JIRA, str]) -> None:
    client, _ = setup
    assert list(client.search_issues("project = SHOP")) == []


def test_the_client_knows_the_flavour(setup: tuple[JIRA, str], connect: Any) -> None:
    client, _ = setup
    is_cloud = "/cloud" in client.server_url
    assert client._is_cloud == is_cloud
    assert client.myself()["displayName"] == "Dana Duarte"
    assert ("accountId" in client.myself()) == is_cloud
    assert client.server_info()["deploymentType"] == ("Cloud" if is_cloud else "Server")


def test_an_issue_is_created_read_and_edited(setup: tuple[JIRA, str]) -> None:
    client, version = setup
    key = make(client, version, labels=["checkout"], priority={"name": "High"}).key
    issue = client.issue(key)
    assert (issue.fields.summary, issue.fields.labels) == ("Save the cart", ["checkout"])
    assert issue.fields.priority.name == "High"
    assert issue.fields.reporter.displayName == "Dana Duarte"
    assert issue.raw["fields"]["description"] == rich(version, "As a buyer I want it saved")
    issue.update(fields={"summary": "Keep the cart"}, update={"labels": [{"add": "x"}, {"remove": "checkout"}]})
    assert client.issue(key).fields.summary == "Keep the cart"
    assert client.issue(key, fields="labels").raw["fields"] == {"labels": ["x"]}


def test_comments_are_added_edited_read_and_deleted(setup: tuple[JIRA, str]) -> None:
    client, version = setup
    key = make(client, version).key
    made = client.add_comment(key, rich(version, "first"))
    client.add_comment(key, rich(version, "second"))
    client.comment(key, made.id).update(body=rich(version, "changed"))
    assert [comment.raw["body"] for comment in client.comments(key)] == [
        rich(version, "changed"),
        rich(version, "second"),
    ]
    client.comment(key, made.id).delete()
    assert len(client.comments(key)) == 1


def test_the_changelog_says_who_changed_what(setup: tuple[JIRA, str]) -> None:
    client, version = setup
    key = make(client, version).key
    client.issue(key).update(fields={"priority": {"name": "Low"}, "labels": ["b", "a"]})
    client.issue(key).update(fields={"description": rich(version, "new")})
    histories = client.issue(key, expand="changelog").raw["changelog"]["histories"]
    newest, oldest = histories if client._is_cloud else reversed(histories)
    items = {item["field"]: item for item in oldest["items"]}
    assert (items["priority"]["from"], items["priority"]["fromString"]) == ("3", "Medium")
    assert (items["priority"]["to"], items["priority"]["toString"]) == ("4", "Low")
    assert (items["labels"]["from"], items["labels"]["fromString"]) == ("", "")
    assert items["labels"]["toString"] == "b a"
    assert newest["items"][0]["toString"] == "new"
    assert newest["author"]["displayName"] == "Dana Duarte"


def test_subtasks_hang_under_their_parent(setup: tuple[JIRA, str]) -> None:
    client, version = setup
    parent = make(client, version)
    kind = next(t["name"] for t in client._get_json("issuetype") if t["subtask"])
    child = make(client, version, issuetype={"name": kind}, parent={"key": parent.key}, labels=["steward-draft"])
    assert [sub.key for sub in client.issue(parent.key).fields.subtasks] == [child.key]
    assert client.issue(child.key).fields.parent.key == parent.key
    assert [i.key for i in client.search_issues(f"parent = {parent.key}")] == [child.key]


def test_a_link_reads_the_same_from_both_ends(setup: tuple[JIRA, str]) -> None:
    client, version = setup
    new, old = make(client, version).key, make(client, version).key
    client.create_issue_link("Duplicate", inwardIssue=new, outwardIssue=old)
    (mine,) = client.issue(new).fields.issuelinks
    (theirs,) = client.issue(old).fields.issuelinks
    assert (mine.type.outward, mine.outwardIssue.key) == ("duplicates", old)
    assert (theirs.type.inward, theirs.inwardIssue.key) == ("is duplicated by", new)
    assert client.issue_link(mine.id).outwardIssue.key == old
    said = [client.issue(key, expand="changelog").raw["changelog"]["histories"][0]["items"][0] for key in (new, old)]
    assert [item["toString"] for item in said] == [
        f"This issue duplicates {old}",
        f"This issue is duplicated by {new}",
    ]
    client.delete_issue_link(mine.id)
    assert client.issue(new).fields.issuelinks == []


def test_a_transition_moves_the_status_and_resolves(setup: tuple[JIRA, str]) -> None:
    client, version = setup
    key = make(client, version).key
    done = client.find_transitionid_by_name(key, "Done")
    client.transition_issue(key, done)
    fields = client.issue(key).fields
    assert (fields.status.name, fields.status.statusCategory.key, fields.resolution.name) == ("Done", "done", "Done")
    assert client.search_issues("statusCategory != Done AND project = SHOP") == []


def test_properties_hold_json(setup: tuple[JIRA, str]) -> None:
    client, version = setup
    key = make(client, version).key
    client.add_issue_property(key, "steward", {"seen": [1, 2]})
    assert client.issue_property(key, "steward").value.seen == [1, 2]
    assert client.issue(key, properties="steward").raw["properties"] == {"steward": {"seen": [1, 2]}}


def test_what_may_be_written_is_told(setup: tuple[JIRA, str]) -> None:
    client, version = setup
    key = make(client, version).key
    assert set(client.editmeta(key)["fields"]) >= {"summary", "labels", "priority", "description"}
    assert client.my_permissions(issueKey=key, permissions="EDIT_ISSUES")["permissions"]["EDIT_ISSUES"][
        "havePermission"
    ]
    assert [priority.name for priority in client.priorities()][:2] == ["Highest", "High"]
    assert client.project("SHOP").name == "Corner Shop"
    assert set(client.project_roles("SHOP")) == {"Administrators", "Developers", "Reporters"}


def test_paging_finds_everything_once(setup: tuple[JIRA, str], served: Served) -> None:
    from integrations.sandbox.records import Seed

    client, _ = setup
    served.site["cloud" if client._is_cloud else "dc"].tracker.seed(Seed(f"Item {n}") for n in range(230))
    found = client.search_issues("project = SHOP ORDER BY key ASC", maxResults=0, fields="summary")
    assert [issue.key for issue in found] == [f"SHOP-{n}" for n in range(1, 231)]


def test_an_error_reads_like_the_vendors(setup: tuple[JIRA, str]) -> None:
    client, _ = setup
    with pytest.raises(JIRAError) as caught:
        client.issue("SHOP-999")
    assert caught.value.status_code == 404
    assert "oes" in caught.value.text
    with pytest.raises(JIRAError) as caught:
        client.search_issues("colour = red")
    assert caught.value.status_code == 400
    assert caught.value.text == "Field 'colour' does not exist or you do not have permission to view it."


@pytest.mark.parametrize("name", ["cloud", "dc"])
def test_a_wrong_token_is_401(served: Served, name: str) -> None:
    for how in ({"basic_auth": ("dana@corner-shop.example", "wrong")}, {"token_auth": "wrong"}):
        client = JIRA(server=f"{served.url}/{name}", max_retries=0, timeout=5, **how)  # type: ignore[arg-type]
        with pytest.raises(JIRAError) as caught:
            client.myself()
        assert caught.value.status_code in (401, 403)


def test_data_center_has_the_newer_createmeta_of_the_client(connect: Any) -> None:
    client = connect("dc")
    kinds = {kind.name: kind.id for kind in client.project_issue_types("SHOP")}
    fields = {field.fieldId for field in client.project_issue_fields("SHOP", kinds["Sub-task"])}
    assert {"summary", "parent", "priority"} <= fields
