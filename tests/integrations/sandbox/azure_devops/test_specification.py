"""Answers and notifications held against the product's own description, where it lies beside the checkout."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

SHARED = Path(__file__).parents[4].parent / "shared"
pytestmark = pytest.mark.skipif(not (SHARED / "specs" / "azure-devops").is_dir(), reason="no shared data")

ANSWERS = [
    ("GET", "/_apis/wit/workitems/1", "WorkItem", ""),
    ("GET", "/_apis/wit/workitems/1?$expand=all", "WorkItem", ""),
    ("GET", "/_apis/wit/workitems?ids=1,2&$expand=relations", "WorkItem", "value"),
    ("GET", "/_apis/wit/workitems/1/updates", "WorkItemUpdate", "value"),
    ("GET", "/Shop/_apis/wit/workItems/1/comments", "CommentList", ""),
    ("GET", "/Shop/_apis/wit/workItems/1/comments?$expand=renderedText", "Comment", "comments"),
    ("GET", "/_apis/wit/workitemrelationtypes", "WorkItemRelationType", "value"),
    ("GET", "/Shop/_apis/wit/workitemtypes", "WorkItemType", "value"),
    ("GET", "/Shop/_apis/wit/workitemtypes/Bug/states", "WorkItemStateColor", "value"),
    ("GET", "/Shop/_apis/wit/workitemtypes/Bug/fields?$expand=all", "WorkItemTypeFieldWithReferences", "value"),
    ("GET", "/Shop/_apis/wit/workitemtypecategories", "WorkItemTypeCategory", "value"),
    ("GET", "/Shop/_apis/wit/workitemtypecategories/Microsoft.TaskCategory", "WorkItemTypeCategory", ""),
    ("GET", "/_apis/wit/fields", "WorkItemField2", "value"),
    ("GET", "/Shop/_apis/wit/tags", "WorkItemTagDefinition", "value"),
    ("GET", "/Shop/_apis/wit/classificationnodes?$depth=3", "WorkItemClassificationNode", "value"),
]
EXAMPLES = [
    ("/_apis/wit/workitems/1", "workItems/GET__wit_WorkItems_id.json", ""),
    ("/_apis/wit/workitems?ids=1,2", "workItems/GET__wit_WorkItems_ids-_ids_.json", "value"),
    ("/_apis/wit/workitemrelationtypes", "workItemRelationTypes/GET__relation_types.json", "value"),
    ("/Shop/_apis/wit/workitemtypes/Bug/states", "workItemTypeStates/GET__workitem_type_states.json", "value"),
    ("/Shop/_apis/wit/workitemtypes/Bug/fields", "workItemTypesField/GET__workItemType_fields.json", "value"),
    ("/Shop/_apis/wit/classificationnodes/areas", "classificationNodes/GET__wit_classificationNodes_areas.json", ""),
    ("/Shop/_apis/wit/workItems/1/comments?$top=1", "comments/GET__wit_workitems__issueId__comments_1.json", ""),
]
OF_OLDER_VERSIONS = {"_links", "commentId", "isDeleted", "children", "helpText"}
OF_THE_PROCESS = {"System.AssignedTo", "Microsoft.VSTS.Common.ActivatedDate", "Microsoft.VSTS.Common.ActivatedBy"}


def definitions() -> dict[str, Any]:
    path = SHARED / "specs" / "azure-devops" / "wit" / "7.2" / "workItemTracking.json.gz"
    loaded: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()).decode("utf-8-sig"))["definitions"]
    return loaded


def example(name: str) -> Any:
    path = SHARED / "specs" / "azure-devops" / "wit" / "7.1" / "httpExamples" / name
    return json.loads(path.read_text("utf-8-sig"))["responses"]["200"]["body"]


@pytest.fixture
def busy(organisation: Any) -> Any:
    """An organisation with an item that has everything an item can have."""
    first = organisation.item(Title="Cart", Description="<p>x</p>", Tags="a; b", AssignedTo="lee@corner-shop.example")
    second = organisation.item(Title="Basket")
    url = f"{organisation.url}/_apis/wit/workItems/{second}"
    document = [
        {"op": "add", "path": "/relations/-", "value": {"rel": rel, "url": url}}
        for rel in ("System.LinkTypes.Duplicate-Reverse", "System.LinkTypes.Hierarchy-Forward")
    ]
    document.append({"op": "add", "path": "/relations/-", "value": {"rel": "Hyperlink", "url": "https://example.org"}})
    document.append({"op": "add", "path": "/fields/System.Description", "value": "# x"})
    document.append({"op": "add", "path": "/multilineFieldsFormat/System.Description", "value": "Markdown"})
    assert organisation.ask("PATCH", f"/_apis/wit/workitems/{first}", patch=document).status_code == 200
    for text in ("one", "two"):
        organisation.ask("POST", f"/Shop/_apis/wit/workItems/{first}/comments", json={"text": text})
    return organisation


@pytest.mark.parametrize(("method", "path", "name", "inside"), ANSWERS)
def test_an_answer_fits_the_definition(busy: Any, method: str, path: str, name: str, inside: str) -> None:
    answer = busy.ask(method, path, version="7.2-preview.4")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    schema = {"$ref": f"#/definitions/{name}", "definitions": _nullable(definitions())}
    for one in found[inside] if inside else [found]:
        errors = [f"{'/'.join(map(str, e.path))}: {e.message}" for e in Draft4Validator(schema).iter_errors(one)]
        assert errors == []
        described = _properties(definitions(), name)
        assert set(one) <= described, f"{set(one) - described} is not in the product's description"


@pytest.mark.parametrize(("path", "name", "inside"), EXAMPLES)
def test_nothing_that_an_example_shows_is_missing(busy: Any, path: str, name: str, inside: str) -> None:
    found, shown = busy.ask("GET", path, version="7.2-preview.4").json(), example(name)
    assert set(shown) - OF_OLDER_VERSIONS <= set(found)
    if inside:
        common = set.intersection(*(set(one) for one in shown[inside])) - OF_OLDER_VERSIONS
        assert common <= set(found[inside][0])
    if "fields" in shown:
        system = {field for field in shown["fields"] if field.startswith("System.")}
        assert system - OF_THE_PROCESS <= set(found["fields"])


def test_a_query_answers_like_the_example(busy: Any) -> None:
    shown = example("wiql/GET__wit_get_id_workitems.json")
    query = json.loads(
        (SHARED / "specs/azure-devops/wit/7.1/httpExamples/wiql/GET__wit_get_id_workitems.json").read_text("utf-8-sig")
    )["parameters"]["body"]
    found = busy.ask("POST", "/_apis/wit/wiql", json=query).json()
    assert set(shown) <= set(found)
    assert [column["referenceName"] for column in found["columns"]] == [c["referenceName"] for c in shown["columns"]]
    assert [s["field"]["name"] for s in found["sortColumns"]] == [s["field"]["name"] for s in shown["sortColumns"]]


@pytest.mark.parametrize("event", ["created", "updated", "commented"])
def test_a_notification_has_the_shape_of_a_real_one(busy: Any, event: str) -> None:
    from integrations.sandbox.azure_devops.items import Shapes
    from integrations.sandbox.azure_devops.payloads import payload
    from integrations.sandbox.records import Happening

    real = json.loads((SHARED / "fixtures" / "azure-devops" / f"workitem.{event}.json").read_text("utf-8-sig"))
    tracker = busy.tracker
    happened: list[Happening] = []
    tracker.subscribe(happened.append)
    tracker.change_item(tracker.user("dana"), 1, {"status": "Active"}, comment="hm")
    item = tracker.item(1)
    told = happened[-1] if event == "commented" else happened[0]
    body = payload(told, Shapes(tracker, busy.url), f"workitem.{event}", "s", 1, {})
    assert set(body) == set(real)
    assert set(real["resource"]) <= set(body["resource"])
    assert set(real["message"]) == set(body["message"])
    assert set(real["resourceContainers"]) == set(body["resourceContainers"])
    if event == "updated":
        assert set(real["resource"]["revision"]) <= set(body["resource"]["revision"])
        assert body["resource"]["workItemId"] == item.id
    else:
        assert all(
            isinstance(body["resource"]["fields"][name], str) for name in ("System.CreatedBy", "System.ChangedBy")
        )


def _properties(all_of_them: dict[str, Any], name: str) -> set[str]:
    """The properties of a definition and of those it extends."""
    described = all_of_them[name]
    found = set(described.get("properties", {}))
    for base in described.get("allOf", ()):
        found |= _properties(all_of_them, base["$ref"].rpartition("/")[2])
    return found


def _nullable(schema: Any) -> Any:
    """The same schema as the product means it: anything may be null, and a bare object is anything at all."""
    if isinstance(schema, list):
        return [_nullable(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _nullable(value) for key, value in schema.items()}
    if made.get("type") == "object" and not {"properties", "additionalProperties"} & set(made):
        del made["type"]
    if isinstance(made.get("type"), str) and "enum" not in made:
        made["type"] = [made["type"], "null"]
    return made
