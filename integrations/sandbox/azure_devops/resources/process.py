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
)
from integrations.sandbox.azure_devops.wire import Call, Routes, listing
from integrations.sandbox.records import NotFound, Term
from integrations.sandbox.wiql import Field


def type_named(call: Call, name: str) -> Term:
    """A work item type; raises the product's 404."""
    try:
        return call.process.kind(call.tracker, name)
    except NotFound:
        message = (
            f"VS402323: Work item type {name} does not exist in project {project_guid(call.home())} or you do not have "
            "permission to access it."
        )
        raise work_item_error(404, message, "WorkItemTypeNotFoundException") from None


def _fields_of(call: Call, kind: Term) -> list[Field]:
    return call.process.fields(kind.name)


def _instance(call: Call, kind: Term, field: Field, *, expand: bool) -> Json:
    body: Json = {
        "alwaysRequired": field.reference_name in call.process.wanted(kind.name),
        "defaultValue": "2" if field.reference_name.endswith("Common.Priority") else None,
        "referenceName": field.reference_name,
        "name": call.process.label(field),
        "url": f"{call.base}/_apis/wit/fields/{field.reference_name}",
    }
    if expand:
        terms = call.tracker.terms("priority") if field.reference_name.endswith("Common.Priority") else []
        terms = call.process.statuses(call.tracker) if field.reference_name == "System.State" else terms
        numbers = field.type == "integer"
        body["allowedValues"] = [int(term.name) if numbers else term.name for term in terms]
    return body


def _expands(call: Call) -> bool:
    return call.query.get("$expand", "none").casefold() in ("all", "allowedvalues")


def _type(call: Call, kind: Term) -> Json:
    reference = f"Microsoft.VSTS.WorkItemTypes.{kind.name.replace(' ', '')}"
    fields = [_instance(call, kind, field, expand=False) for field in _fields_of(call, kind)]
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
        "states": _colours(call),
        "url": f"{call.base}/{project_guid(call.home())}/_apis/wit/workItemTypes/{kind.name.replace(' ', '%20')}",
    }


def _types(call: Call) -> Response:
    return listing([_type(call, kind) for kind in call.process.kinds(call.tracker)])


def _one_type(call: Call) -> Response:
    return answer(_type(call, type_named(call, call.rest[0])))


def _type_fields(call: Call) -> Response:
    kind = type_named(call, call.rest[0])
    return listing([_instance(call, kind, field, expand=_expands(call)) for field in _fields_of(call, kind)])


def _type_field(call: Call) -> Response:
    kind, wanted = type_named(call, call.rest[0]), field_named(call.rest[1])
    if wanted not in _fields_of(call, kind):
        raise _no_such_field(call.rest[1])
    return answer(_instance(call, kind, wanted, expand=_expands(call)))


def _colours(call: Call) -> list[dict[str, str]]:
    return [call.process.colour(term) for term in call.process.statuses(call.tracker)]


def _states(call: Call) -> Response:
    type_named(call, call.rest[0])
    return listing(_colours(call))


def _category(call: Call, reference: str) -> Json:
    where = f"{call.base}/{project_guid(call.home())}/_apis/wit"
    kinds = [kind.name for kind in call.process.kinds(call.tracker) if call.process.category(kind.name) == reference]
    types = [{"name": name, "url": f"{where}/workItemTypes/{name.replace(' ', '%20')}"} for name in kinds]
    body: Json = {"name": f"{reference.removeprefix('Microsoft.').removesuffix('Category')} Category"}
    if types:
        body["defaultWorkItemType"] = types[0]
    url = f"{where}/workItemTypeCategories/{reference}"
    return body | {"referenceName": reference, "workItemTypes": types, "url": url}


def _categories(call: Call) -> Response:
    references = dict.fromkeys(call.process.category(kind.name) for kind in call.process.kinds(call.tracker))
    return listing([_category(call, reference) for reference in references])


def _one_category(call: Call) -> Response:
    wanted = call.rest[0].casefold()
    for kind in call.process.kinds(call.tracker):
        if call.process.category(kind.name).casefold() == wanted:
            return answer(_category(call, call.process.category(kind.name)))
    message = f"VS402324: Work item type category {call.rest[0][:100]} does not exist in the project."
    raise work_item_error(404, message, "WorkItemTypeCategoryNotFoundException")


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
    ("GET", "wit/workitemtypecategories"): _categories,
    ("GET", "wit/workitemtypecategories/*"): _one_category,
    ("GET", "wit/workitemtypes"): _types,
    ("GET", "wit/workitemtypes/*"): _one_type,
    ("GET", "wit/workitemtypes/*/fields"): _type_fields,
    ("GET", "wit/workitemtypes/*/fields/*"): _type_field,
    ("GET", "wit/workitemtypes/*/states"): _states,
}
