"""The people's page, by its forms: what each person may do, and what the page says when it may not be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any, get_args

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from integrations.sandbox.loading import read_backlog, seed_tracker
from integrations.sandbox.page import create_page
from integrations.sandbox.records import Flavour, Item
from integrations.sandbox.site import Site
from integrations.sandbox.state import Tracker

SAMPLE = Path(__file__).resolve().parents[3] / "bot" / "samples" / "corner_shop.jsonl"
FLAVOURS: tuple[Flavour, ...] = get_args(Flavour)
TODAY = date(2026, 11, 21)


class Visitor:
    """Somebody with a browser: remembers cookies, sends the token of the last page with each form."""

    def __init__(self, client: FlaskClient, flavour: str) -> None:
        self.client = client
        self.name = flavour
        self.last = ""

    def get(self, path: str, status: int = 200, **arguments: str) -> str:
        answer = self.client.get(path, query_string=arguments or None)
        assert answer.status_code == status, answer.text[:300]
        self.last = answer.text
        return self.last

    def post(self, path: str, **form: str) -> TestResponse:
        token = re.search(r'name="token" value="([^"]+)"', self.last or self.get(f"/backlog/{self.name}"))
        assert token is not None
        return self.client.post(path, data={"token": token[1], **form})

    def become(self, person: str) -> None:
        assert self.post("/person", person=person).status_code == 303


@pytest.fixture(params=FLAVOURS)
def tracker(request: pytest.FixtureRequest) -> Tracker:
    return Tracker("here", request.param)


@pytest.fixture
def site(tracker: Tracker) -> Iterator[Site]:
    site = Site([tracker])
    yield site
    site.close()


@pytest.fixture
def visitor(site: Site) -> Visitor:
    return Visitor(create_page(site).test_client(), "here")


@pytest.fixture
def item(tracker: Tracker) -> Item:
    body = {
        "jira-cloud": {
            "type": "doc",
            "version": 1,
            "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Spins & spins"}]}],
        },
        "jira-data-center": "Spins & spins",
        "azure-devops": "<div>Spins &amp; spins</div>",
    }[tracker.flavour]
    home = tracker.projects()[0].key
    return tracker.create_item(tracker.user("rae"), home, "Bug", "Spinner at the till", body, labels=("pay",))


def edit_form(page: str) -> dict[str, str]:
    """The edit form of an item's page, filled in as it was served."""
    form = page[page.index('deed="edit"') if 'deed="edit"' in page else page.index("/edit") :]
    form = form[: form.index("</form>")]
    values = {name: unescape(value) for name, value in re.findall(r'name="(seen_\w+)" value="([^"]*)"', form)}
    values["summary"] = unescape(re.search(r'name="summary"[^>]*value="([^"]*)"', form)[1])  # type: ignore[index]
    values["description"] = unescape(re.search(r"<textarea[^>]*>\n(.*?)</textarea>", form, re.DOTALL)[1])  # type: ignore[index]
    for name in ("priority", "status", "assignee"):
        select = re.search(rf'<select name="{name}"|<select id="{name}"', form)
        assert select is not None
        chosen = re.search(r'value="([^"]*)" selected', form[select.start() :].split("</select>")[0])
        values[name] = unescape(chosen[1]) if chosen else ""
    return values


def test_an_empty_backlog_says_so(visitor: Visitor) -> None:
    assert "No items here yet" in visitor.get("/backlog/here")


def test_the_first_page_leads_to_the_first_tracker(visitor: Visitor) -> None:
    assert visitor.client.get("/").headers["Location"] == "/backlog/here"


def test_an_item_shows_its_texts_and_fields(visitor: Visitor, item: Item) -> None:
    page = visitor.get(f"/item/here/{item.key}")
    assert "Spinner at the till" in page
    assert "Spins &amp; spins" in page
    assert "Rae Rossi" in page


