"""The Drafter port for Azure DevOps, and the sub-tasks that a person accepted: Tasks under an item.

A Task carries its marker in the foot of its description, so it can be found again and is never made twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from integrations.azure_devops import parts
from integrations.azure_devops.markup import Markup, marker_of
from integrations.azure_devops.reader import AzureDevOpsReader, number
from integrations.azure_devops.reading import reading
from integrations.blocks import Blocks, Paragraph, Text
from integrations.tracker import DRAFT_LABEL, Conflict, Invalid, Missing, Plan, Receipt

if TYPE_CHECKING:  # importing it for real needs the package's cache directory to be named first
    from integrations.azure_devops.sdk import Session

_LONGEST_TITLE = 255  # characters, the product's own limit
_IN_ANY_UPDATE = frozenset(
    f"System.{name}"
    for name in (
        *("Rev", "Watermark", "PersonId", "ChangedBy", "ChangedDate"),
        *("RevisedDate", "AuthorizedAs", "AuthorizedDate"),
    )
)


class AzureDevOpsDrafter:
    """Creates Tasks in the area of their parent, in no sprint, without an assignee."""

    def __init__(self, session: Session, reader: AzureDevOpsReader) -> None:
        self._session = session
        self._reader = reader

    def create(self, parent: str, summary: str, blocks: Blocks, marker: str) -> str:
        """Creates one draft and returns its key. Raises Invalid where the project has no type for sub-tasks."""
        return str(parts.number_of(self._create(number(parent), summary, blocks, marker, DRAFT_LABEL)))

    def find(self, parent: str, marker: str) -> str | None:
        """The key of the sub-task whose description ends with this marker, or None."""
        found = self._marked(number(parent)).get(marker)
        return None if found is None else str(parts.number_of(found))

    def perform(self, plan: Plan) -> Receipt:
        """Creates the sub-tasks of a plan that are not there yet, or deletes those of an undo that are untouched."""
        if "remove" in plan.after:
            self.check_untouched(plan.after["remove"])
            for one in plan.after["remove"]:
                self._delete(int(one["id"]))
            return Receipt(plan.item, plan.kind, plan.field)
        parent = number(plan.item)
        made = self._marked(parent)
        created: list[dict[str, int]] = []
        for index, summary in enumerate(plan.after["add"]):
            marker = f"{plan.marker}:{index}"
            raw: Mapping[str, Any] | None = made.get(marker)
            if raw is None:
                origin = Paragraph((Text("Split off by the steward."),))
                raw = self._create(parent, summary, (origin,), marker)
            created.append({"id": parts.number_of(raw), "rev": self._untouched_revision(raw)})
        keys = tuple(str(one["id"]) for one in created)
        return Receipt(plan.item, plan.kind, plan.field, keys, {"created": created})

    def check_untouched(self, created: Sequence[Mapping[str, int]]) -> None:
        """Raises Conflict where one of the sub-tasks was edited since it was created; deleted ones are no matter."""
        for one in created:
            try:
                raw = self._session.item(int(one["id"]))
            except Missing:
                continue
            if parts.revision_of(raw) != one["rev"] or parts.children_of(raw):
                editor = parts.person(parts.fields_of(raw).get("System.ChangedBy"))
                raise Conflict("a sub-task has been edited since", "subtasks", editor.name if editor else "")

    def _create(self, parent: int, summary: str, blocks: Blocks, marker: str, tag: str = "") -> Mapping[str, Any]:
        place = parts.fields_of(self._session.item(parent, ["System.TeamProject", "System.AreaPath"]))
        project = parts.text(place, "System.TeamProject")
        values = {
            parts.TITLE: " ".join(summary.split())[:_LONGEST_TITLE],
            parts.DESCRIPTION: Markup.of(self._session.organisation_url, project).render(blocks, "html", marker),
            parts.TAGS: tag,
            "System.AreaPath": parts.text(place, "System.AreaPath"),
        }
        operations: list[dict[str, Any]] = [
            {"op": "add", "path": f"/fields/{name}", "value": value} for name, value in values.items() if value
        ]
        relation = {"rel": parts.PARENT, "url": self._session.relation_url(parent)}
        operations.append({"op": "add", "path": "/relations/-", "value": relation})
        try:
            return self._session.create(project, parts.SUBTASK_TYPE, operations)
        except Missing:
            raise Invalid(f"the project has no work item type {parts.SUBTASK_TYPE}") from None

    def _marked(self, parent: int) -> dict[str, Mapping[str, Any]]:
        """Marker -> child of an item, for each that carries one; the earliest, where two carry the same."""
        children = sorted(parts.children_of(self._session.item(parent)))
        found: dict[str, Mapping[str, Any]] = {}
        for _, raw in sorted(self._reader.raw_items(children).items()):
            description = parts.text(parts.fields_of(raw), parts.DESCRIPTION)
            marker = marker_of(reading(description, parts.format_of(raw, parts.DESCRIPTION)))
            if marker is not None:
                found.setdefault(marker, raw)
        return found

    def _untouched_revision(self, raw: Mapping[str, Any]) -> int:
        """The revision at which a sub-task counts as untouched: its own if, at most, a draft was made one to keep."""
        fields = parts.fields_of(raw)
        created, changed = (parts.moment(fields.get(f"System.{name}Date")) for name in ("Created", "Changed"))
        if created == changed:
            return parts.revision_of(raw)
        since = list(self._reader.raw_updates(parts.number_of(raw)))[1:]
        return parts.revision_of(raw) if since and all(map(_keeps_a_draft, since)) else 1

    def _delete(self, wanted: int) -> None:
        try:
            self._session.items.delete_work_item(wanted)  # into the recycle bin, from where a person can restore it
        except Missing:
            return


def _keeps_a_draft(update: Mapping[str, Any]) -> bool:
    """Whether an update does nothing but take the tag of drafts off."""
    changed = update.get("fields")
    if not isinstance(changed, dict) or update.get("relations") or changed.keys() - _IN_ANY_UPDATE != {parts.TAGS}:
        return False
    change = changed[parts.TAGS] if isinstance(changed[parts.TAGS], dict) else {}
    before, after = (
        {tag.casefold() for tag in parts.tags({parts.TAGS: change.get(end)})} for end in ("oldValue", "newValue")
    )
    return DRAFT_LABEL in before and after == before - {DRAFT_LABEL}
