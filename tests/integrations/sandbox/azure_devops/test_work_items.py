"""Work items as raw requests: what a patch may say, and in which words it is refused."""

from typing import Any

import pytest

DUPLICATE = "System.LinkTypes.Duplicate"


def one(op: str, path: str, value: Any = None) -> list[dict[str, Any]]:
    return [{"op": op, "path": path} if op == "remove" else {"op": op, "path": path, "value": value}]


def change(organisation: Any, item: int, *operations: list[dict[str, Any]], user: str = "dana", **more: Any) -> Any:
    document = [operation for group in operations for operation in group]
    return organisation.ask("PATCH", f"/_apis/wit/workitems/{item}", user, patch=document, **more)


def test_a_patch_that_changes_nothing_makes_no_revision(organisation: Any) -> None:
    item = organisation.item(Title="Cart")
    assert change(organisation, item, one("add", "/fields/System.Title", "Cart")).json()["rev"] == 1
    assert change(organisation, item, one("test", "/rev", 1)).json()["rev"] == 1


def test_fault_20_a_stale_revision_is_a_412_and_nothing_is_written(organisation: Any) -> None:
    item = organisation.item(Title="Cart")
    change(organisation, item, one("replace", "/fields/System.Title", "Basket"), user="lee")
    answer = change(organisation, item, one("test", "/rev", 1), one("add", "/fields/System.Tags", "x"))
    assert answer.status_code == 412
    body = answer.json()
    assert set(body) == {"$id", "innerException", "message", "typeName", "typeKey", "errorCode", "eventId"}
    assert body["typeKey"] == "TestPatchOperationFailedException"
    assert organisation.tracker.item(item).labels == ()


def test_a_field_can_be_tested_too(organisation: Any) -> None:
    item = organisation.item(Title="Cart")
    assert change(organisation, item, one("test", "/fields/System.Title", "Cart")).status_code == 200
    assert change(organisation, item, one("test", "/fields/System.Title", "Basket")).status_code == 412


def test_adding_tags_merges_and_replacing_sets_them(organisation: Any) -> None:
    item = organisation.item(Title="Cart", Tags="beta; Alpha")
    assert change(organisation, item, one("add", "/fields/System.Tags", "ALPHA, gamma")).json()["fields"][
        "System.Tags"
    ] == ("Alpha; beta; gamma")
    assert change(organisation, item, one("replace", "/fields/System.Tags", "beta")).json()["fields"][
        "System.Tags"
    ] == ("beta")
    assert "System.Tags" not in change(organisation, item, one("remove", "/fields/System.Tags")).json()["fields"]


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (one("add", "/fields/System.Nope", 1), "TF51535"),
        (one("add", "/fields/System.Id", 1), "TF401326"),
        (one("add", "/fields/System.Title", " "), "Error code: Required"),
        (one("add", "/fields/System.Title", "x" * 256), "InvalidTooLong"),
        (one("add", "/fields/System.State", "Dreaming"), "not in the list of supported values"),
        (one("add", "/fields/Microsoft.VSTS.Common.Priority", 9), "not in the list of supported values"),
        (one("add", "/fields/Microsoft.VSTS.Scheduling.StoryPoints", "many"), "InvalidType"),
        (one("add", "/fields/System.AssignedTo", "somebody"), "unknown identity"),
        (one("add", "/fields/System.AreaPath", "Elsewhere\\Web"), "TF401347"),
        (one("move", "/fields/System.Title", "x"), "valid patch document"),
        (one("add", "/nowhere", "x"), "Unable to evaluate path"),
        (one("remove", "/relations/0"), "Index out of range"),
        (one("add", "/relations/-", {"rel": "Friend", "url": "x/workitems/1"}), "TF237124"),
        (one("add", "/multilineFieldsFormat/System.Title", "Markdown"), "Unable to evaluate path"),
        (one("add", "/multilineFieldsFormat/System.Description", "Markdown"), "changed without a value"),
    ],
)
def test_what_breaks_a_rule_is_refused_by_name(organisation: Any, operation: Any, words: str) -> None:
    answer = change(organisation, organisation.item(Title="Cart"), operation)
    assert (answer.status_code, words in answer.json()["message"]) == (400, True), answer.text


