"""Processes of the organisation's projects, and an organisation that is a server of one's own."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.sandbox.azure_devops.processes import GERMAN, Process

ACTIVITY = "Microsoft.VSTS.Common.Activity"


def names(organisation: Any, path: str) -> list[str]:
    return [one["name"] for one in organisation.ask("GET", path).json()["value"]]


def state(value: str) -> list[dict[str, Any]]:
    return [{"op": "add", "path": "/fields/System.State", "value": value}]


def test_a_project_without_a_process_of_its_own_speaks_agile(organisation: Any) -> None:
    assert names(organisation, "/Shop/_apis/wit/workitemtypes/Task/states") == ["New", "Active", "Resolved", "Closed"]
    category = organisation.ask("GET", "/Shop/_apis/wit/workitemtypecategories/Microsoft.TaskCategory").json()
    assert category["defaultWorkItemType"]["name"] == "Task"


def test_a_german_project_knows_german_words_only(organisation: Any) -> None:
    organisation.tracker.add_project("Laden", "Laden", roles={"dana": "Developers"})
    organisation.wire.give_process("Laden", GERMAN)
    assert names(organisation, "/Laden/_apis/wit/workitemtypes/Aufgabe/states") == ["Neu", "In Arbeit", "Geschlossen"]
    assert organisation.ask("GET", "/Laden/_apis/wit/workitemtypes/Task").status_code == 404
    assert organisation.ask("GET", "/Shop/_apis/wit/workitemtypes/Aufgabe").status_code == 404
    title = [{"op": "add", "path": "/fields/System.Title", "value": "Knopf"}]
    made = organisation.ask("POST", "/Laden/_apis/wit/workitems/$Aufgabe", patch=title).json()
    assert made["fields"]["System.State"] == "Neu"
    path = f"/_apis/wit/workitems/{made['id']}"
    assert organisation.ask("PATCH", path, patch=state("Closed")).status_code == 400
    assert organisation.ask("PATCH", path, patch=state("Geschlossen")).status_code == 200


def test_a_field_that_a_rule_wants_is_named_beside_the_message(organisation: Any) -> None:
    organisation.wire.give_process("Shop", Process(required_in={"Closed": frozenset({ACTIVITY})}))
    item = organisation.item(Title="Cart")
    answer = organisation.ask("PATCH", f"/_apis/wit/workitems/{item}", patch=state("Closed"))
    (broken,) = answer.json()["customProperties"]["RuleValidationErrors"]
    assert (answer.status_code, broken["fieldReferenceName"]) == (400, ACTIVITY)
    assert "TF401320: Rule Error for field Activity" in answer.json()["message"]
    filled = [*state("Closed"), {"op": "add", "path": f"/fields/{ACTIVITY}", "value": "Development"}]
    assert organisation.ask("PATCH", f"/_apis/wit/workitems/{item}", patch=filled).status_code == 200


def test_a_rule_is_told_before_anything_is_written(organisation: Any) -> None:
    organisation.wire.give_process("Shop", Process(required={"Task": frozenset({ACTIVITY})}))
    title = [{"op": "add", "path": "/fields/System.Title", "value": "Cart"}]
    path = "/Shop/_apis/wit/workitems/$Task"
    answer = organisation.ask("POST", path, patch=title, params={"validateOnly": "true"})
    assert answer.status_code == 400
    fields = organisation.ask("GET", "/Shop/_apis/wit/workitemtypes/Task/fields").json()["value"]
    assert {one["referenceName"]: one["alwaysRequired"] for one in fields}[ACTIVITY]


def test_an_area_is_made_by_an_administrator_and_found(organisation: Any) -> None:
    path = "/Shop/_apis/wit/classificationnodes/areas"
    assert organisation.ask("POST", path, json={"name": "Web"}).status_code == 403
    assert organisation.ask("POST", path, "ada", json={"name": "We/b"}).status_code == 400
    made = organisation.ask("POST", path, "ada", json={"name": "Web"})
    assert (made.status_code, made.json()["path"]) == (201, "\\Shop\\Area\\Web")
    assert organisation.ask("GET", f"{path}/Web").json()["name"] == "Web"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/_apis/resourceareas", 404),
        ("/_apis/graph/groups", 404),
        ("/_apis/connectiondata", 200),
        ("/_apis/identities", 200),
    ],
)
def test_a_server_of_ones_own_has_no_graph(organisation: Any, path: str, status: int) -> None:
    organisation.wire.server = True
    assert organisation.ask("GET", path, version="6.0-preview").status_code == status


def test_a_server_of_ones_own_speaks_older_versions_and_html_only(organisation: Any) -> None:
    organisation.wire.server = True
    item = organisation.tracker.create_item(organisation.tracker.user("dana"), "Shop", "Task", "Cart")
    assert organisation.ask("GET", f"/_apis/wit/workitems/{item.id}", version="7.1").status_code == 400
    assert organisation.ask("GET", f"/_apis/wit/workitems/{item.id}", version="6.0").status_code == 200
    path = f"/Shop/_apis/wit/workItems/{item.id}/comments"
    said = organisation.ask("POST", path, version="6.0-preview.3", params={"format": "markdown"}, json={"text": "x"})
    assert said.json()["format"] == "html"


def test_groups_are_told_by_identities(organisation: Any) -> None:
    dana = organisation.tracker.user("dana")
    params = {"identityIds": dana.id, "queryMembership": "Direct"}
    (own,) = organisation.ask("GET", "/_apis/identities", params=params).json()["value"]
    groups = organisation.ask("GET", "/_apis/identities", params={"descriptors": ",".join(own["memberOf"])}).json()
    assert "[Shop]\\Contributors" in [one["providerDisplayName"] for one in groups["value"]]
