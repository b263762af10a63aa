"""Who asks, by which version, and how the organisation says no."""

from typing import Any

import pytest

from integrations.sandbox.azure_devops.resources.areas import add_area

ITEMS = "/_apis/wit/workitemsbatch"


def test_bearer_and_basic_both_say_who_it_is(organisation: Any) -> None:
    bearer = {"Authorization": "Bearer token-lee"}
    answer = organisation.ask("GET", "/_apis/connectionData", auth=None, headers=bearer, version="7.1-preview")
    assert answer.json()["authenticatedUser"]["providerDisplayName"] == "Lee Lindqvist"
    answer = organisation.ask("GET", "/_apis/connectionData", "rae", version="7.1-preview.1")
    assert answer.json()["authenticatedUser"]["id"] == organisation.tracker.user("rae").id


@pytest.mark.parametrize("header", ["", "Basic !!", "Basic eA==", "Bearer", "Digest x", "Basic OnRva2Vu"])
def test_a_wrong_token_gets_401_and_a_page(organisation: Any, header: str) -> None:
    answer = organisation.ask("GET", "/_apis/projects", auth=None, headers={"Authorization": header})
    assert (answer.status_code, answer.headers["Content-Type"].startswith("text/html")) == (401, True)


def test_fault_42_an_expired_token_can_get_the_sign_in_page(organisation: Any) -> None:
    wire = organisation.wire
    wire.sign_in = "203"
    answer = organisation.ask("GET", "/_apis/projects", "nobody")
    assert (answer.status_code, "Sign In" in answer.text) == (203, True)
    wire.sign_in = "302"
    answer = organisation.ask("GET", "/_apis/projects", "nobody")
    assert answer.status_code == 302
    assert "Sign In" in organisation.session.get(answer.headers["Location"], timeout=5).text


def test_being_slowed_down_is_told_in_headers_of_a_good_answer(organisation: Any) -> None:
    assert "Retry-After" not in organisation.ask("GET", "/_apis/projects").headers
    organisation.wire.delayed = 2.5
    answer = organisation.ask("GET", "/_apis/projects")
    assert (answer.status_code, answer.headers["Retry-After"], answer.headers["X-RateLimit-Delay"]) == (200, "2", "2.5")


@pytest.mark.parametrize(
    ("method", "path", "version", "key"),
    [
        ("POST", ITEMS, "", "VssVersionNotSpecifiedException"),
        ("GET", "/_apis/projects", "9.0", "VssVersionOutOfRangeException"),
        ("GET", "/_apis/projects", "new", "VssVersionOutOfRangeException"),
        ("GET", "/_apis/connectionData", "7.1", "VssInvalidPreviewVersionException"),
        ("GET", "/Shop/_apis/wit/workItems/1/comments", "7.1", "VssInvalidPreviewVersionException"),
    ],
)
def test_a_version_that_does_not_fit_is_refused(
    organisation: Any, method: str, path: str, version: str, key: str
) -> None:
    answer = organisation.ask(method, path, version=version)
    assert (answer.status_code, answer.json()["typeKey"]) == (400, key)


def test_the_version_may_stand_in_the_accept_header(organisation: Any) -> None:
    headers = {"Accept": "application/json;api-version=7.1-preview.1"}
    assert organisation.ask("GET", "/_apis/connectionData", version="", headers=headers).status_code == 200


def test_paths_are_read_whatever_their_letter_case(organisation: Any) -> None:
    item = organisation.item(Title="Cart")
    for path in (f"/shop/_apis/WIT/workItems/{item}", f"/_APIS/wit/workitems/{item}/"):
        assert organisation.ask("GET", path).status_code == 200


def test_what_is_not_there_is_a_404_and_a_wrong_method_a_405(organisation: Any) -> None:
    assert organisation.ask("GET", "/nothing").status_code == 404
    assert organisation.ask("GET", "/_apis/git/repositories").status_code == 404
    assert organisation.ask("PUT", ITEMS).status_code == 405
    assert organisation.ask("GET", "/Nowhere/_apis/wit/fields").status_code == 404


@pytest.mark.parametrize("body", ["", "{", "[1]", '"x"', "null", "[" * 20_000])
def test_a_body_that_is_no_json_object_is_refused(organisation: Any, body: str) -> None:
    for path in (ITEMS, "/_apis/wit/wiql"):
        assert organisation.ask("POST", path, data=body).status_code == 400


def test_the_request_log_knows_who_asked(organisation: Any) -> None:
    organisation.ask("GET", "/_apis/projects", "lee")
    assert organisation.mounted.faults.requests[-1].user == "lee"


def test_projects_areas_and_tags_are_told(organisation: Any) -> None:
    add_area(organisation.tracker, organisation.tracker.project("Shop"), "Shop\\Web\\Cart")
    organisation.item(Title="Cart", Tags="pay; Beta", AreaPath="Shop\\Web\\Cart")
    project = organisation.ask("GET", "/_apis/projects").json()["value"][0]
    assert organisation.ask("GET", f"/{project['id']}/_apis/wit/fields").status_code == 200
    assert [tag["name"] for tag in organisation.ask("GET", "/Shop/_apis/wit/tags").json()["value"]] == ["Beta", "pay"]
    areas = organisation.ask("GET", "/Shop/_apis/wit/classificationnodes/areas", params={"$depth": 5}).json()
    assert areas["children"][0]["children"][0]["path"] == "\\Shop\\Area\\Web\\Cart"
    assert organisation.ask("GET", "/Shop/_apis/wit/classificationnodes/Areas/Web/Cart").json()["name"] == "Cart"
    assert organisation.ask("GET", "/Shop/_apis/wit/classificationnodes/iterations").json()["hasChildren"] is True
    assert organisation.ask("GET", "/Shop/_apis/wit/classificationnodes/areas/Moon").status_code == 404


def test_members_of_the_team_are_told(organisation: Any) -> None:
    members = organisation.ask("GET", "/_apis/projects/Shop/teams/Shop Team/members").json()["value"]
    assert "dana@corner-shop.example" in [one["identity"]["uniqueName"] for one in members]