def test_the_backlog_is_newest_first_in_pages_and_searchable(visitor: Visitor, tracker: Tracker) -> None:
    seed_tracker(tracker, read_backlog(SAMPLE), today=TODAY)
    first = visitor.get("/backlog/here")
    assert first.count('class="item"') == 30
    assert "1 to 30 of" in first
    created = [tracker.item(key).created for key in re.findall(r'href="/item/here/([^"]+)"', first)]
    assert created == sorted(created, reverse=True)
    assert "31 to 60 of" in visitor.get("/backlog/here", page="2")
    found = visitor.get("/backlog/here", q="release CHECKLIST", state="all")
    assert found.count('class="item"') == 3
    assert visitor.get("/backlog/here", q="apple-pay").count('class="item"') == 2
    assert "Nothing found" in visitor.get("/backlog/here", q="100%_nothing")
    assert "Nothing found" in visitor.get("/backlog/here", page="99")
    assert 'class="item"' in visitor.get("/backlog/here", page="-1", state="odd", project="")


def test_a_comment_is_written_by_whom_one_acts_as(visitor: Visitor, tracker: Tracker, item: Item) -> None:
    visitor.become("rae")
    visitor.get(f"/item/here/{item.key}")
    answer = visitor.post(f"/item/here/{item.key}/comment", text="steward accept 1\r\n\r\nThanks")
    assert answer.status_code == 303
    (comment,) = tracker.comments(item.id)
    assert comment.author == "rae"
    assert answer.headers["Location"].endswith(f"#comment-{comment.id}")
    expected: dict[Flavour, Any] = {
        "jira-cloud": {
            "type": "doc",
            "version": 1,
            "content": [
                {"type": "paragraph", "content": [{"type": "text", "text": "steward accept 1"}]},
                {"type": "paragraph", "content": [{"type": "text", "text": "Thanks"}]},
            ],
        },
        "jira-data-center": "steward accept 1\n\nThanks",
        "azure-devops": "<div>steward accept 1</div><div><br></div><div>Thanks</div>",
    }
    assert comment.body == expected[tracker.flavour]
    assert "steward accept 1" in visitor.get(f"/item/here/{item.key}")


def test_an_empty_comment_is_refused_in_words(visitor: Visitor, tracker: Tracker, item: Item) -> None:
    answer = visitor.post(f"/item/here/{item.key}/comment", text=" \n ")
    assert answer.status_code == 400
    assert "The comment is empty." in answer.text
    assert tracker.comments(item.id) == []


def test_saving_an_untouched_form_changes_nothing(visitor: Visitor, tracker: Tracker, item: Item) -> None:
    form = edit_form(visitor.get(f"/item/here/{item.key}"))
    assert visitor.post(f"/item/here/{item.key}/edit", **form).status_code == 303
    assert tracker.item(item.id) == item


def test_an_edit_writes_what_was_changed_and_only_that(visitor: Visitor, tracker: Tracker, item: Item) -> None:
    form = edit_form(visitor.get(f"/item/here/{item.key}"))
    urgent = tracker.terms("priority")[0].name
    new = form | {"summary": "Spinner at  the till ", "priority": urgent, "assignee": "lee"}
    assert visitor.post(f"/item/here/{item.key}/edit", **new).status_code == 303
    now = tracker.item(item.id)
    assert (now.summary, now.priority, now.assignee) == ("Spinner at the till", urgent, "lee")
    assert now.description == item.description
    fields = {edit.field for entry in tracker.history(item.id)[-1:] for edit in entry.edits}
    assert fields == {"priority", "assignee"}


def test_a_description_is_written_in_the_trackers_own_form(visitor: Visitor, tracker: Tracker, item: Item) -> None:
    form = edit_form(visitor.get(f"/item/here/{item.key}"))
    text = "<b>Now</b>" if tracker.flavour == "azure-devops" else "h2. Now\n\n* *one*"
    assert visitor.post(f"/item/here/{item.key}/edit", **(form | {"description": text})).status_code == 303
    body = tracker.item(item.id).description
    if tracker.flavour == "jira-cloud":
        assert [block["type"] for block in body["content"]] == ["heading", "bulletList"]
    else:
        assert body == text
    cleared = edit_form(visitor.get(f"/item/here/{item.key}")) | {"description": ""}
    visitor.post(f"/item/here/{item.key}/edit", **cleared)
    assert tracker.item(item.id).description is None


