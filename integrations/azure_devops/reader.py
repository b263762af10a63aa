"""The Reader port for Azure DevOps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from integrations.azure_devops import items, parts
from integrations.azure_devops.items import Dictionary
from integrations.azure_devops.moved import PAGE, Moved, listed, numbers, quoted
from integrations.azure_devops.organisation import scopes
from integrations.azure_devops.organisation.closed import ClosedAreas
from integrations.azure_devops.organisation.process import Processes
from integrations.tracker import Comment, HistoryEntry, Listing, Missing, Page, Vocabulary
from rules.model import WorkItem

if TYPE_CHECKING:  # importing it for real needs the package's cache directory to be named first
    from integrations.azure_devops.sdk import Session

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
        self._moved = Moved(session.query, self.raw_items)

    def fetch(self, key: str) -> WorkItem:
        """Raises Missing for an item that was deleted or that the bot may not see."""
        raw = self._session.item(number(key))
        return self._items([raw])[0]

    def moved(self, project: str, since: datetime | None, page: str | None = None, scope: str = "") -> Page:
        """At most 200 items a page, see `Moved`. Children that are not on the same page come without their titles.

        `scope` is the path of an area or a condition, see `scopes`. Raises Invalid for one that cannot be asked.
        """
        raws, following = self._moved.page(project, since, page, scopes.condition(scope))
        return Page(tuple(self._items(raws, ask_titles=False)), following)

    def listed(self, project: str, page: str | None = None, scope: str = "", *, restricted: bool = False) -> Listing:
        closed = self._closed.condition(project, inside=restricted)
        if restricted and not closed:
            return Listing(())
        first = f"[System.TeamProject] = {quoted(project)} AND [System.Id] > {number(page) if page else 0}"
        within = " AND ".join(filter(None, (first, scopes.condition(scope), closed)))
        wiql = f"SELECT [System.Id] FROM WorkItems WHERE {within} ORDER BY [System.Id] ASC"  # noqa: S608 - WIQL, quoted
        ids = tuple(str(one) for one in numbers(self._session.query(project, wiql, _IDS_AT_ONCE)))
        return Listing(ids, ids[-1] if len(ids) == _IDS_AT_ONCE else None)

    def is_within(self, key: str, scope: str) -> bool:
        """Whether a query for this one item finds it. Raises Missing where there is no such item."""
        within = scopes.condition(scope)
        project = self.project_of(number(key))
        if not within:
            return True
        where = f"[System.Id] = {number(key)} AND {within}"
        answer = self._session.query(project, f"SELECT [System.Id] FROM WorkItems WHERE {where}", 1)  # noqa: S608 - WIQL, of a number and a checked condition
        return number(key) in numbers(answer)

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
            for raw in listed(answer, "comments"):
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

    def raw_items(self, wanted: Sequence[int], fields: Sequence[str] | None = None) -> dict[int, dict[str, Any]]:
        """Items by number, whole or with the named fields only; those that are gone are left out."""
        found: dict[int, dict[str, Any]] = {}
        for start in range(0, len(wanted), PAGE):
            for raw in self._session.batch(wanted[start : start + PAGE], fields):
                if isinstance(raw, dict) and isinstance(raw.get("id"), int):
                    found[raw["id"]] = raw
        return found

    def relation_types(self) -> list[Mapping[str, Any]]:
        """The kinds of relations that the organisation knows."""
        return [one for one in self._session.items.get_relation_types() if isinstance(one, dict)]

    def _items(self, raws: Sequence[Mapping[str, Any]], *, ask_titles: bool = True) -> list[WorkItem]:
        wanted = sorted({child for raw in raws for child in parts.children_of(raw)})
        if ask_titles:
            told = self.raw_items(wanted, ["System.Id", parts.TITLE, parts.PROJECT, parts.AREA])
            children = {one: parts.fields_of(raw) for one, raw in told.items()}
        else:
            here = {parts.number_of(raw): parts.fields_of(raw) for raw in raws}
            children = {one: here.get(one, {}) for one in wanted}
        return [items.work_item(raw, self._connection, self._dictionary(raw, children)) for raw in raws]

    def _dictionary(self, raw: Mapping[str, Any], children: Mapping[int, Mapping[str, Any]]) -> Dictionary:
        fields = parts.fields_of(raw)
        project, item_type = parts.place_of(fields)
        # Whoever sees an item may not see its children in another project or in a closed area.
        known = {one: children[one] for one in parts.children_of(raw) if one in children}
        titles = {
            one: parts.text(child, parts.TITLE)
            if parts.text(child, parts.PROJECT) == project and not self._closed.hold(child)
            else ""
            for one, child in known.items()
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


def number(key: str) -> int:
    """The number that a key is. Raises Missing: no item has another key."""
    if not (key.isascii() and key.isdigit() and 0 < len(key) <= 10):
        raise Missing("no work item has such a key")
    return int(key)
