"""The words of the process: types of work items, their fields and states, fields, types of relations."""

from __future__ import annotations

from werkzeug.wrappers import Response

from integrations.sandbox.azure_devops.answers import (
    Json,
    WireError,
    answer,
    project_guid,
    work_item_error,
)
from integrations.sandbox.azure_devops.vocabulary import (
    BY_NAME,
    FIELDS,
    READ_ONLY,
    RELATION_TYPES,
    RELATIONS,
    RESOURCE_LINKS,
    relation_body,
    resource_link_body,
    state_colour,
)
from integrations.sandbox.azure_devops.wire import Call, Routes, listing
from integrations.sandbox.records import NotFound, Term
from integrations.sandbox.wiql import Field

_NOT_ON_BUGS = "Microsoft.VSTS.Common.AcceptanceCriteria"
_ONLY_ON_BUGS = ("Microsoft.VSTS.TCM.", "Microsoft.VSTS.Common.Severity")


def type_named(call: Call, name: str) -> Term:
    """A work item type; raises the product's 404."""
    try:
        return call.tracker.term("type", name)
    except NotFound:
        message = (
            f"VS402323: Work item type {name} does not exist in project {project_guid(call.home())} or you do not have "
            "permission to access it."
        )
        raise work_item_error(404, message, "WorkItemTypeNotFoundException") from None


def _fields_of(kind: Term) -> list[Field]:
    bug = kind.name == "Bug"
    return [
        field
        for field in FIELDS
        if not (bug and field.reference_name == _NOT_ON_BUGS)
        and (bug or not field.reference_name.startswith(_ONLY_ON_BUGS))
    ]


def _instance(call: Call, field: Field, *, expand: bool) -> Json:
    required = field.reference_name in ("System.Title", "System.State", "System.AreaId", "System.IterationId")
    body: Json = {
        "alwaysRequired": required,
        "defaultValue": "2" if field.reference_name.endswith("Common.Priority") else None,
        "referenceName": field.reference_name,
        "name": field.name,
        "url": f"{call.base}/_apis/wit/fields/{field.reference_name}",
    }
    if expand:
        lists = {"System.State": "status", "Microsoft.VSTS.Common.Priority": "priority"}
        terms = call.tracker.terms(lists.get(field.reference_name, "none"))
        numbers = field.type == "integer"
        body["allowedValues"] = [int(term.name) if numbers else term.name for term in terms]
    return body


def _expands(call: Call) -> bool:
    return call.query.get("$expand", "none").casefold() in ("all", "allowedvalues")


def _type(call: Call, kind: Term) -> Json:
    reference = f"Microsoft.VSTS.WorkItemTypes.{kind.name.replace(' ', '')}"
    fields = [_instance(call, field, expand=False) for field in _fields_of(kind)]
    return {
        "name": kind.name,
        "referenceName": reference,
        "description": "",
        "color": "009CCC",
        "icon": {"id": "icon_book", "url": f"{call.base}/_apis/wit/workItemIcons/icon_book?color=009CCC&v=2"},
        "isDisabled": False,
        "xmlForm": "",
        "fields": fields,
        "fieldInstances": fields,
        "transitions": {},
        "states": [state_colour(term) for term in call.tracker.terms("status")],
        "url": f"{call.base}/{project_guid(call.home())}/_apis/wit/workItemTypes/{kind.name.replace(' ', '%20')}",
    }


def _types(call: Call) -> Response:
    return listing([_type(call, kind) for kind in call.tracker.terms("type")])


def _one_type(call: Call) -> Response:
    return answer(_type(call, type_named(call, call.rest[0])))


def _type_fields(call: Call) -> Response:
    fields = _fields_of(type_named(call, call.rest[0]))
    return listing([_instance(call, field, expand=_expands(call)) for field in fields])


def _type_field(call: Call) -> Response:
    wanted = field_named(call.rest[1])
    if wanted not in _fields_of(type_named(call, call.rest[0])):
        raise _no_such_field(call.rest[1])
    return answer(_instance(call, wanted, expand=_expands(call)))


def _states(call: Call) -> Response:
    type_named(call, call.rest[0])
    return listing([state_colour(term) for term in call.tracker.terms("status")])


def _no_such_field(name: str) -> WireError:
    message = f"TF51535: Cannot find field {name}."
    return work_item_error(404, message, "WorkItemTrackingFieldDefinitionNotFoundException")


def field_named(name: str) -> Field:
    found = BY_NAME.get(name.casefold())
    if found is None:
        raise _no_such_field(name)
    return found


def _field_body(field: Field, base: str) -> Json:
    return {
        "name": field.name,
        "referenceName": field.reference_name,
        "type": field.type,
        "usage": "workItem",
        "readOnly": field.reference_name in READ_ONLY,
        "canSortBy": field.type not in ("html", "history", "plainText"),
        "isQueryable": True,
        "isIdentity": field.type == "identity",
        "isPicklist": False,
        "isPicklistSuggested": False,
        "supportedOperations": [{"referenceName": "SupportedOperations.Equals", "name": "="}],
        "url": f"{base}/_apis/wit/fields/{field.reference_name}",
    }


def _fields(call: Call) -> Response:
    return listing([_field_body(field, call.base) for field in FIELDS])


def _field(call: Call) -> Response:
    return answer(_field_body(field_named(call.rest[0]), call.base))


def _relation_types(call: Call) -> Response:
    links = [relation_body(relation, call.base) for relation in RELATION_TYPES]
    return listing(links + [resource_link_body(rel, call.base) for rel in RESOURCE_LINKS])


def _relation_type(call: Call) -> Response:
    by_name = {rel.casefold(): relation for rel, relation in RELATIONS.items()}
    found = by_name.get(call.rest[0].casefold())
    if found is None:
        raise work_item_error(404, f"TF237124: The link type '{call.rest[0]}' does not exist.", "NotFoundException")
    return answer(relation_body(found, call.base))


ROUTES: Routes = {
    ("GET", "wit/fields"): _fields,
    ("GET", "wit/fields/*"): _field,
    ("GET", "wit/workitemrelationtypes"): _relation_types,
    ("GET", "wit/workitemrelationtypes/*"): _relation_type,
    ("GET", "wit/workitemtypes"): _types,
    ("GET", "wit/workitemtypes/*"): _one_type,
    ("GET", "wit/workitemtypes/*/fields"): _type_fields,
    ("GET", "wit/workitemtypes/*/fields/*"): _type_field,
    ("GET", "wit/workitemtypes/*/states"): _states,
}
