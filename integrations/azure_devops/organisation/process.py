"""The processes of the projects: types, states and fields by the names that a project gives them.

Names are the project's own, in any language; what they mean is told by reference names and categories.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from integrations.tracker import Missing

if TYPE_CHECKING:  # importing it for real needs the package's cache directory to be named first
    from integrations.azure_devops.sdk import Session

SUBTASKS = "Microsoft.TaskCategory"
LONG_TEXT = ("html", "history")
_LIFETIME = 3600.0  # seconds: a process changes seldom, and a write asks anew


@dataclass(frozen=True, slots=True)
class TypeField:
    """A field of a type: what it is called, whether one must fill it in oneself, and its values where it lists any."""

    name: str
    label: str
    required: bool = False
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TypeWords:
    """The fields of a type by reference name, and its states with their categories, in their order."""

    fields: Mapping[str, TypeField]
    states: Mapping[str, str]


_NOTHING = TypeWords({}, {})


class Processes:
    """Asks for a project's words; what reading needs is remembered for an hour, what writing needs is asked anew."""

    def __init__(self, session: Session, clock: Callable[[], float] = time.monotonic) -> None:
        self._session = session
        self._clock = clock
        self._types: dict[str, tuple[float, dict[str, TypeWords] | None]] = {}
        self._in_vain: dict[str, set[tuple[str, str]]] = {}  # (type, state) that were asked for and are not there
        self._subtasks: dict[str, tuple[float, tuple[str, ...] | None]] = {}

    def words(self, project: str, item_type: str, status: str = "") -> TypeWords:
        """What is known of a type. A type or `status` that is not known yet is asked for."""
        read, types = self._types.get(project, (0.0, None))
        if types is None or self._clock() - read > _LIFETIME:
            types = self._read_types(project)
        known = types.get(item_type, _NOTHING)
        unknown = not known.states or (status and status not in known.states)
        if unknown and (item_type, status) not in self._in_vain[project]:
            known = types[item_type] = self._read_type(project, item_type)
            if not known.states or status not in known.states:
                self._in_vain[project].add((item_type, status))
        return known

    def fields(self, project: str, item_type: str) -> Mapping[str, TypeField]:
        """The fields of a type, as they are now. Raises Missing for a type that the project does not have."""
        answer = self._session.items.get_work_item_type_fields_with_references(project, item_type, expand="all")
        return _fields(answer)

    def states(self, project: str, item_type: str) -> Mapping[str, str]:
        """The states of a type with their categories, as they are now."""
        return _states(self._session.items.get_work_item_type_states(project, item_type))

    def kind(self, name: str) -> str:
        """The kind of a field's values ("string", "html", "double"), as it is now."""
        return str(self._described(name).get("type") or "")

    def is_of_person(self, name: str) -> bool:
        """Whether a field's values are people."""
        described = self._described(name)
        return described.get("isIdentity") is True or described.get("type") == "identity"

    def _described(self, name: str) -> Mapping[str, Any]:
        told = self._session.items.get_work_item_field(name)
        return told if isinstance(told, dict) else {}

    def types(self, project: str) -> tuple[str, ...]:
        """The names of a project's types."""
        return tuple(self._read_types(project))

    def subtask_types(self, project: str) -> tuple[str, ...]:
        """The types that stand below a story, the usual one first; none where the process has no such category."""
        read, names = self._subtasks.get(project, (0.0, None))
        if names is None or self._clock() - read > _LIFETIME:
            names = self._read_subtask_types(project)
            self._subtasks[project] = (self._clock(), names)
        return names

    def labels(self, project: str, item_type: str, names: Iterable[str]) -> tuple[str, ...]:
        """What fields are called in a project; a name that is none of a field is left as it is."""
        known = self.words(project, item_type).fields
        return tuple(known[name].label if name in known else name for name in names)

    def _read_types(self, project: str) -> dict[str, TypeWords]:
        answer = self._session.items.get_work_item_types(project)
        types = {
            str(one["name"]): TypeWords(_fields(one.get("fields")), _states(one.get("states")))
            for one in answer
            if isinstance(one, dict) and one.get("name")
        }
        self._types[project] = (self._clock(), types)
        self._in_vain[project] = set()
        return types

    def _read_type(self, project: str, item_type: str) -> TypeWords:
        try:
            return TypeWords(self.fields(project, item_type), self.states(project, item_type))
        except Missing:  # a type that has been taken away since
            return _NOTHING

    def _read_subtask_types(self, project: str) -> tuple[str, ...]:
        try:
            answer = self._session.items.get_work_item_type_category(project, SUBTASKS)
        except Missing:
            return ()
        usual = answer.get("defaultWorkItemType") if isinstance(answer, dict) else None
        listed = answer.get("workItemTypes") if isinstance(answer, dict) else None
        named = [usual, *(listed if isinstance(listed, list) else ())]
        return tuple(dict.fromkeys(str(one["name"]) for one in named if isinstance(one, dict) and one.get("name")))


def _fields(listed: object) -> dict[str, TypeField]:
    found: dict[str, TypeField] = {}
    for one in listed if isinstance(listed, list) else ():
        name = one.get("referenceName") if isinstance(one, dict) else None
        if isinstance(name, str):
            required = one.get("alwaysRequired") is True and one.get("defaultValue") in (None, "")
            listed_values = one.get("allowedValues")
            allowed = tuple(map(str, listed_values)) if isinstance(listed_values, list) else ()
            found[name] = TypeField(name, str(one.get("name") or name), required, allowed)
    return found


def _states(listed: object) -> dict[str, str]:
    ones: list[Any] = listed if isinstance(listed, list) else []
    return {
        str(one["name"]): str(one.get("category") or "") for one in ones if isinstance(one, dict) and one.get("name")
    }
