"""Reading issues, comments, history and a project's words from Jira."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from integrations.jira.answers import UNDERSTOOD
from integrations.jira.items import (
    NEEDED_FIELDS,
    PROPERTY,
    ExtraFields,
    comment,
    extra_fields,
    history_entry,
    marker_of,
    person,
    work_item,
)
from integrations.jira.markup import Markup
from integrations.jira.session import Flavour, JiraSession
from integrations.tracker import Comment, HistoryEntry, Invalid, Listing, Missing, Page, Vocabulary
from rules.model import Person, WorkItem

PAGE = 100
OVERLAP = 10  # Data Center pages by position, and an item that is edited meanwhile moves the others up
MOST_PAGES = 1000
IDS_AT_ONCE = {True: 5000, False: 1000}  # Cloud's and Data Center's own limits where nothing but ids is asked for

_PROJECT = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,254}")
_KEY_OR_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,254}-[0-9]{1,18}|[0-9]{1,18}")


def issue_path(key: str, rest: str = "") -> str:
    """issue/KEY/rest. Raises Invalid for what is neither a key nor an id, before it becomes part of an address."""
    if not _KEY_OR_ID.fullmatch(key):
        raise Invalid("not an issue key or id")
    return f"issue/{key}{'/' if rest else ''}{rest}"


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
        self._now = now
        self._lock = threading.Lock()
        self._extra: ExtraFields | None = None
        self._knows_levels = True

    def fetch(self, key: str) -> WorkItem:
        return self._item(self._session.get(issue_path(key), {"fields": self._fields()}, needs=_browse(key)))

    def moved(self, project: str, since: datetime | None, page: str | None = None, scope: str = "") -> Page:
        if not _PROJECT.fullmatch(project):
            raise Invalid("not a project key")
        return self._moved_cloud(project, since, page) if self._cloud else self._moved_by_position(project, since, page)

    def listed(self, project: str, page: str | None = None, scope: str = "") -> Listing:
        if not _PROJECT.fullmatch(project):
            raise Invalid("not a project key")
        within = f'project = "{project}"' + (f" AND ({scope})" if scope else "")
        if self._knows_levels:
            try:
                return self._ids(f"{within} AND level IS EMPTY", page, project)
            except Invalid:
                if page is not None:
                    raise
        listing = self._ids(within, page, project)
        self._knows_levels = False  # a site without security levels does not know the word
        return listing

    def _ids(self, where: str, page: str | None, project: str) -> Listing:
        size = IDS_AT_ONCE[self._cloud]
        params: dict[str, Any] = {"jql": f"{where} ORDER BY created ASC", "fields": "id", "maxResults": size}
        if page is not None:
            params["nextPageToken" if self._cloud else "startAt"] = page
        path = "search/jql" if self._cloud else "search"
        answer = self._session.get(path, params, needs=f"Browse Projects on {project}")
        with UNDERSTOOD:
            ids = tuple(str(raw["id"]) for raw in answer["issues"])
            if self._cloud:
                return Listing(ids, answer.get("nextPageToken"))
            end = int(page or 0) + len(ids)
            return Listing(ids, str(end) if ids and end < int(answer["total"]) else None)

    def is_within(self, key: str, scope: str) -> bool:
        raise Invalid("scopes are not known here yet")

    def comments(self, key: str) -> tuple[Comment, ...]:
        return tuple(self._comment(raw) for raw in self.raw_comments(key))

    def history(self, key: str) -> tuple[HistoryEntry, ...]:
        if self._cloud:
            entries = list(self._paged(issue_path(key, "changelog"), "values", {}, needs=_browse(key)))
        else:
            answer = self._session.get(
                issue_path(key), {"fields": "summary", "expand": "changelog"}, needs=_browse(key)
            )
            with UNDERSTOOD:
                entries = answer["changelog"]["histories"]
        with UNDERSTOOD:
            return tuple(sorted(map(history_entry, entries), key=lambda entry: entry.at))

    def vocabulary(self, project: str) -> Vocabulary:
        types, priorities = self.issue_types(project), self.priorities(project)
        with UNDERSTOOD:
            return Vocabulary(
                priorities=tuple(priority["name"] for priority in priorities),
                types=tuple(kind["name"] for kind in types if not kind.get("subtask")),
                subtask_type=next((kind["name"] for kind in types if kind.get("subtask")), None),
            )

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
        return list(self._paged(path, "issueTypes" if self._cloud else "values", {}, needs=needs))

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
            return work_item(raw, self._connection, self._markup.read, self._extra or ExtraFields())

    def _fields(self) -> str:
        with self._lock:
            extra = self._extra
        if extra is None:
            with UNDERSTOOD:
                extra = extra_fields(self._session.ask(lambda client: client.fields(), "GET field"))
            with self._lock:
                self._extra = extra
        return ",".join((*NEEDED_FIELDS, *extra.all))

    def _query(self, project: str, minutes: int | None) -> str:
        # Relative minutes mean the same in every time zone; a date would be read in the bot account's own.
        moved = "" if minutes is None else f' AND updated >= "-{minutes}m"'
        return f'project = "{project}"{moved} ORDER BY updated ASC'

    def _minutes(self, since: datetime | None) -> int | None:
        """Minutes back to `since`, and two more, for clocks that differ."""
        return None if since is None else max(math.ceil((self._now() - since).total_seconds() / 60), 0) + 2

    def _moved_cloud(self, project: str, since: datetime | None, page: str | None) -> Page:
        # A token belongs to one query, so the minutes go with it.
        first, _, token = (page or "").partition(":")
        minutes = self._minutes(since) if page is None else (int(first) if first.isdecimal() else None)
        params: dict[str, Any] = {"jql": self._query(project, minutes), "fields": self._fields(), "maxResults": PAGE}
        if token:
            params["nextPageToken"] = token
        answer = self._session.get("search/jql", params, needs=f"Browse Projects on {project}")
        with UNDERSTOOD:
            items = tuple(self._item(raw) for raw in answer["issues"])
            following = answer.get("nextPageToken")
            return Page(items, f"{'' if minutes is None else minutes}:{following}" if following else None)

    def _moved_by_position(self, project: str, since: datetime | None, page: str | None) -> Page:
        position, _, ends = (page or "").partition("|")
        start = int(position) if position.isdecimal() else 0
        params = {
            "jql": self._query(project, self._minutes(since)),
            "fields": self._fields(),
            "maxResults": PAGE,
            "startAt": start,
        }
        answer = self._session.get("search", params, needs=f"Browse Projects on {project}")
        with UNDERSTOOD:
            items = tuple(self._item(raw) for raw in answer["issues"])
            end, last = start + len(items), [item.id for item in items[-OVERLAP:]]
            if start and ends and not {item.id for item in items}.intersection(ends.split(",")):
                # More were edited meanwhile than pages overlap by, and what came after them has moved up before them.
                return Page(items, f"{max(start - PAGE, 0)}|{ends}")
            more = bool(items) and end < int(answer["total"])
            return Page(items, f"{max(end - OVERLAP, start + 1)}|{','.join(last)}" if more else None)

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
