"""The rights of the bot's own account, by the names that the product's pages of permissions have for them.

Every account may ask for its own; with areas of the project the answer is that of the area.
https://learn.microsoft.com/azure/devops/organizations/security/namespace-reference
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from integrations.azure_devops.organisation import scopes
from integrations.azure_devops.organisation.areas import area_token, existing_path
from integrations.azure_devops.writing.children import ChildWriter
from integrations.tracker import Deed, Holding, Incomplete, Invalid, Missing, NotToSet, Refused, Unintelligible
from rules.changes import FieldValue

if TYPE_CHECKING:  # importing it for real needs the package's cache directory to be named first
    from integrations.azure_devops.sdk import Session

AREAS = "83e28ad4-2d72-4ceb-97b0-c7726d5502c3"
PROJECT = "52d39943-cb85-4d7f-8fa8-c6baac873819"
TAGGING = "bb50f182-8e5e-40b8-bc21-e8752a1e7ae2"

VIEW, EDIT = "View work items in this node", "Edit work items in this node"
EDIT_COMMENTS, TAGS = "Edit work item comments in this node", "Create tag definition"
DELETE = "Delete and restore work items"
NAMES: tuple[tuple[Deed, str, str, int], ...] = (
    ("browse", VIEW, AREAS, 16),
    ("comment", EDIT_COMMENTS, AREAS, 512),
    ("edit", EDIT, AREAS, 32),
    ("label", TAGS, TAGGING, 2),
    ("delete", DELETE, PROJECT, 32768),
)


class AzureDevOpsRights:
    """The Rights port. To edit includes to link, create, move and assign: the product has no rights of their own."""

    def __init__(self, session: Session, children: ChildWriter) -> None:
        self._session = session
        self._children = children

    def held(self, project: str, scope: str) -> tuple[Holding, ...]:
        tokens = self._tokens(project, scope)
        held = {name: self._has(namespace, bit, tokens[namespace]) for _, name, namespace, bit in NAMES}
        if held[EDIT]:
            held[EDIT_COMMENTS] = True  # who may edit items may comment on them
        return tuple(Holding(deed, name, held[name]) for deed, name, _, _ in NAMES)

    def lacking(self, project: str, values: tuple[FieldValue, ...]) -> tuple[str, ...]:
        try:
            self._children.filled(project, self._children.subtask_type(project), values)
        except Incomplete as incomplete:
            return incomplete.fields
        except NotToSet:  # which the settings name all the same
            raise
        except Invalid:  # the project has no type for sub-tasks
            return ()
        return ()

    def _tokens(self, project: str, scope: str) -> dict[str, str]:
        path = existing_path(self._session, project, scope) if scope and scopes.is_area(scope) else project
        identity = self._session.project_id(project)
        return {
            AREAS: area_token(self._session, project, path),
            PROJECT: f"$PROJECT:vstfs:///Classification/TeamProject/{identity}:",
            TAGGING: f"/{identity}",
        }

    def _has(self, namespace: str, bit: int, token: str) -> bool | None:
        try:
            answer = self._session.security.has_permissions(namespace, bit, tokens=token)
        except (Refused, Missing, Invalid, Unintelligible):
            return None
        told = answer[0] if isinstance(answer, list) and answer else None
        return told if isinstance(told, bool) else None
