"""The areas of a project: those that somebody made, and those that items are in."""

from __future__ import annotations

from sqlalchemy import func, select

from integrations.sandbox import tables
from integrations.sandbox.records import Project, Term
from integrations.sandbox.state import Tracker


def add_area(tracker: Tracker, project: Project, path: str) -> None:
    """Makes an area known; `path` begins with the name of the project."""
    if path.casefold() not in area_paths(tracker, project):
        tracker.add_term(Term("area", 0, path, project.key))


def made_areas(tracker: Tracker, project: Project) -> set[str]:
    """The paths of the areas that somebody made."""
    return {term.name for term in tracker.terms("area") if term.category == project.key}


def area_paths(tracker: Tracker, project: Project) -> dict[str, str]:
    """All area paths of a project, by their spelling in lower case, those above included."""
    with tracker.transaction():
        value = func.json_extract(tables.items.c.fields, '$."System.AreaPath"')
        rows = tracker._run(select(value.label("path")).where(tables.items.c.project == project.key).distinct())
        paths = {str(row.path) for row in rows if row.path} | made_areas(tracker, project)
    whole = {project.name}
    for path in paths:
        steps = path.split("\\")
        whole |= {"\\".join(steps[: n + 1]) for n in range(len(steps))}
    return {path.casefold(): path for path in whole if path.partition("\\")[0].casefold() == project.name.casefold()}
