"""Answers and notifications held against the product's own description, where it lies beside the checkout."""

import json
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).parents[4].parent / "shared"
pytestmark = pytest.mark.skipif(not (SHARED / "specs" / "azure-devops").is_dir(), reason="no shared data")

ANSWERS = (
    "/_apis/wit/workitems/1",
    "/_apis/wit/workitems/1?$expand=all",
    "/_apis/wit/workitems?ids=1,2&$expand=relations",
    "/_apis/wit/workitems/1/updates",
    "/_apis/wit/workitems/1/updates/1",
    "/Shop/_apis/wit/workItems/1/comments",
    "/Shop/_apis/wit/workItems/1/comments?$expand=renderedText",
    "/_apis/wit/workitemrelationtypes",
    "/_apis/wit/workitemrelationtypes/System.LinkTypes.Duplicate-Forward",
    "/Shop/_apis/wit/workitemtypes",
    "/Shop/_apis/wit/workitemtypes/Bug/states",
    "/Shop/_apis/wit/workitemtypes/Bug/fields?$expand=all",
    "/Shop/_apis/wit/workitemtypecategories",
    "/Shop/_apis/wit/workitemtypecategories/Microsoft.TaskCategory",
    "/_apis/wit/fields",
    "/Shop/_apis/wit/tags",
    "/Shop/_apis/wit/classificationnodes?$depth=3",
)
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


def test_every_answer_is_as_described(busy: Any) -> None:
    """tests.specifications holds each against its definition as this ends."""
    answers = {path: busy.ask("GET", path, version="7.2-preview.4") for path in ANSWERS}
    assert {path: answer.text for path, answer in answers.items() if answer.status_code != 200} == {}


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
