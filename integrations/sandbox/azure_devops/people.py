"""Who is who and who may what: graph users, groups and memberships, identities, access control lists, teams."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from werkzeug.wrappers import Response

from integrations.sandbox.azure_devops.answers import (
    Json,
    WireError,
    answer,
    bad_request,
    combined_name,
    guid,
    identity_descriptor,
    identity_ref,
    project_guid,
    subject_descriptor,
    truth,
)
from integrations.sandbox.azure_devops.organisation import named_project
from integrations.sandbox.azure_devops.wire import Call, Routes, listing
from integrations.sandbox.records import Permission, Project, User

CSS = "83e28ad4-2d72-4ceb-97b0-c7726d5502c3"
GENERIC_READ, WORK_ITEM_READ, WORK_ITEM_WRITE, WORK_ITEM_COMMENT = 1, 16, 32, 512
_ROLE_GROUPS = {"Administrators": "Project Administrators", "Developers": "Contributors", "Reporters": "Reporters"}
_NODE_TOKEN = "vstfs:///Classification/Node/"  # noqa: S105  # the form of a security token, not a secret


@dataclass(frozen=True, slots=True)
class Group:
    """A group of a project: `name` without the project, `members` logins."""

    name: str
    project: Project
    members: frozenset[str]

    @property
    def descriptor(self) -> str:
        return "vssgp." + guid("group", self.project.id, self.name).replace("-", "")

    @property
    def principal(self) -> str:
        return f"[{self.project.name}]\\{self.name}"


def groups(call: Call) -> list[Group]:
    """The groups that roles make, the default team, and the groups that somebody set up, in every project."""
    found = []
    for project in call.tracker.projects(call.user):
        roles = call.tracker.roles(project.key)
        for role, name in _ROLE_GROUPS.items():
            found.append(Group(name, project, frozenset(user for user, has in roles.items() if has == role)))
        team = frozenset(user for user, has in roles.items() if has != "Reporters")
        found.append(Group(f"{project.name} Team", project, team))
        for name, members in call.tracker.groups().items():
            found.append(Group(name, project, frozenset(member.name for member in members)))
    return found


def _user_body(call: Call, user: User) -> Json:
    descriptor = subject_descriptor(user)
    return {
        "subjectKind": "user",
        "domain": guid("tenant"),
        "principalName": user.mail,
        "mailAddress": user.mail,
        "origin": "aad",
        "originId": guid("origin", user.id),
        "displayName": user.display_name,
        "_links": {"self": {"href": f"{call.base}/_apis/Graph/Users/{descriptor}"}},
        "url": f"{call.base}/_apis/Graph/Users/{descriptor}",
        "descriptor": descriptor,
    }


def _group_body(call: Call, group: Group) -> Json:
    return {
        "subjectKind": "group",
        "description": "",
        "domain": f"vstfs:///Classification/TeamProject/{project_guid(group.project)}",
        "principalName": group.principal,
        "mailAddress": None,
        "origin": "vsts",
        "originId": guid("group", group.project.id, group.name),
        "displayName": group.name,
        "_links": {"self": {"href": f"{call.base}/_apis/Graph/Groups/{group.descriptor}"}},
        "url": f"{call.base}/_apis/Graph/Groups/{group.descriptor}",
        "descriptor": group.descriptor,
    }


def _missing(descriptor: str) -> WireError:
    message = f"VS403283: Could not resolve identity of descriptor '{descriptor[:100]}'."
    return WireError(404, message, "GraphSubjectNotFoundException")


def _users(call: Call) -> Response:
    return listing([_user_body(call, user) for user in call.tracker.users()])


def _user(call: Call) -> Response:
    for user in call.tracker.users():
        if subject_descriptor(user) == call.rest[0]:
            return answer(_user_body(call, user))
    raise _missing(call.rest[0])


def _groups(call: Call) -> Response:
    scope = call.query.get("scopedescriptor")
    found = [group for group in groups(call) if scope in (None, _scope(group.project))]
    return listing([_group_body(call, group) for group in found])


def _scope(project: Project) -> str:
    return "scp." + project_guid(project).replace("-", "")


def _group(call: Call) -> Response:
    for group in groups(call):
        if group.descriptor == call.rest[0]:
            return answer(_group_body(call, group))
    raise _missing(call.rest[0])


def _descriptor(call: Call) -> Response:
    key = call.rest[0].casefold()
    known = {user.id: subject_descriptor(user) for user in call.tracker.users()}
    known |= {project_guid(project): _scope(project) for project in call.tracker.projects(call.user)}
    known |= {guid("group", group.project.id, group.name): group.descriptor for group in groups(call)}
    if key not in known:
        raise _missing(key)
    return answer({"value": known[key], "_links": {}})


def _storage_key(call: Call) -> Response:
    known = {subject_descriptor(user): user.id for user in call.tracker.users()}
    known |= {group.descriptor: guid("group", group.project.id, group.name) for group in groups(call)}
    if call.rest[0] not in known:
        raise _missing(call.rest[0])
    return answer({"value": known[call.rest[0]], "_links": {}})


def _memberships(call: Call) -> Response:
    """Direction up (default) lists the groups that a subject is in, down the members of a group."""
    subject, direction = call.rest[0], call.query.get("direction", "up").casefold()
    people = {user.name: subject_descriptor(user) for user in call.tracker.users()}
    if subject not in people.values() and subject not in {group.descriptor for group in groups(call)}:
        raise _missing(subject)
    pairs = [(people[member], group.descriptor) for group in groups(call) for member in sorted(group.members)]
    end = 1 if direction in ("down", "1") else 0
    return listing([_membership(call, *pair) for pair in pairs if pair[end] == subject])


def _membership(call: Call, member: str, container: str) -> Json:
    where = f"{call.base}/_apis/Graph"
    links = {
        "self": {"href": f"{where}/Memberships/{member}/{container}"},
        "member": {"href": f"{where}/Users/{member}"},
        "container": {"href": f"{where}/Groups/{container}"},
    }
    return {"containerDescriptor": container, "memberDescriptor": member, "_links": links}


def _one_membership(call: Call) -> Response:
    member, container = call.rest
    names = {user.name for user in call.tracker.users() if subject_descriptor(user) == member}
    if any(group.descriptor == container and names & group.members for group in groups(call)):
        return answer(_membership(call, member, container))
    message = f"VS403327: The subject '{member[:100]}' is not a member of '{container[:100]}'."
    raise WireError(404, message, "GraphMembershipNotFoundException")


# identities


def _identities(call: Call) -> Response:
    asked: dict[str, set[str]] = {}
    for name in ("descriptors", "subjectdescriptors", "identityids"):
        if call.query.get(name):
            asked[name] = {one.strip().casefold() for one in call.query[name].split(",")}
    searched = call.query.get("filtervalue", "").casefold()
    found = [user for user in call.tracker.users() if _is_asked_for(user, asked, searched)]
    return listing([_identity(user) for user in found])


def _is_asked_for(user: User, asked: dict[str, set[str]], searched: str) -> bool:
    own = {
        "descriptors": identity_descriptor(user),
        "subjectdescriptors": subject_descriptor(user),
        "identityids": user.id,
    }
    if searched:
        return searched in (user.mail.casefold(), user.display_name.casefold(), combined_name(user).casefold())
    return any(own[name].casefold() in values for name, values in asked.items())


def _identity(user: User) -> Json:
    account = {"$type": "System.String", "$value": user.mail}
    return {
        "id": user.id,
        "descriptor": identity_descriptor(user),
        "subjectDescriptor": subject_descriptor(user),
        "providerDisplayName": user.display_name,
        "isActive": user.active,
        "members": [],
        "memberOf": [],
        "memberIds": [],
        "properties": {
            "SchemaClassName": {"$type": "System.String", "$value": "User"},
            "Account": account,
            "Mail": account,
        },
        "resourceVersion": 2,
        "metaTypeId": 0,
    }


# rights


def rights(call: Call, user: User, project: Project) -> int:
    """What a person may do with the work items of a project's areas, as bits of the CSS namespace."""
    bits = 0
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
    entries = {identity_descriptor(user): _entry(call, user, project, extended) for user in wanted}
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


