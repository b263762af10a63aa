"""The words of the Agile process: fields, states, link types, and the locations of the REST resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from integrations.sandbox.records import Term
from integrations.sandbox.wiql import Field

_IDENTITY = "identity"
_ALL_FIELDS: tuple[tuple[str, str, str], ...] = (
    ("System.Id", "ID", "integer"),
    ("System.Rev", "Rev", "integer"),
    ("System.Title", "Title", "string"),
    ("System.Description", "Description", "html"),
    ("System.State", "State", "string"),
    ("System.Reason", "Reason", "string"),
    ("System.WorkItemType", "Work Item Type", "string"),
    ("System.TeamProject", "Team Project", "string"),
    ("System.AreaPath", "Area Path", "treePath"),
    ("System.AreaId", "Area ID", "integer"),
    ("System.NodeName", "Node Name", "string"),
    ("System.IterationPath", "Iteration Path", "treePath"),
    ("System.IterationId", "Iteration ID", "integer"),
    ("System.AssignedTo", "Assigned To", _IDENTITY),
    ("System.CreatedBy", "Created By", _IDENTITY),
    ("System.CreatedDate", "Created Date", "dateTime"),
    ("System.ChangedBy", "Changed By", _IDENTITY),
    ("System.ChangedDate", "Changed Date", "dateTime"),
    ("System.AuthorizedDate", "Authorized Date", "dateTime"),
    ("System.AuthorizedAs", "Authorized As", _IDENTITY),
    ("System.RevisedDate", "Revised Date", "dateTime"),
    ("System.Watermark", "Watermark", "integer"),
    ("System.Tags", "Tags", "plainText"),
    ("System.History", "History", "history"),
    ("System.CommentCount", "Comment Count", "integer"),
    ("System.Parent", "Parent", "integer"),
    ("Microsoft.VSTS.Common.Priority", "Priority", "integer"),
    ("Microsoft.VSTS.Common.Severity", "Severity", "string"),
    ("Microsoft.VSTS.Common.AcceptanceCriteria", "Acceptance Criteria", "html"),
    ("Microsoft.VSTS.Common.StateChangeDate", "State Change Date", "dateTime"),
    ("Microsoft.VSTS.Common.ClosedDate", "Closed Date", "dateTime"),
    ("Microsoft.VSTS.Common.StackRank", "Stack Rank", "double"),
    ("Microsoft.VSTS.Common.ValueArea", "Value Area", "string"),
    ("Microsoft.VSTS.Common.Activity", "Activity", "string"),
    ("Microsoft.VSTS.TCM.ReproSteps", "Repro Steps", "html"),
    ("Microsoft.VSTS.TCM.SystemInfo", "System Info", "html"),
    ("Microsoft.VSTS.Scheduling.StoryPoints", "Story Points", "double"),
    ("Microsoft.VSTS.Scheduling.Effort", "Effort", "double"),
    ("Microsoft.VSTS.Scheduling.Size", "Size", "double"),
    ("Microsoft.VSTS.Scheduling.RemainingWork", "Remaining Work", "double"),
    ("Microsoft.VSTS.Scheduling.OriginalEstimate", "Original Estimate", "double"),
    ("Microsoft.VSTS.Scheduling.CompletedWork", "Completed Work", "double"),
)
FIELDS: tuple[Field, ...] = tuple(Field(*row) for row in _ALL_FIELDS)
BY_NAME: Mapping[str, Field] = {
    name.casefold(): field for field in FIELDS for name in (field.name, field.reference_name)
}
LONG_TEXT = frozenset(field.reference_name for field in FIELDS if field.type in ("html", "history"))
_WRITABLE_SYSTEM = frozenset(
    f"System.{name}"
    for name in (
        "Title",
        "Description",
        "State",
        "Reason",
        "AreaPath",
        "IterationPath",
        "AssignedTo",
        "Tags",
        "History",
    )
)
READ_ONLY = frozenset(f.reference_name for f in FIELDS if f.reference_name.startswith("System.")) - _WRITABLE_SYSTEM
COLUMNS: Mapping[str, str] = {
    "System.Title": "summary",
    "System.Description": "description",
    "System.State": "status",
    "System.AssignedTo": "assignee",
    "System.Tags": "labels",
    "Microsoft.VSTS.Common.Priority": "priority",
}
"""Fields that are attributes of the sandbox's Item; all others live in Item.fields under their reference name."""

_CATEGORIES = {"todo": "Proposed", "doing": "InProgress", "done": "Completed"}
_COLOURS = {"Proposed": "b2b2b2", "InProgress": "007acc", "Resolved": "ff9d00", "Completed": "339933"}


def state_colour(term: Term) -> dict[str, str]:
    """A state of a work item type: name, colour and the category that says whether it is done."""
    category = "Resolved" if term.name == "Resolved" else _CATEGORIES.get(term.category, "Proposed")
    return {"name": term.name, "color": _COLOURS[category], "category": category}


@dataclass(frozen=True, slots=True)
class RelationType:
    """One end of a link type: `rel` is what relations carry. `link` is the sandbox's link type, None for parents."""

    rel: str
    name: str
    link: str | None
    forward: bool
    opposite: str | None
    topology: str
    single_target: bool


def _ends(link: str, forward: str, reverse: str, topology: str) -> tuple[RelationType, RelationType]:
    ahead, back = f"{link}-Forward", f"{link}-Reverse"
    stored = None if link.endswith("Hierarchy") else link
    return (
        RelationType(ahead, forward, stored, True, back, topology, topology == "dependency"),
        RelationType(back, reverse, stored, False, ahead, topology, topology == "dependency"),
    )


RELATION_TYPES: tuple[RelationType, ...] = (
    *_ends("System.LinkTypes.Duplicate", "Duplicate", "Duplicate Of", "tree"),
    *_ends("System.LinkTypes.Dependency", "Successor", "Predecessor", "dependency"),
    *_ends("System.LinkTypes.Hierarchy", "Child", "Parent", "tree"),
    RelationType("System.LinkTypes.Related", "Related", "System.LinkTypes.Related", True, None, "network", True),
)
RELATIONS: Mapping[str, RelationType] = {relation.rel: relation for relation in RELATION_TYPES}
RESOURCE_LINKS = ("AttachedFile", "Hyperlink", "ArtifactLink")
PARENT, CHILD = "System.LinkTypes.Hierarchy-Reverse", "System.LinkTypes.Hierarchy-Forward"


def relation_body(relation: RelationType, base: str) -> dict[str, object]:
    """A relation type as GET workitemrelationtypes shows it."""
    attributes: dict[str, object] = {
        "usage": "workItemLink",
        "editable": False,
        "enabled": True,
        "acyclic": relation.topology != "network",
        "directional": relation.topology != "network",
        "singleTarget": relation.single_target,
        "topology": relation.topology,
        "isForward": relation.forward,
    }
    if relation.opposite is not None:
        attributes["oppositeEndReferenceName"] = relation.opposite
    url = f"{base}/_apis/wit/workItemRelationTypes/{relation.rel}"
    return {"attributes": attributes, "referenceName": relation.rel, "name": relation.name, "url": url}


def resource_link_body(rel: str, base: str) -> dict[str, object]:
    name = {"AttachedFile": "Attached File", "Hyperlink": "Hyperlink", "ArtifactLink": "Artifact Link"}[rel]
    attributes = {"usage": "resourceLink", "editable": False, "enabled": True}
    url = f"{base}/_apis/wit/workItemRelationTypes/{rel}"
    return {"attributes": attributes, "referenceName": rel, "name": name, "url": url}
