"""Resources of the organisation and its projects: locations, the caller, projects, the process's words, tags."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from werkzeug.wrappers import Response

from integrations.sandbox import tables
from integrations.sandbox.azure_devops.answers import (
    Json,
    WireError,
    answer,
    guid,
    identity_descriptor,
    project_guid,
    subject_descriptor,
    work_item_error,
)
from integrations.sandbox.azure_devops.items import node_id
from integrations.sandbox.azure_devops.locations import resource_areas, resource_locations
from integrations.sandbox.azure_devops.vocabulary import (
    BY_NAME,
    FIELDS,
    READ_ONLY,
    RELATION_TYPES,
    RELATIONS,
    RESOURCE_LINKS,
    relation_body,
    resource_link_body,
    state_colour,
)
from integrations.sandbox.azure_devops.wire import Call, Routes, listing
from integrations.sandbox.records import NotFound, Project, Term, User
from integrations.sandbox.wiql import Field

_NOT_ON_BUGS = "Microsoft.VSTS.Common.AcceptanceCriteria"
_ONLY_ON_BUGS = ("Microsoft.VSTS.TCM.", "Microsoft.VSTS.Common.Severity")
_DEFAULT_ITERATIONS = ("Iteration 1", "Iteration 2", "Iteration 3")


def _locations(call: Call) -> Response:
    return listing(resource_locations())


def _areas(call: Call) -> Response:
    areas = resource_areas(call.base)
    if not call.rest:
        return listing(areas)
    return answer(next((area for area in areas if area["id"] == call.rest[0].casefold()), None))


def _identity(user: User) -> Json:
    return {
        "id": user.id,
        "descriptor": identity_descriptor(user),
        "subjectDescriptor": subject_descriptor(user),
        "providerDisplayName": user.display_name,
        "isActive": user.active,
        "properties": {"Account": {"$type": "System.String", "$value": user.mail}},
        "resourceVersion": 2,
        "metaTypeId": 0,
    }


def _connection(call: Call) -> Response:
    who = _identity(call.user)
    return answer(
        {
            "authenticatedUser": who,
            "authorizedUser": who,
            "instanceId": guid("instance"),
            "deploymentId": guid("deployment"),
            "deploymentType": "hosted",
            "locationServiceData": {
                "serviceOwner": guid("owner"),
                "defaultAccessMappingMoniker": "PublicAccessMapping",
            },
        }
    )


def project_body(project: Project, base: str) -> Json:
    return {
        "id": project_guid(project),
        "name": project.name,
        "url": f"{base}/_apis/projects/{project_guid(project)}",
        "state": "wellFormed",
        "revision": 1,
        "visibility": "private",
        "lastUpdateTime": "2026-01-05T09:00:00Z",
    }


def _projects(call: Call) -> Response:
    found = [project_body(project, call.base) for project in call.tracker.projects(call.user)]
    skip, top = call.number("$skip", 0, 10_000), call.number("$top", 100, 10_000)
    return listing(found[skip : skip + top])


def named_project(call: Call, name: str) -> Project:
    for project in call.tracker.projects(call.user):
        if name.casefold() in (project.name.casefold(), project_guid(project)):
            return project
    raise NotFound("project", name)


def _project(call: Call) -> Response:
    project = named_project(call, call.rest[0])
    team = {"id": guid("team", project.id), "name": f"{project.name} Team"}
    return answer(project_body(project, call.base) | {"defaultTeam": team})


# the process


def type_named(call: Call, name: str) -> Term:
    """A work item type; raises the product's 404."""
    try:
        return call.tracker.term("type", name)
    except NotFound:
        message = (
            f"VS402323: Work item type {name} does not exist in project {project_guid(call.home())} or you do not have "
            "permission to access it."
        )
        raise work_item_error(404, message, "WorkItemTypeNotFoundException") from None


def _fields_of(kind: Term) -> list[Field]:
    bug = kind.name == "Bug"
    return [
        field
        for field in FIELDS
        if not (bug and field.reference_name == _NOT_ON_BUGS)
        and (bug or not field.reference_name.startswith(_ONLY_ON_BUGS))
    ]


def _instance(call: Call, field: Field, *, expand: bool) -> Json:
    required = field.reference_name in ("System.Title", "System.State", "System.AreaId", "System.IterationId")
    body: Json = {
        "alwaysRequired": required,
        "defaultValue": "2" if field.reference_name.endswith("Common.Priority") else None,
        "referenceName": field.reference_name,
        "name": field.name,
        "url": f"{call.base}/_apis/wit/fields/{field.reference_name}",
    }
    if expand:
        lists = {"System.State": "status", "Microsoft.VSTS.Common.Priority": "priority"}
        terms = call.tracker.terms(lists.get(field.reference_name, "none"))
        numbers = field.type == "integer"
        body["allowedValues"] = [int(term.name) if numbers else term.name for term in terms]
    return body


def _expands(call: Call) -> bool:
    return call.query.get("$expand", "none").casefold() in ("all", "allowedvalues")


