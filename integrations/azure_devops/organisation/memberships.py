"""Which groups somebody is in, and how access control lists name them all.

Azure DevOps Services tells it by Graph. A server of one's own has no Graph; its identities tell of their groups.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from integrations.tracker import Missing, Unintelligible

if TYPE_CHECKING:  # importing it for real needs the package's cache directory to be named first
    from integrations.azure_devops.sdk import Session

_MOST_GROUPS = 500
_IDENTITIES_AT_ONCE = 20
_SID = re.compile(r"S-1-[0-9-]{1,200}")


@dataclass(frozen=True, slots=True)
class Membership:
    """A person's groups, direct and through others, by descriptor. `names` are theirs, where they came along."""

    descriptor: str
    groups: tuple[str, ...]
    names: tuple[str, ...] = ()


class GraphMemberships:
    """By Graph: descriptors like aad.… and vssgp.…"""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, person_id: str) -> Membership:
        """Raises Missing for somebody whom the organisation does not know, Unintelligible for too many groups."""
        answer = self._session.graph.get_descriptor(person_id)
        value = answer.get("value") if isinstance(answer, dict) else None
        if not isinstance(value, str) or not value:
            raise Missing("no descriptor")
        return Membership(value, tuple(self._above(value)))

    def group_names(self, member: Membership) -> Iterable[str]:
        """The full names of the groups, such as [Shop]\\Contributors."""
        for descriptor in member.groups:
            try:
                answer = self._session.graph.get_group(descriptor)
            except Missing:
                continue
            yield str(answer.get("principalName") or "") if isinstance(answer, dict) else ""

    def security_names(self, member: Membership) -> set[str]:
        """The names by which access control lists know a person and their groups.

        Raises Missing for a person who has left: the identity is kept, but no longer active.
        """
        names = {name for one in member.groups if (name := security_name(one))}
        everyone = [member.descriptor, *member.groups]
        known = False
        for asked in _portions(everyone):
            for one in self._session.identities.read_identities(subject_descriptors=",".join(asked)):
                if not isinstance(one, dict) or not one.get("descriptor"):
                    continue
                names.add(str(one["descriptor"]))
                if one.get("subjectDescriptor") == member.descriptor:
                    known = True
                    _still_there(one)
        if not known:
            raise Unintelligible("the tracker does not say how access control lists name a person")
        return names

    def _above(self, descriptor: str) -> list[str]:
        found: dict[str, None] = {}
        waiting = [descriptor]
        while waiting:
            for one in self._session.graph.list_memberships(waiting.pop(), direction="Up"):
                container = one.get("containerDescriptor") if isinstance(one, dict) else None
                if isinstance(container, str) and container not in found:
                    found[container] = None
                    waiting.append(container)
            _few_enough(found)
        return list(found)


class IdentityMemberships:
    """By identities, which name people and groups as access control lists do."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, person_id: str) -> Membership:
        """Raises Missing for somebody who is not known or has left, Unintelligible for too many groups."""
        if not person_id:
            raise Missing("no such person")
        own = next((one for one in self._read(identity_ids=person_id) if _is(one, person_id)), None)
        if own is None:
            raise Missing("no such person")
        _still_there(own)
        found: dict[str, str] = {}
        waiting = _groups_of(own)
        while waiting:
            asked = [one for one in dict.fromkeys(waiting) if one not in found][:_IDENTITIES_AT_ONCE]
            waiting = [one for one in waiting if one not in found and one not in asked]
            if not asked:
                break
            found |= dict.fromkeys(asked, "")
            for group in self._read(descriptors=",".join(asked)):
                found[str(group["descriptor"])] = str(group.get("providerDisplayName") or "")
                waiting += _groups_of(group)
            _few_enough(found)
        return Membership(str(own["descriptor"]), tuple(found), tuple(found.values()))

    def group_names(self, member: Membership) -> Iterable[str]:
        """The full names of the groups, such as [Shop]\\Contributors."""
        return member.names

    def security_names(self, member: Membership) -> set[str]:
        """The names by which access control lists know a person and their groups."""
        return {member.descriptor, *member.groups}

    def _read(self, **asked: str) -> list[dict[str, Any]]:
        answer = self._session.identities.read_identities(query_membership="Direct", **asked)
        return [one for one in answer if isinstance(one, dict) and isinstance(one.get("descriptor"), str)]


Memberships = GraphMemberships | IdentityMemberships


def memberships_of(session: Session) -> Memberships:
    """The way by which this server tells who is in which group."""
    return GraphMemberships(session) if session.knows_graph() else IdentityMemberships(session)


def full_names(group: str, project: str, session: Session) -> frozenset[str]:
    """The full names that a short one may stand for, in lower case."""
    if "\\" in group:
        return frozenset({group.casefold()})
    organisation = session.organisation_url.rpartition("/")[2]
    return frozenset(f"[{scope}]\\{group}".casefold() for scope in (project, organisation, "TEAM FOUNDATION"))


def security_name(descriptor: str) -> str:
    """The name by which access control lists know a group: its SID, which the graph's descriptor encodes."""
    kind, _, encoded = descriptor.partition(".")
    if kind not in ("vssgp", "aadgp"):
        return ""
    try:
        sid = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        return ""
    return f"Microsoft.TeamFoundation.Identity;{sid}" if _SID.fullmatch(sid) else ""


def _portions(everyone: Sequence[str]) -> Iterable[Sequence[str]]:
    return (everyone[at : at + _IDENTITIES_AT_ONCE] for at in range(0, len(everyone), _IDENTITIES_AT_ONCE))


def _groups_of(identity: dict[str, Any]) -> list[str]:
    """Descriptors of the groups above; some servers tell them as objects."""
    told = identity.get("memberOf")
    found = (
        f"{one.get('identityType')};{one.get('identifier')}" if isinstance(one, dict) else one
        for one in (told if isinstance(told, list) else ())
    )
    return [one for one in found if isinstance(one, str) and ";" in one]


def _is(identity: dict[str, Any], person_id: str) -> bool:
    return str(identity.get("id", "")).lower() == person_id.lower()


def _still_there(identity: dict[str, Any]) -> None:
    if identity.get("isActive") is False:
        raise Missing("no longer a member")


def _few_enough(found: dict[str, Any]) -> None:
    if len(found) > _MOST_GROUPS:
        raise Unintelligible("more groups than can be followed")