@pytest.mark.parametrize("document", [{}, [], "x", [1], [{"op": "add"}]])
def test_what_is_no_patch_document_is_refused(organisation: Any, document: Any) -> None:
    item = organisation.item(Title="Cart")
    answer = organisation.ask("PATCH", f"/_apis/wit/workitems/{item}", patch=document)
    assert (answer.status_code, answer.json()["typeKey"]) == (400, "VssPropertyValidationException")


def test_the_content_type_of_a_patch_is_enforced(organisation: Any) -> None:
    item = organisation.item(Title="Cart")
    answer = organisation.ask("PATCH", f"/_apis/wit/workitems/{item}", json=one("add", "/fields/System.Title", "x"))
    assert answer.status_code == 415


def test_people_are_assigned_in_every_spelling(organisation: Any) -> None:
    item = organisation.item(Title="Cart")
    lee = organisation.tracker.user("lee")
    for spelling in (lee.mail, lee.display_name, f"{lee.display_name} <{lee.mail}>", {"id": lee.id}):
        answer = change(organisation, item, one("add", "/fields/System.AssignedTo", spelling))
        assert answer.json()["fields"]["System.AssignedTo"]["uniqueName"] == lee.mail
        change(organisation, item, one("remove", "/fields/System.AssignedTo"))
    assert organisation.tracker.item(item).assignee is None


def test_validating_only_writes_nothing_and_tells_nobody(organisation: Any) -> None:
    told: list[Any] = []
    item = organisation.item(Title="Cart")
    organisation.tracker.subscribe(told.append)
    patch = one("add", "/fields/System.Title", "Basket")
    answer = change(organisation, item, patch, params={"validateOnly": "true"})
    assert (answer.status_code, answer.json()["rev"]) == (200, 1)
    made = organisation.ask("POST", "/Shop/_apis/wit/workitems/$Bug", patch=patch, params={"validateOnly": "true"})
    assert made.status_code == 200
    assert (organisation.tracker.count(), organisation.tracker.item(item).summary, told) == (1, "Cart", [])


def test_only_an_administrator_writes_without_notifications(organisation: Any) -> None:
    told: list[Any] = []
    item = organisation.item(Title="Cart")
    organisation.tracker.subscribe(told.append)
    silently = {"suppressNotifications": "true"}
    patch = one("add", "/fields/System.Title", "Basket")
    assert change(organisation, item, patch, params=silently).status_code == 403
    assert change(organisation, item, patch, user="ada", params=silently).json()["rev"] == 2
    assert told == []


# text


def test_scripts_are_taken_out_of_html_and_nothing_else_is_touched(organisation: Any) -> None:
    text = '<div onclick="x">1 &lt; 2<br>&nbsp;<script>alert(1)</script><SCRIPT src=x></SCRIPT ><b>bold</b></div>'
    item = organisation.item(Title="Cart", Description=text)
    kept = organisation.ask("GET", f"/_apis/wit/workitems/{item}").json()["fields"]["System.Description"]
    assert kept == '<div onclick="x">1 &lt; 2<br>&nbsp;<b>bold</b></div>'


def test_a_field_becomes_markdown_with_its_text_and_not_back(organisation: Any) -> None:
    item = organisation.item(Title="Cart", Description="<p>x</p>")
    to_markdown = one("add", "/multilineFieldsFormat/System.Description", "Markdown")
    answer = change(
        organisation, item, to_markdown, one("add", "/fields/System.Description", "# x <script>"), version="7.2"
    )
    assert answer.json()["multilineFieldsFormat"] == {"System.Description": "markdown"}
    assert answer.json()["fields"]["System.Description"] == "# x <script>"
    older = organisation.ask("GET", f"/_apis/wit/workitems/{item}", version="7.1")
    assert "multilineFieldsFormat" not in older.json()
    back = one("add", "/multilineFieldsFormat/System.Description", "Html")
    assert change(organisation, item, back, one("add", "/fields/System.Description", "x")).status_code == 400


def test_history_in_a_patch_is_a_comment_in_the_same_revision(organisation: Any) -> None:
    item = organisation.item(Title="Cart")
    patch = [*one("add", "/fields/System.Title", "Basket"), *one("add", "/fields/System.History", "renamed")]
    answer = change(organisation, item, patch).json()
    assert (answer["rev"], answer["fields"]["System.History"], answer["fields"]["System.CommentCount"]) == (
        2,
        "renamed",
        1,
    )
    change(organisation, item, one("add", "/fields/System.Title", "Cart"))
    assert "System.History" not in organisation.ask("GET", f"/_apis/wit/workitems/{item}").json()["fields"]


