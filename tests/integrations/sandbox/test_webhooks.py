from __future__ import annotations

import json
from typing import Any

import pytest

from integrations.sandbox.site import Served
from integrations.sandbox.webhooks import signature


def events(receiver: Any) -> list[str]:
    return [json.loads(body)["webhookEvent"] for _, _, body in receiver.got]


def test_nothing_is_sent_to_nobody_and_for_no_change(served: Served, receiver: Any) -> None:
    mounted = served.site["cloud"]
    item = mounted.tracker.create_item(None, "SHOP", "Story", "Before anybody listened")
    mounted.webhooks.register(receiver.url)
    mounted.tracker.change_item(None, item.id, {"summary": item.summary})
    mounted.webhooks.drain()
    assert receiver.got == []


def test_the_signature_is_the_one_that_the_vendor_published() -> None:
    expected = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
    assert signature("It's a Secret to Everybody", b"Hello World!") == expected


def test_a_delivery_is_signed_over_its_raw_body(served: Served, receiver: Any) -> None:
    mounted = served.site["cloud"]
    mounted.webhooks.register(receiver.url, secret="s3cret", events=["jira:issue_created"])
    mounted.tracker.create_item(mounted.tracker.user("rae"), "SHOP", "Bug", "Zahlung hängt")
    mounted.webhooks.drain()
    ((path, headers, body),) = receiver.got
    assert path == "/hook"
    assert headers["x-hub-signature"] == signature("s3cret", body)
    assert headers["x-atlassian-webhook-retry"] == "0"
    assert json.loads(body)["issue"]["fields"]["summary"] == "Zahlung hängt"


def test_events_that_nobody_asked_for_stay(served: Served, receiver: Any) -> None:
    mounted = served.site["cloud"]
    mounted.webhooks.register(receiver.url, events=["comment_created"])
    item = mounted.tracker.create_item(None, "SHOP", "Story", "Save the cart")
    mounted.tracker.add_comment(None, item.id, {"type": "doc", "version": 1, "content": []})
    mounted.webhooks.drain()
    assert events(receiver) == ["comment_created"]


def test_cloud_tries_again_after_503_under_the_same_identifier(served: Served, receiver: Any) -> None:
    mounted = served.site["cloud"]
    mounted.webhooks.register(receiver.url)
    receiver.answers += [503, 429, 408]
    mounted.tracker.create_item(None, "SHOP", "Story", "Save the cart")
    mounted.webhooks.drain()
    assert len(receiver.got) == 4
    assert len({headers["x-atlassian-webhook-identifier"] for _, headers, _ in receiver.got}) == 1
    assert [headers["x-atlassian-webhook-retry"] for _, headers, _ in receiver.got] == ["0", "1", "2", "3"]
    assert [sent.status for sent in mounted.webhooks.sent] == [503, 429, 408, 200]


def test_cloud_gives_up_after_five_retries(served: Served, receiver: Any) -> None:
    mounted = served.site["cloud"]
    mounted.webhooks.register(receiver.url)
    receiver.answers += [500] * 20
    mounted.tracker.create_item(None, "SHOP", "Story", "Save the cart")
    mounted.webhooks.drain()
    assert len(receiver.got) == 6


@pytest.mark.parametrize(("name", "status"), [("cloud", 400), ("cloud", 401), ("dc", 503), ("dc", 400)])
def test_a_delivery_refused_for_good_is_lost(served: Served, receiver: Any, name: str, status: int) -> None:
    mounted = served.site[name]
    mounted.webhooks.register(receiver.url)
    receiver.answers.append(status)
    mounted.tracker.create_item(None, "SHOP", "Story", "Save the cart")
    mounted.webhooks.drain()
    assert len(receiver.got) == 1


def test_twice_means_twice_the_same(served: Served, receiver: Any) -> None:
    mounted = served.site["cloud"]
    mounted.webhooks.register(receiver.url)
    mounted.webhooks.twice = True
    mounted.tracker.create_item(None, "SHOP", "Story", "Save the cart")
    mounted.webhooks.drain()
    (_, one, first), (_, two, second) = receiver.got
    assert first == second
    assert one["x-atlassian-webhook-identifier"] == two["x-atlassian-webhook-identifier"]


def test_out_of_order_sends_the_newest_first(served: Served, receiver: Any) -> None:
    mounted = served.site["dc"]
    mounted.webhooks.register(receiver.url, events=["jira:issue_created", "jira:issue_updated", "jira:issue_deleted"])
    mounted.webhooks.out_of_order = True
    item = mounted.tracker.create_item(None, "SHOP", "Story", "Save the cart")
    mounted.tracker.change_item(None, item.id, {"summary": "Keep the cart"})
    mounted.tracker.delete_item(None, item.id)
    mounted.webhooks.drain()
    assert events(receiver) == ["jira:issue_deleted", "jira:issue_updated", "jira:issue_created"]


def test_never_means_never(served: Served, receiver: Any) -> None:
    mounted = served.site["cloud"]
    mounted.webhooks.register(receiver.url)
    mounted.webhooks.never = True
    mounted.tracker.create_item(None, "SHOP", "Story", "Save the cart")
    mounted.webhooks.never = False
    mounted.webhooks.drain()
    assert receiver.got == []


def test_a_receiver_that_is_not_there_holds_nothing_up(served: Served, receiver: Any) -> None:
    mounted = served.site["dc"]
    mounted.webhooks.register("http://127.0.0.1:9/nobody")
    mounted.webhooks.register(receiver.url, basic=("steward", "pass"), events=["jira:issue_created"])
    mounted.tracker.create_item(None, "SHOP", "Story", "Save the cart")
    mounted.webhooks.drain()
    assert events(receiver) == ["jira:issue_created"]
    assert receiver.got[0][1]["authorization"].startswith("Basic ")
