from __future__ import annotations

from typing import Any

import pytest

from integrations.sandbox.mailbox import Mailbox, mentions
from integrations.sandbox.records import Flavour
from integrations.sandbox.state import Tracker


def furnished(flavour: Flavour) -> tuple[Tracker, Mailbox, int]:
    """An item that rae reported and lee holds, with a mailbox that starts now."""
    tracker = Tracker("it", flavour)
    kind = "User Story" if flavour == "azure-devops" else "Story"
    rae = tracker.user("rae")
    item = tracker.create_item(rae, tracker.projects()[0].key, kind, "Save the cart", assignee="lee")
    mailbox = Mailbox(tracker)
    tracker.subscribe(mailbox)
    return tracker, mailbox, item.id


@pytest.mark.parametrize("flavour", ["jira-cloud", "jira-data-center", "azure-devops"])
def test_nobody_is_told_of_what_they_did_themselves(flavour: Flavour) -> None:
    tracker, mailbox, item = furnished(flavour)
    tracker.change_item(tracker.user("lee"), item, {"assignee": None})
    assert mailbox.to("lee") == []


def test_jira_writes_to_reporter_assignee_and_watchers() -> None:
    tracker, mailbox, item = furnished("jira-data-center")
    tracker.add_comment(tracker.user("dana"), item, "first")
    tracker.add_comment(tracker.user("ada"), item, "second")
    assert {(m.to, m.reason) for m in mailbox.mails if m.actor == "ada"} == {
        ("rae", "reporter"),
        ("lee", "assignee"),
        ("dana", "watcher"),
    }


def test_azure_devops_writes_to_the_assignee_once() -> None:
    tracker, mailbox, item = furnished("azure-devops")
    tracker.add_comment(tracker.user("dana"), item, "first")
    assert [(m.to, m.reason) for m in mailbox.mails] == [("lee", "assignee")]


def test_a_quiet_edit_of_a_comment_sends_nothing() -> None:
    tracker, mailbox, item = furnished("jira-cloud")
    comment = tracker.add_comment(tracker.user("dana"), item, {"type": "doc", "version": 1, "content": []})
    mailbox.clear()
    tracker.edit_comment(tracker.user("dana"), comment.id, comment.body, notify=False)
    assert mailbox.mails == []
    tracker.edit_comment(tracker.user("dana"), comment.id, comment.body)
    assert {mail.to for mail in mailbox.mails} == {"rae", "lee"}


GUID = "588a336e-2bf7-57c0-bad7-85d53fac32d7"
NODE = {"type": "paragraph", "content": [{"type": "mention", "attrs": {"id": "712020:x"}}]}
TEXT = f"[~dana] [~accountid:712020:y] @<{GUID}>"


@pytest.mark.parametrize(
    ("flavour", "written", "mentioned"),
    [
        ("jira-cloud", {"type": "doc", "content": [NODE]}, {"712020:x"}),
        ("jira-cloud", {"type": "doc", "content": [{"type": "text", "text": TEXT}]}, set()),
        ("jira-data-center", TEXT, {"dana", "712020:y"}),
        ("azure-devops", TEXT, {GUID}),
        ("azure-devops", f'<a href="#" data-vss-mention="version:2.0,{GUID}">@Dana</a>', {GUID}),
        ("azure-devops", "plain", set()),
    ],
)
def test_mentions_are_found_in_the_forms_of_their_own_tracker(
    flavour: Flavour, written: Any, mentioned: set[str]
) -> None:
    assert mentions(flavour, written) == mentioned


def test_somebody_who_may_not_see_the_item_gets_no_mail() -> None:
    tracker, mailbox, item = furnished("jira-data-center")
    tracker.set_private("SHOP", True)
    tracker.add_comment(tracker.user("dana"), item, "[~otto] look")
    assert mailbox.to("otto") == []
