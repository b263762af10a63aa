"""Who is who, and who may what: accounts, permissions, project roles, groups."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Response

from integrations.sandbox.jira.calls import Call, Refusal, Route, answer, page
from integrations.sandbox.records import Permission, Project, User

_ROLES = {"Administrators": 10002, "Developers": 10001, "Reporters": 10003}

# Jira's permission key -> what it means here. Old spellings of Data Center are taken as well.
PERMISSIONS: Mapping[str, Permission] = {
    "BROWSE_PROJECTS": "browse",
    "ADD_COMMENTS": "comment",
    "EDIT_OWN_COMMENTS": "comment",
    "CREATE_ISSUES": "create",
    "EDIT_ISSUES": "edit",
    "LINK_ISSUES": "edit",
    "ASSIGN_ISSUES": "edit",
    "TRANSITION_ISSUES": "edit",
    "DELETE_ISSUES": "administer",
    "EDIT_ALL_COMMENTS": "administer",
    "ADMINISTER_PROJECTS": "administer",
}
_OLD_KEYS = {
    "BROWSE": "BROWSE_PROJECTS",
    "COMMENT_ISSUE": "ADD_COMMENTS",
    "CREATE_ISSUE": "CREATE_ISSUES",
    "EDIT_ISSUE": "EDIT_ISSUES",
    "LINK_ISSUE": "LINK_ISSUES",
    "ASSIGN_ISSUE": "ASSIGN_ISSUES",
    "TRANSITION_ISSUE": "TRANSITION_ISSUES",
    "DELETE_ISSUE": "DELETE_ISSUES",
    "PROJECT_ADMIN": "ADMINISTER_PROJECTS",
}


def _key(name: str) -> str:
    known = _OLD_KEYS.get(name, name)
    if known not in PERMISSIONS and known != "ADMINISTER":
        raise Refusal(400, f"Unrecognized permission(s) '{name}'.")
    return known


def myself(call: Call) -> Response:
    shown = dict(call.shapes.user(call.viewer.name) or {})
    count = {"size": len(_of(call, call.viewer)), "items": []}
    return answer({**shown, "locale": "en_US", "groups": count, "applicationRoles": {"size": 1, "items": []}})


def get_user(call: Call) -> Response:
    wanted = call.argument("accountId") if call.cloud else call.argument("username")
    by_key = call.argument("key")
    for user in call.tracker.users():
        if (call.cloud and user.id == wanted) or (not call.cloud and (user.name == wanted or user.id == by_key)):
            shown = call.shapes.user(user.name) or {}
            if not call.cloud and call.viewer.is_administrator and "groups" in call.names("expand"):
                names = _of(call, user)
                items = [{"name": name, "self": call.shapes.link(f"group?groupname={name}")} for name in names]
                shown["groups"] = {"size": len(items), "items": items}
            return answer(shown)
    if call.cloud:
        raise Refusal(404, "Specified user does not exist or you do not have required permissions")
    raise Refusal(404, f"The user named '{wanted}' does not exist")


def search_users(call: Call) -> Response:
    found = [user for user in call.tracker.users() if user.active and _matches(call, user)]
    return answer([call.shapes.user(user.name) for user in _slice(call, found)])


def assignable(call: Call) -> Response:
    project = _project_asked(call)
    found = [u for u in call.tracker.users() if _matches(call, u) and call.tracker.may(u, "edit", project)]
    return answer([call.shapes.user(user.name) for user in _slice(call, found)])


def with_permissions(call: Call) -> Response:
    """Accounts that hold all these permissions for a project or an issue; only administrators may ask."""
    asked = call.names("permissions")
    if not asked:
        raise Refusal(400, "The permissions parameter must be provided.")
    keys = [_key(name) for name in asked]
    project = _project_asked(call)
    if not call.viewer.is_administrator and not call.tracker.may(call.viewer, "administer", project):
        if call.cloud:
            raise Refusal(403, "You do not have permission to browse users with these permissions.")
        raise Refusal(403, "You must have the ADMINISTER permission or be an administrator of this project.")
    found = [
        user
        for user in call.tracker.users()
        if user.active and _matches(call, user) and all(_holds(call, user, key, project) for key in keys)
    ]
    return answer([call.shapes.user(user.name) for user in _slice(call, found)])


def _project_asked(call: Call) -> Project:
    key = call.argument("issueKey")
    if key:
        return call.tracker.project(call.item(key).project)
    return call.project(call.argument("projectKey") or call.argument("project"))


def _holds(call: Call, user: User, key: str, project: Project | None) -> bool:
    if key == "ADMINISTER":
        return user.is_administrator
    if project is None:
        return any(call.tracker.may(user, PERMISSIONS[key], p) for p in call.tracker.projects())
    return call.tracker.may(user, PERMISSIONS[key], project)


def _matches(call: Call, user: User) -> bool:
    account = call.argument("accountId")
    if account:
        return user.id == account
    text = call.argument("query" if call.cloud else "username").casefold()
    return text in ("", ".") or any(
        part.casefold().startswith(text) for part in (user.name, user.mail, *user.display_name.split(" "))
    )


def _slice(call: Call, users: list[User]) -> list[User]:
    start, most = call.number("startAt", 0, 1_000_000), call.number("maxResults", 50)
    return users[start : start + most]


def my_permissions(call: Call) -> Response:
    project = None
    if call.argument("issueKey") or call.argument("issueId"):
        project = call.tracker.project(call.item(call.argument("issueKey") or call.argument("issueId")).project)
    elif call.argument("projectKey") or call.argument("projectId"):
        project = call.project(call.argument("projectKey") or call.argument("projectId"))
    asked = call.names("permissions")
    if call.cloud and not asked:
        raise Refusal(400, "The 'permissions' query parameter is required.")
    keys = [_key(name) for name in asked] if call.cloud else [*PERMISSIONS, "ADMINISTER"]
    return answer({"permissions": {key: _permission(call, key, project) for key in keys}})


def _permission(call: Call, key: str, project: Project | None) -> dict[str, Any]:
    name = key.replace("_", " ").title()
    number = str(10 + list(PERMISSIONS).index(key)) if key in PERMISSIONS else "0"
    kind = "GLOBAL" if key == "ADMINISTER" else "PROJECT"
    shown = {"id": number, "key": key, "name": name, "type": kind, "description": f"Ability to {name.lower()}."}
    return {**shown, "havePermission": _holds(call, call.viewer, key, project)}


def check_permissions(call: Call) -> Response:
    """POST permissions/check of Cloud: the caller's own, or for administrators another account's."""
    account = call.body.get("accountId")
    person = call.viewer if account is None else call.tracker.user_by_id(str(account))
    if person is None or (person != call.viewer and not call.viewer.is_administrator):
        raise Refusal(403, "You are not authorized to perform this operation. Administrator privileges are required.")
    granted = []
    for group in call.body.get("projectPermissions") or []:
        for name in group.get("permissions") or []:
            key, issues = _key(name), [call.tracker.item(number) for number in group.get("issues") or []]
            held = [i.id for i in issues if _holds(call, person, key, call.tracker.project(i.project))]
            homes = [call.tracker.project(number) for number in group.get("projects") or []]
            projects = [home.id for home in homes if _holds(call, person, key, home)]
            granted.append({"permission": key, "issues": held, "projects": projects})
    return answer({"projectPermissions": granted, "globalPermissions": []})


# roles and groups


def project_roles(call: Call, project: str) -> Response:
    home = call.project(project)
    where = call.shapes.link(f"project/{home.id}/role/")
    return answer({name: f"{where}{number}" for name, number in _ROLES.items()})


def project_role(call: Call, project: str, role: int) -> Response:
    home = call.project(project)
    name = next((name for name, number in _ROLES.items() if number == role), None)
    if name is None:
        raise Refusal(404, f"Can not retrieve project role with id '{role}'.")
    if not call.viewer.is_administrator and not call.tracker.may(call.viewer, "administer", home):
        said = (
            "You cannot view the roles of this project."
            if call.cloud
            else "You do not have permission to see project roles."
        )
        raise Refusal(401 if not call.cloud else 403, said)
    roles = call.tracker.roles(home.key)
    people = [user for user in call.tracker.users() if roles.get(user.name) == name and user.active]
    actors = [_actor(call, number, user) for number, user in enumerate(people, 10240)]
    where = call.shapes.link(f"project/{home.id}/role/{role}")
    return answer({"self": where, "name": name, "id": role, "description": f"{name} of a project", "actors": actors})


def _actor(call: Call, number: int, user: User) -> dict[str, Any]:
    shown = {"id": number, "displayName": user.display_name, "type": "atlassian-user-role-actor"}
    if call.cloud:
        return {**shown, "actorUser": {"accountId": user.id}}
    return {**shown, "name": user.name}


def group_members(call: Call) -> Response:
    """The members of a group, for administrators only."""
    if not call.viewer.is_administrator:
        if call.cloud:
            raise Refusal(
                403, "You are not authorized to perform this operation. Administrator privileges are required."
            )
        raise Refusal(403, "Client must have the ADMINISTER permission to see members of a group.")
    groups, wanted = call.tracker.groups(), call.argument("groupname")
    if call.cloud and call.argument("groupId"):
        wanted = next((name for name in groups if group_id(name) == call.argument("groupId")), "")
    if wanted not in groups:
        raise Refusal(404, f"The group named '{wanted}' does not exist.")
    shown = page(call, groups[wanted], cap=50)
    where = call.shapes.link(f"group/member?groupname={wanted}&startAt={shown['startAt']}")
    return answer({"self": where, **shown, "values": [call.shapes.user(user.name) for user in shown["values"]]})


def groups_of_user(call: Call) -> Response:
    """The groups of an account, for administrators only."""
    if not call.viewer.is_administrator:
        raise Refusal(403, "You are not authorized to perform this operation. Administrator privileges are required.")
    user = next((user for user in call.tracker.users() if user.id == call.argument("accountId")), None)
    if user is None:
        raise Refusal(404, "Specified user does not exist or you do not have required permissions")
    shown = [{"name": name, "groupId": group_id(name)} for name in _of(call, user)]
    return answer([{**group, "self": call.shapes.link(f"group?groupId={group['groupId']}")} for group in shown])


def _of(call: Call, user: User) -> list[str]:
    return [name for name, members in call.tracker.groups().items() if user in members]


def group_id(name: str) -> str:
    """The id of a group, which Jira Cloud knows beside its name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"group:{name}"))


ROUTES: tuple[Route, ...] = (
    ("GET", "myself", myself),
    ("GET", "user", get_user),
    ("GET", "user/search", search_users),
    ("GET", "user/assignable/search", assignable),
    ("GET", "user/permission/search", with_permissions),
    ("GET", "mypermissions", my_permissions),
    ("GET", "project/<project>/role", project_roles),
    ("GET", "project/<project>/role/<int:role>", project_role),
    ("GET", "group/member", group_members),
)
CLOUD_ROUTES: tuple[Route, ...] = (
    ("POST", "permissions/check", check_permissions),
    ("GET", "user/groups", groups_of_user),
)
