"""The People port for Azure DevOps: who is who, and who may edit.

The product answers permission questions about the caller only; about somebody else it hands out access control lists,
in which people stand through their groups. Groups are followed upwards, and a deny of any of them wins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from integrations.azure_devops import parts
from integrations.azure_devops.organisation.areas import area_token
from integrations.azure_devops.organisation.memberships import full_names, memberships_of
from integrations.azure_devops.reader import number
from integrations.tracker import Missing, Refused, Right, Unintelligible
from rules.model import Person

if TYPE_CHECKING:  # importing it for real needs the package's cache directory to be named first
    from integrations.azure_devops.sdk import Session

# https://learn.microsoft.com/azure/devops/organizations/security/namespace-reference
AREAS = "83e28ad4-2d72-4ceb-97b0-c7726d5502c3"  # the namespace CSS: what may be done in an area of the project
WORK_ITEM_WRITE = 32


class AzureDevOpsPeople:
    """Asks live, every time; only the bot's own identity is remembered, which a token never changes."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._me: Person | None = None

    def me(self) -> Person:
        """The account of the connection's token."""
        if self._me is None:
            answer = self._session.location.get_connection_data()
            user = answer.get("authenticatedUser") if isinstance(answer, dict) else None
            if not isinstance(user, dict) or not user.get("id"):
                raise Unintelligible("the tracker does not say who is signed in")
            name = str(user.get("customDisplayName") or user.get("providerDisplayName") or "")
            descriptor = str(user.get("subjectDescriptor") or "")
            self._me = parts.person({"id": user["id"], "displayName": name, "descriptor": descriptor})
            assert self._me is not None  # it has an id
        return self._me

    def own_id(self) -> str:
        """The identity of the bot's account."""
        return self.me().id

    def may_edit(self, person: Person, key: str) -> Right:
        """By the access control lists of the item's area. None where the bot may not see them."""
        fields = parts.fields_of(self._session.item(number(key), ["System.TeamProject", "System.AreaPath"]))
        try:
            memberships = memberships_of(self._session)
            names = memberships.security_names(memberships.of(person.id))
        except Missing:
            return Right(False, "no such person in the organisation")
        except (Refused, Unintelligible):
            return Right(None, "the bot's account may not see who is in which group (scopes Graph and Identity: read)")
        try:
            project, path = (parts.text(fields, name) for name in ("System.TeamProject", "System.AreaPath"))
            token = area_token(self._session, project, path)
            lists = self._session.security.query_access_control_lists(
                AREAS, token=token, descriptors=",".join(sorted(names)), include_extended_info=True
            )
        except (Refused, Missing, Unintelligible):
            return Right(None, "the bot's account may not see the permissions of the item's area")
        allowed, denied = _effective(lists, {name.lower() for name in names})
        if denied & WORK_ITEM_WRITE or not allowed & WORK_ITEM_WRITE:
            return Right(False, "the right to edit work items in this area")
        return Right(True)

    def in_group(self, person: Person, group: str, project: str) -> bool:
        """Membership, direct or through other groups.

        `group` is a full name ("[Shop]\\Contributors"), or the short name of a group of the project, of the
        organisation or of the directory. A group of another project never counts.
        """
        wanted = full_names(group, project, self._session)
        memberships = memberships_of(self._session)
        try:
            member = memberships.of(person.id)
        except Missing:
            return False
        return any(name.casefold() in wanted for name in memberships.group_names(member))


def _effective(lists: object, names: set[str]) -> tuple[int, int]:
    """Bits that any of the names is allowed, and that any is denied, inherited ones included."""
    allowed = denied = 0
    for one in lists if isinstance(lists, list) else ():
        entries = one.get("acesDictionary") if isinstance(one, dict) else None
        for name, entry in entries.items() if isinstance(entries, dict) else ():
            if str(name).lower() in names and isinstance(entry, dict):
                extended = entry.get("extendedInfo")
                told = isinstance(extended, dict)  # what is inherited is in there too, weighed against the entry's own
                allowed |= _bits(extended, "effectiveAllow") if told else _bits(entry, "allow")
                denied |= _bits(extended, "effectiveDeny") if told else _bits(entry, "deny")
    return allowed, denied


def _bits(entry: Any, name: str) -> int:
    value = entry.get(name)
    return value if isinstance(value, int) else 0
