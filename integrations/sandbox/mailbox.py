"""Whom the vendor would send a mail, and why, under its default notification scheme. No mail is sent."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from integrations.sandbox.records import Flavour, Happening, HappeningKind, Item, User
from integrations.sandbox.state import Tracker

Reason = Literal["reporter", "assignee", "watcher", "mentioned"]

_WIKI_MENTION = re.compile(r"\[~(?:accountid:)?([^\]\s\[]{1,128})\]")
_HTML_MENTION = re.compile(r"""data-vss-mention=["'][^"',]{0,40},([0-9a-fA-F-]{36})["']""")
_MARKDOWN_MENTION = re.compile(r"@<([0-9a-fA-F-]{36})>")
_FORMS: Mapping[Flavour, tuple[re.Pattern[str], ...]] = {
    "jira-cloud": (),  # keeps documents, not text
    "jira-data-center": (_WIKI_MENTION,),
    "azure-devops": (_HTML_MENTION, _MARKDOWN_MENTION),
}
_MAILED: frozenset[HappeningKind] = frozenset({"created", "updated", "deleted", "commented", "comment_edited"})


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail: to a login, for the strongest reason (mentioned before all others), about one happening."""

    to: str
    reason: Reason
    kind: HappeningKind
    item: str
    actor: str
    at: datetime
    comment: int | None = None


def mentions(flavour: Flavour, value: Any) -> set[str]:
    """The stable ids (Data Center: logins) that a rich text mentions in its flavour's own forms."""
    if isinstance(value, Mapping):
        return set(_adf_mentions(value))
    text = value if isinstance(value, str) else ""
    return {found for form in _FORMS[flavour] for found in form.findall(text)}


def _adf_mentions(document: Mapping[str, Any]) -> Iterator[str]:
    waiting: list[Any] = [document]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, Mapping):
            continue
        if node.get("type") == "mention" and isinstance(node.get("attrs"), Mapping):
            yield str(node["attrs"].get("id", ""))
        if isinstance(node.get("content"), list):
            waiting.extend(node["content"])


def _only_says(happening: Happening) -> bool:
    """An edited comment, or a revision that a comment made: the comment's own happening follows."""
    edits = happening.entry.edits if happening.entry is not None else ()
    said = happening.comment is not None or (bool(edits) and all(edit.field == "comment" for edit in edits))
    return happening.kind == "comment_edited" or (happening.kind == "updated" and said)


class Mailbox:
    """The mails of one tracker, newest last; subscribe it to the tracker.

    Jira writes to reporter, assignee, watchers and those mentioned, for creation, change, deletion, comments and
    edited comments, unless the writer asked for silence. Azure DevOps writes to the assignee and those mentioned; not
    of an edited comment (its own defaults are quieter still: they tell of being assigned and of mentions only, see
    https://learn.microsoft.com/azure/devops/organizations/notifications/oob-built-in-notifications).
    Nobody is told of what they did themselves.
    """

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._lock = threading.Lock()
        self._mails: list[Mail] = []

    @property
    def mails(self) -> list[Mail]:
        with self._lock:
            return list(self._mails)

    def to(self, login: str) -> list[Mail]:
        """The mails to one person."""
        return [mail for mail in self.mails if mail.to == login]

    def clear(self) -> None:
        with self._lock:
            self._mails.clear()

    def __call__(self, happening: Happening) -> None:
        if happening.kind not in _MAILED or not happening.notify:
            return
        if self._tracker.flavour == "azure-devops" and _only_says(happening):
            return
        comment = happening.comment
        for login, reason in self._recipients(happening).items():
            mail = Mail(
                login,
                reason,
                happening.kind,
                happening.item.key,
                happening.actor.name,
                happening.at,
                None if comment is None else comment.id,
            )
            with self._lock:
                self._mails.append(mail)

    def _recipients(self, happening: Happening) -> dict[str, Reason]:
        item = happening.item
        found: dict[str, Reason] = {}
        if self._tracker.flavour != "azure-devops":
            found |= dict.fromkeys(self._tracker.watchers(item.id), "watcher")
            if item.reporter:
                found[item.reporter] = "reporter"
        if item.assignee:
            found[item.assignee] = "assignee"
        found |= dict.fromkeys(self._mentioned(happening, item), "mentioned")
        found.pop(happening.actor.name, None)
        return {login: reason for login, reason in found.items() if self._may_see(login, item)}

    def _mentioned(self, happening: Happening, item: Item) -> list[str]:
        texts: list[Any] = []
        if happening.comment is not None:
            texts.append(happening.comment.body)
        elif happening.kind == "created":
            texts.append(item.description)
        elif happening.entry is not None:
            texts += [edit.after for edit in happening.entry.edits if edit.field == "description"]
        found = set[str]().union(*(mentions(self._tracker.flavour, text) for text in texts))
        ids = {each.casefold() for each in found}  # a GUID may be written either way
        return [user.name for user in self._tracker.users() if {user.id.casefold(), user.name.casefold()} & ids]

    def _may_see(self, login: str, item: Item) -> bool:
        user: User = self._tracker.user(login)
        return user.active and self._tracker.sees(user, item)
