"""Who is in which group: graph users, groups and memberships, and the members of teams."""

from __future__ import annotations

from dataclasses import dataclass

from werkzeug.wrappers import Response

from integrations.sandbox.azure_devops.answers import (
    Json,
    WireError,
    answer,
    guid,
    identity_ref,
    project_guid,
    subject_descriptor,
)
from integrations.sandbox.azure_devops.resources.organisation import named_project
from integrations.sandbox.azure_devops.wire import Call, Routes, listing
from integrations.sandbox.records import Project, User

_ROLE_GROUPS = {"Administrators": "Project Administrators", "Developers": "Contributors", "Reporters": "Reporters"}


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
    ("GET", "projects/*/teams"): _teams,
    ("GET", "projects/*/teams/*/members"): _members,
}
