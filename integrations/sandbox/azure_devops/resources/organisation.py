"""Resources of the organisation: where things are, who asks, the projects, and a project's tags."""

from __future__ import annotations

from sqlalchemy import select
from werkzeug.wrappers import Response

from integrations.sandbox import tables
from integrations.sandbox.azure_devops.answers import (
    Json,
    answer,
    guid,
    identity_body,
    project_guid,
)
from integrations.sandbox.azure_devops.locations import resource_areas, resource_locations
from integrations.sandbox.azure_devops.versions import SERVER_VERSION
from integrations.sandbox.azure_devops.wire import Call, Routes, listing
from integrations.sandbox.records import NotFound, Project


def _locations(call: Call) -> Response:
    return listing(resource_locations(SERVER_VERSION, server=True) if call.server else resource_locations())


def _areas(call: Call) -> Response:
    areas = resource_areas(call.base)
    if not call.rest:
        return listing(areas)
    return answer(next((area for area in areas if area["id"] == call.rest[0].casefold()), None))


def _connection(call: Call) -> Response:
    who = identity_body(call.user, server=call.server)
    return answer(
        {
            "authenticatedUser": who,
            "authorizedUser": who,
            "instanceId": guid("instance"),
            "deploymentId": guid("deployment"),
            "deploymentType": "onPremises" if call.server else "hosted",
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


def _tags(call: Call) -> Response:
    with call.tracker.transaction():
        joined = select(tables.labels.c.label).join(tables.items, tables.labels.c.item == tables.items.c.id)
        rows = call.tracker._run(joined.where(tables.items.c.project == call.home().key).distinct())
        names = sorted((str(row.label) for row in rows), key=str.casefold)
    where = f"{call.base}/{project_guid(call.home())}/_apis/wit/tags"
    return listing([{"id": guid("tag", name), "name": name, "url": f"{where}/{guid('tag', name)}"} for name in names])


ROUTES: Routes = {
    ("OPTIONS", "**"): _locations,
    ("GET", "resourceareas"): _areas,
    ("GET", "resourceareas/*"): _areas,
    ("GET", "connectiondata"): _connection,
    ("GET", "projects"): _projects,
    ("GET", "projects/*"): _project,
    ("GET", "wit/tags"): _tags,
}
