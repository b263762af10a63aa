"""The Drafter port for Azure DevOps: draft sub-tasks, of the type that the project has for them."""

from __future__ import annotations

from integrations.azure_devops import parts
from integrations.azure_devops.reader import AzureDevOpsReader, number
from integrations.azure_devops.writing.children import ChildWriter
from integrations.blocks import Blocks
from integrations.tracker import DRAFT_LABEL
from rules.changes import FieldValue


class AzureDevOpsDrafter:
    """Creates drafts in the area of their parent, in no sprint, without an assignee, and withdraws untouched ones."""

    def __init__(self, reader: AzureDevOpsReader, children: ChildWriter) -> None:
        self._reader = reader
        self._children = children

    def create(
        self, parent: str, summary: str, blocks: Blocks, marker: str, values: tuple[FieldValue, ...] = ()
    ) -> str:
        """Creates one draft and returns its key.

        Raises Invalid where the project has no type for sub-tasks, Incomplete where it wants more fields filled in.
        """
        project = self._reader.project_of(number(parent))
        item_type = self._children.subtask_type(project)
        fields = self._children.filled(project, item_type, values)
        made = self._children.create(number(parent), item_type, summary, blocks, marker, tag=DRAFT_LABEL, fields=fields)
        return str(parts.number_of(made))

    def find(self, parent: str, marker: str) -> str | None:
        """The key of the sub-task whose description ends with this marker, or None."""
        found = self._children.marked(number(parent)).get(marker)
        return None if found is None else str(parts.number_of(found))

    def withdraw(self, key: str, marker: str) -> None:
        """Deletes one untouched draft. Raises Conflict for anything else."""
        self._children.discard(key, marker, only_tagged=DRAFT_LABEL)
