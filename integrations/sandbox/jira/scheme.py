"""How a project of the sandbox's Jira is arranged: its own fields, its workflow, who runs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from integrations.sandbox.state import Tracker

CUSTOM = "com.atlassian.jira.plugin.system.customfieldtypes"
EPIC_LINK = "com.pyxis.greenhopper.jira:gh-epic-link"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a project beside those that every project has, on its screens for these types (none: for all).

    `schema` is Jira's own; `options` are the values of a list to choose from.
    """

    id: str
    name: str
    schema: Mapping[str, Any]
    required: bool = False
    has_default: bool = False
    options: tuple[str, ...] = ()
    types: tuple[str, ...] = ()

    def is_for(self, kind: str) -> bool:
        """Whether an issue of this type has it."""
        return not self.types or kind in self.types

    def allowed(self) -> list[dict[str, str]]:
        """The options as Jira shows them."""
        number = int(self.id.rpartition("_")[2])
        return [{"id": str(number * 10 + n), "value": option} for n, option in enumerate(self.options)]


@dataclass(frozen=True, slots=True)
class Step:
    """A transition to a status from these (none: from any), with the fields on its screen; "!" marks a required one."""

    name: str
    to: str
    origins: tuple[str, ...] = ()
    screen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scheme:
    """`kind` as projectTypeKey has it; `without` are fields that it lacks; no `steps`: each status to each."""

    kind: Literal["software", "service_desk"] = "software"
    is_team_managed: bool = False
    fields: tuple[Field, ...] = ()
    without: tuple[str, ...] = ()
    steps: tuple[Step, ...] = field(default=())


def arrange(tracker: Tracker, project: str, scheme: Scheme) -> None:
    """Gives a project its scheme."""
    tracker.set_arrangement(project, asdict(scheme))


def scheme_of(tracker: Tracker, project: str) -> Scheme:
    """The scheme of a project; the plain one where it was given none."""
    kept = tracker.arrangement(project)
    if kept is None:
        return Scheme()
    fields = tuple(
        Field(**{**one, "options": tuple(one["options"]), "types": tuple(one["types"])}) for one in kept["fields"]
    )
    steps = tuple(Step(one["name"], one["to"], tuple(one["origins"]), tuple(one["screen"])) for one in kept["steps"])
    return Scheme(kept["kind"], kept["is_team_managed"], fields, tuple(kept["without"]), steps)
