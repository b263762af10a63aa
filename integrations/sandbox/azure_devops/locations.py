"""Where the REST resources are: what OPTIONS _apis and ResourceAreas tell a client before its first real call."""

from __future__ import annotations

from typing import Any

_PROJECT = "{project}/_apis/{area}/{resource}"
_LOCATIONS: tuple[tuple[str, str, str, str, int, str], ...] = (
    # id, area, resource, route template, resource version, released version (0.0: preview only)
    ("e81700f7-3be2-46de-8624-2eb35882fcaa", "Location", "ResourceAreas", "_apis/{resource}/{areaId}", 1, "0.0"),
    ("00d9565f-ed9c-4a06-9a50-00e7896ccab4", "Location", "ConnectionData", "_apis/{resource}", 1, "0.0"),
    ("603fe2ac-9723-48b9-88ad-09305aa6c6e1", "core", "projects", "_apis/{resource}/{*projectId}", 4, "7.1"),
    (
        "d30a3dd1-f8ba-442a-b86a-bd0c0c383e59",
        "core",
        "teams",
        "_apis/projects/{projectId}/{resource}/{*teamId}",
        3,
        "7.1",
    ),
    (
        "294c494c-2600-4d7e-b76c-3dd50c3c95be",
        "core",
        "members",
        "_apis/projects/{projectId}/teams/{teamId}/{resource}",
        2,
        "7.1",
    ),
    ("72c7ddf8-2cdc-4f60-90cd-ab71c14a399b", "wit", "workItems", _PROJECT + "/{id}", 3, "7.1"),
    ("62d3d110-0047-428c-ad3c-4fe872c91c74", "wit", "workItems", _PROJECT + "/${type}", 3, "7.1"),
    ("908509b6-4248-4475-a1cd-829139ba419f", "wit", "workItemsBatch", _PROJECT, 1, "7.1"),
    ("1a9c53f7-f243-4447-b110-35ef023636e4", "wit", "wiql", "{project}/{team}/_apis/{area}/{resource}", 2, "7.1"),
    (
        "608aac0a-32e1-4493-a863-b9cf4566d257",
        "wit",
        "comments",
        "{project}/_apis/{area}/workItems/{workItemId}/{resource}/{commentId}",
        4,
        "0.0",
    ),
    (
        "6570bf97-d02c-4a91-8d93-3abe9895b1a9",
        "wit",
        "updates",
        "{project}/_apis/{area}/workItems/{id}/{resource}/{updateNumber}",
        3,
        "7.1",
    ),
    (
        "a00c85a5-80fa-4565-99c3-bcd2181434bb",
        "wit",
        "revisions",
        "{project}/_apis/{area}/workItems/{id}/{resource}/{revisionNumber}",
        3,
        "7.1",
    ),
    (
        "f5d33bc9-5b49-4a3c-a9bd-f3cd46dd2165",
        "wit",
        "workItemRelationTypes",
        "_apis/{area}/{resource}/{relation}",
        2,
        "7.1",
    ),
    ("7c8d7a76-4a09-43e8-b5df-bd792f4ac6aa", "wit", "workItemTypes", _PROJECT + "/{type}", 2, "7.1"),
    ("9b9f5734-36c8-415e-ba67-f83b45c31408", "wit", "workItemTypeCategories", _PROJECT + "/{category}", 2, "7.1"),
    (
        "bd293ce5-3d25-4192-8e67-e8092e879efb",
        "wit",
        "workItemTypesField",
        "{project}/_apis/{area}/workitemtypes/{type}/fields/{field}",
        3,
        "7.1",
    ),
    (
        "7c9d7a76-4a09-43e8-b5df-bd792f4ac6aa",
        "wit",
        "workItemTypeStates",
        "{project}/_apis/{area}/workitemtypes/{type}/states",
        1,
        "7.1",
    ),
    ("b51fd764-e5c2-4b9b-aaf7-3395cf4bdd94", "wit", "fields", _PROJECT + "/{fieldNameOrRefName}", 3, "7.1"),
    ("bc15bc60-e7a8-43cb-ab01-2106be3983a1", "wit", "tags", _PROJECT + "/{tagIdOrName}", 1, "7.1"),
    ("a70579d1-f53a-48ee-a5be-7be8659023b9", "wit", "classificationNodes", _PROJECT, 2, "7.1"),
    (
        "5a172953-1b41-49d3-840a-33f79c3ce89f",
        "wit",
        "classificationNodes",
        _PROJECT + "/{structureGroup}/{*path}",
        2,
        "7.1",
    ),
    ("ebbe6af8-0b91-4c13-8cf1-777c14858188", "Graph", "Groups", "_apis/{area}/{resource}/{groupDescriptor}", 1, "0.0"),
    ("005e26ec-6b77-4e4f-a986-b3827bf241f5", "Graph", "Users", "_apis/{area}/{resource}/{userDescriptor}", 1, "0.0"),
    (
        "3fd2e6ca-fb30-443a-b579-95b19ed0934c",
        "Graph",
        "Memberships",
        "_apis/{area}/{resource}/{subjectDescriptor}/{containerDescriptor}",
        1,
        "0.0",
    ),
    (
        "e34b6394-6b30-4435-94a9-409a5eef3e31",
        "Graph",
        "MembershipsBatch",
        "_apis/{area}/Memberships/{subjectDescriptor}",
        1,
        "0.0",
    ),
    ("048aee0a-7072-4cde-ab73-7af77b1e0b4e", "Graph", "Descriptors", "_apis/{area}/{resource}/{storageKey}", 1, "0.0"),
    (
        "eb85f8cc-f0f6-4264-a5b1-ffe2e4d4801f",
        "Graph",
        "StorageKeys",
        "_apis/{area}/{resource}/{subjectDescriptor}",
        1,
        "0.0",
    ),
    ("28010c54-d0c0-4c89-a5b0-1c9e188b9fb7", "IMS", "Identities", "_apis/{resource}/{identityId}", 1, "7.1"),
    (
        "18a2ad18-7571-46ae-bec7-0c7da1495885",
        "Security",
        "AccessControlLists",
        "_apis/{resource}/{securityNamespaceId}",
        1,
        "7.1",
    ),
    (
        "dd3b8bd6-c7fc-4cbd-929a-933d9c011c9d",
        "Security",
        "Permissions",
        "_apis/{resource}/{securityNamespaceId}/{permissions}",
        2,
        "0.0",
    ),
    (
        "ce7b9f95-fde9-4be8-a86d-83b366f0b87a",
        "Security",
        "SecurityNamespaces",
        "_apis/{resource}/{securityNamespaceId}",
        1,
        "7.1",
    ),
    (
        "fc50d02a-849f-41fb-8af1-0a5216103269",
        "hooks",
        "Subscriptions",
        "_apis/{area}/{resource}/{subscriptionId}",
        1,
        "7.1",
    ),
    (
        "0c62d343-21b0-4732-997b-017fde84dc28",
        "hooks",
        "Notifications",
        "_apis/{area}/Subscriptions/{subscriptionId}/{resource}/{notificationId}",
        1,
        "7.1",
    ),
)
_AREAS: tuple[tuple[str, str], ...] = (
    ("5264459e-e5e0-4bd8-b118-0985e68a4ec5", "wit"),
    ("79134c72-4a58-4b42-976c-04e7115f32bf", "core"),
    ("bb1e7ec9-e901-4b68-999a-de7012b920f8", "Graph"),
    ("8a3d49b8-91f0-46ef-b33d-dda338c25db3", "IMS"),
    ("0d55247a-1c47-4462-9b1f-5e2125590ee6", "Account"),
)
PREVIEW_ONLY = frozenset(resource.casefold() for _, _, resource, _, _, released in _LOCATIONS if released == "0.0")
"""Resources that answer only where the request says -preview."""


def resource_locations(newest: float = 7.2, *, server: bool = False) -> list[dict[str, Any]]:
    """The answer to OPTIONS _apis. A server of one's own knows neither Graph nor resource areas."""
    return [
        {
            "id": location_id,
            "area": area,
            "resourceName": resource,
            "routeTemplate": template,
            "resourceVersion": version,
            "minVersion": "1.0",
            "maxVersion": str(newest),
            "releasedVersion": str(min(float(released), newest)),
        }
        for location_id, area, resource, template, version, released in _LOCATIONS
        if not (server and (area == "Graph" or resource == "ResourceAreas"))
    ]


def resource_areas(base: str) -> list[dict[str, str]]:
    """The answer to GET _apis/ResourceAreas: everything of the sandbox lives under one address."""
    return [{"id": area_id, "name": name, "locationUrl": f"{base}/"} for area_id, name in _AREAS]
