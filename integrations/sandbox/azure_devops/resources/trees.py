"""Areas and iterations: the trees of a project."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from werkzeug.wrappers import Response

from integrations.sandbox import tables
from integrations.sandbox.azure_devops.answers import (
    Json,
    answer,
    guid,
    mapping,
    project_guid,
    work_item_error,
)
from integrations.sandbox.azure_devops.items import node_id
from integrations.sandbox.azure_devops.resources.areas import add_area, area_paths
from integrations.sandbox.azure_devops.wire import Call, Routes, listing, translated
from integrations.sandbox.records import Forbidden

_DEFAULT_ITERATIONS = ("Iteration 1", "Iteration 2", "Iteration 3")


def _paths(call: Call, structure: str) -> set[str]:
    """All paths of a project's tree that were made or are in use, and the default iterations."""
    project = call.home()
    if structure == "area":
        return set(area_paths(call.tracker, project).values())
    with call.tracker.transaction():
        value = func.json_extract(tables.items.c.fields, '$."System.IterationPath"')
        rows = call.tracker._run(select(value.label("path")).where(tables.items.c.project == project.key).distinct())
        used = {str(row.path) for row in rows if row.path}
    used |= {f"{project.name}\\{name}" for name in _DEFAULT_ITERATIONS}
    whole = set()
    for path in used:
        parts = path.split("\\")
        whole |= {
            "\\".join(parts[: n + 1]) for n in range(len(parts)) if parts[0].casefold() == project.name.casefold()
        }
    return whole | {project.name}


def _node(call: Call, structure: str, path: str, paths: set[str], depth: int) -> Json:
    project = call.home()
    below = [other for other in sorted(paths) if other.rpartition("\\")[0] == path]
    group = "Areas" if structure == "area" else "Iterations"
    rest = path.partition("\\")[2].replace("\\", "/").replace(" ", "%20")
    inside = "\\".join(path.split("\\")[1:])
    body: Json = {
        "id": node_id(project.key, path),
        "identifier": guid(structure, project.id, path.casefold()),
        "name": path.rpartition("\\")[2],
        "structureType": structure,
        "hasChildren": bool(below),
        "path": f"\\{project.name}\\{structure.title()}" + (f"\\{inside}" if inside else ""),
        "url": f"{call.base}/{project_guid(project)}/_apis/wit/classificationNodes/{group}"
        + (f"/{rest}" if rest else ""),
    }
    if below and depth > 0:
        body["children"] = [_node(call, structure, other, paths, depth - 1) for other in below]
    return body


def _nodes(call: Call) -> Response:
    depth = call.number("$depth", 0, 20)
    roots = []
    for structure in ("area", "iteration"):
        roots.append(_node(call, structure, call.home().name, _paths(call, structure), depth))
    return listing(roots)


def _one_node(call: Call) -> Response:
    structure = {"areas": "area", "iterations": "iteration"}.get(call.rest[0].casefold(), "")
    path = "\\".join([call.home().name, *call.rest[1:]])
    paths: dict[str, Any] = {known.casefold(): known for known in _paths(call, structure)} if structure else {}
    found = paths.get(path.casefold())
    if found is None:
        message = f"VS402485: The path '{path}' was not found in the tree."
        raise work_item_error(404, message, "WorkItemTrackingTreeNodeNotFoundException")
    return answer(_node(call, structure, found, set(paths.values()), call.number("$depth", 0, 20)))


def _add_node(call: Call) -> Response:
    name = str(mapping(call.json()).get("name") or "")
    if call.rest[0].casefold() != "areas" or not name.strip() or set(name) & set('\\/:*?"<>|#$&+'):
        raise work_item_error(400, "TF237082: The name of the node is not valid.", "InvalidNodeNameException")
    if not call.user.is_administrator:
        raise translated(Forbidden("administer"))
    path = "\\".join([call.home().name, *call.rest[1:], name])
    add_area(call.tracker, call.home(), path)
    return answer(_node(call, "area", path, _paths(call, "area"), 0), 201)


ROUTES: Routes = {
    ("POST", "wit/classificationnodes/**"): _add_node,
    ("GET", "wit/classificationnodes"): _nodes,
    ("GET", "wit/classificationnodes/**"): _one_node,
}
