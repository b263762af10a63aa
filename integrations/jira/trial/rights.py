"""The rights of the bot's own account in a project, by the names that Jira's permission schemes have for them.

https://support.atlassian.com/jira-cloud-administration/docs/permissions-for-company-managed-projects/
"""

from __future__ import annotations

from integrations.jira.answers import UNDERSTOOD
from integrations.jira.changes.created.required import Rich, required_values
from integrations.jira.reader import JiraReader
from integrations.jira.session import Flavour, JiraSession
from integrations.tracker import Deed, Holding, Incomplete, Invalid, Missing
from rules.changes import FieldValue

NAMES: tuple[tuple[Deed, str, str], ...] = (
    ("browse", "BROWSE_PROJECTS", "Browse Projects"),
    ("comment", "ADD_COMMENTS", "Add Comments"),
    ("comment", "EDIT_OWN_COMMENTS", "Edit Own Comments"),
    ("edit", "EDIT_ISSUES", "Edit Issues"),
    ("link", "LINK_ISSUES", "Link Issues"),
    ("create", "CREATE_ISSUES", "Create Issues"),
    ("transition", "TRANSITION_ISSUES", "Transition Issues"),
    ("assign", "ASSIGN_ISSUES", "Assign Issues"),
    ("delete", "DELETE_ISSUES", "Delete Issues"),
)


class JiraRights:
    """The Rights port. Jira answers for a project as a whole, whatever the scope."""

    def __init__(self, session: JiraSession, flavour: Flavour, reader: JiraReader, rich: Rich) -> None:
        self._session = session
        self._cloud = flavour == "cloud"
        self._reader = reader
        self._rich = rich

    def held(self, project: str, scope: str) -> tuple[Holding, ...]:
        asked = {"projectKey": project}
        if self._cloud:  # Data Center tells of all
            asked["permissions"] = ",".join(key for _, key, _ in NAMES)
        try:
            answer = self._session.get("mypermissions", asked)
        except (Missing, Invalid):  # the project is not to be seen, or this Jira does not know one of the keys
            return tuple(Holding(deed, name, None) for deed, _, name in NAMES)
        with UNDERSTOOD:
            told = {str(key): one.get("havePermission") for key, one in answer["permissions"].items()}
        return tuple(
            Holding(deed, name, told[key] if isinstance(told.get(key), bool) else None) for deed, key, name in NAMES
        )

    def lacking(self, project: str, values: tuple[FieldValue, ...]) -> tuple[str, ...]:
        with UNDERSTOOD:
            kinds = [str(kind["id"]) for kind in self._reader.issue_types(project) if kind.get("subtask")]
        for kind in kinds[:1]:  # the one that sub-tasks are made of
            try:
                required_values(self._reader.create_fields(project, kind), values, self._rich)
            except Incomplete as incomplete:
                return incomplete.fields
        return ()
