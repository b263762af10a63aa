"""The Reader port for Azure DevOps."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from integrations.azure_devops import items, parts
from integrations.azure_devops.items import Dictionary
from integrations.azure_devops.organisation import scopes
from integrations.azure_devops.organisation.closed import ClosedAreas
from integrations.azure_devops.organisation.process import Processes
from integrations.tracker import Comment, HistoryEntry, Invalid, Listing, Missing, Page, Unintelligible, Vocabulary
from rules.model import WorkItem

if TYPE_CHECKING:  # importing it for real needs the package's cache directory to be named first
    from integrations.azure_devops.sdk import Session

PAGE = 200  # the product's own limit of items in one request
PRIORITIES = ("1", "2", "3", "4")
_MOST_PAGES = 1000
_IDS_AT_ONCE = 10_000  # a query gives 20,000 at most


class AzureDevOpsReader:
    """Reads the items that one token may see. `comment_format` is that of a server which does not say it.

    Items in `closed` areas are restricted.
    """

    def __init__(
        self, session: Session, connection: str, comment_format: str, closed: ClosedAreas | None = None
    ) -> None:
        self._closed = closed or ClosedAreas()
        self.processes = Processes(session)
        self._session = session
        self._connection = connection
        self._comment_format = comment_format
        self._relation_names: Mapping[str, str] | None = None

    def fetch(self, key: str) -> WorkItem:
        """Raises Missing for an item that was deleted or that the bot may not see."""
        raw = self._session.item(number(key))
        return self._items([raw])[0]

    def moved(self, project: str, since: datetime | None, page: str | None = None, scope: str = "") -> Page:
        """At most 200 items a page. An item that moves again while pages are read comes once more, later.

        `scope` is the path of an area or a condition, see `scopes`. Raises Invalid for one that cannot be asked.
        """
        cursor = _Cursor.read(page) if page else _Cursor(_query_date(since), ())
        rows = PAGE + len(cursor.seen)
        answer = self._session.query(project, _query(project, cursor.since, scopes.condition(scope)), rows)
        listed = _list(answer, "workItems")
        found = [one["id"] for one in listed if isinstance(one, dict) and isinstance(one.get("id"), int)]
        numbers = [one for one in found if one not in cursor.seen][:PAGE]
        raws = self.raw_items(numbers)
        following = cursor.after(numbers, raws, parts.moment(answer.get("asOf")))
        return Page(
            tuple(self._items([raws[one] for one in numbers if one in raws])),
            following.written() if len(found) >= rows and numbers else None,
        )

    def listed(self, project: str, page: str | None = None, scope: str = "", *, restricted: bool = False) -> Listing:
        closed = self._closed.condition(project, inside=restricted)
        if restricted and not closed:
            return Listing(())
        first = f"[System.TeamProject] = {_quoted(project)} AND [System.Id] > {number(page) if page else 0}"
        within = " AND ".join(filter(None, (first, scopes.condition(scope), closed)))
        wiql = f"SELECT [System.Id] FROM WorkItems WHERE {within} ORDER BY [System.Id] ASC"  # noqa: S608 - WIQL, quoted
        found = _list(self._session.query(project, wiql, _IDS_AT_ONCE), "workItems")
        ids = tuple(str(one["id"]) for one in found if isinstance(one, dict) and isinstance(one.get("id"), int))
        return Listing(ids, ids[-1] if len(ids) == _IDS_AT_ONCE else None)

    def is_within(self, key: str, scope: str) -> bool:
        """Whether a query for this one item finds it. Raises Missing where there is no such item."""
        within = scopes.condition(scope)
        project = self.project_of(number(key))
        if not within:
            return True
        where = f"[System.Id] = {number(key)} AND {within}"
        answer = self._session.query(project, f"SELECT [System.Id] FROM WorkItems WHERE {where}", 1)  # noqa: S608 - WIQL, of a number and a checked condition
        return any(isinstance(one, dict) and one.get("id") == number(key) for one in _list(answer, "workItems"))

    def comments(self, key: str) -> tuple[Comment, ...]:
        """All comments that were not deleted, oldest first."""
        return tuple(sorted(self.comment_pages(key), key=lambda one: (one.created, int(one.id))))

    def comment_pages(self, key: str) -> Iterable[Comment]:
        """The comments page by page, as the product lists them when asked for the oldest first."""
        project, token, seen = self.project_of(number(key)), None, set[str]()
        for _ in range(_MOST_PAGES):
            answer = self._session.items.get_comments(
                project, number(key), top=PAGE, continuation_token=token, order="asc"
            )
            for raw in _list(answer, "comments"):
                if isinstance(raw, dict) and not raw.get("isDeleted"):
                    yield items.comment(raw, self._comment_format)
            token = answer.get("continuationToken")
            if not isinstance(token, str) or not token or token in seen:
                return
            seen.add(token)

    def history(self, key: str) -> tuple[HistoryEntry, ...]:
        """All updates, oldest first. See `items.history_entry` for the form of labels."""
        entries: list[HistoryEntry] = []
        at = datetime.min.replace(tzinfo=UTC)
        for raw in self.raw_updates(number(key)):
            entry = items.history_entry(raw, at)
            at = entry.at
            entries.append(entry)
        return tuple(entries)

    def raw_updates(self, wanted: int) -> Iterable[Mapping[str, Any]]:
        """The updates of an item page by page, oldest first; the first is its creation."""
        for page in range(_MOST_PAGES):
            answer = self._session.items.get_updates(wanted, top=PAGE, skip=page * PAGE)
            yield from (raw if isinstance(raw, dict) else {} for raw in answer)
            if len(answer) < PAGE:
                return

    def vocabulary(self, project: str) -> Vocabulary:
        """Priorities are the four of the product; a sub-task is of the usual type of the project's task category."""
        subtasks = self.processes.subtask_types(project)
        return Vocabulary(PRIORITIES, self.processes.types(project), subtasks[0] if subtasks else None)

    def project_of(self, wanted: int) -> str:
        """The project of an item, read live: an item may have moved."""
        return parts.text(parts.fields_of(self._session.item(wanted, ["System.TeamProject"])), "System.TeamProject")

    def raw_items(self, numbers: Sequence[int], fields: Sequence[str] | None = None) -> dict[int, dict[str, Any]]:
        """Items by number, whole or with the named fields only; those that are gone are left out."""
        found: dict[int, dict[str, Any]] = {}
        for start in range(0, len(numbers), PAGE):
            for raw in self._session.batch(numbers[start : start + PAGE], fields):
                if isinstance(raw, dict) and isinstance(raw.get("id"), int):
                    found[raw["id"]] = raw
        return found

    def relation_types(self) -> list[Mapping[str, Any]]:
        """The kinds of relations that the organisation knows."""
        return [one for one in self._session.items.get_relation_types() if isinstance(one, dict)]

    def _items(self, raws: Sequence[Mapping[str, Any]]) -> list[WorkItem]:
        numbers = sorted({child for raw in raws for child in parts.children_of(raw)})
        wanted = ["System.Id", parts.TITLE, parts.PROJECT, parts.AREA]
        children = {one: parts.fields_of(raw) for one, raw in self.raw_items(numbers, wanted).items()}
        return [items.work_item(raw, self._connection, self._dictionary(raw, children)) for raw in raws]

    def _dictionary(self, raw: Mapping[str, Any], children: Mapping[int, Mapping[str, Any]]) -> Dictionary:
        fields = parts.fields_of(raw)
        project, item_type = parts.place_of(fields)
        # Whoever sees an item may not see its children in another project or in a closed area.
        titles = {
            one: parts.text(child, parts.TITLE)
            if parts.text(child, parts.PROJECT) == project and not self._closed.hold(child)
            else ""
            for one, child in children.items()
        }
        words = self.processes.words(project, item_type, parts.text(fields, parts.STATE))
        subtasks = self.processes.subtask_types(project)
        restricted = self._closed.hold(fields)
        return Dictionary(words.states, words.fields, subtasks, self._names_for(raw), titles, restricted)

    def _names_for(self, raw: Mapping[str, Any]) -> Mapping[str, str]:
        own = {parts.CHILD, parts.PARENT}
        if all(rel in own or rel.startswith(parts.DUPLICATE) for rel, _ in parts.relations_of(raw)):
            return {}
        if self._relation_names is None:
            self._relation_names = {
                str(one.get("referenceName")): str(one.get("name", "")) for one in self.relation_types()
            }
        return self._relation_names


