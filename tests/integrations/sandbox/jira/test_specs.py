"""Everything that the sandbox answers, asked for once: tests.specifications holds each answer against the vendor's own
specification as the test ends."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.sandbox.jira.scheme import CUSTOM, Field, Scheme, Step, arrange
from integrations.sandbox.markup import wiki_to_adf
from integrations.sandbox.records import Term
from integrations.sandbox.site import Served

GETS = (
    "myself",
    "serverInfo",
    "field",
    "issue/SHOP-1?expand=changelog,renderedFields",
    "issue/SHOP-1/comment?expand=properties",
    "issue/SHOP-1/comment/10001?expand=renderedBody",
    "issue/SHOP-1/editmeta",
    "issue/SHOP-1/transitions?expand=transitions.fields",
    "issue/SHOP-1/properties",
    "issue/SHOP-1/watchers",
    "issueLinkType",
    "issuetype",
    "priority",
    "resolution",
    "project",
    "project/SHOP/statuses",
    "issueLink/10001",
    "project/SHOP",
    "project/SHOP/components",
    "user/assignable/search?issueKey=SHOP-1",
    "project/SHOP/role",
    "project/SHOP/role/10001",
    "status",
    "mypermissions?permissions=EDIT_ISSUES&issueKey=SHOP-1",
    "user/permission/search?permissions=EDIT_ISSUES&issueKey=SHOP-1",
    "group/member?groupname=shop-deciders",
    "issue/createmeta/SHOP/issuetypes",
    "issue/createmeta/SHOP/issuetypes/10001",
    "comment/10001/properties/steward",
)
ON_CLOUD = (
    "issue/SHOP-1/changelog",
    "project/search",
    "priority/search",
    "label",
    "user/search?query=dana",
    "search/jql?jql=project=SHOP&fields=*all",
)
ON_DATA_CENTER = ("search?jql=project=SHOP", "user/search?username=dana", "user?username=dana&expand=groups")


@pytest.fixture
def furnished(served: Served) -> Served:
    for name in ("cloud", "dc"):
        tracker = served.site[name].tracker
        schema = {"type": "string", "custom": f"{CUSTOM}:textarea", "customId": 10050}
        own = Field("customfield_10050", "Acceptance Criteria", schema)
        steps = (Step("Close", "Done", (), ("!resolution", "customfield_10050")), Step("Again", "To Do"))
        arrange(tracker, "SHOP", Scheme(is_team_managed=True, fields=(own,), steps=steps))
        tracker.add_term(Term("component", 0, "Cart"))
        text: Any = wiki_to_adf("It *hangs*") if name == "cloud" else "It *hangs*"
        first = tracker.create_item(None, "SHOP", "Story", "Save the cart", text, assignee="lee", labels=["a"])
        second = tracker.create_item(None, "SHOP", "Bug", "The cart is lost", text)
        tracker.create_item(None, "SHOP", tracker.terms("type")[-1].name, "Draft", None, parent=first.id)
        tracker.change_item(None, first.id, {"summary": "Keep the cart", "priority": "High", "assignee": "dana"})
        tracker.change_item(None, second.id, {"status": "Done"})
        tracker.add_link(None, "Duplicate", second.id, first.id)
        tracker.add_comment(tracker.user("rae"), first.id, text, properties={"steward": {"marker": "m"}})
        tracker.set_property(None, first.id, "steward", 1)
    return served


def test_what_cloud_reads_out_is_as_specified(furnished: Served, ask: Any) -> None:
    answers = {asked: ask("GET", "cloud", f"/rest/api/3/{asked}", "ada") for asked in (*GETS, *ON_CLOUD)}
    assert {asked: answer.status_code for asked, answer in answers.items() if answer.status_code != 200} == {}


def test_what_cloud_answers_to_a_write_is_as_specified(furnished: Served, ask: Any) -> None:
    comment = ask("POST", "cloud", "/rest/api/3/issue/SHOP-1/comment", json={"body": wiki_to_adf("x")})
    path = f"/rest/api/3/issue/SHOP-1/comment/{comment.json()['id']}"
    assert ask("PUT", "cloud", path, json={"body": wiki_to_adf("y")}).status_code == 200
    fields = {"project": {"key": "SHOP"}, "issuetype": {"name": "Bug"}, "summary": "New"}
    assert ask("POST", "cloud", "/rest/api/3/issue", json={"fields": fields}).status_code == 201


def test_what_data_center_reads_out_is_as_specified(furnished: Served, ask: Any) -> None:
    answers = {asked: ask("GET", "dc", f"/rest/api/2/{asked}", "ada") for asked in (*GETS, *ON_DATA_CENTER)}
    assert {asked: answer.status_code for asked, answer in answers.items() if answer.status_code != 200} == {}
