"""Searching: what moved in a project, what a scope covers, and how a scope becomes part of a query."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from integrations.jira.answers import UNDERSTOOD
from integrations.jira.session import Flavour, JiraSession
from integrations.tracker import Invalid, Listing, Page
from rules.model import WorkItem

PAGE = 100
IDS_AT_ONCE = {True: 5000, False: 1000}  # Cloud's and Data Center's own limits where nothing but ids is asked for
OVERLAP = 5  # Data Center pages by position, and an item that is edited meanwhile moves the others up

_PROJECT = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,254}")
_KEY_OR_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,254}-[0-9]{1,18}|[0-9]{1,18}")
_QUOTED = re.compile(r""""(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+'""", re.DOTALL)
_SORTING = re.compile(r"\border\s+by\b", re.IGNORECASE)


def issue_path(key: str, rest: str = "") -> str:
    """issue/KEY/rest. Raises Invalid for what is neither a key nor an id, before it becomes part of an address."""
    if not _KEY_OR_ID.fullmatch(key):
        raise Invalid("not an issue key or id")
    return f"issue/{key}{'/' if rest else ''}{rest}"


class JiraSearch:
    """Queries; `item` makes a WorkItem of an issue with `fields()`."""

    def __init__(
        self,
        session: JiraSession,
        flavour: Flavour,
        now: Callable[[], datetime],
        item: Callable[[Any], WorkItem],
        fields: Callable[[], str],
    ) -> None:
        self._session = session
        self._cloud = flavour == "cloud"
        self._path = "search/jql" if self._cloud else "search"
        self._now = now
        self._item = item
        self._fields = fields
        self._knows_levels = True

    def moved(self, project: str, since: datetime | None, page: str | None, scope: str) -> Page:
        """As Reader.moved."""
        if not _PROJECT.fullmatch(project):
            raise Invalid("not a project key")
        inside = condition(scope)
        by_page = self._moved_cloud if self._cloud else self._moved_by_position
        try:
            return by_page(project, since, page, inside)
        except Invalid as error:
            if not inside:
                raise
            told = error.told
        raise _refused(project, told)

    def listed(self, project: str, page: str | None, scope: str, *, restricted: bool = False) -> Listing:
        """As Reader.listed."""
        if not _PROJECT.fullmatch(project):
            raise Invalid("not a project key")
        inside = condition(scope)
        within = f'project = "{project}"' + (f" AND {inside}" if inside else "")
        if self._knows_levels:
            try:
                return self._ids(f"{within} AND level IS {'NOT ' if restricted else ''}EMPTY", page, project)
            except Invalid:
                if page is not None:
                    raise
        if restricted:
            return Listing(())
        listing = self._ids(within, page, project)
        self._knows_levels = False  # a site without security levels does not know the word
        return listing

    def _ids(self, where: str, page: str | None, project: str) -> Listing:
        params: dict[str, Any] = {
            "jql": f"{where} ORDER BY created ASC",
            "fields": "id",
            "maxResults": IDS_AT_ONCE[self._cloud],
        }
        if page is not None:
            params["nextPageToken" if self._cloud else "startAt"] = page
        answer = self._session.get(self._path, params, needs=f"Browse Projects on {project}")
        with UNDERSTOOD:
            ids = tuple(str(raw["id"]) for raw in answer["issues"])
            if self._cloud:
                return Listing(ids, answer.get("nextPageToken"))
            end = int(page or 0) + len(ids)
            return Listing(ids, str(end) if ids and end < int(answer["total"]) else None)

    def is_within(self, key: str, scope: str) -> bool:
        """As Reader.is_within."""
        inside = condition(scope)
        if not inside:
            return True
        issue = self._session.get(issue_path(key), {"fields": "project"}, needs=f"Browse Projects for {key}")
        with UNDERSTOOD:
            identity, project = int(issue["id"]), str(issue["fields"]["project"]["key"])
        params: dict[str, Any] = {"jql": f"id = {identity} AND {inside}", "fields": "summary", "maxResults": 1}
        if self._cloud:
            params["reconcileIssues"] = identity  # the index lags behind, but not for what is named here
        try:
            answer = self._session.get(self._path, params, needs=f"Browse Projects for {key}")
        except Invalid:
            raise _refused(project) from None
        with UNDERSTOOD:
            return bool(answer["issues"])

    def finds(self, key: str) -> bool:
        """Whether a search finds one issue, as far as Jira's index knows it by now."""
        try:
            return bool(self.keys(f'issue = "{key}"', 1))
        except Invalid:
            return False

    def keys(self, query: str, most: int) -> tuple[str, ...]:
        """Keys of the first issues that a query finds, as far as Jira's index knows them by now."""
        params = {"jql": query, "fields": "summary", "maxResults": most}
        answer = self._session.get(self._path, params, needs="Browse Projects")
        with UNDERSTOOD:
            return tuple(str(raw["key"]) for raw in answer["issues"])

    def _query(self, project: str, minutes: int | None, inside: str) -> str:
        # Relative minutes mean the same in every time zone; a date would be read in the bot account's own.
        moved = "" if minutes is None else f' AND updated >= "-{minutes}m"'
        chosen = f" AND {inside}" if inside else ""
        return f'project = "{project}"{chosen}{moved} ORDER BY updated ASC'

    def _minutes(self, since: datetime | None) -> int | None:
        """Minutes back to `since`, and two more, for clocks that differ."""
        return None if since is None else max(math.ceil((self._now() - since).total_seconds() / 60), 0) + 2

    def _moved_cloud(self, project: str, since: datetime | None, page: str | None, inside: str) -> Page:
        # A token belongs to one query, so the minutes go with it.
        first, _, token = (page or "").partition(":")
        minutes = self._minutes(since) if page is None else (int(first) if first.isdecimal() else None)
        params: dict[str, Any] = {
            "jql": self._query(project, minutes, inside),
            "fields": self._fields(),
            "maxResults": PAGE,
        }
        if token:
            params["nextPageToken"] = token
        answer = self._session.get("search/jql", params, needs=f"Browse Projects on {project}")
        with UNDERSTOOD:
            items = tuple(self._item(raw) for raw in answer["issues"])
            following = answer.get("nextPageToken")
            return Page(items, f"{'' if minutes is None else minutes}:{following}" if following else None)

    def _moved_by_position(self, project: str, since: datetime | None, page: str | None, inside: str) -> Page:
        position, _, ends = (page or "").partition("|")
        start = int(position) if position.isdecimal() else 0
        params = {
            "jql": self._query(project, self._minutes(since), inside),
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


def condition(scope: str) -> str:
    """The scope in parentheses, so that nothing in it reaches beyond them; empty for none.

    Raises Invalid for one that could: with ORDER BY, or with quotation marks or parentheses that are not in pairs.
    """
    text = " ".join(scope.split())
    if not text:
        return ""
    bare = _QUOTED.sub(" ", text)
    if '"' in bare or "'" in bare:
        raise Invalid("the scope has a quotation mark that is not closed")
    if _SORTING.search(bare):
        raise Invalid("the scope must not sort: take ORDER BY and what follows out of it")
    depth = 0
    for sign in bare:
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            break
    if depth:
        raise Invalid("the scope has a parenthesis without its partner")
    return f"({text})"


def _refused(project: str, told: str = "") -> Invalid:
    """What is said where Jira itself does not take a scope."""
    return Invalid(
        f"Jira does not take the scope of {project}: try it in Jira's own advanced search, signed in as the bot's "
        "account; a field, a value or a function in it may be unknown to that account",
        told,
    )