def _entry(call: Call, user: User, project: Project, extended: bool) -> Json:
    bits = rights(call, user, project)
    entry: Json = {"descriptor": identity_descriptor(user), "allow": 0, "deny": 0}
    if extended:
        # All rights come by groups here, so nothing is said of the person themselves.
        entry["extendedInfo"] = {"inheritedAllow": bits, "effectiveAllow": bits}
    return entry


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


# teams


def _teams(call: Call) -> Response:
    project = named_project(call, call.rest[0])
    return listing([{"id": guid("team", project.id), "name": f"{project.name} Team", "projectName": project.name}])


def _members(call: Call) -> Response:
    project = named_project(call, call.rest[0])
    if call.rest[1].casefold() not in (guid("team", project.id), f"{project.name} Team".casefold()):
        raise WireError(404, f"The team with id '{call.rest[1][:100]}' does not exist.", "TeamNotFoundException")
    team = next(group for group in groups(call) if group.name == f"{project.name} Team" and group.project == project)
    people = [user for user in call.tracker.users() if user.name in team.members]
    return listing([{"identity": identity_ref(user, call.base)} for user in people])


ROUTES: Routes = {
    ("GET", "graph/users"): _users,
    ("GET", "graph/users/*"): _user,
    ("GET", "graph/groups"): _groups,
    ("GET", "graph/groups/*"): _group,
    ("GET", "graph/descriptors/*"): _descriptor,
    ("GET", "graph/storagekeys/*"): _storage_key,
    ("GET", "graph/memberships/*"): _memberships,
    ("GET", "graph/memberships/*/*"): _one_membership,
    ("GET", "identities"): _identities,
    ("GET", "accesscontrollists/*"): _lists,
    ("GET", "securitynamespaces"): _namespaces,
    ("GET", "securitynamespaces/*"): _namespaces,
    ("GET", "projects/*/teams"): _teams,
    ("GET", "projects/*/teams/*/members"): _members,
}