def test_an_edit_does_not_write_over_what_somebody_changed_meanwhile(
    visitor: Visitor, tracker: Tracker, item: Item
) -> None:
    form = edit_form(visitor.get(f"/item/here/{item.key}"))
    tracker.change_item(tracker.user("lee"), item.id, {"summary": "Another title"})
    answer = visitor.post(f"/item/here/{item.key}/edit", **(form | {"summary": "My title"}))
    assert answer.status_code == 409
    assert "Somebody changed the summary in the meantime" in answer.text
    assert tracker.item(item.id).summary == "Another title"


def test_somebody_elses_change_of_another_field_is_kept(visitor: Visitor, tracker: Tracker, item: Item) -> None:
    form = edit_form(visitor.get(f"/item/here/{item.key}"))
    tracker.change_item(tracker.user("lee"), item.id, {"summary": "Another title"})
    assert visitor.post(f"/item/here/{item.key}/edit", **(form | {"assignee": "dana"})).status_code == 303
    now = tracker.item(item.id)
    assert (now.summary, now.assignee) == ("Another title", "dana")


def test_labels_are_added_and_removed(visitor: Visitor, tracker: Tracker, item: Item) -> None:
    visitor.get(f"/item/here/{item.key}")
    visitor.post(f"/item/here/{item.key}/labels", label="steward-accept")
    assert tracker.item(item.id).labels == ("pay", "steward-accept")
    visitor.post(f"/item/here/{item.key}/unlabel", label="pay")
    visitor.post(f"/item/here/{item.key}/unlabel", label="never there")
    assert tracker.item(item.id).labels == ("steward-accept",)
    assert visitor.post(f"/item/here/{item.key}/labels", label="  ").status_code == 400


def test_an_item_is_created_and_shown(visitor: Visitor, tracker: Tracker) -> None:
    visitor.become("rae")
    assert "Create as Rae Rossi" in visitor.get("/new/here")
    home = tracker.projects()[0].key
    form = {"project": home, "type": "Bug", "summary": "It <broke>", "description": "a < b\nnow"}
    answer = visitor.post("/new/here", **form)
    assert answer.status_code == 303
    (made,) = tracker.select()
    assert (made.summary, made.reporter, made.type) == ("It <broke>", "rae", "Bug")
    page = visitor.get(answer.headers["Location"])
    assert "It &lt;broke&gt;" in page
    assert "a &lt; b" in page


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"summary": "   "}, "The title is empty."),
        ({"summary": "x" * 256}, "longer than 255"),
        ({"summary": "x", "description": "y" * 40_000}, "longer than 32767"),
        ({"summary": "x", "type": "Wish"}, "no such type"),
        ({"summary": "x", "project": "NOPE"}, "no such project"),
    ],
)
def test_a_form_that_is_wrong_says_what_and_keeps_the_words(
    visitor: Visitor, tracker: Tracker, form: dict[str, str], words: str
) -> None:
    filled = {"project": tracker.projects()[0].key, "type": "Bug", "description": "kept words", **form}
    answer = visitor.post("/new/here", **filled)
    assert answer.status_code in (400, 404)
    assert words in answer.text
    assert filled["description"] in answer.text
    assert tracker.count() == 0


def test_a_reporter_sees_no_edit_form_and_is_refused_without_it(visitor: Visitor, tracker: Tracker, item: Item) -> None:
    visitor.become("rae")
    page = visitor.get(f"/item/here/{item.key}")
    assert "seen_summary" not in page
    assert "Rae Rossi may not edit here." in page
    for deed, form in (("labels", {"label": "x"}), ("unlabel", {"label": "pay"}), ("edit", {"summary": "x"})):
        answer = visitor.post(f"/item/here/{item.key}/{deed}", **form)
        assert answer.status_code == 403
        assert "Rae Rossi may not edit items here." in answer.text
    assert tracker.item(item.id) == item


