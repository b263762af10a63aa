"""Items that not everybody in a project sees: those of a security level (Jira), those in a closed area (Azure DevOps).

Who is not a member is told what is told of items that do not exist; administrators are no members by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, not_, or_, true

from integrations.sandbox import tables as t

LEVEL, AREA = "security", "System.AreaPath"
"""The fields of an item that say so, which are also the kinds of seclusion."""


class Seclusion(NamedTuple):
    """A level or an area (path), and the logins that see what is in it."""

    kind: str
    name: str
    members: tuple[str, ...]


def open_to(viewer: str, seclusions: Iterable[Seclusion]) -> ColumnElement[bool]:
    """The condition over `tables.items` that holds for what a person may see."""
    closed = [one for one in seclusions if viewer not in one.members]
    return and_(true(), *(not_(_inside(one)) for one in closed))


def is_open_to(viewer: str, fields: Mapping[str, Any], seclusions: Iterable[Seclusion]) -> bool:
    """The same for the fields of one item."""
    return all(viewer in one.members or not _holds(one, fields) for one in seclusions)


def _inside(one: Seclusion) -> ColumnElement[bool]:
    value = func.coalesce(func.json_extract(t.items.c.fields, f'$."{one.kind}"'), "")
    below = func.substr(value, 1, len(one.name) + 1) == f"{one.name}\\"
    return or_(value == one.name, below) if one.kind == AREA else value == one.name


def _holds(one: Seclusion, fields: Mapping[str, Any]) -> bool:
    value = str(fields.get(one.kind) or "")
    return value == one.name or (one.kind == AREA and value.startswith(f"{one.name}\\"))


def place_for(home: str, name: str, *, by_area: bool) -> Seclusion:
    """A level, or an area of the project of this name; with nobody in it yet."""
    return Seclusion(AREA, f"{home}\\{name}", ()) if by_area else Seclusion(LEVEL, name, ())
