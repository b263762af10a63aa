"""What the doctor asks of a tracker beside the ports of daily work: a scratch item, the account's rights, names.

No flow is handed these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from rules.changes import FieldValue

SCRATCH_SUMMARY = "Steward rehearsal, will be deleted"
SCRATCH_LABEL = "steward-rehearsal"
"""On a scratch item; what carries it, and our marker, and was made by the bot's account, is one."""
SCRATCH_MARKER = "rehearsal"

Deed = Literal["browse", "comment", "edit", "label", "link", "create", "transition", "assign", "delete"]
"""`label`: to put on a label that the project has not had yet."""


class Rehearser(Protocol):
    """Makes scratch items and removes them, and nothing else; all methods may raise TrackerError."""

    def create(self, project: str, scope: str, values: tuple[FieldValue, ...]) -> str:
        """Creates one, assigned to nobody where that can be chosen, and returns its key. Not repeatable.

        It is put where the scope is, if that is an area. `values` are what the project requires of new items. Raises
        Incomplete where they do not suffice.
        """

    def leftovers(self, project: str) -> tuple[str, ...]:
        """Keys of the scratch items that there are, as far as the tracker's index knows them; each read directly."""

    def remove(self, key: str) -> bool:
        """Deletes a scratch item (into the recycle bin, where there is one), which may be gone already.

        False where the right to delete lacks: then it is closed, if it was not. Raises Invalid where it cannot be.
        """

    def take_back(self, key: str, comment: str) -> bool:
        """Deletes a comment of the bot's own. False where the right lacks."""


@dataclass(frozen=True, slots=True)
class Holding:
    """Whether the bot's account holds one right, by its name in the product. None: the tracker does not tell."""

    deed: Deed
    name: str
    held: bool | None


@dataclass(frozen=True, slots=True)
class Named:
    """Whether something that the settings name is there. `known` None: this account may not see it.

    `others` are what may have been meant, or what there is, as the settings would have it.
    """

    known: bool | None
    others: tuple[str, ...] = ()


class Names(Protocol):
    """Looks up what the settings name. Reads only; may raise TrackerError."""

    def project(self, key: str) -> str:
        """The tracker's own spelling of a project's key. Raises Missing where it knows or shows no such project."""

    def person(self, identity: str) -> Named:
        """Whether this is the id of a person; `others` are ids, with the names in parentheses."""

    def group(self, name: str, project: str, kind: str = "") -> Named:
        """Whether there is such a group, role or team; `kind` is "role" or "group" where only that will do."""


class Rights(Protocol):
    """Asks for the rights of the bot's own account, which every account may do. Reads only; may raise TrackerError."""

    def held(self, project: str, scope: str) -> tuple[Holding, ...]:
        """The rights that the bot's work takes, in a project (in the area of the scope, if that is one)."""

    def lacking(self, project: str, values: tuple[FieldValue, ...]) -> tuple[str, ...]:
        """The fields that the project requires of sub-tasks, as people read them, for which these values hold none."""
