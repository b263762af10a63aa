"""The query resource: WIQL in, ids out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement
from werkzeug.wrappers import Response

from integrations.sandbox import tables
from integrations.sandbox.azure_devops.answers import (
    Json,
    answer,
    bad_request,
    combined_name,
    mapping,
    stamp,
    truth,
    work_item_error,
)
from integrations.sandbox.azure_devops.items import HYPERLINKS
from integrations.sandbox.azure_devops.resources.areas import area_paths
from integrations.sandbox.azure_devops.vocabulary import FIELDS
from integrations.sandbox.azure_devops.wire import Call, Routes
from integrations.sandbox.records import Item
from integrations.sandbox.wiql import Field, Query, Scope, WiqlError, parse

MOST_FOUND = 20_000


def _query(call: Call) -> Response:
    project = None if call.project is None else call.project.name
    precise = truth(call.query.get("timeprecision"))
    areas = {path for one in call.tracker.projects(call.user) for path in area_paths(call.tracker, one)}
    scope = Scope(FIELDS, project, call.user.mail, call.tracker.now(), precise, frozenset(areas))
    try:
        query = parse(str(mapping(call.json()).get("query") or ""), scope)
    except WiqlError as error:
        raise bad_request(str(error)) from error
    ids = _found(call, query)
    if len(ids) > MOST_FOUND and "$top" not in call.query:
        message = (
            f"VS402337: The number of work items returned exceeds the size limit of {MOST_FOUND}. Change the query to "
            "return fewer items."
        )
        raise work_item_error(400, message, "WorkItemTrackingQueryResultSizeLimitExceededException", 600288)
    ids = ids[: call.number("$top", MOST_FOUND, MOST_FOUND)]
    result: Json = {
        "queryType": "flat",
        "queryResultType": "workItem",
        "asOf": stamp(scope.now),
        "columns": [_column(call, field) for field in query.columns],
    }
    if query.order:
        result["sortColumns"] = [{"field": _column(call, field), "descending": down} for field, down in query.order]
    result["workItems"] = [{"id": i, "url": f"{call.base}/_apis/wit/workItems/{i}"} for i in ids]
    return answer(result)


def _column(call: Call, field: Field) -> Json:
    url = f"{call.base}/_apis/wit/fields/{field.reference_name}"
    return {"referenceName": field.reference_name, "name": field.name, "url": url}


def _found(call: Call, query: Query) -> list[int]:
    record = Records(call).record
    records = [record(item) for item in _candidates(call, query.bounds)]
    return [int(one["System.Id"]) for one in query.sort([one for one in records if query.matches(one)])]


def _candidates(call: Call, bounds: Mapping[str, Any]) -> list[Item]:
    """The items that can match: the bounds that hold for every match are left to the database."""
    where: list[ColumnElement[bool]] = [tables.items.c.id > 0]
    if "project" in bounds:
        keys = {project.name.casefold(): project.key for project in call.tracker.projects(call.user)}
        where.append(tables.items.c.project == keys.get(str(bounds["project"]).casefold(), ""))
    if "since" in bounds:
        where.append(tables.items.c.updated >= tables.to_ms(bounds["since"]))
    condition = where[0]
    for one in where[1:]:
        condition &= one
    return call.tracker.select(condition, viewer=call.user)


class Records:
    """Items as a query sees them."""

    def __init__(self, call: Call) -> None:
        self.projects = {project.key: project.name for project in call.tracker.projects()}
        self.people = {
            user.name: (user.display_name, user.mail, combined_name(user), user.id) for user in call.tracker.users()
        }

    def record(self, item: Item) -> Json:
        """The values of an item by reference name, in the forms that wiql compares."""
        project = self.projects[item.project]
        nobody: tuple[str, ...] = ()
        priority = item.priority or ""
        return {
            "System.AreaPath": project,
            "System.IterationPath": project,
            **{name: value for name, value in item.fields.items() if name != HYPERLINKS},
            "System.Id": item.id,
            "System.Rev": item.rev,
            "System.Title": item.summary,
            "System.Description": item.description or "",
            "System.State": item.status,
            "System.WorkItemType": item.type,
            "System.TeamProject": project,
            "System.Parent": item.parent,
            "System.Tags": item.labels,
            "System.AssignedTo": self.people.get(item.assignee or "", nobody),
            "System.CreatedBy": self.people.get(item.creator, nobody),
            "System.ChangedBy": self.people.get(item.updated_by or item.creator, nobody),
            "System.CreatedDate": item.created,
            "System.ChangedDate": item.updated,
            "Microsoft.VSTS.Common.ClosedDate": item.resolved,
            "Microsoft.VSTS.Common.Priority": int(priority) if priority.isdecimal() else None,
        }


ROUTES: Routes = {("POST", "wit/wiql"): _query}
