"""The sandbox's answers against the response schemas of the official specifications, where those are at hand."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from referencing import Registry
from referencing.jsonschema import DRAFT7

from integrations.sandbox.jira.scheme import CUSTOM, Field, Scheme, Step, arrange
from integrations.sandbox.markup import wiki_to_adf
from integrations.sandbox.records import Term
from integrations.sandbox.site import Served

SPECS = Path(__file__).parents[4].parent / "shared" / "specs"
pytestmark = pytest.mark.skipif(not SPECS.exists(), reason="no shared data")

CLOUD = "jira-cloud/openapi-v3.json.gz"
DATA_CENTER = "jira-dc/openapi-10.3.json.gz"


@cache
def spec(name: str) -> dict[str, Any]:
    return json.loads(gzip.decompress((SPECS / name).read_bytes()))  # type: ignore[no-any-return]


def tolerant(schema: Any) -> Any:
    """The schema as JSON Schema: OpenAPI's nullable, and Jira's null where a spec forgot to say so, are allowed."""
    if isinstance(schema, list):
        return [tolerant(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: tolerant(value) for name, value in schema.items() if name not in ("format", "example")}
    if isinstance(made.get("type"), str) and made["type"] != "array" and "properties" not in made:
        made["type"] = [made["type"], "null"]
    return made


@cache
def components(name: str) -> Any:
    return Registry().with_resource(
        "urn:spec", DRAFT7.create_resource({"components": tolerant(spec(name)["components"])})
    )


def is_slip(error: Any) -> bool:
    """Known slips of the Data Center file: a list or a field's value declared an object, a JSON value a string."""
    path = list(error.absolute_path)
    listed = isinstance(error.instance, list) and "object" in error.validator_value
    return error.validator == "type" and (
        listed or path[-1:] == ["value"] or path[-2:-1] in (["fields"], ["renderedFields"])
    )


def problems(name: str, path: str, answer: Any, method: str, status: str) -> list[str]:
    responses = spec(name)["paths"][path][method]["responses"]
    schema = tolerant(responses[status]["content"]["application/json"]["schema"])
    text = json.dumps(schema).replace('"#/components', '"urn:spec#/components')
    validator = Draft7Validator(json.loads(text), registry=components(name))
    # Where the Data Center file gives an element's schema for a list, each element is held against it.
    each = answer if name == DATA_CENTER and isinstance(answer, list) and "array" not in text[:30] else [answer]
    errors = [error for part in each for error in validator.iter_errors(part)]
    slips = is_slip if name == DATA_CENTER else lambda _: False
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in errors if not slips(e)]


GETS_CLOUD = {
    "/rest/api/3/myself": "myself",
    "/rest/api/3/serverInfo": "serverInfo",
    "/rest/api/3/field": "field",
    "/rest/api/3/issue/{issueIdOrKey}": "issue/SHOP-1?expand=changelog,renderedFields",
    "/rest/api/3/issue/{issueIdOrKey}/comment": "issue/SHOP-1/comment?expand=properties",
    "/rest/api/3/issue/{issueIdOrKey}/comment/{id}": "issue/SHOP-1/comment/10001?expand=renderedBody",
    "/rest/api/3/issue/{issueIdOrKey}/changelog": "issue/SHOP-1/changelog",
    "/rest/api/3/issue/{issueIdOrKey}/editmeta": "issue/SHOP-1/editmeta",
    "/rest/api/3/issue/{issueIdOrKey}/transitions": "issue/SHOP-1/transitions?expand=transitions.fields",
    "/rest/api/3/issue/{issueIdOrKey}/properties": "issue/SHOP-1/properties",
    "/rest/api/3/issue/{issueIdOrKey}/watchers": "issue/SHOP-1/watchers",
    "/rest/api/3/issueLinkType": "issueLinkType",
    "/rest/api/3/issueLink/{linkId}": "issueLink/10001",
    "/rest/api/3/search/jql": "search/jql?jql=project=SHOP&fields=*all",
    "/rest/api/3/project/{projectIdOrKey}": "project/SHOP",
    "/rest/api/3/project/{projectIdOrKey}/components": "project/SHOP/components",
    "/rest/api/3/user/assignable/search": "user/assignable/search?issueKey=SHOP-1",
    "/rest/api/3/project/search": "project/search",
    "/rest/api/3/project/{projectIdOrKey}/role": "project/SHOP/role",
    "/rest/api/3/project/{projectIdOrKey}/role/{id}": "project/SHOP/role/10001",
    "/rest/api/3/priority/search": "priority/search",
    "/rest/api/3/status": "status",
    "/rest/api/3/label": "label",
    "/rest/api/3/mypermissions": "mypermissions?permissions=EDIT_ISSUES&issueKey=SHOP-1",
    "/rest/api/3/user/permission/search": "user/permission/search?permissions=EDIT_ISSUES&issueKey=SHOP-1",
    "/rest/api/3/group/member": "group/member?groupname=shop-deciders",
    "/rest/api/3/issue/createmeta/{projectIdOrKey}/issuetypes": "issue/createmeta/SHOP/issuetypes",
    "/rest/api/3/issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}": "issue/createmeta/SHOP/issuetypes/10001",
    "/rest/api/3/comment/{commentId}/properties/{propertyKey}": "comment/10001/properties/steward",
}


