"""Which tokens Atlassian takes at which address, and how the other address is found."""

from __future__ import annotations

import pytest
import requests
import responses

from integrations.jira.answers import SIGNED_IN
from integrations.jira.session import BasicAuth, JiraSession
from integrations.jira.site import common_address
from integrations.tracker import NotSignedIn

SITE = "https://shop.atlassian.net"
INFO = f"{SITE}/_edge/tenant_info"
CLOUD_ID = "11223344-a1b2-3b33-c444-def123456789"


@responses.activate
def test_a_site_tells_its_id_to_anybody() -> None:
    responses.get(INFO, json={"cloudId": CLOUD_ID})
    assert common_address(f"{SITE}/") == f"https://api.atlassian.com/ex/jira/{CLOUD_ID}"
    assert "Authorization" not in responses.calls[0].request.headers


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>",
        "[]",
        "{}",
        '{"cloudId": null}',
        '{"cloudId": "../../evil"}',
        "[" * 5000,
        requests.ConnectionError(),
    ],
)
@responses.activate
def test_a_site_that_tells_none_has_none(body: str) -> None:
    responses.get(INFO, body=body)
    assert common_address(SITE) is None


@responses.activate
def test_an_id_behind_a_redirect_or_an_error_is_none() -> None:
    responses.get(INFO, status=302, json={"cloudId": CLOUD_ID}, headers={"Location": "https://elsewhere.example"})
    assert common_address(SITE) is None
    assert len(responses.calls) == 1


@pytest.mark.parametrize(
    ("base", "hint"),
    [
        (
            SITE,
            "(one with scopes, or of a service account, works only at https://api.atlassian.com/ex/jira/<cloud id>)",
        ),
        (
            f"https://api.atlassian.com/ex/jira/{CLOUD_ID}",
            "(here one with scopes, or of a service account; others work at the site's own address)",
        ),
        ("https://jira.corp/context", ""),
    ],
)
@responses.activate
def test_a_token_at_the_wrong_address_is_told_where_it_works(base: str, hint: str) -> None:
    responses.get(f"{base}/rest/api/3/myself", status=401)
    with pytest.raises(NotSignedIn) as raised:
        JiraSession(base, BasicAuth("bot@example.org", "token"), "cloud").get("myself")
    assert raised.value.missing == f"{SIGNED_IN} {hint}".strip()
