"""Writing the bot's own comments, and draft sub-tasks where a policy allows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from integrations.blocks import Blocks
from integrations.jira.answers import UNDERSTOOD
from integrations.jira.changes.created.required import required_values
from integrations.jira.changes.created.untouched import UntouchedItems
from integrations.jira.items import person, property_list
from integrations.jira.markup import Markup
from integrations.jira.reader import JiraReader
from integrations.jira.search import issue_path
from integrations.jira.session import Flavour, JiraSession
from integrations.jira.subtasks import SubTasks, summary_line
from integrations.tracker import DRAFT_LABEL, Invalid, Missing, NoAudience
from rules.changes import FieldValue
from rules.model import Person

# In a service project a comment is shown to the customer unless this is sent with it.
_INTERNAL = {"key": "sd.public.comment", "value": {"internal": True}}


class JiraCommenter:
    """The Commenter port."""

    def __init__(
        self,
        session: JiraSession,
        flavour: Flavour,
        markup: Markup,
        reader: JiraReader,
        account: Callable[[], Person],
    ) -> None:
        self._session = session
        self._cloud = flavour == "cloud"
        self._markup = markup
        self._reader = reader
        self._account = account

    def post(self, key: str, blocks: Blocks, marker: str, *, reply_to: str | None = None, only_for: str = "") -> str:
        body = self._body(key, blocks, marker, only_for)
        if self._cloud and reply_to is not None and reply_to.isdecimal():
            try:
                return self._send(key, {**body, "parentId": int(reply_to)})
            except (Invalid, Missing):
                pass  # the comment that it answers is gone: then it stands by itself
        return self._send(key, body)

    def edit(self, key: str, comment: str, blocks: Blocks, marker: str, *, only_for: str = "") -> None:
        path = issue_path(key, f"comment/{quote(comment, safe='')}")
        # The audience is sent again: an edit without it would show the comment to all.
        body = self._body(key, blocks, marker, only_for)
        # Data Center knows no such parameter for comments.
        quiet = {"notifyUsers": "false"} if self._cloud else None
        with _heard(body):
            self._session.put(path, body, quiet, needs=f"Edit Own Comments on {key}", repeatable=True)

    def find(self, key: str, marker: str) -> str | None:
        mine = self._account().id
        with UNDERSTOOD:
            for raw in self._reader.raw_comments(key):
                # A marker under another name is a copy, and proves nothing.
                if person(raw.get("author")).id == mine and self._reader.marker(raw) == marker:
                    return str(raw["id"])
        return None

    def _send(self, key: str, body: Mapping[str, Any]) -> str:
        with _heard(body):
            answer = self._session.post(issue_path(key, "comment"), body, needs=f"Add Comments on {key}")
        with UNDERSTOOD:
            return str(answer["id"])

    def _body(self, key: str, blocks: Blocks, marker: str, only_for: str) -> dict[str, Any]:
        properties = property_list(marker)
        if self._is_service_project(key):
            properties.append(_INTERNAL)
        body = {"body": self._markup.render(blocks), "properties": properties}
        return {**body, "visibility": _visibility(only_for)} if only_for else body

    def _is_service_project(self, key: str) -> bool:
        issue = self._session.get(issue_path(key), {"fields": "project"}, needs=f"Browse Projects for {key}")
        with UNDERSTOOD:
            project = issue["fields"]["project"]
            kind = project.get("projectTypeKey")
            if kind is None:
                path = f"project/{quote(str(project['key']), safe='')}"
                kind = self._session.get(path, needs=f"Browse Projects for {key}")["projectTypeKey"]
            return bool(kind == "service_desk")


@contextmanager
def _heard(body: Mapping[str, Any]) -> Iterator[None]:
    """Raises NoAudience where Jira complains about those whom alone the comment is for."""
    try:
        yield
    except Invalid as error:
        if "visibility" not in body or "commentLevel" not in str(error):
            raise
        only_for = f"{body['visibility']['type']}:{body['visibility']['value']}"
        raise NoAudience(
            f"Jira takes no comment for {only_for}: there is none of that name, or the bot is not in it"
        ) from None


def _visibility(only_for: str) -> dict[str, str]:
    kind, _, name = only_for.partition(":")
    if kind not in {"role", "group"} or not name.strip():
        raise Invalid('comments are for "role:NAME" or "group:NAME", or for all who see the item')
    return {"type": kind, "value": name.strip()}


class JiraDrafter:
    """The Drafter port."""

    def __init__(self, reader: JiraReader, subtasks: SubTasks, markup: Markup, untouched: UntouchedItems) -> None:
        self._reader = reader
        self._subtasks = subtasks
        self._markup = markup
        self._untouched = untouched

    def create(
        self, parent: str, summary: str, blocks: Blocks, marker: str, values: tuple[FieldValue, ...] = ()
    ) -> str:
        home = self._subtasks.home(parent)
        screen = self._reader.create_fields(home["project"]["key"], home["issuetype"]["id"])
        fields = {**required_values(screen, values, self._markup.render), **home, "summary": summary_line(summary)}
        fields["labels"] = [*fields.get("labels", ()), DRAFT_LABEL]
        if blocks:
            fields["description"] = self._markup.render(blocks)
        return self._subtasks.create_with(fields, marker)

    def find(self, parent: str, marker: str) -> str | None:
        return self._subtasks.marked(parent).get(marker)

    def withdraw(self, key: str, marker: str) -> None:
        self._untouched.discard(key, marker, only_labelled=True)
