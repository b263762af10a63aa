"""Signing in by Entra, with the real package against the answers that Entra gives."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
import responses
import trustme

from integrations.azure_devops.sign_in import FAILURE_SECONDS, RESOURCE, Application, EntraSignIn, Machine
from integrations.azure_devops.wire import Wire
from integrations.tracker import Refused, Unreachable

AUTHORITY = "https://login.microsoftonline.com/contoso.example"
TOKEN_URL = f"{AUTHORITY}/oauth2/v2.0/token"
MACHINE_URL = "http://169.254.169.254/metadata/identity/oauth2/token"
SECRET = "a-very-secret-value"
WHO = Application("contoso.example", "11111111-2222-3333-4444-555555555555", SECRET)


@pytest.fixture
def entra() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        found = {
            "issuer": f"{AUTHORITY}/v2.0",
            "authorization_endpoint": f"{AUTHORITY}/oauth2/v2.0/authorize",
            "token_endpoint": TOKEN_URL,
        }
        mock.get(f"{AUTHORITY}/v2.0/.well-known/openid-configuration", json=found)
        known = {"tenant_discovery_endpoint": f"{AUTHORITY}/v2.0/.well-known/openid-configuration", "metadata": []}
        mock.get("https://login.microsoftonline.com/common/discovery/instance", json=known)
        yield mock


def granted(token: str, **more: Any) -> dict[str, Any]:
    return {"token_type": "Bearer", "expires_in": 3599, "access_token": token, **more}


def asked(mock: responses.RequestsMock, url: str = TOKEN_URL) -> list[Any]:
    return [call.request for call in mock.calls if str(call.request.url).split("?")[0] == url]


def test_a_token_is_asked_for_once_and_shared_by_threads(entra: responses.RequestsMock) -> None:
    entra.post(TOKEN_URL, json=granted("one"))
    sign_in = EntraSignIn(WHO)
    assert not asked(entra)
    shown: list[str] = []
    threads = [threading.Thread(target=lambda: shown.append(sign_in())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shown == ["Bearer one"] * 8
    (request,) = asked(entra)
    form = parse_qs(request.body if isinstance(request.body, str) else request.body.decode())
    assert form["scope"] == [f"{RESOURCE}/.default"]
    assert form["grant_type"] == ["client_credentials"]


def test_a_token_is_renewed_before_it_ends(entra: responses.RequestsMock) -> None:
    entra.post(TOKEN_URL, json=granted("one", expires_in=200))
    entra.post(TOKEN_URL, json=granted("two"))
    sign_in = EntraSignIn(WHO)
    assert [sign_in(), sign_in(), sign_in()] == ["Bearer one", "Bearer two", "Bearer two"]


def test_each_request_shows_the_token(entra: responses.RequestsMock) -> None:
    entra.post(TOKEN_URL, json=granted("one"))
    entra.get("https://dev.azure.com/contoso/_apis/x", json={})
    Wire(EntraSignIn(WHO)).send("GET", "https://dev.azure.com/contoso/_apis/x", {})
    assert entra.calls[-1].request.headers["Authorization"] == "Bearer one"


def test_an_application_may_show_a_certificate(entra: responses.RequestsMock, tmp_path: Path) -> None:
    file = tmp_path / "application.pem"
    own = trustme.CA(key_type=trustme.KeyType.RSA).issue_cert("app.example.org", key_type=trustme.KeyType.RSA)
    own.private_key_and_cert_chain_pem.write_to_path(file)
    entra.post(TOKEN_URL, json=granted("one"))
    assert EntraSignIn(Application(WHO.tenant, WHO.client_id, certificate=file))() == "Bearer one"
    (request,) = asked(entra)
    assert "client_assertion=" in str(request.body)
    assert "client_secret" not in str(request.body)


@pytest.mark.parametrize("client_id", ["", "22222222-2222-3333-4444-555555555555"])
def test_a_machine_signs_in_as_itself(entra: responses.RequestsMock, client_id: str) -> None:
    entra.get(MACHINE_URL, json={"access_token": "machine", "expires_in": "3599", "resource": RESOURCE})
    sign_in = EntraSignIn(Machine(client_id))
    assert [sign_in(), sign_in()] == ["Bearer machine"] * 2
    (request,) = asked(entra, MACHINE_URL)
    assert f"resource={RESOURCE}" in str(request.url)
    assert ("client_id=" in str(request.url)) == bool(client_id)


@pytest.mark.parametrize(
    ("code", "missing"),
    [
        ("AADSTS7000222", "a client_secret that has not ended: make a new one in Entra"),
        ("AADSTS7000215", "the client_secret's value (not its id)"),
        ("AADSTS700016", "a client_id that is known in the tenant"),
        ("AADSTS999999", "an identity that Entra lets sign in"),
    ],
)
def test_a_refusal_is_a_sentence_and_is_not_asked_for_by_each_request(
    entra: responses.RequestsMock, code: str, missing: str
) -> None:
    now = 0.0
    told = {"error": "invalid_client", "error_description": f"{code}: The secret {SECRET} of app 'x' is wrong."}
    entra.post(TOKEN_URL, status=401, json=told)
    sign_in = EntraSignIn(WHO, clock=lambda: now)
    for _ in range(3):
        with pytest.raises(Refused, match=code) as raised:
            Wire(sign_in).send("GET", "https://dev.azure.com/contoso/_apis/x", {})
        assert raised.value.missing == missing
        assert SECRET not in f"{raised.value} {raised.value.__cause__} {raised.value.__context__}"
    assert len(asked(entra)) == 1
    now = FAILURE_SECONDS
    entra.replace("POST", TOKEN_URL, json=granted("one"))
    assert sign_in() == "Bearer one"


@pytest.mark.parametrize("body", [requests.ConnectionError(f"lost {SECRET}"), "<html>", "[1]", '{"a": 1}'])
def test_whatever_comes_instead_of_a_token_is_an_error_of_ours(entra: responses.RequestsMock, body: Any) -> None:
    entra.post(TOKEN_URL, body=body)
    with pytest.raises((Refused, Unreachable)) as raised:
        EntraSignIn(WHO)()
    assert SECRET not in str(raised.value)


def test_a_directory_that_is_not_there_is_told(entra: responses.RequestsMock) -> None:
    url = "https://login.microsoftonline.com/gone.example/v2.0/.well-known/openid-configuration"
    entra.get(url, status=400, json={"error": "invalid_tenant", "error_description": "AADSTS90002: gone"})
    with pytest.raises((Refused, Unreachable)):
        EntraSignIn(Application("gone.example", "1", SECRET))()


def test_fault_50_neither_the_objects_nor_what_they_hold_show_the_secret() -> None:
    shown = f"{EntraSignIn(WHO)!r} {WHO!r} {vars(EntraSignIn(WHO))}"
    assert SECRET not in shown
