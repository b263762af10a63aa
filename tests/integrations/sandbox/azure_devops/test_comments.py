"""Comments as raw requests: formats, pages, rights, and the revision that each of them is."""

from typing import Any

import pytest


def say(organisation: Any, item: int, text: str, user: str = "dana", **params: Any) -> Any:
    version = params.pop("version", "7.1-preview.4")
    path = f"/Shop/_apis/wit/workItems/{item}/comments"
    return organisation.ask("POST", path, user, json={"text": text}, params=params, version=version)


def test_an_item_without_comments_has_an_empty_page(organisation: Any) -> None:
    item = organisation.item(Title="Cart")
    body = organisation.ask("GET", f"/Shop/_apis/wit/workItems/{item}/comments").json()
    assert (body["totalCount"], body["count"], body["comments"], "continuationToken" in body) == (0, 0, [], False)


@pytest.mark.parametrize(
    ("params", "form"),
    [
        ({}, "html"),
        ({"format": "markdown"}, "markdown"),
        ({"format": "Html"}, "html"),
        ({"format": "0", "version": "7.2-preview.4"}, "markdown"),
        ({"format": "1", "version": "7.2-preview.4"}, "html"),
        ({"format": "markdown", "version": "7.1-preview.3"}, "html"),
        ({"format": "markdown", "version": "7.0-preview.3"}, "html"),
    ],
)
def test_the_format_is_what_was_asked_for(organisation: Any, params: dict[str, str], form: str) -> None:
    answer = say(organisation, organisation.item(Title="Cart"), "*x*", **params)
    assert (answer.status_code, answer.json()["format"]) == (200, form)


def test_an_edit_keeps_the_format_unless_told_otherwise(organisation: Any) -> None:
    item = organisation.item(Title="Cart")
    path = f"/Shop/_apis/wit/workItems/{item}/comments/{say(organisation, item, '*x*', format='markdown').json()['id']}"
    assert organisation.ask("PATCH", path, json={"text": "y"}).json()["format"] == "markdown"
    assert organisation.ask("PATCH", path, json={"text": "y"}, params={"format": "html"}).json()["format"] == "html"


def test_each_comment_and_edit_is_a_revision_with_its_words(organisation: Any) -> None:
    item = organisation.item(Title="Cart")
    made = say(organisation, item, "first", "rae").json()
    organisation.ask("PATCH", f"/Shop/_apis/wit/workItems/{item}/comments/{made['id']}", "rae", json={"text": "second"})
    updates = organisation.ask("GET", f"/Shop/_apis/wit/workItems/{item}/updates").json()["value"]
    assert [(u["rev"], u["fields"].get("System.History")) for u in updates] == [
        (1, None),
        (2, {"newValue": "first"}),
        (3, {"newValue": "second"}),
    ]
    assert updates[1]["revisedBy"]["name"] == "Rae Rossi <rae@corner-shop.example>"
    assert updates[1]["revisedDate"] != updates[2]["revisedDate"] == "9999-01-01T00:00:00Z"


def test_pages_follow_each_other_in_both_orders(organisation: Any) -> None:
    item = organisation.item(Title="Cart")
    ids = [say(organisation, item, f"no. {n}").json()["id"] for n in range(5)]
    for order, wanted in (("desc", ids[::-1]), ("asc", ids)):
        seen, token = [], ""
        while True:
            params = {"$top": 2, "order": order} | ({"continuationToken": token} if token else {})
            body = organisation.ask("GET", f"/Shop/_apis/wit/workItems/{item}/comments", params=params).json()
            seen += [comment["id"] for comment in body["comments"]]
            token = body.get("continuationToken", "")
            if not token:
                break
        assert seen == wanted


@pytest.mark.parametrize("token", ["%%%", "zzzz", "YWZ0ZXI6eA"])
def test_a_made_up_token_is_refused(organisation: Any, token: str) -> None:
    item = organisation.item(Title="Cart")
    params = {"continuationToken": token}
    path = f"/Shop/_apis/wit/workItems/{item}/comments"
    assert organisation.ask("GET", path, params=params).status_code == 400


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": " "}, {"text": 7}, []])
def test_a_comment_needs_a_text(organisation: Any, body: Any) -> None:
    path = f"/Shop/_apis/wit/workItems/{organisation.item(Title='Cart')}/comments"
    assert organisation.ask("POST", path, json=body).status_code == 400


def test_others_comments_are_not_changed_but_by_an_administrator(organisation: Any) -> None:
    item = organisation.item(Title="Cart")
    path = f"/Shop/_apis/wit/workItems/{item}/comments/{say(organisation, item, 'mine').json()['id']}"
    assert organisation.ask("PATCH", path, "lee", json={"text": "yours"}).status_code == 403
    assert organisation.ask("DELETE", path, "lee").status_code == 403
    assert organisation.ask("PATCH", path, "ada", json={"text": "ours"}).status_code == 200
    assert organisation.ask("DELETE", path).json()["isDeleted"]
    assert organisation.ask("GET", path).status_code == 404


def test_an_outsider_may_not_comment(organisation: Any) -> None:
    assert say(organisation, organisation.item(Title="Cart"), "hi", "otto").status_code == 403


def test_a_comment_belongs_to_its_item_and_project(organisation: Any) -> None:
    item, other = organisation.item(Title="Cart"), organisation.item(Title="Pay")
    made = say(organisation, item, "here").json()["id"]
    assert organisation.ask("GET", f"/Shop/_apis/wit/workItems/{other}/comments/{made}").status_code == 404
    assert organisation.ask("GET", f"/_apis/wit/workItems/{item}/comments/{made}").status_code == 400
    organisation.tracker.add_project("Bank", "Bank", roles={"dana": "Developers"})
    assert organisation.ask("GET", f"/Bank/_apis/wit/workItems/{item}/comments").status_code == 404


def test_rendered_text_is_safe_to_show(organisation: Any) -> None:
    item = organisation.item(Title="Cart")
    say(organisation, item, "1 <b> 2", format="markdown")
    params = {"$expand": "renderedText"}
    body = organisation.ask("GET", f"/Shop/_apis/wit/workItems/{item}/comments", params=params).json()
    assert (body["comments"][0]["text"], "<b>" in body["comments"][0]["renderedText"]) == ("1 <b> 2", False)