@pytest.fixture
def furnished(served: Served) -> Served:
    for name in ("cloud", "dc"):
        tracker = served.site[name].tracker
        schema = {"type": "string", "custom": f"{CUSTOM}:textarea", "customId": 10050}
        own = Field("customfield_10050", "Acceptance Criteria", schema)
        steps = (Step("Close", "Done", (), ("!resolution", "customfield_10050")), Step("Again", "To Do"))
        arrange(tracker, "SHOP", Scheme(is_team_managed=True, fields=(own,), steps=steps))
        tracker.add_term(Term("component", 0, "Cart"))
        text: Any = wiki_to_adf("It *hangs*") if name == "cloud" else "It *hangs*"
        first = tracker.create_item(None, "SHOP", "Story", "Save the cart", text, assignee="lee", labels=["a"])
        second = tracker.create_item(None, "SHOP", "Bug", "The cart is lost", text)
        tracker.create_item(None, "SHOP", tracker.terms("type")[-1].name, "Draft", None, parent=first.id)
        tracker.change_item(None, first.id, {"summary": "Keep the cart", "priority": "High", "assignee": "dana"})
        tracker.change_item(None, second.id, {"status": "Done"})
        tracker.add_link(None, "Duplicate", second.id, first.id)
        tracker.add_comment(tracker.user("rae"), first.id, text, properties={"steward": {"marker": "m"}})
        tracker.set_property(None, first.id, "steward", 1)
    return served


def test_what_cloud_reads_out_is_as_specified(furnished: Served, ask: Any) -> None:
    found = {}
    for path, asked in GETS_CLOUD.items():
        answer = ask("GET", "cloud", f"/rest/api/3/{asked}", "ada")
        assert answer.status_code == 200, path
        found[path] = problems(CLOUD, path, answer.json(), "get", "200")
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_what_cloud_answers_to_a_write_is_as_specified(furnished: Served, ask: Any) -> None:
    comment = ask("POST", "cloud", "/rest/api/3/issue/SHOP-1/comment", json={"body": wiki_to_adf("x")})
    path = "/rest/api/3/issue/{issueIdOrKey}/comment"
    assert problems(CLOUD, path, comment.json(), "post", "201") == []
    edited = ask(
        "PUT", "cloud", f"/rest/api/3/issue/SHOP-1/comment/{comment.json()['id']}", json={"body": wiki_to_adf("y")}
    )
    assert problems(CLOUD, f"{path}/{{id}}", edited.json(), "put", "200") == []
    fields = {"project": {"key": "SHOP"}, "issuetype": {"name": "Bug"}, "summary": "New"}
    made = ask("POST", "cloud", "/rest/api/3/issue", json={"fields": fields})
    assert problems(CLOUD, "/rest/api/3/issue", made.json(), "post", "201") == []


def test_what_data_center_reads_out_is_as_specified(furnished: Served, ask: Any) -> None:
    found, checked = {}, 0
    for path, operations in spec(DATA_CENTER)["paths"].items():
        generic = {ours.replace("/rest/api/3", "/api/2"): asked for ours, asked in GETS_CLOUD.items()}
        asked = {**generic, "/api/2/search": "search?jql=project=SHOP"}.get(path)
        if asked is None or "get" not in operations:
            continue
        media = operations["get"]["responses"].get("200", {}).get("content", {}).get("application/json", {})
        if "schema" not in media:
            continue
        answer = ask("GET", "dc", f"/rest/api/2/{asked}", "ada")
        assert answer.status_code == 200, path
        found[path] = problems(DATA_CENTER, path, answer.json(), "get", "200")
        checked += 1
    assert {path: wrong for path, wrong in found.items() if wrong} == {}
    assert checked >= 8
