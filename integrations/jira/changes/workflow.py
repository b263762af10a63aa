"""The transitions that an item's workflow offers, and what their screens ask for.

Names are the project's own and in any language: a status is found by its id or by the very name that was shown, the
end of the workflow by its category.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.jira.answers import UNDERSTOOD
from integrations.jira.changes.created.required import Rich, given_by_name, native_value, not_on, wanting
from integrations.jira.items import says_duplicate
from integrations.jira.search import issue_path
from integrations.jira.session import JiraSession
from integrations.tracker import Incomplete, Invalid, NoSuchField, WrongValue
from rules.changes import FieldValue, name_key

RESOLUTION = "resolution"


Choice = Callable[[Mapping[str, Any]], str | None]
Given = Iterable[FieldValue]


@dataclass(frozen=True, slots=True)
class Move:
    """A transition that can be made: the id of the status it leads to, and what its request needs (JSON).

    `beside` are the fields that people give values for, by id, with their names.
    """

    status: str
    target: Mapping[str, Any]
    beside: Mapping[str, str]


class Workflow:
    """Asked live each time: what is offered depends on the item, on its status and on the bot's rights.

    `rich` makes native text. What people have given for the fields of a move's screen is sent with it.
    """

    def __init__(self, session: JiraSession, rich: Rich) -> None:
        self._session = session
        self._rich = rich

    def to_status(self, key: str, identity: str, name: str, given: Given = ()) -> Move:
        """The move to a status by its id, else by its name.

        Raises Invalid where none is offered, NoSuchField where none takes what is `given`, and Incomplete where each
        that is asks for more values.
        """
        offered = self._offered(key)
        with UNDERSTOOD:
            fitting = [one for one in offered if identity and str(one["to"]["id"]) == identity] or [
                one for one in offered if name and name_key(str(one["to"]["name"])) == name_key(name)
            ]
        if not fitting:
            says = f"the workflow offers the bot no transition of {key} to that status from where it is now"
            raise WrongValue(says, "status", name, tuple(str(one["to"]["name"]) for one in offered))
        return self._first_possible(key, fitting, _only_resolution, given)

    def to_duplicate(self, key: str, given: Given = ()) -> Move:
        """The move that closes an item as a duplicate: to a status of the category done.

        Raises as `to_status`.
        """
        closing = self._closing(key)
        with UNDERSTOOD:
            closing.sort(key=lambda one: not _speaks_of_duplicates(one))
        return self._first_possible(key, closing, _duplicate_resolution, given)

    def to_end(self, key: str) -> Move:
        """The move to any status of the category done. Raises as `to_status`."""
        return self._first_possible(key, self._closing(key), _only_resolution, ())

    def make(self, key: str, target: Mapping[str, Any]) -> None:
        """Makes a transition; never repeated."""
        with UNDERSTOOD:
            body: dict[str, Any] = {"transition": {"id": target["transition"]}}
            if target["fields"]:
                body["fields"] = target["fields"]
        self._session.post(issue_path(key, "transitions"), body, needs=f"Transition Issues on {key}")

    def _closing(self, key: str) -> list[Mapping[str, Any]]:
        offered = self._offered(key)
        with UNDERSTOOD:
            closing = [one for one in offered if one["to"]["statusCategory"]["key"] == "done"]
        if not closing:
            raise Invalid(f"the workflow offers the bot no transition that closes {key} from where it is now")
        return closing

    def _offered(self, key: str) -> list[Mapping[str, Any]]:
        path, params = issue_path(key, "transitions"), {"expand": "transitions.fields"}
        answer = self._session.get(path, params, needs=f"Browse Projects for {key}")
        with UNDERSTOOD:
            return [one for one in answer["transitions"] if one.get("isAvailable") is not False]

    def _first_possible(self, key: str, transitions: list[Mapping[str, Any]], choose: Choice, given: Given) -> Move:
        """The first whose screen asks for nothing that is not known; `choose` picks a resolution's id, or None."""
        lacking: list[Incomplete] = []
        unknown = [not_on(_screen(one), given) for one in transitions]
        if all(unknown):
            raise NoSuchField(unknown[0])
        for transition in (one for one, names in zip(transitions, unknown, strict=True) if not names):
            with UNDERSTOOD:
                fields, missing = self._filled(transition.get("fields") or {}, choose, given)
                status, number = str(transition["to"]["id"]), str(transition["id"])
            if missing:
                missing = self._without_values(key, missing)
            if not missing:
                beside = {name: str(transition["fields"][name]["name"]) for name in fields if name != RESOLUTION}
                return Move(status, {"transition": number, "fields": fields}, beside)
            asked = {name: transition["fields"][identity] for identity, name in missing.items()}
            lacking.append(wanting("the transition asks for values that the bot does not choose", asked))
        raise min(lacking, key=lambda one: one.by_hand)

    def _without_values(self, key: str, names: Mapping[str, str]) -> dict[str, str]:
        """Those of these fields in which the item holds nothing; Jira is content with what is there already."""
        answer = self._session.get(issue_path(key), {"fields": ",".join(names)}, needs=f"Browse Projects for {key}")
        with UNDERSTOOD:
            return {identity: name for identity, name in names.items() if not answer["fields"].get(identity)}

    def _filled(self, screen: Mapping[str, Any], choose: Choice, given: Given) -> tuple[dict[str, Any], dict[str, str]]:
        """The values to send, and id -> name of the required fields that remain without one."""
        told = given_by_name(given)
        fields: dict[str, Any] = {}
        missing: dict[str, str] = {}
        for identity, field in screen.items():
            name = str(field.get("name") or identity)
            value = told.get(name_key(name), told.get(name_key(identity)))
            if value is not None:
                fields[identity] = native_value(field, name, value, self._rich)
            elif identity == RESOLUTION and (chosen := choose(field)) is not None:
                fields[identity] = {"id": chosen}
            elif field.get("required") and not field.get("hasDefaultValue"):
                missing[str(identity)] = name
        return fields, missing


def _screen(transition: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    with UNDERSTOOD:
        return [{**field, "fieldId": identity} for identity, field in (transition.get("fields") or {}).items()]


def _only_resolution(field: Mapping[str, Any]) -> str | None:
    allowed = list(field.get("allowedValues") or ())
    return str(allowed[0]["id"]) if field.get("required") and len(allowed) == 1 else None


def _duplicate_resolution(field: Mapping[str, Any]) -> str | None:
    found = next((one for one in field.get("allowedValues") or () if says_duplicate(str(one.get("name", "")))), None)
    return _only_resolution(field) if found is None else str(found["id"])


def _speaks_of_duplicates(transition: Mapping[str, Any]) -> bool:
    screen = transition.get("fields") or {}
    names = f"{transition.get('name', '')} {transition['to'].get('name', '')}"
    resolutions = (screen.get(RESOLUTION) or {}).get("allowedValues") or ()
    return says_duplicate(names) or any(says_duplicate(str(one.get("name", ""))) for one in resolutions)
