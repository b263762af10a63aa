"""The vendor's package, hardened: what it would lose, follow, log or store, and what becomes of odd answers."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import responses

from integrations.azure_devops.client import AzureDevOpsConnection, name_cache_directory
from integrations.blocks import Paragraph, Text
from integrations.tracker import Missing, Refused, Unintelligible

BASE = "https://dev.azure.com/Contoso"
WORK_ITEMS, COMMENTS = "72c7ddf8-2cdc-4f60-90cd-ab71c14a399b", "608aac0a-32e1-4493-a863-b9cf4566d257"
LOCATIONS = (
    (WORK_ITEMS, "wit", "workItems", "_apis/{area}/{resource}/{id}", "7.2", 3),
    (COMMENTS, "wit", "comments", "{project}/_apis/wit/workItems/{workItemId}/{resource}/{commentId}", "7.2", 4),
    ("e81700f7-3be2-46de-8624-2eb35882fcaa", "Location", "ResourceAreas", "_apis/{resource}/{areaId}", "7.2", 1),
    ("00d9565f-ed9c-4a06-9a50-00e7896ccab4", "Location", "ConnectionData", "_apis/{resource}", "7.2", 1),
)
WIT_AREA = "5264459e-e5e0-4bd8-b118-0985e68a4ec5"
ITEM = {
    "id": 7,
    "rev": 3,
    "fields": {
        "System.TeamProject": "Shop",
        "System.WorkItemType": "Bug",
        "System.State": "New",
        "System.Title": "Pay",
        "System.CreatedDate": "2026-11-21T10:00:00Z",
    },
}


def location(row: tuple[Any, ...]) -> dict[str, Any]:
    identity, area, resource, template, version, revision = row
    return {
        "id": identity,
        "area": area,
        "resourceName": resource,
        "routeTemplate": template,
        "resourceVersion": revision,
        "minVersion": "1.0",
        "maxVersion": version,
        "releasedVersion": "7.1",
    }


def furnish(locations: tuple[tuple[Any, ...], ...] = LOCATIONS, area_url: str = f"{BASE}/") -> None:
    value = [location(row) for row in locations]
    responses.add(responses.OPTIONS, f"{BASE}/_apis", json={"count": len(value), "value": value})
    areas = [{"id": WIT_AREA, "name": "wit", "locationUrl": area_url}]
    responses.get(f"{BASE}/_apis/ResourceAreas", json={"count": 1, "value": areas})


@pytest.fixture
def connection(tmp_path: Path) -> AzureDevOpsConnection:
    return AzureDevOpsConnection(BASE, "pat", "ado", cache_dir=tmp_path, sleep=lambda _: None)


@pytest.mark.parametrize(
    "url", ["", "dev.azure.com/contoso", "ftp://x", "https://x/{a}", "https://x/?a", "https://x/#a"]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="organisation"):
        AzureDevOpsConnection(url, "pat", "ado")


@responses.activate
def test_the_package_takes_its_routes_from_the_server_once_and_keeps_no_files(
    connection: AzureDevOpsConnection, tmp_path: Path
) -> None:
    furnish()
    responses.get(f"{BASE}/_apis/wit/workItems/7", json=ITEM)
    session = connection.reader._session
    assert session.item(7)["rev"] == session.item(7)["rev"] == 3
    assert [call.request.method for call in responses.calls] == ["OPTIONS", "GET", "GET", "GET"]
    assert responses.calls[-1].request.headers["Accept"] == "application/json;api-version=7.2-preview.3"
    assert list(tmp_path.iterdir()) == []


@responses.activate
def test_an_older_server_is_asked_in_its_own_version(connection: AzureDevOpsConnection) -> None:
    furnish(tuple((*row[:4], "6.0", 2) for row in LOCATIONS))
    responses.get(f"{BASE}/_apis/wit/workItems/7", json=ITEM)
    connection.reader._session.item(7)
    assert "api-version=6.0" in responses.calls[-1].request.headers["Accept"]


@responses.activate
def test_the_format_of_a_long_text_is_not_lost(connection: AzureDevOpsConnection) -> None:
    furnish()
    formats = {"System.Description": "markdown"}
    responses.get(f"{BASE}/_apis/wit/workItems/7", json={**ITEM, "multilineFieldsFormat": formats})
    assert connection.reader._session.item(7)["multilineFieldsFormat"] == formats


@pytest.mark.parametrize(
    "url", ["https://evil.example/Contoso/", "http://dev.azure.com/Contoso/", "//x", "https://devazure.com/"]
)
@responses.activate
def test_the_token_is_not_sent_to_an_address_that_is_not_the_vendors(
    connection: AzureDevOpsConnection, url: str
) -> None:
    furnish(area_url=url)
    responses.get(f"{BASE}/_apis/wit/workItems/7", json=ITEM)
    connection.reader._session.item(7)
    assert {call.request.url.partition("/Contoso")[0] for call in responses.calls} == {"https://dev.azure.com"}


@responses.activate
def test_a_server_without_the_api_is_not_asked_further_up(connection: AzureDevOpsConnection) -> None:
    furnish(LOCATIONS[2:])
    with pytest.raises(Unintelligible):
        connection.reader.fetch("7")
    assert all("/Contoso/" in str(call.request.url) for call in responses.calls)


@pytest.mark.parametrize(
    ("status", "content_type", "body"),
    [
        (200, "text/html", "<html>sign in</html>"),
        (200, "application/json", "<html>"),
        (200, "application/json", "[]"),
        (200, "application/json", '{"value": 7}'),
        (200, "application/json", '{"value": [7]}'),
        (203, "text/html", "<html>"),
    ],
)
@responses.activate
def test_an_odd_first_answer_is_told_as_such(
    connection: AzureDevOpsConnection, status: int, content_type: str, body: str
) -> None:
    responses.add(responses.OPTIONS, f"{BASE}/_apis", status=status, content_type=content_type, body=body)
    with pytest.raises((Unintelligible, Refused)):
        connection.people.me()


@pytest.mark.parametrize(
    "body", ["[]", "7", "null", "{}", '{"id": 7}', '{"id": 7, "fields": []}', '{"id": "7", "fields": {}}', "", "{"]
)
@responses.activate
def test_an_item_of_another_shape_is_unintelligible(connection: AzureDevOpsConnection, body: str) -> None:
    furnish()
    responses.get(f"{BASE}/_apis/wit/workItems/7", body=body, content_type="application/json")
    with pytest.raises(Unintelligible):
        connection.reader.fetch("7")


@responses.activate
def test_comments_whose_pages_never_end_are_read_once(connection: AzureDevOpsConnection) -> None:
    furnish()
    responses.get(f"{BASE}/_apis/wit/workItems/7", json=ITEM)
    one = {
        "commentId": 5,
        "version": 1,
        "text": "<div>hi</div>",
        "createdBy": {"id": "g", "displayName": "Dana"},
        "createdDate": "2026-11-21T10:00:00Z",
    }
    url = f"{BASE}/Shop/_apis/wit/workItems/7/comments"
    responses.get(url, json={"comments": [one], "continuationToken": "same"})
    assert [comment.id for comment in connection.reader.comments("7")] == ["5", "5"]


@responses.activate
def test_fault_50_nothing_of_a_request_is_logged(
    connection: AzureDevOpsConnection, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("azure_devops_python_print_urls", "true")
    furnish()
    responses.get(f"{BASE}/_apis/wit/workItems/7", json=ITEM)
    responses.post(f"{BASE}/Shop/_apis/wit/workItems/7/comments", json={"id": 9})
    with caplog.at_level(logging.DEBUG):
        assert connection.commenter.post("7", (Paragraph((Text("ticket text"),)),), "m1") == "9"
    assert "ticket text" not in caplog.text
    assert "OnBhdA" not in caplog.text
    sent = responses.calls[-1].request
    assert json.loads(sent.body or b"{}") == {"text": "ticket text\n\n`steward-ref:m1`"}
    assert "format=markdown" in str(sent.url)


def test_an_operation_without_a_value_is_refused_because_the_package_would_drop_it(
    connection: AzureDevOpsConnection,
) -> None:
    with pytest.raises(ValueError, match="remove"):
        connection.reader._session.patch(7, 1, [{"op": "add", "path": "/fields/x", "value": None}])


@pytest.mark.parametrize("key", ["7/../8", "7 ", "0x7", "７"])
def test_a_key_cannot_name_another_address(connection: AzureDevOpsConnection, key: str) -> None:
    with pytest.raises(Missing):
        connection.reader.fetch(key)


def test_the_cache_directory_is_named_before_the_package_needs_a_home(tmp_path: Path) -> None:
    # The package creates a folder in the home directory when it is imported, and fails where it cannot.
    program = (
        "from integrations.azure_devops.client import AzureDevOpsConnection as C; import sys, os; "
        "assert 'azure.devops' not in sys.modules; C('https://dev.azure.com/c', 'pat', 'ado'); "
        "assert 'azure.devops.connection' in sys.modules; print(os.environ['AZURE_DEVOPS_CACHE_DIR'])"
    )
    environment = {"PATH": os.environ["PATH"], "HOME": "/proc/none", "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path))


def test_a_directory_of_the_callers_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_DEVOPS_CACHE_DIR", "elsewhere")
    name_cache_directory(None)
    assert os.environ["AZURE_DEVOPS_CACHE_DIR"] == "elsewhere"
    name_cache_directory(tmp_path / "new")
    assert os.environ["AZURE_DEVOPS_CACHE_DIR"] == str(tmp_path / "new")
    assert (tmp_path / "new").is_dir()
