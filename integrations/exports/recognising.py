"""Which form a file has, by what is in it, and its items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from integrations.exports import flat, jira_rest
from integrations.exports.azure_devops_csv import AzureDevOpsCsv
from integrations.exports.entries import entries
from integrations.exports.jira_csv import JiraCsv
from integrations.exports.records import BacklogUnreadable, ExportedItem, Unread, UnusableEntry
from integrations.exports.tables import columns
from integrations.exports.tables.encoding import encoding_of
from integrations.exports.tables.reading import Form, header, items
from integrations.exports.tables.rows import Table
from integrations.exports.unpacking import TAKEN, opened

UNREAD_LIMIT = 1000
"""So many unreadable lines are borne in any file; in one that has no more items than those, it is the end."""
_DELIMITERS = (",", ";", "\t")


def exported_items(path: Path) -> Iterator[ExportedItem | Unread]:
    """Every item of a file in its order, and what could not be read in between; memory does not grow with the file.

    (But for one thing: a Jira CSV that tells parents by number needs the number and key of each of its issues.)
    Raises BacklogUnreadable, with a sentence for the person, where nothing in it is a ticket.
    """
    read, unread, first = 0, 0, ""
    for found in _found(path):
        yield found
        if isinstance(found, ExportedItem):
            read += 1
            continue
        unread, first = unread + 1, first or str(found)
        if unread >= max(UNREAD_LIMIT, read):
            if read:
                yield Unread(found.place, "so much of the file cannot be read that the rest is left")
            break
    if read:
        return
    if not unread:
        raise BacklogUnreadable(f"{path} is empty: there is no ticket in it.")
    raise BacklogUnreadable(f"{path} is not a backlog ({first}). {TAKEN}")


def _found(path: Path) -> Iterator[ExportedItem | Unread]:
    with opened(path) as file:
        head = file.peek(4096)
        encoding = encoding_of(file)
        trouble = file.trouble
    text = head.decode(encoding, "ignore").lstrip()
    if text.startswith(("{", "[")):
        if encoding == "utf-16":
            raise BacklogUnreadable(f"{path} is JSON saved as UTF-16. Save it as UTF-8.")
        yield from _in_json(path)
        return
    for delimiter in _DELIMITERS:
        table = Table(path, encoding, delimiter)
        form = _form(path, header(table))
        if form is not None:
            yield from items(table, form)
            return
    if text or trouble:
        yield Unread("line 1", trouble or "neither JSON nor a first row with the columns of such an export")


def _form(path: Path, first: list[str]) -> Form | None:
    if len(first) > columns.LIMIT:
        raise BacklogUnreadable(f"{path} is not a backlog: it has more than {columns.LIMIT} columns. {TAKEN}")
    forms = (JiraCsv(first), AzureDevOpsCsv(first))
    return next((form for form in forms if form.is_recognised), None)


def _in_json(path: Path) -> Iterator[ExportedItem | Unread]:
    for found in entries(path):
        if isinstance(found, Unread):
            yield found
            continue
        try:
            item = (jira_rest if jira_rest.is_issue(found.value) else flat).item_from(found.value)
            yield replace(item, place=found.place)
        except UnusableEntry as error:
            yield Unread(found.place, str(error))
