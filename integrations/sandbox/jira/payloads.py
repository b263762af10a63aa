"""What Jira tells a webhook receiver: payloads, headers, and how often it tries. Rich text is always wiki markup."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from integrations.sandbox.jira.shapes import Shapes
from integrations.sandbox.records import Edit, Happening, HistoryEntry, Item
from integrations.sandbox.tables import to_ms
from integrations.sandbox.webhooks import Hook, Message, Verdict

if TYPE_CHECKING:
    from integrations.sandbox.site import Mounted

_NAMES = {
    "created": "jira:issue_created",
    "updated": "jira:issue_updated",
    "deleted": "jira:issue_deleted",
    "commented": "comment_created",
    "comment_edited": "comment_updated",
    "comment_deleted": "comment_deleted",
    "linked": "issuelink_created",
    "unlinked": "issuelink_deleted",
}
_BRIEF = ("summary", "issuetype", "project", "assignee", "priority", "status")
_RETRIED = frozenset({408, 409, 425, 429})
_RETRIES = 5


class _Voice:
    """What both flavours say alike."""

    def __init__(self, mounted: Mounted) -> None:
        self._mounted = mounted

    @property
    def shapes(self) -> Shapes:
        return Shapes(self._mounted.tracker, self._mounted.url, "2")

    def _message(self, happening: Happening, name: str, **rest: Any) -> Message:
        payload = {"timestamp": to_ms(happening.at), "webhookEvent": name, **rest}
        return Message(name, payload, str(uuid.uuid4()))

    def _issue_event(self, happening: Happening, reason: str, **rest: Any) -> Message:
        actor = self.shapes.user(happening.actor.name)
        issue = self.issue(happening.item) if happening.kind != "deleted" else self.whole(happening.item)
        name = "jira:issue_updated" if happening.kind.startswith("comment") else _NAMES[happening.kind]
        return self._message(happening, name, issue_event_type_name=reason, user=actor, issue=issue, **rest)

    def issue(self, item: Item) -> dict[str, Any]:
        shown = self.whole(item)
        del shown["fields"]["comment"], shown["fields"]["worklog"]
        return shown

    def whole(self, item: Item) -> dict[str, Any]:
        shown = self.shapes.issue(item)
        del shown["expand"]
        return shown

    def _changelog(self, happening: Happening) -> dict[str, Any]:
        entry = happening.entry
        if entry is None:
            return {}
        items = [
            {**item, "from": None, "to": None} if item["field"] == "labels" else item
            for item in self.shapes.edits(entry)
        ]
        return {"changelog": {"id": str(entry.id), "items": items}}

    def _first_values(self, happening: Happening) -> dict[str, Any]:
        """The changelog of a creation, which only webhooks tell: REST has no such entry."""
        item = happening.item
        values = {name: getattr(item, name) for name in ("description", "priority", "reporter", "status", "summary")}
        edits = tuple(Edit(name, None, value) for name, value in values.items() if value is not None)
        entry = HistoryEntry(item.id, item.id, happening.actor.name, happening.at, item.rev, edits)
        shown = self.shapes.edits(entry)
        return {"changelog": {"id": str(item.id), "items": [_capital(line) for line in shown]}}

    def _issue_messages(self, happening: Happening) -> Iterator[Message]:
        if happening.kind == "created":
            yield self._issue_event(happening, "issue_created", **self._first_values(happening))
        elif happening.kind == "deleted":
            yield self._issue_event(happening, "issue_deleted")
        elif happening.kind == "updated":
            edits = () if happening.entry is None else happening.entry.edits
            yield self._issue_event(happening, _reason(edits), **self._changelog(happening))
        elif happening.link is not None:
            link = happening.link
            shown = {
                "id": link.id,
                "sourceIssueId": link.source,
                "destinationIssueId": link.target,
                "issueLinkType": self._link_type(link.type),
                "systemLink": False,
                "sequence": 0,
            }
            yield self._message(happening, _NAMES[happening.kind], issueLink=shown)

    def _link_type(self, name: str) -> dict[str, Any]:
        term = self._mounted.tracker.term("link_type", name)
        words = {"outwardName": term.outward, "inwardName": term.inward}
        return {"id": term.id, "name": term.name, **words, "isSubTaskLinkType": False, "isSystemLinkType": False}

    def _comment(self, happening: Happening) -> dict[str, Any]:
        assert happening.comment is not None
        return self.shapes.comment(happening.comment)


class CloudVoice(_Voice):
    """Jira Cloud: comment events with a few fields of the issue; an identifier that stays the same over retries."""

    def messages(self, happening: Happening, hook: Hook) -> Iterator[Message]:
        if not happening.kind.startswith("comment"):
            for message in self._issue_messages(happening):
                extra = {} if "issueLink" in message.payload else {"eventType": "primaryAction"}
                yield Message(message.event, {**message.payload, **extra}, message.identity)
            return
        brief = self.shapes.issue(happening.item, _BRIEF)
        issue = {
            "id": brief["id"],
            "self": self.shapes.link(brief["id"]),
            "key": brief["key"],
            "fields": brief["fields"],
        }
        shown = {"comment": self._comment(happening), "issue": issue, "eventType": "primaryAction"}
        yield self._message(happening, _NAMES[happening.kind], **shown)

    def headers(self, hook: Hook, message: Message, attempt: int) -> Mapping[str, str]:
        return {
            "User-Agent": "Atlassian Webhook HTTP Client",
            "X-Atlassian-Webhook-Identifier": message.identity,
            "X-Atlassian-Webhook-Flow": "Primary",
            "X-Atlassian-Webhook-Retry": str(attempt),
        }

    def verdict(self, status: int | None, attempt: int) -> Verdict:
        if status is not None and 200 <= status < 300:
            return Verdict("done")
        if attempt < _RETRIES and (status is None or status in _RETRIED or status >= 500):
            return Verdict("retry", random.uniform(300, 900))  # noqa: S311  # a wait, nothing secret
        return Verdict("lost")


class DataCenterVoice(_Voice):
    """Jira Data Center: comment events without the issue, beside an issue event that says it was commented on. No
    retries and no identifier."""

    def messages(self, happening: Happening, hook: Hook) -> Iterator[Message]:
        if not happening.kind.startswith("comment"):
            yield from self._issue_messages(happening)
            return
        comment = self._comment(happening)
        yield self._message(happening, _NAMES[happening.kind], comment=comment)
        reasons = {"commented": "issue_commented", "comment_edited": "issue_comment_edited"}
        reason = reasons.get(happening.kind, "issue_comment_deleted")
        yield self._issue_event(happening, reason, comment=comment)

    def issue(self, item: Item) -> dict[str, Any]:
        return self.whole(item)

    def _first_values(self, happening: Happening) -> dict[str, Any]:
        return {}

    def headers(self, hook: Hook, message: Message, attempt: int) -> Mapping[str, str]:
        return {"User-Agent": "Atlassian HttpClient 3.0.4 / JIRA-10.3.24 (10030024) / Default"}

    def verdict(self, status: int | None, attempt: int) -> Verdict:
        return Verdict("done" if status is not None and 200 <= status < 300 else "lost")


def _capital(line: dict[str, Any]) -> dict[str, Any]:
    return {**line, "field": "Status"} if line["field"] == "status" else line


def _reason(edits: tuple[Edit, ...]) -> str:
    fields = {edit.field for edit in edits}
    if "status" in fields or "link" in fields:
        return "issue_generic"
    if fields == {"assignee"}:
        return "issue_assigned"
    return "issue_moved" if "project" in fields else "issue_updated"
