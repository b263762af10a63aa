"""Reading issues, comments, history and a project's words from Jira."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from integrations.jira.answers import UNDERSTOOD
from integrations.jira.extra import ExtraFields, extra_fields
from integrations.jira.items import (
    NEEDED_FIELDS,
    PROPERTY,
    comment,
    history_entry,
    marker_of,
    person,
    work_item,
)
from integrations.jira.markup import Markup
from integrations.jira.search import JiraSearch, issue_path
from integrations.jira.session import Flavour, JiraSession
from integrations.tracker import Comment, HistoryEntry, Invalid, Listing, Missing, Page, Refused, Vocabulary
from rules.model import Person, WorkItem

PAGE = 100
MOST_PAGES = 1000


class JiraReader:
    """The Reader port."""

    def __init__(
        self,
        session: JiraSession,
        flavour: Flavour,
        connection: str,
        markup: Markup,
        me: Callable[[], Person],
        now: Callable[[], datetime],
    ) -> None:
        self._session = session
        self._cloud = flavour == "cloud"
        self._connection = connection
        self._markup = markup
        self._me = me
        self._search = JiraSearch(session, flavour, now, self._item, self._fields)
        self._lock = threading.Lock()
        self._extra: ExtraFields | None = None

    def fetch(self, key: str) -> WorkItem:
        try:
            raw = self._session.get(issue_path(key), {"fields": self._fields()}, needs=_browse(key))
        except Refused:
            # Data Center may answer 403, not 404, for an issue that is hidden from the account alone.
            if self._cloud or self._search.finds(key):
                raise
            raise Missing("the issue is hidden from the account") from None
        with UNDERSTOOD:
            read, is_rewritable = self._markup.read, self._markup.is_rewritable
            return work_item(raw, self._connection, read, self.extra(), is_rewritable)

    def moved(self, project: str, since: datetime | None, page: str | None = None, scope: str = "") -> Page:
        return self._search.moved(project, since, page, scope)

    def listed(self, project: str, page: str | None = None, scope: str = "", *, restricted: bool = False) -> Listing:
        return self._search.listed(project, page, scope, restricted=restricted)

    def is_within(self, key: str, scope: str) -> bool:
        return self._search.is_within(key, scope)

    def comments(self, key: str) -> tuple[Comment, ...]:
        return tuple(self._comment(raw) for raw in self.raw_comments(key))

    def history(self, key: str) -> tuple[HistoryEntry, ...]:
        extra = self.extra()
        if self._cloud:
            entries = list(self._paged(issue_path(key, "changelog"), "values", {}, needs=_browse(key)))
        else:
            answer = self._session.get(
                issue_path(key), {"fields": "summary", "expand": "changelog"}, needs=_browse(key)
            )
            with UNDERSTOOD:
                entries = answer["changelog"]["histories"]
        with UNDERSTOOD:
            return tuple(sorted((history_entry(raw, extra) for raw in entries), key=lambda entry: entry.at))

    def vocabulary(self, project: str) -> Vocabulary:
        types, priorities = self._creatable(project), self.priorities(project)
        with UNDERSTOOD:
            return Vocabulary(
                priorities=tuple(priority["name"] for priority in priorities),
                types=tuple(kind["name"] for kind in types if not kind.get("subtask")),
                subtask_type=next((kind["name"] for kind in types if kind.get("subtask")), None),
            )

    def _creatable(self, project: str) -> list[Mapping[str, Any]]:
        """The types that the bot may create: none where it may only look. Raises Missing for an unknown project."""
        try:
            return self.issue_types(project)
        except (Refused, Missing, Invalid):
            self._session.get(f"project/{quote(project, safe='')}", needs=f"Browse Projects on {project}")
            return []

    def priorities(self, project: str) -> list[Mapping[str, Any]]:
        """The priorities of a project's scheme as Jira gives them (Data Center: of the site), most urgent first."""
        if self._cloud:
            answer = self._session.get(f"project/{quote(project, safe='')}", needs=f"Browse Projects on {project}")
            with UNDERSTOOD:
                identity = str(answer["id"])
            return list(self._paged("priority/search", "values", {"projectId": identity}, size=50))
        with UNDERSTOOD:
            return list(self._session.get("priority"))

    def issue_types(self, project: str) -> list[Mapping[str, Any]]:
        """The types that the bot may create in a project, as Jira gives them."""
        path = f"issue/createmeta/{quote(project, safe='')}/issuetypes"
        needs = f"Create Issues in {project}"
        try:
            return list(self._paged(path, "issueTypes" if self._cloud else "values", {}, needs=needs))
        except Missing:
            if self._cloud:
                raise
        return self._types_with_fields(project)

    def create_fields(self, project: str, kind: str) -> list[Mapping[str, Any]]:
        """The fields of the screen on which an issue of this type (its id) is created."""
        path = f"issue/createmeta/{quote(project, safe='')}/issuetypes/{quote(kind, safe='')}"
        needs = f"Create Issues in {project}"
        try:
            return list(self._paged(path, "fields" if self._cloud else "values", {}, needs=needs))
        except Missing:
            if self._cloud:
                raise
        with UNDERSTOOD:
            found = (one["fields"] for one in self._types_with_fields(project) if str(one["id"]) == kind)
            return [{"fieldId": name, **field} for name, field in next(found, {}).items()]

    def _types_with_fields(self, project: str) -> list[Mapping[str, Any]]:
        """The same, of Jira before 8.4, which tells it in one answer. Raises Missing for an unknown project.

        https://confluence.atlassian.com/jiracore/createmeta-rest-endpoint-to-be-removed-975040986.html
        """
        params = {"projectKeys": project, "expand": "projects.issuetypes.fields"}
        answer = self._session.get("issue/createmeta", params, needs=f"Create Issues in {project}")
        with UNDERSTOOD:
            for one in answer["projects"]:
                if one["key"] == project:
                    return list(one["issuetypes"])
        raise Missing(f"no project {project} in which the bot may create")

    def found(self, query: str, most: int) -> tuple[str, ...]:
        """Keys of the first issues that a query finds, as far as Jira's index knows them by now."""
        return self._search.keys(query, most)

    def marker(self, raw: Mapping[str, Any]) -> str | None:
        """Our marker on a raw comment; asked for by itself where the list came without properties."""
        if "properties" in raw:
            return marker_of(raw["properties"])
        if person(raw.get("author")).id != self._me().id:
            return None
        try:
            return marker_of([self._session.get(f"comment/{quote(str(raw['id']), safe='')}/properties/{PROPERTY}")])
        except Missing:
            return None

    def raw_comments(self, key: str) -> Iterator[Mapping[str, Any]]:
        """All comments as Jira gives them, with their properties, oldest first."""
        params = {"expand": "properties", "orderBy": "created"}
        return self._paged(issue_path(key, "comment"), "comments", params, needs=_browse(key))

    def _comment(self, raw: Mapping[str, Any]) -> Comment:
        with UNDERSTOOD:
            return comment(raw, self._markup.read, self.marker(raw))

    def _item(self, raw: Any) -> WorkItem:
        with UNDERSTOOD:
            return work_item(raw, self._connection, self._markup.read, self.extra())

    def _fields(self) -> str:
        return ",".join((*NEEDED_FIELDS, *self.extra().all))

    def extra(self) -> ExtraFields:
        """The custom fields that matter here, remembered for as long as the connection lives."""
        with self._lock:
            known = self._extra
        if known is None:
            with UNDERSTOOD:
                known = extra_fields(self._session.ask(lambda client: client.fields(), "GET field"))
            with self._lock:
                self._extra = known
        return known

    def _paged(
        self, path: str, name: str, params: Mapping[str, Any], *, needs: str = "", size: int = PAGE
    ) -> Iterator[Mapping[str, Any]]:
        """Every entry of a list that pages by position."""
        start = 0
        for _ in range(MOST_PAGES):
            answer = self._session.get(path, {**params, "startAt": start, "maxResults": size}, needs=needs)
            with UNDERSTOOD:
                entries, total = list(answer[name]), answer.get("total")
            yield from entries
            start += len(entries)
            if not entries or answer.get("isLast") is True or (isinstance(total, int) and start >= total):
                return


def _browse(key: str) -> str:
    return f"Browse Projects for {key}"
