"""Data Center flows against a server that nobody here wrote: jira820, a stand-in for Jira Data Center 8.20.

What it lacks is named in LACKS with the reason why it is not walked here, and each is checked to be lacking still.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from integrations.blocks import Blocks, Paragraph, Text
from integrations.jira.client import JiraConnection
from integrations.jira.session import BearerAuth
from integrations.tracker import Conflict, Incomplete, Invalid, Missing, Receipt, Unintelligible
from rules.changes import (
    FIELDS_TOUCHED,
    AddChildren,
    AddCriteria,
    AddLabel,
    AddSection,
    AddSubtasks,
    Change,
    Criterion,
    FieldValue,
    LinkDuplicate,
    RewriteDescription,
    SetField,
    SetPriority,
)
from rules.model import Person

PROJECT = "JIRA820"
HELLO: Blocks = (Paragraph((Text("hello"),)),)
READY = re.compile(r"Uvicorn running on (http://127\.0\.0\.1:\d+)")
SETTINGS = {"JIRA820_HOST": "127.0.0.1", "JIRA820_PORT": "0", "JIRA820_SEED": "7", "JIRA820_PERSIST": ""}


@dataclass
class Stranger:
    """The server: our connection to it, and what it says to anybody."""

    url: str
    jira: JiraConnection

    def ask(self, method: str, path: str, **body: Any) -> requests.Response:
        return requests.request(method, f"{self.url}/rest/api/2/{path}", timeout=20, **body)

    def file(self, kind: str = "Bug", **fields: Any) -> str:
        """An issue that a person files; returns its key."""
        sent = {"project": {"key": PROJECT}, "issuetype": {"name": kind}, "summary": "Pay", **fields}
        return str(self.ask("POST", "issue", json={"fields": sent}).json()["key"])

    def fields(self, key: str) -> dict[str, Any]:
        """What it holds of an issue, but the time of the last edit."""
        held: dict[str, Any] = self.ask("GET", f"issue/{key}").json()["fields"]
        return held | {"updated": None}

    def apply(self, key: str, change: Change, marker: str = "m") -> Receipt:
        digests = self.jira.reader.fetch(key).digests
        expected = {name: digests[name] for name in FIELDS_TOUCHED[change.kind] if name in digests}
        return self.jira.applier.perform(self.jira.applier.plan(key, change, expected, marker))

    def undo(self, receipt: Receipt) -> None:
        self.jira.applier.perform(self.jira.applier.plan_undo(receipt, "u"))


@pytest.fixture(scope="module")
def stranger() -> Iterator[Stranger]:
    """The server in a process of its own, which says at which port it listens as soon as it does."""
    command = [sys.executable, "-m", "jira820"]
    others = {name: value for name, value in os.environ.items() if not name.startswith("JIRA820_")}
    with subprocess.Popen(
        command, env={**others, **SETTINGS}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stderr is not None
            said = next((found for line in server.stderr if (found := READY.search(line))), None)
            assert said, f"jira820 ended with {server.wait(10)}"
            url = said.group(1)
            yield Stranger(url, JiraConnection("stranger", url, BearerAuth("any"), "data_center"))
        finally:
            server.kill()


def test_an_item_and_the_words_of_its_project_are_read(stranger: Stranger) -> None:
    key = stranger.file("Story", description="As a *buyer*\n\n* one", labels=["a"], customfield_10004=3)
    item = stranger.jira.reader.fetch(key)
    assert (item.key, item.type, item.summary, item.project) == (key, "Story", "Pay", PROJECT)
    assert (item.status, item.status_category, item.story_points, item.labels) == ("Open", "todo", 3.0, ("a",))
    assert "- one" in item.description
    words = stranger.jira.reader.vocabulary(PROJECT)
    assert words.priorities == ("Highest", "High", "Medium", "Low", "Lowest")
    assert ("Story" in words.types, words.subtask_type) == (True, "Sub-task")


def moved(stranger: Stranger, since: datetime | None) -> set[str]:
    """The ids of all items that moved, page by page."""
    page = stranger.jira.reader.moved(PROJECT, since)
    found = {item.id for item in page.items}
    while page.next is not None:
        page = stranger.jira.reader.moved(PROJECT, since, page.next)
        found |= {item.id for item in page.items}
    return found


def test_what_moved_is_found_page_by_page_in_its_project(stranger: Stranger) -> None:
    key, reader = stranger.file(), stranger.jira.reader
    everything = moved(stranger, None)
    assert len(everything) > 100
    assert everything == set(reader.listed(PROJECT).ids)
    assert reader.fetch(key).id in moved(stranger, datetime.now(UTC) - timedelta(minutes=5))
    assert reader.moved("NOBODYS", None).items == ()


def test_a_comment_is_posted_read_and_edited(stranger: Stranger) -> None:
    key, commenter = stranger.file(), stranger.jira.commenter
    comment = commenter.post(key, HELLO, "m1")
    commenter.edit(key, comment, (Paragraph((Text("*done*"),)),), "m1")
    (told,) = stranger.jira.reader.comments(key)
    assert (told.id, told.author, told.text) == (comment, stranger.jira.people.me(), "*done*")


DESCRIPTION = "As a *buyer* I want to pay.\r\n\r\n{code}\nx {b}\n{code}\n\n||a||b||"
CHANGES: list[tuple[Change, Callable[[Mapping[str, Any]], Any], Any]] = [
    (AddCriteria((Criterion("it is kept"),)), lambda held: "it is kept" in held["description"], True),
    (AddSection("Steps", ("On any device.",), ("Pay",)), lambda held: "Steps" in held["description"], True),
    (SetField("summary", "Pay", "Pay by card"), lambda held: held["summary"], "Pay by card"),
    (SetField("estimate", "3", "5"), lambda held: held["customfield_10004"], 5),
    (SetField("status", "Open", "in progress"), lambda held: held["status"]["name"], "In Progress"),
]


@pytest.mark.parametrize(("change", "shows", "then"), CHANGES, ids=[change.kind for change, *_ in CHANGES])
def test_a_change_is_made_once_and_taken_back_to_the_last_byte(
    stranger: Stranger, change: Change, shows: Callable[[Mapping[str, Any]], Any], then: Any
) -> None:
    key = stranger.file(description=DESCRIPTION, customfield_10004=3)
    before = stranger.fields(key)
    plan = stranger.jira.applier.plan(key, change, {}, "m")
    receipt = stranger.jira.applier.perform(plan)
    changed = stranger.fields(key)
    assert shows(changed) == then
    stranger.jira.applier.perform(plan)
    assert stranger.fields(key) == changed
    stranger.undo(receipt)
    assert stranger.fields(key) == before


def test_a_description_is_written_anew_and_given_back(stranger: Stranger) -> None:
    key = stranger.file(description="As a buyer I want to pay.")
    receipt = stranger.apply(key, RewriteDescription("Buyers pay."))
    assert stranger.fields(key)["description"] == "Buyers pay."
    stranger.undo(receipt)
    assert stranger.fields(key)["description"] == "As a buyer I want to pay."


def test_a_persons_edit_wins(stranger: Stranger) -> None:
    key = stranger.file(description="x")
    plan = stranger.jira.applier.plan(key, AddCriteria((Criterion("it is kept"),)), {}, "m")
    stranger.ask("PUT", f"issue/{key}", json={"fields": {"description": "y"}})
    with pytest.raises(Conflict):
        stranger.jira.applier.perform(plan)
    assert stranger.fields(key)["description"] == "y"


def test_sub_tasks_are_created_and_removed_while_nobody_has_touched_them(stranger: Stranger) -> None:
    key = stranger.file()
    receipt = stranger.apply(key, AddSubtasks(("one", "two"), (FieldValue("due date", "2026-12-03"),)))
    children = stranger.jira.reader.fetch(key).children
    assert [(child.key, child.summary) for child in children] == list(zip(receipt.writes, ("one", "two"), strict=True))
    assert {stranger.fields(child.key)["duedate"] for child in children} == {"2026-12-03"}
    said = stranger.ask("POST", f"issue/{receipt.writes[1]}/comment", json={"body": "mine"}).json()
    with pytest.raises(Conflict):
        stranger.undo(receipt)
    stranger.ask("DELETE", f"issue/{receipt.writes[1]}/comment/{said['id']}")
    stranger.undo(receipt)
    assert stranger.jira.reader.fetch(key).children == ()


def test_what_a_move_wants_is_asked_for_by_its_name(stranger: Stranger) -> None:
    key = stranger.file(assignee={"name": "admin"})
    with pytest.raises(Incomplete) as wanting:
        stranger.apply(key, SetField("status", "Open", "Done"))
    assert (wanting.value.fields, wanting.value.by_hand) == (("Log Work",), True)
    assert stranger.fields(key)["status"]["name"] == "Open"


@dataclass(frozen=True)
class Lack:
    """What is not walked here, and how it shows that the server still lacks it."""

    why: str
    still: Callable[[Stranger], bool]


def lacks(stranger: Stranger, error: type[Exception], call: Callable[[Stranger, str], Any]) -> bool:
    """Whether one of our ports is refused for it, on a new issue."""
    try:
        call(stranger, stranger.file())
    except error:
        return True
    return False


def gives(path: str, status: int) -> Callable[[Stranger], bool]:
    """A resource of Jira that the server answers with this status; {key} is a new issue."""
    return lambda stranger: stranger.ask("GET", path.format(key=stranger.file())).status_code == status


def posted(stranger: Stranger, **more: Any) -> tuple[str, str]:
    key = stranger.file()
    return key, stranger.jira.commenter.post(key, HELLO, "m1", **more)


def edited_history(stranger: Stranger) -> tuple[Any, ...]:
    key = stranger.file()
    stranger.apply(key, SetField("summary", "Pay", "Pay by card"))
    return stranger.jira.reader.history(key)


def comments_by(stranger: Stranger, key: str, order: str) -> list[str]:
    told = stranger.ask("GET", f"issue/{key}/comment", params={"orderBy": order}).json()
    return [str(one["id"]) for one in told["comments"]]


def keeps_its_own_order(stranger: Stranger) -> bool:
    key, _ = posted(stranger)
    stranger.jira.commenter.post(key, HELLO, "m2")
    return comments_by(stranger, key, "created") == comments_by(stranger, key, "-created")


def audience_is_dropped(stranger: Stranger) -> bool:
    key, _ = posted(stranger, only_for="role:Staff")
    (told,) = stranger.ask("GET", f"issue/{key}/comment").json()["comments"]
    return "visibility" not in told


def has_no_webhooks(stranger: Stranger) -> bool:
    return requests.get(f"{stranger.url}/rest/webhooks/1.0/webhook", timeout=20).status_code == 404


def gives_no_single_comment(stranger: Stranger) -> bool:
    key, comment = posted(stranger)
    return stranger.ask("GET", f"issue/{key}/comment/{comment}").status_code == 405


def told_rights(stranger: Stranger) -> set[bool | None]:
    return {one.held for one in stranger.jira.rights.held(PROJECT, "")}


DANA = Person("admin", "Administrator")
LACKS: Mapping[str, Lack] = {
    "signing in": Lack("any token is let in", lambda s: s.ask("GET", "myself").status_code == 200),
    "rights of people": Lack(
        "there are none, so nobody's can be asked for",
        lambda s: lacks(s, Missing, lambda s, key: s.jira.people.may_edit(DANA, key)),
    ),
    "rights of the bot": Lack("none are told; ours are then not known", lambda s: told_rights(s) == {None}),
    "roles": Lack(
        "there are none", lambda s: lacks(s, Missing, lambda s, _: s.jira.people.in_group(DANA, "Staff", PROJECT))
    ),
    "webhooks": Lack("it tells nobody", has_no_webhooks),
    "one comment": Lack("405, so the list is read", gives_no_single_comment),
    "properties of comments": Lack(
        "dropped, so a comment is known by its id and not by its marker",
        lambda s: s.jira.commenter.find(posted(s)[0], "m1") is None,
    ),
    "properties of issues": Lack(
        "dropped, so no sub-task is found by its marker", gives("issue/{key}/properties/steward", 404)
    ),
    "audience of comments": Lack("dropped: what is for a role is shown to all", audience_is_dropped),
    "order of comments": Lack("orderBy says nothing to it", keeps_its_own_order),
    "verbs of an update": Lack(
        "204, and nothing is done: no label, no component",
        lambda s: lacks(s, Conflict, lambda s, key: s.apply(key, AddLabel("a"))),
    ),
    "a priority by its id": Lack(
        "only names are taken", lambda s: lacks(s, Conflict, lambda s, key: s.apply(key, SetPriority("Medium", "High")))
    ),
    "a link type by its id": Lack(
        "only names are taken, and all else relates to",
        lambda s: lacks(s, Unintelligible, lambda s, key: s.apply(key, LinkDuplicate(s.file(), "Pay"))),
    ),
    "who can be assigned": Lack(
        "no search for it",
        lambda s: lacks(s, Missing, lambda s, key: s.apply(key, SetField("assignee", None, DANA.name, DANA.id))),
    ),
    "the epic link on the create screen": Lack(
        "no item can be put below an epic",
        lambda s: lacks(s, Invalid, lambda s, key: s.apply(s.file("Epic"), AddChildren("Story", ("one",)))),
    ),
    "an issue by its id": Lack(
        "keys only, while the flows ask by id",
        lambda s: lacks(s, Missing, lambda s, key: s.jira.reader.fetch(s.jira.reader.fetch(key).id)),
    ),
    "history of edits": Lack("of moves only", lambda s: edited_history(s) == ()),
    "minutes in a query": Lack(
        "read as months, so more is found than moved",
        lambda s: moved(s, datetime.now(UTC) - timedelta(minutes=5)) == moved(s, None),
    ),
    "createmeta by type": Lack(
        "it has only that of Jira before 8.4", gives(f"issue/createmeta/{PROJECT}/issuetypes", 404)
    ),
}


@pytest.mark.parametrize("name", LACKS)
def test_what_is_not_walked_here_is_lacking_still(stranger: Stranger, name: str) -> None:
    assert LACKS[name].still(stranger), f"jira820 has it now, so walk it here: {name} ({LACKS[name].why})"
