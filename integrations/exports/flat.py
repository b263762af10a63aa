"""One ticket as a flat JSON object: key, project, issuetype, summary, description, status, created, labels, ...

`links` are [type, "out" or "in", phrase, key of the other]; `status_category` is todo, doing or done; `epic` is the key
of an epic. Times are ISO 8601.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from integrations.exports.fields import category_told, comments, item_of, list_of, word
from integrations.exports.records import ExportedItem, ExportedLink
from integrations.exports.words import long_text


def item_from(entry: Mapping[str, Any]) -> ExportedItem:
    """Raises UnusableEntry."""
    item = item_of(word(entry.get("key")), entry)
    criteria = entry.get("acceptance_criteria")
    return replace(
        item,
        category=category_told(entry.get("status_category")) or item.category,
        parent=word(entry.get("parent") or entry.get("epic")) or None,
        acceptance_criteria=long_text(criteria) if isinstance(criteria, str) else "",
        links=tuple(_links(entry)),
        comments=comments(entry.get("comments")),
    )


def _links(entry: Mapping[str, Any]) -> Iterator[ExportedLink]:
    for link in list_of(entry.get("links")):
        if isinstance(link, list) and len(link) == 4 and all(isinstance(part, str) and part for part in link):
            name, direction, phrase, other = link
            inward_end = direction == "in"
            yield ExportedLink(name, other, "" if inward_end else phrase, phrase if inward_end else "", inward_end)
