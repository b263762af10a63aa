"""A scratch issue for a rehearsal: created with a label and a marker, and removed again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from integrations.blocks import Blocks, Paragraph, Text
from integrations.jira.answers import UNDERSTOOD
from integrations.jira.changes.created.required import required_values
from integrations.jira.changes.workflow import Workflow
from integrations.jira.items import PROPERTY, marker_of
from integrations.jira.items import person as person_of
from integrations.jira.markup import Markup
from integrations.jira.reader import JiraReader
from integrations.jira.search import issue_path
from integrations.jira.session import Flavour, JiraSession
from integrations.jira.subtasks import SubTasks
from integrations.tracker import (
    SCRATCH_LABEL,
    SCRATCH_MARKER,
    SCRATCH_SUMMARY,
    Incomplete,
    Invalid,
    Missing,
    NotSignedIn,
    Refused,
)
from rules.changes import FieldValue
from rules.model import Person

MOST = 20
_TEXT: Blocks = (Paragraph((Text("Made by `steward doctor --rehearse`. Nobody needs to do anything about it."),)),)


class JiraRehearser:
    """The Rehearser port."""

    def __init__(
        self,
        session: JiraSession,
        flavour: Flavour,
        reader: JiraReader,
        markup: Markup,
        account: Callable[[], Person],
    ) -> None:
        self._session = session
        self._cloud = flavour == "cloud"
        self._reader = reader
        self._markup = markup
        self._account = account
        self._created = SubTasks(session, reader)
        self._workflow = Workflow(session, markup.render)

    def create(self, project: str, scope: str, values: tuple[FieldValue, ...]) -> str:
        kind, screen = self._type(project, values)
        filled = required_values(screen, values, self._markup.render)
        with UNDERSTOOD:
            known = {str(field.get("fieldId") or field["key"]) for field in screen}
        fields: dict[str, Any] = {**filled, "project": {"key": project}, "issuetype": {"id": kind}}
        fields["summary"] = SCRATCH_SUMMARY
        if "description" in known:
            fields["description"] = self._markup.render(_TEXT)
        if "labels" in known:
            fields["labels"] = [*filled.get("labels", ()), SCRATCH_LABEL]
        if "assignee" in known and "assignee" not in filled:
            # Else the project's default assignee would get mail.
            nobody = None if self._cloud else {"name": None}
            try:
                return self._created.create_with({**fields, "assignee": nobody}, SCRATCH_MARKER)
            except Invalid:
                pass  # nothing was made: the project wants somebody to be assigned
        return self._created.create_with(fields, SCRATCH_MARKER)

    def leftovers(self, project: str) -> tuple[str, ...]:
        query = f'project = "{project}" AND creator = currentUser() AND labels = "{SCRATCH_LABEL}" ORDER BY created ASC'
        return tuple(key for key in self._reader.found(query, MOST) if self._is_ours(key))

    def remove(self, key: str) -> bool:
        try:
            self._session.delete(issue_path(key), needs=f"Delete Issues on {key}")
        except Missing:
            return True
        except NotSignedIn:
            raise
        except Refused:
            pass
        else:
            return True
        if self._reader.fetch(key).status_category != "done":
            self._workflow.make(key, self._workflow.to_end(key).target)
        return False

    def take_back(self, key: str, comment: str) -> bool:
        path = issue_path(key, f"comment/{quote(comment, safe='')}")
        try:
            self._session.delete(path, needs=f"Delete Own Comments on {key}")
        except Missing:
            return True
        except NotSignedIn:
            raise
        except (Refused, Invalid):  # Cloud answers 400 where the right lacks
            return False
        return True

    def _type(self, project: str, values: tuple[FieldValue, ...]) -> tuple[str, list[Mapping[str, Any]]]:
        """The id of the first usual type whose required fields are all given, and its create screen."""
        with UNDERSTOOD:
            kinds = [kind for kind in self._reader.issue_types(project) if not kind.get("subtask")]
            kinds.sort(key=lambda kind: int(kind.get("hierarchyLevel") or 0) != 0)
            ids = [str(kind["id"]) for kind in kinds]
        lacking: Incomplete | None = None
        for identity in ids:
            screen = self._reader.create_fields(project, identity)
            try:
                required_values(screen, values, self._markup.render)
            except Incomplete as incomplete:
                lacking = lacking or incomplete
            else:
                return identity, screen
        if lacking is not None:
            raise lacking
        raise Refused("no type of issue may be created", f"Create Issues in {project}")

    def _is_ours(self, key: str) -> bool:
        params = {"fields": "creator,labels", "properties": PROPERTY}
        try:
            issue = self._session.get(issue_path(key), params, needs=f"Browse Projects for {key}")
        except Missing:
            return False
        with UNDERSTOOD:
            made_by_us = person_of(issue["fields"]["creator"]).id == self._account().id
            labelled = SCRATCH_LABEL in issue["fields"]["labels"]
        return made_by_us and labelled and marker_of(issue.get("properties")) == SCRATCH_MARKER