class _Cursor:
    """Where the next page of moved items begins: at a date, without the items seen that carry that very date."""

    def __init__(self, since: str | None, seen: Sequence[int]) -> None:
        self.since = since
        self.seen = frozenset(seen)

    @classmethod
    def read(cls, page: str) -> _Cursor:
        try:
            since, seen = json.loads(page)
            cursor = cls(since, [int(one) for one in seen])
        except (ValueError, TypeError):
            raise Invalid("not a page token of this tracker") from None
        if since is not None and parts.moment(since) is None:
            raise Invalid("not a page token of this tracker")
        return cursor

    def written(self) -> str:
        return json.dumps([self.since, sorted(self.seen)])

    def after(self, numbers: Sequence[int], raws: Mapping[int, Mapping[str, Any]], asked: datetime | None) -> _Cursor:
        """The cursor after a page. Items that changed once more after the query was asked do not move it."""
        dates: dict[int, datetime] = {}
        for one in numbers:
            changed = parts.moment(parts.fields_of(raws[one]).get("System.ChangedDate")) if one in raws else None
            if changed is not None and (asked is None or changed <= asked):
                dates[one] = changed
        latest = max(dates.values(), default=None)
        since = _query_date(latest) or self.since
        kept = self.seen if since == self.since else frozenset[int]()
        return _Cursor(since, [*kept, *(one for one in numbers if _query_date(dates.get(one)) in (None, since))])


def number(key: str) -> int:
    """The number that a key is. Raises Missing: no item has another key."""
    if not (key.isascii() and key.isdigit() and 0 < len(key) <= 10):
        raise Missing("no work item has such a key")
    return int(key)


def _query_date(moment: datetime | None) -> str | None:
    """A date as WIQL takes it, rounded down to the millisecond, which is what the product keeps."""
    if moment is None:
        return None
    moment = moment.astimezone(UTC)
    moment -= timedelta(microseconds=moment.microsecond % 1000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _quoted(text: str) -> str:
    # https://learn.microsoft.com/azure/devops/boards/queries/wiql-syntax: a quote within a string is doubled
    return f"'{text.replace(chr(39), chr(39) * 2)}'"


def _query(project: str, since: str | None, within: str = "") -> str:
    where = f"[System.TeamProject] = {_quoted(project)}"
    if since:
        where += f" AND [System.ChangedDate] >= '{since}'"
    if within:
        where += f" AND {within}"
    return f"SELECT [System.Id] FROM WorkItems WHERE {where} ORDER BY [System.ChangedDate] ASC, [System.Id] ASC"  # noqa: S608 - WIQL, with the project quoted


def _list(answer: object, name: str) -> list[Any]:
    value = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(value, list):
        raise Unintelligible(f"an answer without {name}")
    return value