def _type(call: Call, kind: Term) -> Json:
    reference = f"Microsoft.VSTS.WorkItemTypes.{kind.name.replace(' ', '')}"
    fields = [_instance(call, field, expand=False) for field in _fields_of(kind)]
    return {
        "name": kind.name,
        "referenceName": reference,
        "description": "",
        "color": "009CCC",
        "icon": {"id": "icon_book", "url": f"{call.base}/_apis/wit/workItemIcons/icon_book?color=009CCC&v=2"},
        "isDisabled": False,
        "xmlForm": "",
        "fields": fields,
        "fieldInstances": fields,
        "transitions": {},
        "states": [state_colour(term) for term in call.tracker.terms("status")],
        "url": f"{call.base}/{project_guid(call.home())}/_apis/wit/workItemTypes/{kind.name.replace(' ', '%20')}",
    }


def _types(call: Call) -> Response:
    return listing([_type(call, kind) for kind in call.tracker.terms("type")])


def _one_type(call: Call) -> Response:
    return answer(_type(call, type_named(call, call.rest[0])))


def _type_fields(call: Call) -> Response:
    fields = _fields_of(type_named(call, call.rest[0]))
    return listing([_instance(call, field, expand=_expands(call)) for field in fields])


def _type_field(call: Call) -> Response:
    wanted = field_named(call.rest[1])
    if wanted not in _fields_of(type_named(call, call.rest[0])):
        raise _no_such_field(call.rest[1])
    return answer(_instance(call, wanted, expand=_expands(call)))


def _states(call: Call) -> Response:
    type_named(call, call.rest[0])
    return listing([state_colour(term) for term in call.tracker.terms("status")])


def _no_such_field(name: str) -> WireError:
    message = f"TF51535: Cannot find field {name}."
    return work_item_error(404, message, "WorkItemTrackingFieldDefinitionNotFoundException")


def field_named(name: str) -> Field:
    found = BY_NAME.get(name.casefold())
    if found is None:
        raise _no_such_field(name)
    return found


def _field_body(field: Field, base: str) -> Json:
    return {
        "name": field.name,
        "referenceName": field.reference_name,
        "type": field.type,
        "usage": "workItem",
        "readOnly": field.reference_name in READ_ONLY,
        "canSortBy": field.type not in ("html", "history", "plainText"),
        "isQueryable": True,
        "isIdentity": field.type == "identity",
        "isPicklist": False,
        "isPicklistSuggested": False,
        "supportedOperations": [{"referenceName": "SupportedOperations.Equals", "name": "="}],
        "url": f"{base}/_apis/wit/fields/{field.reference_name}",
    }


def _fields(call: Call) -> Response:
    return listing([_field_body(field, call.base) for field in FIELDS])


def _field(call: Call) -> Response:
    return answer(_field_body(field_named(call.rest[0]), call.base))


def _relation_types(call: Call) -> Response:
    links = [relation_body(relation, call.base) for relation in RELATION_TYPES]
    return listing(links + [resource_link_body(rel, call.base) for rel in RESOURCE_LINKS])


def _relation_type(call: Call) -> Response:
    by_name = {rel.casefold(): relation for rel, relation in RELATIONS.items()}
    found = by_name.get(call.rest[0].casefold())
    if found is None:
        raise work_item_error(404, f"TF237124: The link type '{call.rest[0]}' does not exist.", "NotFoundException")
    return answer(relation_body(found, call.base))


def _tags(call: Call) -> Response:
    with call.tracker.transaction():
        joined = select(tables.labels.c.label).join(tables.items, tables.labels.c.item == tables.items.c.id)
        rows = call.tracker._run(joined.where(tables.items.c.project == call.home().key).distinct())
        names = sorted((str(row.label) for row in rows), key=str.casefold)
    where = f"{call.base}/{project_guid(call.home())}/_apis/wit/tags"
    return listing([{"id": guid("tag", name), "name": name, "url": f"{where}/{guid('tag', name)}"} for name in names])


# areas and iterations


def _paths(call: Call, structure: str) -> set[str]:
    """All paths of a project's tree that are in use, and the default iterations."""
    project = call.home()
    column = "System.AreaPath" if structure == "area" else "System.IterationPath"
    with call.tracker.transaction():
        value = func.json_extract(tables.items.c.fields, f'$."{column}"')
        rows = call.tracker._run(select(value.label("path")).where(tables.items.c.project == project.key).distinct())
        used = {str(row.path) for row in rows if row.path}
    if structure == "iteration":
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


ROUTES: Routes = {
    ("OPTIONS", "**"): _locations,
    ("GET", "resourceareas"): _areas,
    ("GET", "resourceareas/*"): _areas,
    ("GET", "connectiondata"): _connection,
    ("GET", "projects"): _projects,
    ("GET", "projects/*"): _project,
    ("GET", "wit/fields"): _fields,
    ("GET", "wit/fields/*"): _field,
    ("GET", "wit/workitemrelationtypes"): _relation_types,
    ("GET", "wit/workitemrelationtypes/*"): _relation_type,
    ("GET", "wit/workitemtypes"): _types,
    ("GET", "wit/workitemtypes/*"): _one_type,
    ("GET", "wit/workitemtypes/*/fields"): _type_fields,
    ("GET", "wit/workitemtypes/*/fields/*"): _type_field,
    ("GET", "wit/workitemtypes/*/states"): _states,
    ("GET", "wit/tags"): _tags,
    ("GET", "wit/classificationnodes"): _nodes,
    ("GET", "wit/classificationnodes/**"): _one_node,
}
