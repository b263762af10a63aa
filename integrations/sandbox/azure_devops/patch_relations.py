"""What a JSON Patch document says of relations: links, parents and children, addresses outside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.sandbox.azure_devops.answers import (
    WireError,
    bad_request,
    work_item_error,
)
from integrations.sandbox.azure_devops.items import HYPERLINKS, Shapes
from integrations.sandbox.azure_devops.vocabulary import (
    CHILD,
    PARENT,
    RELATIONS,
    RESOURCE_LINKS,
)
from integrations.sandbox.records import Item, NotFound
from integrations.sandbox.state import Tracker

_ITEM_URL = re.compile(r"/workitems/(\d{1,11})/?$", re.IGNORECASE)


@dataclass(slots=True)
class Patch:
    """What a document asks for, in the sandbox's words: the arguments of Tracker.change_item, and more."""

    values: dict[str, Any] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)
    comment: str | None = None
    comment_format: str = "html"
    add_links: list[tuple[str, int, bool]] = field(default_factory=list)
    remove_links: list[int] = field(default_factory=list)
    adopt: list[int] = field(default_factory=list)
    release: list[int] = field(default_factory=list)


class RelationReader:
    """Reads the operations on relations of one document, in order, into its patch."""

    def __init__(self, tracker: Tracker, shapes: Shapes, item: Item | None, patch: Patch) -> None:
        self.tracker = tracker
        self.item = item
        self.patch = patch
        self.relations = [] if item is None else shapes.relations(item)
        self.parent = None if item is None else item.parent

    def relate(self, place: str, op: str, value: Any) -> None:
        if op == "remove":
            self._unrelate(place)
        elif place == "-" and op == "add" and isinstance(value, Mapping):
            self._add_relation(str(value.get("rel")), str(value.get("url")), value.get("attributes") or {})
        else:
            raise bad_request(f"Unable to evaluate path /relations/{place}.")

    def _unrelate(self, place: str) -> None:
        index = int(place) if place.isascii() and place.isdigit() and len(place) < 6 else -1
        if not 0 <= index < len(self.relations):
            raise bad_request(f"Index out of range for path /relations/{place}.")
        # Later operations count in the list as it is after this one.
        gone = self.relations.pop(index)
        if gone.rel == PARENT:
            self.parent = None
            self.patch.values["parent"] = None
        elif gone.rel == CHILD and gone.other is not None:
            self.patch.release.append(gone.other)
        elif gone.link is not None:
            self.patch.remove_links.append(gone.link)
        else:
            self.patch.values[HYPERLINKS] = [one for one in self._outside() if one["url"] != gone.url] or None

    def _outside(self) -> list[dict[str, str]]:
        if HYPERLINKS in self.patch.values:
            return list(self.patch.values[HYPERLINKS] or [])
        return [] if self.item is None else list(self.item.fields.get(HYPERLINKS) or [])

    def _add_relation(self, rel: str, url: str, attributes: Mapping[str, Any]) -> None:
        if rel in RESOURCE_LINKS:
            known = self._outside()
            if any(one["url"] == url for one in known):
                raise _already_there()
            made = {"rel": rel, "url": url, "comment": str(attributes.get("comment") or "")}
            self.patch.values[HYPERLINKS] = [*known, made]
            return
        relation = RELATIONS.get(rel)
        if relation is None:
            raise work_item_error(400, f"TF237124: The link type '{rel}' does not exist.", "WorkItemLinkTypeException")
        other = self._target(url)
        if any((known.rel, known.other) == (rel, other) for known in self.relations):
            raise _already_there()
        if rel == PARENT:
            self._parent(other)
        elif rel == CHILD:
            self.patch.adopt.append(other)
        elif relation.link is not None:
            self.patch.add_links.append((relation.link, other, relation.forward))

    def _parent(self, other: int) -> None:
        own = 0 if self.item is None else self.item.id
        if self.parent is not None:
            raise work_item_error(
                400,
                f"TF201036: You cannot add a Parent link between work items {own} and {other} because a work item can "
                "have only one Parent link.",
                "WorkItemLinkAddExtraParentException",
            )
        above: int | None = other
        while above is not None:
            if above == own:
                raise work_item_error(
                    400,
                    f"TF201035: You cannot add a Parent link between work items {own} and {other} because it would "
                    "make a circular relationship.",
                    "WorkItemLinkAddCircularException",
                )
            above = self.tracker.item(above).parent
        self.parent = other
        self.patch.values["parent"] = other

    def _target(self, url: str) -> int:
        match = _ITEM_URL.search(url[-400:])
        own = 0 if self.item is None else self.item.id
        try:
            target = self.tracker.item(int(match.group(1)) if match else 0).id
        except NotFound as error:
            number = match.group(1) if match else url[-100:]
            message = f"TF401232: Work item {number} does not exist, or you do not have permissions to read it."
            raise work_item_error(404, message, "WorkItemLinkEndUnauthorizedAccessException") from error
        if target == own:
            raise work_item_error(
                400, "TF201034: A work item cannot be linked to itself.", "WorkItemLinkEndsSameException"
            )
        return target


def _already_there() -> WireError:
    return work_item_error(400, "Relation already exists.", "WorkItemLinkAlreadyExistsException")
