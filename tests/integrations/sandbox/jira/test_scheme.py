"""How a project of the sandbox is arranged, and what its Jira answers then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from integrations.sandbox.jira.scheme import CUSTOM, Field, Scheme, Step, arrange, scheme_of
from integrations.sandbox.site import Served

Ask = Callable[..., requests.Response]

TEAM = Field("customfield_10060", "Team", {"type": "option", "custom": f"{CUSTOM}:select"}, True, options=("Web",))


@pytest.fixture
def tracker(served: Served) -> Any:
    tracker = served.site["cloud"].tracker
    tracker.create_item(tracker.user("rae"), "SHOP", "Story", "Save the cart")
    return tracker


def test_a_project_that_was_given_nothing_is_a_plain_one(tracker: Any, ask: Ask) -> None:
    assert scheme_of(tracker, "SHOP") == Scheme()
    project = ask("GET", "cloud", "/rest/api/3/project/SHOP").json()
    assert (project["projectTypeKey"], project["simplified"]) == ("software", False)


def test_a_scheme_is_kept_as_it_was_given(tracker: Any) -> None:
    given = Scheme("service_desk", True, (TEAM,), ("components",), (Step("Go", "Done", ("To Do",), ("!resolution",)),))
    arrange(tracker, "SHOP", given)
    assert scheme_of(tracker, "SHOP") == given


def test_a_required_field_is_told_and_demanded(tracker: Any, ask: Ask) -> None:
    arrange(tracker, "SHOP", Scheme(fields=(TEAM,)))
    told = ask("GET", "cloud", "/rest/api/3/issue/createmeta/SHOP/issuetypes/10001").json()["fields"]
    (team,) = [field for field in told if field["key"] == TEAM.id]
    assert (team["required"], [one["value"] for one in team["allowedValues"]]) == (True, ["Web"])
    fields: dict[str, Any] = {"project": {"key": "SHOP"}, "issuetype": {"name": "Bug"}, "summary": "New"}
    answer = ask("POST", "cloud", "/rest/api/3/issue", json={"fields": fields})
    assert (answer.status_code, answer.json()["errors"]) == (400, {TEAM.id: "Team is required."})
    fields[TEAM.id] = {"value": "Web"}
    assert ask("POST", "cloud", "/rest/api/3/issue", json={"fields": fields}).status_code == 201


def test_only_what_the_workflow_offers_is_done_and_its_screen_is_kept(tracker: Any, ask: Ask) -> None:
    steps = (Step("Close", "Done", ("To Do",), ("!resolution",)), Step("Again", "To Do", ("Done",)))
    arrange(tracker, "SHOP", Scheme(steps=steps))
    path = "/rest/api/3/issue/SHOP-1/transitions"
    (offered,) = ask("GET", "cloud", f"{path}?expand=transitions.fields").json()["transitions"]
    assert (offered["to"]["name"], offered["fields"]["resolution"]["required"]) == ("Done", True)
    sent: dict[str, Any] = {"transition": {"id": offered["id"]}}
    assert ask("POST", "cloud", path, json=sent).json()["errors"] == {"resolution": "Resolution is required."}
    assert ask("POST", "cloud", path, json={"transition": {"id": "21"}}).status_code == 400
    sent["fields"] = {"resolution": {"name": "Duplicate"}, "summary": "x"}
    assert "summary" in ask("POST", "cloud", path, json=sent).json()["errors"]
    del sent["fields"]["summary"]
    assert ask("POST", "cloud", path, json=sent).status_code == 204
    item = tracker.item("SHOP-1")
    assert (item.status, item.resolution) == ("Done", "Duplicate")


def test_an_edit_of_a_comment_without_an_audience_shows_it_to_all(tracker: Any, ask: Ask) -> None:
    body = {"type": "doc", "version": 1, "content": []}
    path = "/rest/api/3/issue/SHOP-1/comment"
    said = {"body": body, "visibility": {"type": "role", "value": "Developers"}}
    comment = ask("POST", "cloud", path, json=said).json()
    assert comment["visibility"]["value"] == "Developers"
    assert "visibility" not in ask("PUT", "cloud", f"{path}/{comment['id']}", json={"body": body}).json()


def test_a_comment_answers_another_of_the_same_issue_only(tracker: Any, ask: Ask) -> None:
    body = {"type": "doc", "version": 1, "content": []}
    path = "/rest/api/3/issue/SHOP-1/comment"
    first = ask("POST", "cloud", path, json={"body": body}).json()
    answer = ask("POST", "cloud", path, json={"body": body, "parentId": int(first["id"])})
    assert answer.json()["parentId"] == int(first["id"])
    assert ask("POST", "cloud", path, json={"body": body, "parentId": 7}).status_code == 400
