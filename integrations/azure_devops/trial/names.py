"""Whether projects, people and groups that the settings name are there, and what the product itself calls them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integrations.azure_devops.organisation.memberships import full_names, memberships_of
from integrations.tracker import Invalid, Missing, Named, Refused, Unintelligible

if TYPE_CHECKING:  # importing it for real needs the package's cache directory to be named first
    from integrations.azure_devops.sdk import Session

MOST = 8


class AzureDevOpsNames:
    """The Names port."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def project(self, key: str) -> str:
        return self._session.project_name(key)

    def person(self, identity: str) -> Named:
        try:
            memberships_of(self._session).of(identity)
        except (Missing, Invalid):
            pass
        except (Refused, Unintelligible):
            return Named(None)
        else:
            return Named(True)
        try:
            found = self._session.identities.read_identities(search_filter="General", filter_value=identity)
        except (Refused, Missing, Invalid, Unintelligible):
            return Named(False)
        people = [one for one in found if isinstance(one, dict) and one.get("id") and not one.get("isContainer")]
        return Named(False, tuple(f"{one['id']} ({one.get('providerDisplayName', '')})" for one in people[:MOST]))

    def group(self, name: str, project: str, kind: str = "") -> Named:
        try:
            if not self._session.knows_graph():
                return Named(None)
            listed = self._session.graph.list_groups()
        except (Refused, Missing, Invalid, Unintelligible):
            return Named(None)
        there = [str(one.get("principalName") or "") for one in listed.graph_groups if isinstance(one, dict)]
        wanted = full_names(name, project, self._session)
        if any(one.casefold() in wanted for one in there):
            return Named(True)
        if listed.continuation_token:
            return Named(None)
        own = [one for one in there if one.casefold().startswith(f"[{project}]\\".casefold())]
        return Named(False, tuple(own[:MOST]))
