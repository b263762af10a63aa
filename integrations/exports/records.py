"""What a file gives, whatever its form: items, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Category = Literal["todo", "doing", "done"]
TextFormat = Literal["wiki", "html", "markdown"]


class BacklogUnreadable(ValueError):
    """The file as a whole cannot be taken; the message is a sentence for the person who named it."""


class UnusableEntry(ValueError):
    """The entry or row is not a ticket; the message says what lacks and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Unread:
    """One line (of a document: one entry) that could not be read, and why. `reason` quotes nothing of it."""

    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


@dataclass(frozen=True, slots=True)
class ExportedComment:
    """`body` is text in the item's `text_format`, or an ADF document (dict). `created` is None where it is not told."""

    author: str
    body: Any
    created: datetime | None


@dataclass(frozen=True, slots=True)
class ExportedLink:
    """This item <outward> `other` (or, where `inward_end`, `other` <outward> this item)."""

    type: str
    other: str
    outward: str
    inward: str
    inward_end: bool = False


@dataclass(frozen=True, slots=True)
class ExportedItem:
    """One ticket as the file has it.

    `key` is what people say (SHOP-97, or the number in Azure DevOps), `project` its key there or its name. Texts
    (`description`, `acceptance_criteria`, the comments) are native: strings in `text_format`, or ADF documents (dict).
    Times are aware; one that a file tells without its zone is taken for UTC. `created` is None in a file that has no
    times; the order of the file is then the order of creation. `place` is where in the file it stands: "line 7".
    """

    key: str
    project: str
    summary: str
    type: str = "Task"
    project_name: str = ""
    is_subtask: bool = False
    description: Any = None
    text_format: TextFormat = "wiki"
    status: str = ""
    category: Category = "todo"
    resolution: str | None = None
    priority: str | None = None
    labels: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    created: datetime | None = None
    updated: datetime | None = None
    resolved: datetime | None = None
    reporter: str | None = None
    assignee: str | None = None
    parent: str | None = None
    story_points: float | None = None
    acceptance_criteria: str = ""
    area: str = ""
    sprint: str = ""
    links: tuple[ExportedLink, ...] = ()
    comments: tuple[ExportedComment, ...] = ()
    place: str = ""