def test_an_outsider_may_look_but_not_comment_nor_create(visitor: Visitor, tracker: Tracker, item: Item) -> None:
    visitor.become("otto")
    assert "may read here, not comment" in visitor.get(f"/item/here/{item.key}")
    assert visitor.post(f"/item/here/{item.key}/comment", text="hello").status_code == 403
    assert "may not create items here" in visitor.get("/new/here")
    assert tracker.comments(item.id) == []


def test_a_private_project_is_not_there_for_an_outsider(visitor: Visitor, tracker: Tracker, item: Item) -> None:
    tracker.set_private(item.project, True)
    visitor.become("otto")
    assert "Spinner" not in visitor.get("/backlog/here")
    for path in (f"/item/here/{item.key}", f"/revision/here/{item.key}"):
        assert "Spinner" not in visitor.get(path, 404)


def test_links_lead_to_items_that_the_person_may_see(visitor: Visitor, tracker: Tracker, item: Item) -> None:
    tracker.add_project("DARK", "Dark", private=True)
    home = tracker.projects()[0].key
    name = tracker.terms("link_type")[-1].name
    near = tracker.create_item(None, home, "Bug", "Near")
    far = tracker.create_item(None, "DARK", "Bug", "Far away")
    child = tracker.create_item(None, home, "Task", "A part", parent=item.id)
    for other in (near, far):
        tracker.add_link(None, name, item.id, other.id)
    page = visitor.get(f"/item/here/{item.key}")
    assert f'href="/item/here/{near.key}"' in page
    assert f'href="/item/here/{child.key}"' in page
    assert "Far away" not in page
    assert f'href="/item/here/{item.key}"' in visitor.get(f"/item/here/{child.key}")


def test_an_address_of_the_product_leads_to_the_item(visitor: Visitor, item: Item) -> None:
    for path in (
        f"/here/browse/{item.key}",
        f"/here/_workitems/edit/{item.key}",
        f"/here/Shop/_workitems/edit/{item.key}/",
    ):
        assert visitor.client.get(path).headers["Location"] == f"/item/here/{item.key}"


def test_a_comments_link_to_an_item_of_this_tracker_leads_to_its_page(
    visitor: Visitor, tracker: Tracker, item: Item
) -> None:
    address = f"http://localhost/here/browse/{item.key}"
    card = {"type": "paragraph", "content": [{"type": "inlineCard", "attrs": {"url": address}}]}
    body: Any = {
        "jira-cloud": {"type": "doc", "version": 1, "content": [card]},
        "jira-data-center": f"[{address}] [words|http://elsewhere.example/here/browse/{item.key}]",
        "azure-devops": f'<a href="http://localhost/here/Shop/_workitems/edit/{item.key}">#{item.key}</a>',
    }[tracker.flavour]
    tracker.add_comment(tracker.user("steward"), item.id, body)
    page = visitor.get(f"/item/here/{item.key}")
    talk = page[page.index('id="live-comments"') :]
    words = f"#{item.key}" if tracker.flavour == "azure-devops" else f"{item.key} Spinner at the till"
    assert f'<a href="/item/here/{item.key}">{words}</a>' in talk
    assert "elsewhere.example" in talk or tracker.flavour != "jira-data-center"


def test_the_mailbox_shows_whom_the_tracker_would_have_told(visitor: Visitor, tracker: Tracker, item: Item) -> None:
    assert "No mail yet" in visitor.get("/mail/here", to="ada")
    tracker.change_item(None, item.id, {"assignee": "lee"})
    tracker.add_comment(tracker.user("dana"), item.id, "x" if tracker.flavour != "jira-cloud" else item.description)
    page = visitor.get("/mail/here", to="lee")
    assert "as assignee" in page
    assert "commented on" in page
    assert f'href="/item/here/{item.key}"' in page


