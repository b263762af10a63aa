"""Items under an item: sub-tasks and child items that a person accepted, created once and taken back untouched.

Each carries its marker in the foot of its description, so it can be found again and is never made twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from integrations.azure_devops import parts
from integrations.azure_devops.markup import Markup, marker_of
from integrations.azure_devops.reader import AzureDevOpsReader, number
from integrations.azure_devops.reading import reading
from integrations.azure_devops.writing.taken import as_sent, told_of, wanting, wrong_value
from integrations.azure_devops.writing.untouched import untouched_revision
from integrations.blocks import Blocks, Paragraph, Text
from integrations.tracker import Conflict, Incomplete, Invalid, Missing, Plan, Receipt
from languages import say
from rules.changes import AddChildren, AddSubtasks, FieldValue

if TYPE_CHECKING:  # importing it for real needs the package's cache directory to be named first
    from integrations.azure_devops.sdk import Session

_LONGEST_TITLE = 255  # characters, the product's own limit
# What is sent with each new item, or set by the product itself.
_NEVER_ASKED = frozenset(
    f"System.{name}"
    for name in (
        *("Id", "Rev", "Title", "Description", "WorkItemType", "TeamProject", "State", "Reason", "AreaId", "AreaPath"),
        *("IterationId", "IterationPath", "CreatedBy", "CreatedDate", "ChangedBy", "ChangedDate", "AuthorizedAs"),
        *("AuthorizedDate", "RevisedDate", "Watermark", "NodeName", "CommentCount", "PersonId"),
    )
)


class ChildWriter:
    """Creates items in the area of their parent, in no sprint, without an assignee."""

    def __init__(self, session: Session, reader: AzureDevOpsReader, own_id: Callable[[], str]) -> None:
        self._session = session
        self._reader = reader
        self._own_id = own_id

    def plan(self, key: str, raw: Mapping[str, Any], change: AddSubtasks | AddChildren, marker: str) -> Plan:
        """Raises Incomplete where the type wants fields filled in that the change does not fill in."""
        project, _ = parts.place_of(parts.fields_of(raw))
        item_type = self.subtask_type(project) if isinstance(change, AddSubtasks) else self._type(project, change.type)
        fields = self.filled(project, item_type, change.fields)
        if self._session.knows_trials() and change.summaries:
            self.create(number(key), item_type, change.summaries[0], _origin(), marker, fields=fields, only_try=True)
        after = {"add": list(change.summaries), "type": item_type, "fields": fields}
        return Plan(key, change.kind, "subtasks", marker, None, after)

    def perform(self, plan: Plan) -> Receipt:
        """Creates the items of a plan that are not there yet, or deletes those of an undo that are untouched."""
        if "remove" in plan.after:
            self._check_untouched(plan.after["remove"])
            for one in plan.after["remove"]:
                self._delete(int(one["id"]))
            return Receipt(plan.item, plan.kind, plan.field)
        parent = number(plan.item)
        item_type = plan.after.get("type") or self.subtask_type(self._reader.project_of(parent))
        made = self.marked(parent)
        created: list[dict[str, int]] = []
        for index, summary in enumerate(plan.after["add"]):
            marker = f"{plan.marker}:{index}"
            raw: Mapping[str, Any] | None = made.get(marker)
            if raw is None:
                raw = self.create(parent, item_type, summary, _origin(), marker, fields=plan.after.get("fields"))
            revision = untouched_revision(raw, self._reader.raw_updates(parts.number_of(raw)))
            created.append({"id": parts.number_of(raw), "rev": revision})
        keys = tuple(str(one["id"]) for one in created)
        return Receipt(plan.item, plan.kind, plan.field, keys, {"created": created})

    def plan_undo(self, receipt: Receipt, marker: str) -> Plan:
        """Raises Conflict where one of the items was edited since it was created."""
        created = receipt.details.get("created")
        if not created:
            return Plan(receipt.item, receipt.kind, "nothing", marker)
        self._check_untouched(created)
        return Plan(receipt.item, receipt.kind, "subtasks", marker, None, {"remove": created})

    def create(
        self,
        parent: int,
        item_type: str,
        summary: str,
        blocks: Blocks,
        marker: str,
        *,
        tag: str = "",
        fields: Mapping[str, str] | None = None,
        only_try: bool = False,
    ) -> Mapping[str, Any]:
        """Creates one item under another; `fields` are further values by reference name. Not repeatable."""
        place = parts.fields_of(self._session.item(parent, [parts.PROJECT, parts.AREA]))
        project = parts.text(place, parts.PROJECT)
        given = fields or {}
        values = {
            **given,
            parts.TITLE: " ".join(summary.split())[:_LONGEST_TITLE],
            parts.DESCRIPTION: self._markup(project).render(blocks, "html", marker),
            parts.TAGS: "; ".join(one for one in (given.get(parts.TAGS), tag) if one),
            parts.AREA: parts.text(place, parts.AREA),
            parts.ITERATION: project,  # the root: where it is in no sprint
        }
        operations: list[dict[str, Any]] = [
            {"op": "add", "path": f"/fields/{name}", "value": value} for name, value in values.items() if value
        ]
        relation = {"rel": parts.PARENT, "url": self._session.relation_url(parent)}
        operations.append({"op": "add", "path": "/relations/-", "value": relation})
        try:
            return self._session.create(project, item_type, operations, only_try=only_try)
        except Incomplete as error:
            known = self._reader.processes.words(project, item_type).fields
            raise wanting(str(error), known, error.fields, of_new=True) from None
        except Invalid as error:
            processes = self._reader.processes
            raise wrong_value(error, processes, processes.fields(project, item_type), given) from None
        except Missing:
            raise Invalid(f"the project has no work item type {item_type}") from None

    def marked(self, parent: int) -> dict[str, Mapping[str, Any]]:
        """Marker -> child of an item, for each that carries one; the earliest, where two carry the same."""
        children = sorted(parts.children_of(self._session.item(parent)))
        found: dict[str, Mapping[str, Any]] = {}
        for _, raw in sorted(self._reader.raw_items(children).items()):
            description = parts.text(parts.fields_of(raw), parts.DESCRIPTION)
            marker = marker_of(reading(description, parts.format_of(raw, parts.DESCRIPTION)))
            if marker is not None:
                found.setdefault(marker, raw)
        return found

    def discard(self, key: str, marker: str, *, only_tagged: str = "") -> None:
        """Deletes one item of the bot's own that carries this marker; one that is gone is no matter.

        Raises Conflict for what is somebody else's, was edited since, or (`only_tagged`) lacks this tag.
        """
        try:
            raw = self._session.item(number(key))
        except Missing:
            return
        fields = parts.fields_of(raw)
        described = reading(parts.text(fields, parts.DESCRIPTION), parts.format_of(raw, parts.DESCRIPTION))
        creator, editor = (parts.person(fields.get(f"System.{name}By")) for name in ("Created", "Changed"))
        untouched = untouched_revision(raw, self._reader.raw_updates(number(key)))
        if parts.revision_of(raw) != untouched or parts.children_of(raw) or marker_of(described) != marker:
            raise Conflict("a sub-task has been edited since", "subtasks", editor.name if editor else "")
        if creator is None or creator.id != self._own_id():
            raise Conflict("a sub-task is not the bot's own", "subtasks")
        if only_tagged and only_tagged not in {tag.casefold() for tag in parts.tags(fields)}:
            raise Conflict("a sub-task is no draft any longer", "labels")
        self._delete(number(key))

    def subtask_type(self, project: str) -> str:
        """The usual type of sub-tasks, as the project calls it. Raises Invalid where it has none."""
        types = self._reader.processes.subtask_types(project)
        if not types:
            raise Invalid("the project has no work item type for sub-tasks")
        return types[0]

    def _type(self, project: str, wanted: str) -> str:
        for name in self._reader.processes.types(project):
            if name.casefold() == wanted.strip().casefold():
                return name
        raise Invalid("the project has no such work item type")

    def filled(self, project: str, item_type: str, values: Sequence[FieldValue]) -> dict[str, str]:
        """The values by reference name. Raises Incomplete for what is wanted and has none, NotToSet as `told_of`."""
        known = self._reader.processes.fields(project, item_type)
        found = told_of(known, values, of_new=True)
        asked = (name for name, one in known.items() if one.required and name not in _NEVER_ASKED)
        if missing := [name for name in asked if name not in found]:
            raise wanting("the project wants more fields filled in of what is created", known, missing, of_new=True)
        return as_sent(found, self._reader.processes, self._markup(project), lambda _: "html")

    def _markup(self, project: str) -> Markup:
        return Markup.of(self._session.organisation_url, project)

    def _check_untouched(self, created: Sequence[Mapping[str, int]]) -> None:
        """Raises Conflict where one of the items was edited since it was created; deleted ones are no matter."""
        for one in created:
            try:
                raw = self._session.item(int(one["id"]))
            except Missing:
                continue
            if parts.revision_of(raw) != one["rev"] or parts.children_of(raw):
                editor = parts.person(parts.fields_of(raw).get("System.ChangedBy"))
                raise Conflict("a sub-task has been edited since", "subtasks", editor.name if editor else "")

    def _delete(self, wanted: int) -> None:
        try:
            self._session.items.delete_work_item(wanted)  # into the recycle bin, from where a person can restore it
        except Missing:
            return


def _origin() -> Blocks:
    return (Paragraph((Text(say("Split off by the steward.")),)),)
