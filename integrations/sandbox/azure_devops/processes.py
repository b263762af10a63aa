"""Processes: which types, states and fields the projects have, how they call them, and what must be filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.sandbox.azure_devops.answers import WireError, work_item_error
from integrations.sandbox.azure_devops.vocabulary import COLUMNS, FIELDS, state_colour
from integrations.sandbox.records import Item, NotFound, Term
from integrations.sandbox.state import Tracker
from integrations.sandbox.wiql import Field

EPIC, FEATURE, REQUIREMENT, BUG, TASK, ISSUE = (
    f"Microsoft.{name}Category" for name in ("Epic", "Feature", "Requirement", "Bug", "Task", "Issue")
)
_AGILE = {
    "Epic": EPIC,
    "Feature": FEATURE,
    "User Story": REQUIREMENT,
    "Bug": BUG,
    "Task": TASK,
    "Issue": ISSUE,
}
_PRODUCT_OWN = ("System.Title", "System.State", "System.AreaId", "System.IterationId")
# Fields that only types of some categories have; all other fields are everybody's.
_ONLY_ON: Mapping[str, tuple[str, ...]] = {
    "Microsoft.VSTS.TCM.ReproSteps": (BUG,),
    "Microsoft.VSTS.TCM.SystemInfo": (BUG,),
    "Microsoft.VSTS.Common.Severity": (BUG,),
    "Microsoft.VSTS.Common.AcceptanceCriteria": (EPIC, FEATURE, REQUIREMENT),
    "Microsoft.VSTS.Scheduling.StoryPoints": (REQUIREMENT, BUG),
    "Microsoft.VSTS.Scheduling.Effort": (EPIC, FEATURE),
    "Microsoft.VSTS.Scheduling.Size": (),
    "Microsoft.VSTS.Common.Activity": (TASK, BUG, REQUIREMENT),
}


_REQUIRED, _HAS_VALUES, _EMPTY = 1, 4, 0x80000  # bits of a fieldStatusCode


@dataclass(frozen=True, slots=True)
class Process:
    """The process of a project.

    `types` is name -> reference name of its category, `states` the names of its states with the tracker's category
    (todo, doing, done); where they are empty, the project has all types and statuses of the tracker. `labels` says
    what fields are called, by reference name. `required` holds the reference names that a type wants filled in,
    `required_in` those that a state wants. `categories` overrides the category of a state.
    """

    types: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    required: Mapping[str, frozenset[str]] = field(default_factory=dict)
    required_in: Mapping[str, frozenset[str]] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)
    only_on: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _ONLY_ON)

    def category(self, kind: str) -> str:
        """The category of a type."""
        return self.types.get(kind) or _AGILE.get(kind, REQUIREMENT)

    def kinds(self, tracker: Tracker) -> list[Term]:
        """The types of the project."""
        known = tracker.terms("type")
        return [term for term in known if (term.name in self.types if self.types else term.name not in GERMAN.types)]

    def kind(self, tracker: Tracker, name: str) -> Term:
        """One type by name. Raises NotFound."""
        for term in self.kinds(tracker):
            if term.name.casefold() == name.casefold():
                return term
        raise NotFound("type", name)

    def statuses(self, tracker: Tracker) -> list[Term]:
        """The states of the project's types, in their order."""
        known = tracker.terms("status")
        if not self.states:
            return [term for term in known if term.name not in GERMAN.states]
        order = list(self.states)
        return sorted((term for term in known if term.name in self.states), key=lambda term: order.index(term.name))

    def colour(self, term: Term) -> dict[str, str]:
        """A state as the product shows it."""
        shown = state_colour(term)
        return {**shown, "category": self.categories.get(term.name, shown["category"])}

    def fields(self, kind: str) -> list[Field]:
        """The fields of a type."""
        category = self.category(kind)
        return [one for one in FIELDS if category in self.only_on.get(one.reference_name, (category,))]

    def label(self, of: Field) -> str:
        """What a field is called here."""
        return self.labels.get(of.reference_name, of.name)

    def wanted(self, kind: str) -> frozenset[str]:
        """The fields that every item of a type has to fill in."""
        return frozenset(_PRODUCT_OWN) | self.required.get(kind, frozenset())

    def teach(self, tracker: Tracker) -> None:
        """Makes the words of the process known to a tracker."""
        types = {term.name for term in tracker.terms("type")}
        statuses = {term.name for term in tracker.terms("status")}
        for name in self.types.keys() - types:
            tracker.add_term(Term("type", 0, name))
        for name, category in self.states.items():
            if name not in statuses:
                tracker.add_term(Term("status", 0, name, category))


AGILE = Process()
GERMAN = Process(
    types={"Epos": EPIC, "Anforderung": REQUIREMENT, "Fehler": BUG, "Aufgabe": TASK},
    states={"Neu": "todo", "In Arbeit": "doing", "Geschlossen": "done"},
    labels={
        "System.Title": "Titel",
        "System.State": "Status",
        "System.AssignedTo": "Zugewiesen an",
        "Microsoft.VSTS.Common.Activity": "Aktivität",
        "Microsoft.VSTS.Common.AcceptanceCriteria": "Akzeptanzkriterien",
        "Microsoft.VSTS.Scheduling.StoryPoints": "Aufwandspunkte",
    },
)
"""A process whose words are German; its states and types share no name with those of the others."""


def rule_error(message: str) -> WireError:
    """A value that breaks a rule of the work item type."""
    return work_item_error(400, message, "RuleValidationException", 600171)


def empty_error(process: Process, empty: Sequence[Field]) -> WireError:
    """Fields that must not be empty: the message names the first, the properties all of them."""
    told = [
        {
            "fieldReferenceName": one.reference_name,
            "fieldStatusFlags": "required, hasValues, invalidEmpty",
            "errorMessage": f"TF401320: Rule Error for field {process.label(one)}. "
            "Error code: Required, HasValues, InvalidEmpty.",
            "fieldStatusCode": _REQUIRED | _HAS_VALUES | _EMPTY,
            "ruleValidationErrors": None,
        }
        for one in empty
    ]
    error = rule_error(str(told[0]["errorMessage"]))
    error.properties = {
        "FieldReferenceName": None,
        "FieldStatusFlags": "none",
        "ErrorMessage": told[0]["errorMessage"],
        "FieldStatusCode": 0,
        "RuleValidationErrors": told,
    }
    return error


def demand_filled(process: Process, kind: str, item: Item | None, values: Mapping[str, Any]) -> None:
    """Raises where a field that the type or the state wants would be empty after a write of `values`."""
    status = values.get("status") or (item.status if item else next(iter(process.states), ""))
    wanted = process.required.get(kind, frozenset()) | process.required_in.get(str(status), frozenset())
    empty = [one for one in FIELDS if one.reference_name in wanted and not _value_after(one, item, values)]
    if empty:
        raise empty_error(process, empty)


def _value_after(field: Field, item: Item | None, values: Mapping[str, Any]) -> Any:
    column = COLUMNS.get(field.reference_name, field.reference_name)
    if column in values:
        return values[column]
    if item is None:
        return None
    return item.fields.get(column) if "." in column else getattr(item, column)
