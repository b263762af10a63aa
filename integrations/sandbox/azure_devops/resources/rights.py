"""Who may what: identities as security knows them, and access control lists with what they come to."""

from __future__ import annotations

from collections.abc import Iterable

from werkzeug.wrappers import Response

from integrations.sandbox.azure_devops.answers import (
    Json,
    WireError,
    bad_request,
    combined_name,
    guid,
    identity_body,
    identity_descriptor,
    project_guid,
    subject_descriptor,
    truth,
)
from integrations.sandbox.azure_devops.resources.areas import area_paths
from integrations.sandbox.azure_devops.resources.graph import Group, groups
from integrations.sandbox.azure_devops.wire import Call, Routes, listing
from integrations.sandbox.records import Permission, Project, User
from integrations.sandbox.state.seclusion import AREA, is_open_to

CSS = "83e28ad4-2d72-4ceb-97b0-c7726d5502c3"
PROJECT, TAGGING = "52d39943-cb85-4d7f-8fa8-c6baac873819", "bb50f182-8e5e-40b8-bc21-e8752a1e7ae2"
GENERIC_READ, WORK_ITEM_READ, WORK_ITEM_WRITE, WORK_ITEM_COMMENT = 1, 16, 32, 512
_NODE_TOKEN = "vstfs:///Classification/Node/"  # noqa: S105  # the form of a security token, not a secret


def _identities(call: Call) -> Response:
    asked: dict[str, set[str]] = {}
    for name in ("descriptors", "subjectdescriptors", "identityids"):
        if call.query.get(name):
            asked[name] = {one.strip().casefold() for one in call.query[name].split(",")}
    searched = call.query.get("filtervalue", "").casefold()
    found = [_identity(call, user) for user in call.tracker.users() if _is_asked_for(user, asked, searched)]
    wanted = asked.get("descriptors", set())
    found += [_group_identity(group) for group in groups(call) if _group_descriptor(group).casefold() in wanted]
    return listing(found)


def _group_descriptor(group: Group) -> str:
    number = int(guid("group", group.project.id, group.name)[:8], 16)
    return f"Microsoft.TeamFoundation.Identity;S-1-9-1551374245-{number}"


def _identity(call: Call, user: User) -> Json:
    body = identity_body(user, server=call.server)
    if call.query.get("querymembership", "none").casefold() != "none":
        body["memberOf"] = [_group_descriptor(group) for group in groups(call) if user.name in group.members]
    return body


def _group_identity(group: Group) -> Json:
    return {
        "id": guid("group", group.project.id, group.name),
        "descriptor": _group_descriptor(group),
        "subjectDescriptor": group.descriptor,
        "providerDisplayName": group.principal,
        "isActive": True,
        "isContainer": True,
        "members": [],
        "memberOf": [],
        "memberIds": [],
        "properties": {"SchemaClassName": {"$type": "System.String", "$value": "Group"}},
        "resourceVersion": 2,
        "metaTypeId": 1,
    }


def _is_asked_for(user: User, asked: dict[str, set[str]], searched: str) -> bool:
    own = {
        "descriptors": identity_descriptor(user),
        "subjectdescriptors": subject_descriptor(user),
        "identityids": user.id,
    }
    if searched:
        return searched in (user.mail.casefold(), user.display_name.casefold(), combined_name(user).casefold())
    return any(own[name].casefold() in values for name, values in asked.items())


def rights(call: Call, user: User, project: Project, area: str = "") -> int:
    """What a person may do with the work items of a project's area, as bits of the CSS namespace.

    Who is denied to see those of an area may do nothing with them.
    """
    bits = 0
    if not is_open_to(user.name, {AREA: area}, call.tracker.seclusions()):
        return bits
    grants: tuple[tuple[Permission, int], ...] = (
        ("browse", GENERIC_READ | WORK_ITEM_READ),
        ("edit", WORK_ITEM_WRITE),
        ("comment", WORK_ITEM_COMMENT),
    )
    for permission, bit in grants:
        if call.tracker.may(user, permission, project):
            bits |= bit
    return bits


