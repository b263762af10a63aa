"""What fits passes; what does not fit a specification is seen, each in its own way."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from integrations.sandbox.faults import Faults
from integrations.sandbox.site import Site, serve
from integrations.sandbox.state import Tracker
from tests.specifications.checking import Specifications
from tests.specifications.exchanges import Exchange
from tests.specifications.recording import Recording

DOC = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Hello"}]}]}
COMMENT = Exchange(
    flavour="jira-cloud",
    method="POST",
    path="/rest/api/3/issue/SHOP-1/comment",
    query="expand=properties",
    accept="application/json",
    sent_type="application/json",
    sent=json.dumps({"body": DOC, "visibility": {"type": "role", "value": "Administrators"}}).encode(),
    status=201,
    answered_type="application/json",
    answered=json.dumps({"id": "10001", "body": DOC}).encode(),
)
PATCH = replace(
    COMMENT,
    flavour="azure-devops",
    method="PATCH",
    path="/Shop/_apis/wit/workitems/7",
    query="$expand=all&api-version=7.1",
    sent_type="application/json-patch+json",
    sent=b'[{"op": "add", "path": "/fields/System.Title", "value": "x"}]',
    status=200,
    answered=b'{"id": 7, "rev": 2, "fields": {}}',
)
WRONG: list[tuple[Exchange, dict[str, Any], str]] = [
    (COMMENT, {"path": "/rest/api/3/issue/SHOP-1/remarks"}, "no specification describes it"),
    (COMMENT, {"method": "PATCH"}, "no specification describes it"),
    (COMMENT, {"query": "verbose=true"}, "query: verbose is not known"),
    (COMMENT, {"sent": b""}, "request: a body is needed"),
    (COMMENT, {"sent_type": "text/plain"}, "request: a body of type 'text/plain'"),
    (COMMENT, {"sent": {"body": "Hello"}}, "request: /body: not a document of the editor"),
    (COMMENT, {"sent": {"body": DOC, "private": True}}, "'private' was unexpected"),
    (COMMENT, {"sent": {"body": DOC, "id": "7"}}, "request: id: '7' should not be valid"),
    (COMMENT, {"sent": {"body": DOC, "visibility": {"type": "team"}}}, "visibility/type: 'team' is not one of"),
    (COMMENT, {"sent": {"body": {**DOC, "content": [{"type": "text", "text": "x"}]}}}, "text: $.content[0]"),
    (COMMENT, {"status": 200}, "answer: status 200"),
    (COMMENT, {"answered": {"id": 10001, "body": DOC}}, "answer 201: id: 10001 is not of type"),
    (PATCH, {"query": "$expand=all"}, "query: api-version is needed"),
    (PATCH, {"query": "$expand=everything&api-version=7.1"}, "query: $expand: 'everything'"),
    (PATCH, {"path": "/Shop/_apis/wit/workitems/x"}, "path: id: 'x'"),
    (PATCH, {"sent_type": "application/json"}, "request: a body of type 'application/json'"),
    (PATCH, {"sent": [{"op": "set", "path": "/fields/System.Title"}]}, "[]/op: 'set' is not one of"),
    (PATCH, {"answered": {"id": 7, "revision": 2}}, "'revision' was unexpected"),
]


@pytest.fixture(scope="module")
def specifications(shared: Path) -> Specifications:
    return Specifications(shared / "specs")


@pytest.mark.parametrize("exchange", [COMMENT, PATCH], ids=lambda exchange: exchange.flavour)
def test_what_fits_passes_and_is_not_checked_twice(specifications: Specifications, exchange: Exchange) -> None:
    first = specifications.check(exchange)
    assert (first.problems, first.is_described, first.has_schema, first.is_new) == ((), True, True, True)
    assert not specifications.check(replace(exchange, path=exchange.path.replace("7", "8"))).is_new


@pytest.mark.parametrize(("exchange", "changed", "said"), WRONG, ids=[said for _, _, said in WRONG])
def test_what_does_not_fit_is_seen(
    specifications: Specifications, exchange: Exchange, changed: dict[str, Any], said: str
) -> None:
    raw: dict[str, Any] = {
        name: json.dumps(value).encode() if isinstance(value, dict | list) else value for name, value in changed.items()
    }
    found = specifications.check(replace(exchange, **raw))
    assert len(found.problems) == 1
    assert said in found.problems[0]


def test_what_no_specification_describes_must_be_on_the_list(specifications: Specifications) -> None:
    areas = replace(PATCH, method="GET", path="/_apis/ResourceAreas", sent=b"")
    assert specifications.check(areas).problems == ()
    assert specifications.check(replace(areas, path="/_apis/WorkArounds")).problems != ()


def test_only_what_the_sandbox_itself_said_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Faults, "wrap", Faults.wrap)
    recording = Recording()
    recording.start()
    site = Site([Tracker("cloud", "jira-cloud")])
    with serve(site) as served:
        site["cloud"].faults.unavailable()
        said = [requests.get(f"{served.url}/cloud/rest/api/3/serverInfo", timeout=10) for _ in range(2)]
    site.close()
    assert [answer.status_code for answer in said] == [503, 200]
    assert recording.asked == 2
    assert [(one.path, one.answered) for one in recording.heard] == [("/rest/api/3/serverInfo", said[1].content)]