# relations


def relations(organisation: Any, item: int) -> list[str]:
    body = organisation.ask("GET", f"/_apis/wit/workitems/{item}", params={"$expand": "relations"}).json()
    return [relation["rel"] for relation in body.get("relations", [])]


def linked(rel: str, item: int, url: str = "https://x/_apis/wit/workItems/") -> list[dict[str, Any]]:
    return one("add", "/relations/-", {"rel": rel, "url": f"{url}{item}", "attributes": {"comment": "same"}})


def test_a_duplicate_link_is_seen_from_both_ends_and_removed_by_its_place(organisation: Any) -> None:
    original, copy = organisation.item(Title="Cart"), organisation.item(Title="Cart!")
    answer = change(organisation, copy, linked(f"{DUPLICATE}-Reverse", original))
    assert [r["attributes"]["name"] for r in answer.json()["relations"]] == ["Duplicate Of"]
    assert relations(organisation, original) == [f"{DUPLICATE}-Forward"]
    updates = organisation.ask("GET", f"/_apis/wit/workitems/{copy}/updates").json()["value"]
    assert updates[-1]["relations"]["added"][0]["rel"] == f"{DUPLICATE}-Reverse"
    assert change(organisation, copy, linked(f"{DUPLICATE}-Reverse", original)).status_code == 400
    change(organisation, copy, one("test", "/rev", 2), one("remove", "/relations/0"))
    assert relations(organisation, copy) == relations(organisation, original) == []
    updates = organisation.ask("GET", f"/_apis/wit/workitems/{copy}/updates").json()["value"]
    assert updates[-1]["relations"]["removed"][0]["rel"] == f"{DUPLICATE}-Reverse"


def test_an_item_has_one_parent_and_no_circle(organisation: Any) -> None:
    top, middle, low = (organisation.item(Title=name) for name in ("top", "middle", "low"))
    parent, child = "System.LinkTypes.Hierarchy-Reverse", "System.LinkTypes.Hierarchy-Forward"
    assert change(organisation, middle, linked(parent, top)).status_code == 200
    assert change(organisation, middle, linked(child, low)).status_code == 200
    assert "TF201036" in change(organisation, middle, linked(parent, low)).text
    assert "TF201035" in change(organisation, top, linked(parent, low)).text
    assert "TF201034" in change(organisation, top, linked(parent, top)).text
    assert change(organisation, top, linked(parent, 99)).status_code == 404
    moved = change(organisation, middle, one("remove", "/relations/0"), linked(parent, organisation.item(Title="new")))
    assert moved.status_code == 200
    change(organisation, middle, one("remove", "/relations/1"))
    assert organisation.tracker.item(low).parent is None


def test_hyperlinks_are_kept_and_removed(organisation: Any) -> None:
    item = organisation.item(Title="Cart")
    change(organisation, item, one("add", "/relations/-", {"rel": "Hyperlink", "url": "https://example.org/log"}))
    body = organisation.ask("GET", f"/_apis/wit/workitems/{item}", params={"$expand": "all"}).json()
    assert body["relations"][0]["url"] == "https://example.org/log"
    assert not [name for name in body["fields"] if "Hyper" in name]
    change(organisation, item, one("remove", "/relations/0"))
    assert relations(organisation, item) == []


def test_a_new_item_brings_its_links_in_its_first_revision(organisation: Any) -> None:
    original = organisation.item(Title="Cart")
    patch = [*one("add", "/fields/System.Title", "Cart!"), *linked(f"{DUPLICATE}-Reverse", original)]
    made = organisation.ask("POST", "/Shop/_apis/wit/workitems/$Bug", patch=patch).json()
    assert (made["rev"], made["relations"][0]["rel"]) == (1, f"{DUPLICATE}-Reverse")


# reading and rights


