"""What moved in a project: one query lists thousands of numbers, and the pages are read from that list.

The list is only remembered. A page's token says by itself where the rest begins, so that whoever has not got the list,
another process or a later one, asks for what is left of it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.azure_devops import parts
from integrations.tracker import Invalid, Unintelligible

PAGE = 200  # the product's own limit of items in one request
MOST_LISTED = 20_000  # the product's own limit of a query

Raw = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Rest:
    """What is left of a list: its numbers from `start` on, under the token of their page.

    `asked` is when the product made the list. Without `is_whole` the query has more than it could give.
    """

    token: str | None
    numbers: Sequence[int]
    start: int
    asked: datetime | None
    is_whole: bool


class Moved:
    """Pages of one connection; safe to share among threads.

    `query` asks for a project, a WIQL and how many, `read` gives whole items by number.
    """

    def __init__(self, query: Callable[[str, str, int], Raw], read: Callable[[Sequence[int]], dict[int, Raw]]) -> None:
        self._query, self._read = query, read
        self._lock = threading.Lock()
        self._rests: dict[tuple[str, str], _Rest] = {}

    def page(self, project: str, since: datetime | None, page: str | None, within: str) -> tuple[list[Raw], str | None]:
        """The items of a page and the token of the next. `within` is a further condition.

        An item that moves while pages are read may come once more, later, or not before the next time.
        """
        cursor = _Cursor.read(page) if page else _Cursor(_query_date(since), ())
        with self._lock:
            rest = self._rests.get((project, within))
        if rest is None or page is None or rest.token != page:
            rest = self._list(project, cursor, within)
        wanted = rest.numbers[rest.start : rest.start + PAGE]
        raws = self._read(wanted)
        following, end = cursor.after(wanted, raws, rest.asked).written(), rest.start + len(wanted)
        with self._lock:
            if end < len(rest.numbers):
                self._rests[project, within] = replace(rest, token=following, start=end)
            else:
                self._rests.pop((project, within), None)
        has_more = end < len(rest.numbers) or (wanted and not rest.is_whole)
        return [raws[one] for one in wanted if one in raws], following if has_more else None

    def _list(self, project: str, cursor: _Cursor, within: str) -> _Rest:
        answer = self._query(project, _wiql(project, cursor.since, within), MOST_LISTED)
        found = numbers(answer)
        left = tuple(one for one in found if one not in cursor.seen)
        return _Rest(None, left, 0, parts.moment(answer.get("asOf")), len(found) < MOST_LISTED)


class _Cursor:
    """Where the next page of moved items begins: at a date, without the items seen that carry that very date.

    `asked` is when the list was made from which the page is read, so that no token is that of another list.
    """

    def __init__(self, since: str | None, seen: Sequence[int], asked: str | None = None) -> None:
        self.since = since
        self.seen = frozenset(seen)
        self.asked = asked

    @classmethod
    def read(cls, page: str) -> _Cursor:
        try:
            since, seen, asked = json.loads(page)
            cursor = cls(since, [int(one) for one in seen], asked)
        except (ValueError, TypeError):
            raise Invalid("not a page token of this tracker") from None
        if since is not None and parts.moment(since) is None:
            raise Invalid("not a page token of this tracker")
        return cursor

    def written(self) -> str:
        return json.dumps([self.since, sorted(self.seen), self.asked])

    def after(self, wanted: Sequence[int], raws: Mapping[int, Mapping[str, Any]], asked: datetime | None) -> _Cursor:
        """The cursor after a page. Items that changed once more after the query was asked do not move it."""
        dates: dict[int, datetime] = {}
        for one in wanted:
            changed = parts.moment(parts.fields_of(raws[one]).get("System.ChangedDate")) if one in raws else None
            if changed is not None and (asked is None or changed <= asked):
                dates[one] = changed
        latest = max(dates.values(), default=None)
        since = _query_date(latest) or self.since
        kept = self.seen if since == self.since else frozenset[int]()
        seen = [*kept, *(one for one in wanted if _query_date(dates.get(one)) in (None, since))]
        return _Cursor(since, seen, _query_date(asked))


def _query_date(moment: datetime | None) -> str | None:
    """A date as WIQL takes it, rounded down to the millisecond, which is what the product keeps."""
    if moment is None:
        return None
    moment = moment.astimezone(UTC)
    moment -= timedelta(microseconds=moment.microsecond % 1000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def quoted(text: str) -> str:
    """A text as WIQL takes it."""
    # https://learn.microsoft.com/azure/devops/boards/queries/wiql-syntax: a quote within a string is doubled
    return f"'{text.replace(chr(39), chr(39) * 2)}'"


def _wiql(project: str, since: str | None, within: str = "") -> str:
    where = f"[System.TeamProject] = {quoted(project)}"
    if since:
        where += f" AND [System.ChangedDate] >= '{since}'"
    if within:
        where += f" AND {within}"
    return f"SELECT [System.Id] FROM WorkItems WHERE {where} ORDER BY [System.ChangedDate] ASC, [System.Id] ASC"  # noqa: S608 - WIQL, with the project quoted


def listed(answer: object, name: str) -> list[Any]:
    """The list of that name in an answer. Raises Unintelligible."""
    value = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(value, list):
        raise Unintelligible(f"an answer without {name}")
    return value


def numbers(answer: object) -> list[int]:
    """The numbers that a query has found, in its order."""
    found = listed(answer, "workItems")
    return [one["id"] for one in found if isinstance(one, dict) and isinstance(one.get("id"), int)]
