"""What a project offers: fields, types, priorities, statuses, link types, labels; and the server itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response
from sqlalchemy import select

from integrations.sandbox import tables as t
from integrations.sandbox.jira.calls import Call, Refusal, Route, answer, page
from integrations.sandbox.jira.scheme import Field, scheme_of
from integrations.sandbox.jira.shapes import STORY_POINTS
from integrations.sandbox.records import NotFound

FIELDS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("summary", "Summary", {"type": "string", "system": "summary"}),
    ("description", "Description", {"type": "string", "system": "description"}),
    ("issuetype", "Issue Type", {"type": "issuetype", "system": "issuetype"}),
    ("project", "Project", {"type": "project", "system": "project"}),
    ("status", "Status", {"type": "status", "system": "status"}),
    ("priority", "Priority", {"type": "priority", "system": "priority"}),
    ("labels", "Labels", {"type": "array", "items": "string", "system": "labels"}),
    ("components", "Components", {"type": "array", "items": "component", "system": "components"}),
    ("reporter", "Reporter", {"type": "user", "system": "reporter"}),
    ("assignee", "Assignee", {"type": "user", "system": "assignee"}),
    ("parent", "Parent", {"type": "issuelink", "system": "parent"}),
    ("issuelinks", "Linked Issues", {"type": "array", "items": "issuelinks", "system": "issuelinks"}),
    ("created", "Created", {"type": "datetime", "system": "created"}),
    ("updated", "Updated", {"type": "datetime", "system": "updated"}),
    ("resolution", "Resolution", {"type": "resolution", "system": "resolution"}),
    ("security", "Security Level", {"type": "securitylevel", "system": "security"}),
    ("duedate", "Due date", {"type": "date", "system": "duedate"}),
)


def fields(call: Call) -> Response:
    shown = [_field(call, name, title, schema, f"{name}") for name, title, schema in FIELDS]
    number = STORY_POINTS.partition("_")[2]
    schema = {"type": "number", "custom": "com.pyxis.greenhopper.jira:jsw-story-points", "customId": int(number)}
    title = "Story point estimate" if call.cloud else "Story Points"
    own = [_field(call, field.id, field.name, field.schema, f"cf[{field.id[12:]}]") for field in _own_fields(call)]
    return answer([*shown, _field(call, STORY_POINTS, title, schema, f"cf[{number}]"), *own])


def _own_fields(call: Call) -> list[Field]:
    """The custom fields of all projects, each once."""
    homes = call.tracker.projects(call.viewer)
    return list({field.id: field for home in homes for field in scheme_of(call.tracker, home.key).fields}.values())


def _field(call: Call, name: str, title: str, schema: Mapping[str, Any], clause: str) -> dict[str, Any]:
    shown = {"id": name, "name": title, "custom": name.startswith("customfield_"), "orderable": True, "navigable": True}
    shown |= {"searchable": True, "clauseNames": [clause], "schema": schema}
    return {**shown, "key": name} if call.cloud else shown


def priorities(call: Call) -> Response:
    return answer([call.shapes.priority(term) for term in call.tracker.terms("priority")])


def priority_search(call: Call) -> Response:
    shown = [
        {
            **call.shapes.priority(term),
            "description": "",
            "statusColor": "#888888",
            "isDefault": term.name in ("Medium", "Mittel"),
        }
        for term in call.tracker.terms("priority")
    ]
    return answer(page(call, shown))


def statuses(call: Call) -> Response:
    return answer([call.shapes.status(term) for term in call.tracker.terms("status")])


def types(call: Call) -> Response:
    return answer([call.shapes.type(term) for term in call.tracker.terms("type")])


def resolutions(call: Call) -> Response:
    return answer([call.shapes.resolution(term) for term in call.tracker.terms("resolution")])


def link_types(call: Call) -> Response:
    return answer({"issueLinkTypes": [call.shapes.link_type(term) for term in call.tracker.terms("link_type")]})


def labels(call: Call) -> Response:
    with call.tracker.transaction():
        query = select(t.labels.c.label).distinct().order_by(t.labels.c.label)
        found = [row.label for row in call.tracker.rows(query)]
    return answer(page(call, found))


def projects(call: Call) -> Response:
    return answer([call.shapes.project(project) for project in call.tracker.projects(call.viewer)])


def project_search(call: Call) -> Response:
    shown = page(call, [call.shapes.project(project) for project in call.tracker.projects(call.viewer)])
    return answer({"self": call.shapes.link(f"project/search?startAt={shown['startAt']}"), **shown})


def project(call: Call, key: str) -> Response:
    home = call.project(key)
    kinds = [call.shapes.type(term) for term in call.tracker.terms("type")]
    roles = {"Administrators": call.shapes.link(f"project/{home.id}/role/10002")}
    more = {"description": "", "components": [], "issueTypes": kinds, "versions": [], "roles": roles}
    return answer({**call.shapes.project(home), **more, "lead": call.shapes.user("ada"), "assigneeType": "UNASSIGNED"})


def components(call: Call, key: str) -> Response:
    call.project(key)
    return answer([call.shapes.component(term) for term in call.tracker.terms("component")])


def project_statuses(call: Call, key: str) -> Response:
    call.project(key)
    found = [call.shapes.status(term) for term in call.tracker.terms("status")]
    kinds = [call.shapes.type(term) for term in call.tracker.terms("type")]
    named = ("self", "id", "name", "subtask")
    return answer([{name: kind[name] for name in named} | {"statuses": found} for kind in kinds])


def attachment_content(call: Call, attachment_id: int) -> Response:
    try:
        made, content = call.tracker.attachment(attachment_id)
        call.tracker.item(made.item, call.viewer)
    except NotFound:
        raise Refusal(404, f"The attachment with id '{attachment_id}' does not exist") from None
    return Response(content, content_type=made.mime)


def server_info(tracker_cloud: bool, base: str, now: str) -> dict[str, Any]:
    """Who the server is; anybody may ask."""
    version = (1001, 0, 0) if tracker_cloud else (10, 3, 24)
    shown: dict[str, Any] = {
        "baseUrl": base,
        "version": ".".join(map(str, version)) + ("-SNAPSHOT" if tracker_cloud else ""),
        "versionNumbers": list(version),
        "deploymentType": "Cloud" if tracker_cloud else "Server",
        "buildNumber": 100290 if tracker_cloud else 10030024,
        "buildDate": "2026-11-02T00:00:00.000+0000",
        "serverTime": now,
        "scmInfo": "0" * 40,
        "serverTitle": "Jira",
    }
    return shown | ({"displayUrl": base} if tracker_cloud else {})


ROUTES: tuple[Route, ...] = (
    ("GET", "field", fields),
    ("GET", "priority", priorities),
    ("GET", "status", statuses),
    ("GET", "issuetype", types),
    ("GET", "resolution", resolutions),
    ("GET", "issueLinkType", link_types),
    ("GET", "project", projects),
    ("GET", "project/<key>", project),
    ("GET", "project/<key>/statuses", project_statuses),
    ("GET", "project/<key>/components", components),
)
CLOUD_ROUTES: tuple[Route, ...] = (
    ("GET", "project/search", project_search),
    ("GET", "priority/search", priority_search),
    ("GET", "label", labels),
    ("GET", "attachment/content/<int:attachment_id>", attachment_content),
)
