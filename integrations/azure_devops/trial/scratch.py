"""A scratch item for a rehearsal: created with a tag and a marker, and removed again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from integrations.azure_devops import parts
from integrations.azure_devops.markup import Markup, marker_of
from integrations.azure_devops.organisation import scopes
from integrations.azure_devops.organisation.areas import existing_path
from integrations.azure_devops.reader import AzureDevOpsReader, number
from integrations.azure_devops.reading import reading
from integrations.azure_devops.writing.children import ChildWriter
from integrations.blocks import Blocks, Paragraph, Text
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

if TYPE_CHECKING:  # importing it for real needs the package's cache directory to be named first
    from integrations.azure_devops.sdk import Session

MOST = 20
_ENDS = ("Completed", "Removed")
_TEXT: Blocks = (Paragraph((Text("Made by `steward doctor --rehearse`. Nobody needs to do anything about it."),)),)


class AzureDevOpsRehearser:
    """The Rehearser port. `own_id` gives the identity of the bot's account."""

    def __init__(
        self, session: Session, reader: AzureDevOpsReader, children: ChildWriter, own_id: Callable[[], str]
    ) -> None:
        self._session = session
        self._reader = reader
        self._children = children
        self._own_id = own_id

    def create(self, project: str, scope: str, values: tuple[FieldValue, ...]) -> str:
        item_type, filled = self._type(project, values)
        text = Markup.of(self._session.organisation_url, project).render(_TEXT, "html", SCRATCH_MARKER)
        fields = {
            **filled,
            parts.TITLE: SCRATCH_SUMMARY,
            parts.DESCRIPTION: text,
            parts.TAGS: "; ".join(one for one in (filled.get(parts.TAGS), SCRATCH_LABEL) if one),
            parts.ITERATION: project,  # the root: where it is in no sprint
        }
        if scope and scopes.is_area(scope):
            fields[parts.AREA] = existing_path(self._session, project, scope)
        operations = [{"op": "add", "path": f"/fields/{name}", "value": value} for name, value in fields.items()]
        try:
            return str(parts.number_of(self._session.create(project, item_type, operations)))
        except Incomplete as error:
            raise Incomplete(str(error), self._reader.processes.labels(project, item_type, error.fields)) from None

    def leftovers(self, project: str) -> tuple[str, ...]:
        quoted = project.replace("'", "''")
        within = f"[System.TeamProject] = '{quoted}' AND [System.Tags] CONTAINS '{SCRATCH_LABEL}'"
        wiql = f"SELECT [System.Id] FROM WorkItems WHERE {within} ORDER BY [System.Id] ASC"  # noqa: S608 - WIQL, quoted
        listed = self._session.query(project, wiql, MOST).get("workItems")
        ones = listed if isinstance(listed, list) else ()
        numbers = [one["id"] for one in ones if isinstance(one, dict) and isinstance(one.get("id"), int)]
        return tuple(str(one) for one, raw in sorted(self._reader.raw_items(numbers).items()) if self._is_ours(raw))

    def remove(self, key: str) -> bool:
        wanted = number(key)
        try:
            self._session.items.delete_work_item(wanted)
        except Missing:
            return True
        except NotSignedIn:
            raise
        except Refused:
            pass
        else:
            return True
        raw = self._session.item(wanted)
        fields = parts.fields_of(raw)
        states = self._reader.processes.states(*parts.place_of(fields))
        ends = [name for end in _ENDS for name, category in states.items() if category == end]
        if parts.text(fields, parts.STATE) in ends:
            return False
        if not ends:
            raise Invalid("its type has no state that closes it")
        operation = {"op": "add", "path": f"/fields/{parts.STATE}", "value": ends[0]}
        self._session.patch(wanted, parts.revision_of(raw), [operation])
        return False

    def take_back(self, key: str, comment: str) -> bool:
        project = self._reader.project_of(number(key))
        try:
            self._session.items.delete_comment(project, number(key), number(comment))
        except Missing:
            return True
        except NotSignedIn:
            raise
        except Refused:
            return False
        return True

    def _type(self, project: str, values: tuple[FieldValue, ...]) -> tuple[str, dict[str, str]]:
        """The first type whose required fields are all given, that of sub-tasks before others; and those values."""
        processes = self._reader.processes
        lacking: Incomplete | None = None
        for name in dict.fromkeys((*processes.subtask_types(project), *processes.types(project))):
            try:
                return name, self._children.filled(project, name, values)
            except Incomplete as incomplete:
                lacking = lacking or incomplete
        raise lacking or Invalid("the project has no work item type")

    def _is_ours(self, raw: Mapping[str, Any]) -> bool:
        fields = parts.fields_of(raw)
        maker = parts.person(fields.get("System.CreatedBy"))
        text = reading(parts.text(fields, parts.DESCRIPTION), parts.format_of(raw, parts.DESCRIPTION))
        made_by_us = maker is not None and maker.id.lower() == self._own_id().lower()
        return made_by_us and SCRATCH_LABEL in parts.tags(fields) and marker_of(text) == SCRATCH_MARKER
