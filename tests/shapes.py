"""Deliveries in the shapes that these products send, written by hand, and the same with parts of them spoilt."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Sequence
from typing import Any

from hypothesis import strategies as st

from integrations.azure_devops.webhook.events import IGNORED_FAMILIES
from integrations.jira.webhook.events import EVENTS

Payload = dict[str, Any]

USER = {"accountId": "712020:a", "displayName": "Ada", "accountType": "atlassian"}
ISSUE = {"id": "10001", "key": "SHOP-1", "fields": {"summary": "Pay", "project": {"key": "SHOP"}}}
COMMENT = {"id": "7", "self": "https://x/rest/api/2/issue/10001/comment/7", "author": USER, "body": "+1"}
MOVED = {"id": "5", "items": [{"field": "Key", "fromString": "OPS-1", "toString": "SHOP-1"}]}


def _jira(name: str, **members: Any) -> Payload:
    return {"timestamp": 1763720000000, "webhookEvent": name, **members}


def _of_another_thing(name: str) -> Payload:
    """An event about something else than an issue: a version, a sprint, a board, an option."""
    thing = name.removeprefix("jira:").split("_")[0]
    return _jira(name, **{thing: {"id": 3, "self": f"https://x/rest/api/2/{thing}/3", "name": "2.4"}})


JIRA_KEPT: Sequence[Payload] = [
    _jira("jira:issue_created", issue=ISSUE, user=USER, issue_event_type_name="issue_created"),
    _jira("jira:issue_updated", issue=ISSUE, user=USER, issue_event_type_name="issue_moved", changelog=MOVED),
    _jira("jira:issue_deleted", issue=ISSUE),
    _jira("comment_created", comment=COMMENT, issue=ISSUE),
    _jira("comment_created", comment=COMMENT | {"id": "8"}),
    _jira(
        "jira:issue_updated",
        issue=ISSUE,
        comment=COMMENT | {"id": "9"},
        user={"name": "rae", "key": "rae"},
        issue_event_type_name="issue_commented",
    ),
]
JIRA_IGNORED: Sequence[Payload] = [
    *(_of_another_thing(name) for name, meaning in EVENTS.items() if meaning.kind == "ignored"),
    _jira("comment_updated", comment=COMMENT, issue=ISSUE),
    _jira("issuelink_created", issueLink={"id": 1, "sourceIssueId": 10001, "destinationIssueId": 10002}),
    _jira("jira:issue_updated", issue=ISSUE, comment=COMMENT, user=USER, issue_event_type_name="issue_commented"),
]
OF_A_RULE: Sequence[Payload] = [
    {"issue": "SHOP-1"},
    {"key": "SHOP-1", "why": {"initiator": "{{initiator.displayName}}"}},
    {**ISSUE, "self": "https://x/rest/api/2/issue/10001"},
    {"timestamp": 1, "issue": ISSUE, "user": {"name": "rae"}},
]
"""What the author of a rule of Jira Automation may choose as its body."""

FIELDS = {"System.TeamProject": "Shop", "System.ChangedBy": "Ada <a@x.example>", "System.History": "<div>+1</div>"}
ITEM = {"id": 97, "rev": 3, "fields": FIELDS, "url": "https://dev.azure.com/c/_apis/wit/workItems/97"}
NEWER = ITEM | {"fields": FIELDS | {"System.ChangedBy": {"id": "g-1", "displayName": "Ada"}}}
UPDATE = {"id": 2, "workItemId": 97, "revisedBy": {"id": "g-1", "displayName": "Ada"}, "revision": ITEM}
TOLD = {"text": "Bug #97 (Pay) changed by Ada."}
PUSH = {"commits": [], "refUpdates": [{"name": "refs/heads/main"}], "pushId": 14}


def _azure_devops(name: str, resource: Any, **members: Any) -> Payload:
    usual = {
        "subscriptionId": "s-1",
        "notificationId": 4,
        "publisherId": "tfs",
        "message": TOLD,
        "detailedMessage": None,
        "resourceVersion": "1.0",
        "resourceContainers": {"project": {"id": "p-1", "baseUrl": "https://dev.azure.com/c/"}},
        "createdDate": "2026-11-21T10:00:00.1234567Z",
    }
    # Each is another delivery: its id holds what tells it from the others.
    return {**usual, **members, "id": f"{name} {len(json.dumps([resource, members]))}"[:90], "eventType": name} | {
        "resource": resource
    }


AZURE_DEVOPS_KEPT: Sequence[Payload] = [
    _azure_devops("workitem.created", ITEM),
    _azure_devops("workitem.created", NEWER, resourceVersion="3.1-preview.3"),
    _azure_devops("workitem.updated", UPDATE),
    _azure_devops("workitem.updated", UPDATE | {"workItemId": 0}, resourceVersion="5.1-preview.3"),
    _azure_devops("workitem.commented", NEWER | {"commentVersionRef": {"commentId": 12}}, message=None),
    _azure_devops("workitem.deleted", {"id": "97", "url": ITEM["url"]}, resourceContainers=None),
    _azure_devops("workitem.restored", ITEM, detailedMessage=TOLD),
    _azure_devops("workitem.commented", None),
]
AZURE_DEVOPS_IGNORED: Sequence[Payload] = [
    *(_azure_devops(f"{family}something", PUSH) for family in IGNORED_FAMILIES),
    _azure_devops("git.push", PUSH),
    _azure_devops("build.complete", None, message=None),
]
NO_ITEM: Sequence[Payload] = [
    _azure_devops("workitem.updated", PUSH),
    _azure_devops("workitem.created", None, message=None),
    _azure_devops("workitem.deleted", {}, message={"text": None}),
]
"""A push that is sent as an update of an item, as the vendor's own samples once did, and subscriptions that send
neither resource nor message."""

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.sampled_from([10**4000, 1e308, -0.0, "", "0", "-1", "٣", "../..", "a\x00b", "\ud800", "\u202e", "x" * 5000]),
    st.sampled_from([float("nan"), float("-inf"), "SHOP-" + "9" * 18, "http://[", " <", "0001-01-01T00:00:00+23:59"]),
    st.text(max_size=8),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(
        st.sampled_from(["id", "key", "self", "fields", "items", "value"]), st.text(max_size=4), max_size=2
    ),
)
WRITTEN = st.sampled_from(
    ["plain", "plain", "plain", "escaped", "every member twice", "byte order mark", "cut", "wide"]
)


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each part of a payload."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in entries:
        yield (*way, name)
        yield from places(inner, (*way, name))


@st.composite
def spoilt(draw: st.DrawFn, samples: Sequence[Payload]) -> bytes:
    """A delivery with some of its parts dropped, of another type, nested, huge or wrong, or written in another way."""
    payload = copy.deepcopy(draw(st.sampled_from(samples)))
    for _ in range(draw(st.integers(1, 4))):
        ways = list(places(payload))
        if not ways:
            break
        *above, last = draw(st.sampled_from(ways))
        holder = payload
        for step in above:
            holder = holder[step]
        how = draw(st.sampled_from(["drop", "nest", "deep", "odd", "odd", "odd"]))
        if how == "drop":
            del holder[last]
        elif how == "nest":
            holder[last] = {"id": holder[last], "value": [holder[last]]}
        elif how == "deep":
            holder[last] = json.loads("[" * 200 + "]" * 200)
        else:
            holder[last] = draw(ODD)
    return _written(payload, draw(WRITTEN))


def _written(payload: Payload, how: str) -> bytes:
    text = json.dumps(payload, ensure_ascii=how == "escaped")
    if how == "every member twice" and payload:
        text = f"{text[:-1]}, {text[1:]}"
    elif how == "cut":
        text = text[: len(text) // 2]
    body = text.encode("utf-16" if how == "wide" else "utf-8", "surrogatepass")
    return b"\xef\xbb\xbf" + body if how == "byte order mark" else body
