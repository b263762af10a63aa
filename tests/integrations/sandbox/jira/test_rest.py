"""Jira's REST interface with plain requests: rights, errors, limits, paging, markers."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from integrations.sandbox.records import Seed
from integrations.sandbox.site import Served

ADF = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": "hello"}]}]}
WAYS = [("cloud", "/rest/api/3", ADF), ("dc", "/rest/api/2", "hello")]


@pytest.fixture(params=WAYS, ids=["cloud", "dc"])
def way(request: pytest.FixtureRequest, served: Served) -> tuple[str, str, Any, str]:
    """Name, API root, a rich text, and the key of an item that rae reported."""
    name, api, body = request.param
    tracker = served.site[name].tracker
    return name, api, body, tracker.create_item(tracker.user("rae"), "SHOP", "Story", "Save the cart", body).key


def test_without_credentials_only_the_server_speaks_of_itself(served: Served) -> None:
    assert requests.get(f"{served.url}/cloud/rest/api/3/serverInfo", timeout=5).json()["deploymentType"] == "Cloud"
    refused = requests.get(f"{served.url}/cloud/rest/api/3/myself", timeout=5)
    assert (refused.status_code, refused.json()["status-code"]) == (401, 401)


def test_a_reporter_may_talk_but_not_edit(way: Any, ask: Any) -> None:
    name, api, body, key = way
    refused = ask("PUT", name, f"{api}/issue/{key}", "rae", json={"fields": {"summary": "Mine"}})
    assert refused.status_code == 403
    assert refused.json()["errorMessages"] == ["You do not have permission to edit issues in this project."]
    assert ask("POST", name, f"{api}/issue/{key}/comment", "rae", json={"body": body}).status_code == 201
    assert ask("POST", name, f"{api}/issue/{key}/comment", "otto", json={"body": body}).status_code == 403
    assert ask("GET", name, f"{api}/issue/{key}", "otto").status_code == 200


def test_what_one_may_not_browse_is_not_there(way: Any, ask: Any, served: Served) -> None:
    name, api, _, key = way
    served.site[name].tracker.set_private("SHOP", True)
    assert ask("GET", name, f"{api}/issue/{key}", "otto").status_code == 404
    search = "search/jql" if name == "cloud" else "search"
    refused = ask("GET", name, f"{api}/{search}?jql=project=SHOP", "otto")
    assert (refused.status_code, refused.json()["errorMessages"]) == (
        400,
        ["The value 'SHOP' does not exist for the field 'project'."],
    )


def test_a_marker_travels_with_the_comment(way: Any, ask: Any) -> None:
    name, api, body, key = way
    sent = {"body": body, "properties": [{"key": "steward", "value": {"marker": "m1"}}]}
    made = ask("POST", name, f"{api}/issue/{key}/comment", "steward", json=sent).json()
    (found,) = ask("GET", name, f"{api}/issue/{key}/comment?expand=properties").json()["comments"]
    assert found["properties"] == sent["properties"]
    assert "properties" not in ask("GET", name, f"{api}/issue/{key}/comment").json()["comments"][0]
    held = ask("GET", name, f"{api}/comment/{made['id']}/properties/steward").json()
    assert held == {"key": "steward", "value": {"marker": "m1"}}
    new = {"body": body, "properties": [{"key": "steward", "value": {"marker": "m2"}}]}
    path = f"{api}/issue/{key}/comment/{made['id']}?notifyUsers=false&expand=properties"
    assert ask("PUT", name, path, "steward", json=new).json()["properties"] == new["properties"]


def test_a_quiet_edit_sends_no_mail_on_cloud(way: Any, ask: Any, served: Served) -> None:
    name, api, body, key = way
    made = ask("POST", name, f"{api}/issue/{key}/comment", "steward", json={"body": body}).json()
    mailbox = served.site[name].mailbox
    assert [mail.reason for mail in mailbox.to("rae")] == ["reporter"]
    ask("PUT", name, f"{api}/issue/{key}/comment/{made['id']}?notifyUsers=false", "steward", json={"body": body})
    assert len(mailbox.to("rae")) == (1 if name == "cloud" else 2)
    ask("PUT", name, f"{api}/issue/{key}/comment/{made['id']}", "steward", json={"body": body})
    assert len(mailbox.to("rae")) == (2 if name == "cloud" else 3)


def test_an_issue_brings_its_properties(way: Any, ask: Any) -> None:
    name, api, _, _ = way
    fields = {"project": {"key": "SHOP"}, "issuetype": {"name": "Story"}, "summary": "New"}
    sent = {"fields": fields, "properties": [{"key": "steward", "value": "m"}]}
    key = ask("POST", name, f"{api}/issue", "steward", json=sent).json()["key"]
    assert ask("GET", name, f"{api}/issue/{key}?properties=*all").json()["properties"] == {"steward": "m"}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"summary": "x", "issuetype": {"name": "Story"}}, "project"),
        ({"project": {"key": "SHOP"}, "issuetype": {"name": "Story"}}, "summary"),
        ({"project": {"key": "SHOP"}, "summary": "x"}, "issuetype"),
        ({"project": {"key": "SHOP"}, "summary": "x", "issuetype": {"name": "Poem"}}, "issuetype"),
        ({"project": {"key": "SHOP"}, "summary": "x", "issuetype": {"name": "Bug"}, "colour": 1}, "colour"),
        ({"project": {"key": "SHOP"}, "summary": "x", "issuetype": {"name": "Bug"}, "labels": ["a b"]}, "labels"),
        (
            {"project": {"key": "SHOP"}, "summary": "x", "issuetype": {"name": "Bug"}, "priority": {"name": "P0"}},
            "priority",
        ),
    ],
)
def test_a_create_that_lacks_something_names_the_field(way: Any, ask: Any, fields: Any, field: str) -> None:
    name, api, _, _ = way
    refused = ask("POST", name, f"{api}/issue", json={"fields": fields})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, [field])


def test_a_text_over_the_limit_is_refused_and_moves_the_counter(way: Any, ask: Any) -> None:
    name, api, _, key = way
    long = "x" * 32_768
    body: Any = long
    if name == "cloud":
        body = {**ADF, "content": [{"type": "paragraph", "content": [{"type": "text", "text": long}]}]}
    refused = ask("POST", name, f"{api}/issue/{key}/comment", json={"body": body})
    assert refused.status_code == 400
    assert "32,767" in refused.json()["errors"]["comment"]
    assert ("CONTENT_LIMIT_EXCEEDED" in refused.json()["errorMessages"]) == (name == "cloud")
    fields = {"project": {"key": "SHOP"}, "issuetype": {"name": "Story"}, "summary": "x"}
    assert ask("POST", name, f"{api}/issue", json={"fields": {**fields, "description": body}}).status_code == 400
    assert ask("POST", name, f"{api}/issue", json={"fields": fields}).json()["key"] == "SHOP-3"


@pytest.mark.parametrize(
    "body", ["plain", {"type": "doc", "content": []}, {**ADF, "content": [{"type": "marquee"}]}, None, 7]
)
def test_version_3_takes_documents_only(ask: Any, served: Served, body: Any) -> None:
    key = served.site["cloud"].tracker.create_item(None, "SHOP", "Story", "Save the cart").key
    assert ask("POST", "cloud", f"/rest/api/3/issue/{key}/comment", json={"body": body}).status_code == 400
    assert served.site["cloud"].tracker.comments(10001) == []


def test_version_2_of_cloud_speaks_wiki(ask: Any, served: Served) -> None:
    tracker = served.site["cloud"].tracker
    item = tracker.create_item(None, "SHOP", "Story", "Save the cart", ADF)
    assert ask("GET", "cloud", f"/rest/api/2/issue/{item.key}").json()["fields"]["description"] == "hello"
    made = ask("POST", "cloud", f"/rest/api/2/issue/{item.key}/comment", json={"body": "*bold* word"}).json()
    assert made["body"] == "*bold* word"
    (comment,) = tracker.comments(item.id)
    assert comment.body["content"][0]["content"][0]["marks"] == [{"type": "strong"}]


@pytest.mark.parametrize("body", [b"{", b"[]", b"[" * 50_000, b"\xff", b""])
def test_what_is_not_an_object_is_400(way: Any, ask: Any, body: bytes) -> None:
    name, api, _, key = way
    answer = ask("PUT", name, f"{api}/issue/{key}", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400


# searching


def test_cloud_pages_by_token_and_gives_ids_alone(ask: Any, served: Served) -> None:
    served.site["cloud"].tracker.seed(Seed(f"Item {n}", labels=("a",)) for n in range(5))
    path = "/rest/api/3/search/jql?jql=project=SHOP order by key&maxResults=2"
    first = ask("GET", "cloud", path).json()
    assert [set(issue) for issue in first["issues"]] == [{"id"}, {"id"}]
    assert first["isLast"] is False
    second = ask("GET", "cloud", f"{path}&fields=labels&nextPageToken={first['nextPageToken']}").json()
    assert [(issue["key"], issue["fields"]) for issue in second["issues"]] == [
        ("SHOP-3", {"labels": ["a"]}),
        ("SHOP-4", {"labels": ["a"]}),
    ]
    last = ask("GET", "cloud", f"{path}&nextPageToken={second['nextPageToken']}").json()
    assert (len(last["issues"]), last["isLast"], "nextPageToken" in last) == (1, True, False)
    assert ask("GET", "cloud", f"{path}&nextPageToken=forged").status_code == 400


def test_cloud_refuses_the_removed_search_and_unbounded_queries(ask: Any) -> None:
    assert ask("GET", "cloud", "/rest/api/3/search?jql=project=SHOP").status_code == 410
    refused = ask("GET", "cloud", "/rest/api/3/search/jql?jql=order by created")
    assert (refused.status_code, "Unbounded" in refused.json()["errorMessages"][0]) == (400, True)


def test_data_center_pages_by_offset(ask: Any, served: Served) -> None:
    served.site["dc"].tracker.seed(Seed(f"Item {n}") for n in range(5))
    page = ask("GET", "dc", "/rest/api/2/search?jql=order by key&startAt=3&maxResults=3&fields=summary").json()
    assert (page["startAt"], page["maxResults"], page["total"]) == (3, 3, 5)
    assert [issue["key"] for issue in page["issues"]] == ["SHOP-4", "SHOP-5"]
    posted = ask("POST", "dc", "/rest/api/2/search", json={"jql": "key = SHOP-2", "fields": ["summary"]}).json()
    assert [issue["fields"] for issue in posted["issues"]] == [{"summary": "Item 1"}]


def test_the_changelog_pages_oldest_first_on_cloud(ask: Any, served: Served) -> None:
    key = served.site["cloud"].tracker.create_item(None, "SHOP", "Story", "Save the cart").key
    for number in range(3):
        ask("PUT", "cloud", f"/rest/api/3/issue/{key}", json={"fields": {"summary": f"Text {number}"}})
    page = ask("GET", "cloud", f"/rest/api/3/issue/{key}/changelog?startAt=1&maxResults=1").json()
    assert (page["total"], page["isLast"], page["values"][0]["items"][0]["toString"]) == (3, False, "Text 1")


@pytest.mark.parametrize("path", ["issue/SHOP-1/changelog", "search/jql", "priority/search", "label", "project/search"])
def test_data_center_does_not_know_what_only_cloud_has(ask: Any, served: Served, path: str) -> None:
    served.site["dc"].tracker.create_item(None, "SHOP", "Story", "Save the cart")
    assert ask("GET", "dc", f"/rest/api/2/{path}").status_code == 404


def test_an_attachment_is_where_it_says(way: Any, served: Served) -> None:
    name, api, _, key = way
    tracker = served.site[name].tracker
    tracker.add_attachment(None, tracker.item(key).id, "log.txt", "text/plain", b"hello")
    auth = ("dana@corner-shop.example", "token-dana")
    issue = requests.get(f"{served.url}/{name}{api}/issue/{key}", auth=auth, timeout=5).json()
    (file,) = issue["fields"]["attachment"]
    assert requests.get(file["content"], auth=auth, timeout=5).content == b"hello"
    assert requests.get(file["content"], timeout=5).status_code == 401


# who may what


def people(answer: requests.Response) -> set[str]:
    return {user["displayName"].split()[0] for user in answer.json()}


@pytest.mark.parametrize("permission", ["EDIT_ISSUES", "EDIT_ISSUE"])
def test_only_administrators_may_ask_for_others_permissions(way: Any, ask: Any, permission: str) -> None:
    name, api, _, key = way
    search = "query=" if name == "cloud" else "username="
    path = f"{api}/user/permission/search?permissions={permission}&issueKey={key}&{search}"
    assert ask("GET", name, path, "steward").status_code == 403
    assert people(ask("GET", name, path, "ada")) == {"Ada", "Dana", "Lee", "Steward"}


def test_one_person_is_looked_for_by_id_or_name(way: Any, ask: Any, served: Served) -> None:
    name, api, _, key = way
    tracker = served.site[name].tracker
    for login, allowed in (("lee", True), ("rae", False), ("otto", False)):
        who = f"accountId={tracker.user(login).id}" if name == "cloud" else f"username={login}"
        path = f"{api}/user/permission/search?permissions=EDIT_ISSUES&issueKey={key}&{who}"
        assert bool(people(ask("GET", name, path, "ada"))) == allowed
    tracker.set_role("SHOP", "lee", None)
    assert not people(ask("GET", name, path.replace(str(tracker.user("otto").id), tracker.user("lee").id), "ada"))


def test_roles_and_groups_are_for_administrators(way: Any, ask: Any) -> None:
    name, api, _, _ = way
    role = ask("GET", name, f"{api}/project/SHOP/role").json()["Developers"].rpartition("/")[2]
    actors = ask("GET", name, f"{api}/project/SHOP/role/{role}", "ada").json()["actors"]
    assert {actor["displayName"] for actor in actors} == {"Dana Duarte", "Lee Lindqvist", "Steward"}
    assert ask("GET", name, f"{api}/project/SHOP/role/{role}", "steward").status_code in (401, 403)
    members = ask("GET", name, f"{api}/group/member?groupname=shop-deciders", "ada").json()["values"]
    assert [member["displayName"] for member in members] == ["Ada Adebayo", "Dana Duarte"]
    assert ask("GET", name, f"{api}/group/member?groupname=shop-deciders", "steward").status_code == 403


def test_cloud_checks_another_accounts_permissions_for_administrators(ask: Any, served: Served) -> None:
    tracker = served.site["cloud"].tracker
    item = tracker.create_item(None, "SHOP", "Story", "Save the cart")
    wanted = {"permissions": ["EDIT_ISSUES"], "issues": [item.id]}
    sent = {"accountId": tracker.user("rae").id, "projectPermissions": [wanted]}
    assert ask("POST", "cloud", "/rest/api/3/permissions/check", "steward", json=sent).status_code == 403
    answer = ask("POST", "cloud", "/rest/api/3/permissions/check", "ada", json=sent).json()
    assert answer["projectPermissions"] == [{"permission": "EDIT_ISSUES", "issues": [], "projects": []}]


def test_a_comment_for_a_role_is_hidden_from_others(way: Any, ask: Any) -> None:
    name, api, body, key = way
    sent = {"body": body, "visibility": {"type": "role", "value": "Developers"}}
    assert ask("POST", name, f"{api}/issue/{key}/comment", json=sent).json()["visibility"]["value"] == "Developers"
    assert ask("GET", name, f"{api}/issue/{key}/comment", "rae").json()["total"] == 0
    assert ask("GET", name, f"{api}/issue/{key}/comment", "lee").json()["total"] == 1


def test_webhooks_are_registered_by_administrators(way: Any, ask: Any, receiver: Any, served: Served) -> None:
    name, api, body, key = way
    path = "/rest/webhooks/1.0/webhook" if name == "cloud" else "/rest/jira-webhook/1.0/webhooks"
    sent = {"name": "steward", "url": receiver.url, "events": ["comment_created"], "secret": "s"}
    assert ask("POST", name, path, "steward", json=sent).status_code == 403
    made = ask("POST", name, path, "ada", json=sent)
    assert (made.status_code, "secret" in made.json()) == (201, False)
    ask("POST", name, f"{api}/issue/{key}/comment", json={"body": body})
    served.site.drain()
    assert "x-hub-signature" in receiver.got[0][1]
    assert ask("DELETE", name, f"{path}/{made.json()['id']}", "ada").status_code == 204