def _lists(call: Call) -> Response:
    if call.rest[0].casefold() != CSS:
        raise WireError(
            404, f"TF400935: The security namespace {call.rest[0][:40]} does not exist.", "NotFoundException"
        )
    if not call.user.is_administrator:
        message = (
            f"TF50309: The following account does not have sufficient permissions to complete the operation: "
            f"{call.user.display_name}. The following permissions are needed to perform this operation: View "
            "permissions for this node."
        )
        raise WireError(403, message, "AccessCheckException", event=4201)
    token = call.query.get("token", "")
    project = _project_of(call, token)
    wanted = _wanted(call)
    if project is None or wanted is None:
        return listing([])
    extended = truth(call.query.get("includeextendedinfo"))
    area = _area_of(call, project, token)
    entries = {identity_descriptor(user): _entry(call, user, project, area, extended) for user in wanted}
    return listing(
        [{"inheritPermissions": True, "token": token, "acesDictionary": entries, "includeExtendedInfo": extended}]
    )


def _wanted(call: Call) -> Iterable[User] | None:
    text = call.query.get("descriptors", "")
    if not text:
        return call.tracker.users()
    asked = [one.strip() for one in text.split(",")]
    if any(";" not in one for one in asked):
        # Lists are asked by identity descriptor ("type;identifier"); graph's subject descriptors are another thing.
        raise bad_request(
            "TF400899: An identity descriptor must have the form type;identifier.\r\nParameter name: descriptors"
        )
    return [user for user in call.tracker.users() if identity_descriptor(user) in asked]


def _project_of(call: Call, token: str) -> Project | None:
    """The project of a token: its root area comes first, then the areas below, joined by colons."""
    first = token.partition(":vstfs:///")[0].removeprefix(_NODE_TOKEN).casefold()
    for project in call.tracker.projects(call.user):
        if token.startswith(_NODE_TOKEN) and first == guid("area", project.id, project.name.casefold()):
            return project
    return None


def _area_of(call: Call, project: Project, token: str) -> str:
    """The path of the area that a token ends with."""
    last = token.rpartition(_NODE_TOKEN)[2].casefold()
    paths = area_paths(call.tracker, project)
    return next((path for name, path in paths.items() if guid("area", project.id, name) == last), "")


def _entry(call: Call, user: User, project: Project, area: str, extended: bool) -> Json:
    bits = rights(call, user, project, area)
    denied = 0 if is_open_to(user.name, {AREA: area}, call.tracker.seclusions()) else WORK_ITEM_READ
    entry: Json = {"descriptor": identity_descriptor(user), "allow": 0, "deny": denied}
    if extended:
        # All rights come by groups here, so nothing is said of the person themselves.
        entry["extendedInfo"] = {"inheritedAllow": bits, "effectiveAllow": bits}
    return entry


def _own(call: Call) -> Response:
    """What the caller may do, which everybody may ask; to delete and to make tags takes the right to edit here."""
    namespace, bits = call.rest[0].casefold(), int(call.rest[1])
    found = []
    for token in call.query.get("tokens", "").split(","):
        if namespace == CSS:
            project = _project_of(call, token)
            area = _area_of(call, project, token) if project is not None else ""
            found.append(project is not None and rights(call, call.user, project, area) & bits == bits)
        elif namespace in (PROJECT, TAGGING):
            own = [project for project in call.tracker.projects(call.user) if project_guid(project) in token]
            found.append(any(call.tracker.may(call.user, "edit", project) for project in own))
        else:
            said = f"TF400935: The security namespace {namespace[:40]} does not exist."
            raise WireError(404, said, "NotFoundException")
    return listing(found)


def _namespaces(call: Call) -> Response:
    actions = (
        (GENERIC_READ, "GENERIC_READ", "View permissions for this node"),
        (WORK_ITEM_READ, "WORK_ITEM_READ", "View work items in this node"),
        (WORK_ITEM_WRITE, "WORK_ITEM_WRITE", "Edit work items in this node"),
        (WORK_ITEM_COMMENT, "WORK_ITEM_SAVE", "Edit work item comments in this node"),
    )
    body = {
        "namespaceId": CSS,
        "name": "CSS",
        "displayName": "CSS",
        "separatorValue": ":",
        "actions": [{"bit": b, "name": n, "displayName": d, "namespaceId": CSS} for b, n, d in actions],
    }
    return listing([body])


ROUTES: Routes = {
    ("GET", "identities"): _identities,
    ("GET", "accesscontrollists/*"): _lists,
    ("GET", "permissions/*/*"): _own,
    ("GET", "securitynamespaces"): _namespaces,
    ("GET", "securitynamespaces/*"): _namespaces,
}