def test_the_notice_is_text_on_every_page(visitor: Visitor, site: Site, item: Item) -> None:
    assert 'class="notice"' not in visitor.get("/backlog/here")
    site.notice = "Waits are <short> here."
    for path in ("/backlog/here", f"/item/here/{item.key}", "/new/here", "/mail/here"):
        assert "Waits are &lt;short&gt; here." in visitor.get(path)
    assert "Waits are &lt;short&gt; here." in visitor.get("/nothing", 404)


def test_the_script_is_told_the_revision_and_a_comment_moves_it(visitor: Visitor, tracker: Tracker, item: Item) -> None:
    before = visitor.get(f"/revision/here/{item.key}")
    assert f'data-rev="{before}"' in visitor.get(f"/item/here/{item.key}")
    tracker.add_comment(tracker.user("dana"), item.id, "x" if tracker.flavour != "jira-cloud" else item.description)
    assert visitor.get(f"/revision/here/{item.key}") != before


@pytest.mark.parametrize("path", ["/backlog/other", "/item/here/NOPE-1", "/item/here/%00", "/mail/other", "/odd"])
def test_what_is_not_there_is_a_plain_404(visitor: Visitor, path: str) -> None:
    assert "<h1>Not found</h1>" in visitor.get(path, 404)


def test_only_people_of_the_tracker_can_be_chosen(visitor: Visitor) -> None:
    assert visitor.post("/person", person="steward").status_code == 400
    assert visitor.post("/person", person="nobody").status_code == 400
    assert "Acting as</span> Dana Duarte" in visitor.get("/backlog/here")


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "\t/x"]
)
def test_choosing_a_person_never_leads_to_another_site(visitor: Visitor, back: str) -> None:
    answer = visitor.post("/person", person="lee", back=back)
    assert answer.headers["Location"] == "/"


@pytest.fixture
def token_of() -> Callable[[Visitor], str]:
    def find(visitor: Visitor) -> str:
        found = re.search(r'name="token" value="([^"]+)"', visitor.get("/backlog/here"))
        assert found is not None
        return found[1]

    return find


def test_fault_41_a_form_without_the_token_or_from_elsewhere_is_refused(
    visitor: Visitor, tracker: Tracker, item: Item, token_of: Callable[[Visitor], str]
) -> None:
    path = f"/item/here/{item.key}/comment"
    token = token_of(visitor)
    refused = [
        visitor.client.post(path, data={"text": "x"}),
        visitor.client.post(path, data={"text": "x", "token": ""}),
        visitor.client.post(path, data={"text": "x", "token": "é" * 43}),
        visitor.client.post(path, data={"text": "x", "token": token[:-1] + ("A" if token[-1] != "A" else "B")}),
        visitor.client.post(path, data={"text": "x", "token": token}, headers={"Origin": "https://evil.example"}),
        visitor.client.post(
            path, data={"text": "x", "token": token}, headers={"Origin": "null", "Sec-Fetch-Site": "cross-site"}
        ),
        visitor.client.post(path, data={"text": "x", "token": token}, headers={"Sec-Fetch-Site": "cross-site"}),
        visitor.client.post(path, data={"text": "x", "token": token}, headers={"Sec-Fetch-Site": "same-site"}),
    ]
    fresh = create_page(Site([tracker])).test_client()
    refused.append(fresh.post(path, data={"text": "x", "token": token}))
    refused.append(visitor.client.post("/person", data={"person": "ada"}))
    assert [answer.status_code for answer in refused] == [403] * len(refused)
    assert tracker.comments(item.id) == []
    for origin in ("http://localhost", "null"):
        own = {"Origin": origin, "Sec-Fetch-Site": "same-origin"}
        assert visitor.client.post(path, data={"text": "x", "token": token}, headers=own).status_code == 303


def test_a_form_over_the_size_cap_is_refused(visitor: Visitor, item: Item) -> None:
    assert visitor.post(f"/item/here/{item.key}/comment", text="x" * 2_000_000).status_code == 413