def test_at_most_200_items_are_read_at_once(organisation: Any) -> None:
    ids = list(range(1, 202))
    assert organisation.ask("POST", "/_apis/wit/workitemsbatch", json={"ids": ids}).status_code == 400
    assert organisation.ask("GET", "/_apis/wit/workitems", params={"ids": ",".join(map(str, ids))}).status_code == 400
    body = organisation.ask("POST", "/_apis/wit/workitemsbatch", json={"ids": ids[:200], "errorPolicy": "Omit"}).json()
    assert body == {"count": 200, "value": [None] * 200}


def test_a_missing_item_fails_a_batch_unless_it_may_be_left_out(organisation: Any) -> None:
    item = organisation.item(Title="Cart")
    answer = organisation.ask("POST", "/_apis/wit/workitemsbatch", json={"ids": [item, 99]})
    assert (answer.status_code, "TF401232: Work item 99" in answer.text) == (404, True)


def test_fields_and_expand_exclude_each_other(organisation: Any) -> None:
    item = organisation.item(Title="Cart")
    body = {"ids": [item], "fields": ["System.Title"], "$expand": "relations"}
    answer = organisation.ask("POST", "/_apis/wit/workitemsbatch", json=body)
    assert answer.json()["message"] == "The expand parameter can not be used with the fields parameter."


def test_a_reporter_comments_but_does_not_edit(organisation: Any) -> None:
    item = organisation.item(Title="Cart")
    answer = change(organisation, item, one("add", "/fields/System.Title", "Mine"), user="rae")
    assert (answer.status_code, "TF237111" in answer.text) == (403, True)
    assert change(organisation, item, one("add", "/fields/System.History", "hm"), user="rae").status_code == 200


def test_an_outsider_sees_no_private_project(organisation: Any) -> None:
    item = organisation.item(Title="Cart")
    assert organisation.ask("GET", f"/_apis/wit/workitems/{item}", "otto").status_code == 200
    organisation.tracker.set_private("Shop", True)
    answer = organisation.ask("GET", f"/_apis/wit/workitems/{item}", "otto")
    assert (answer.status_code, "TF401232" in answer.text) == (404, True)
    answer = organisation.ask("GET", "/Shop/_apis/wit/workitemtypes", "otto")
    assert (answer.status_code, "TF200016" in answer.text) == (404, True)


def test_an_unknown_type_is_refused_by_name(organisation: Any) -> None:
    patch = one("add", "/fields/System.Title", "x")
    answer = organisation.ask("POST", "/Shop/_apis/wit/workitems/$Saga", patch=patch)
    assert (answer.status_code, "VS402323: Work item type Saga" in answer.text) == (404, True)


def test_a_deleted_item_is_gone(organisation: Any) -> None:
    item = organisation.item(Title="Cart")
    assert organisation.ask("DELETE", f"/_apis/wit/workitems/{item}", "rae").status_code == 403
    assert organisation.ask("DELETE", f"/_apis/wit/workitems/{item}").json()["id"] == item
    assert organisation.ask("GET", f"/_apis/wit/workitems/{item}").status_code == 404


def test_seeded_items_have_a_history(organisation: Any) -> None:
    from integrations.sandbox.records import Seed

    key = organisation.tracker.seed([Seed("Old one", "<p>x</p>", type="Bug", labels=("a",))])[0]
    updates = organisation.ask("GET", f"/_apis/wit/workitems/{key}/updates").json()
    assert updates["count"] >= 1
    assert updates["value"][0]["fields"]["System.Id"] == {"newValue": int(key)}


def test_a_batch_shows_each_item_as_it_is_alone(organisation: Any) -> None:
    parent, kind = "System.LinkTypes.Hierarchy-Reverse", "System.LinkTypes.Related"
    items = [organisation.item(Title=f"no. {n}", Tags="a") for n in range(4)]
    change(organisation, items[1], linked(parent, items[0]), linked(kind, items[2]))
    change(organisation, items[2], linked(parent, items[0]), linked(f"{DUPLICATE}-Reverse", items[3]))
    change(organisation, items[3], one("add", "/fields/System.History", "hm"))
    batch = organisation.ask("POST", "/_apis/wit/workitemsbatch", json={"ids": items, "$expand": "all"}).json()["value"]
    alone = [
        organisation.ask("GET", f"/_apis/wit/workitems/{item}", params={"$expand": "all"}).json() for item in items
    ]
    assert batch == alone
    assert [len(item["relations"]) for item in batch] == [2, 2, 3, 1]
