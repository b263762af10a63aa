"""How each product is signed in to and reached: what the settings take, and what they say of what they do not."""

from __future__ import annotations

from datetime import date
from importlib.util import find_spec
from pathlib import Path

import pytest
import trustme

from bot.settings import AzureDevOpsServerConnection, SettingsError, load, signing_in
from bot.settings.checks import without_page
from bot.wiring import connect
from bot.wiring.clients import transport

CLOUD = '[connections.one]\nkind = "jira-cloud"\ntoken = { env = "TOKEN" }\n'
SITE = CLOUD + 'url = "https://shop.atlassian.net"\nuser = "bot@example.org"\n'
COMMON = CLOUD + 'url = "https://api.atlassian.com/ex/jira/1"\nbrowse_url = "https://shop.atlassian.net"\n'
CENTER = '[connections.one]\nkind = "jira-data-center"\nurl = "https://proxy.corp/jira"\ntoken = { env = "TOKEN" }\n'
AZURE = '[connections.one]\nkind = "azure-devops"\nurl = "https://dev.azure.com/contoso"\n'
SERVER = '[connections.one]\nkind = "azure-devops-server"\nurl = "https://tfs.corp/Main"\ntoken = { env = "TOKEN" }\n'
TENANT = AZURE + 'tenant = "contoso.onmicrosoft.com"\n'
ENTRA = TENANT + 'client_id = "11-22"\n'
SECRET = 'client_secret = { env = "TOKEN" }\n'


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "s3cret-token")
    monkeypatch.setenv("PROXY", "http://steward:s3cret%2Dpass@proxy.corp:3128")
    monkeypatch.setattr(signing_in, "find_spec", lambda name: object())


def written(folder: Path, text: str) -> Path:
    path = folder / "steward.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problems_of(folder: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as raised:
        load(written(folder, text))
    assert "s3cret" not in str(raised.value)
    return raised.value.problems


@pytest.mark.parametrize(
    "text",
    [
        SITE,
        COMMON + 'user = "bot@example.org"',
        COMMON + 'sign_in = "bearer"',
        CENTER,
        SERVER,
        AZURE + 'token = { env = "TOKEN" }',
        AZURE.replace("dev.azure.com/contoso", "contoso.visualstudio.com") + 'token = { env = "TOKEN" }',
        ENTRA + SECRET,
        AZURE + "managed_identity = true",
        AZURE + 'managed_identity = true\nclient_id = "11-22"',
    ],
)
def test_each_way_to_sign_in_is_taken_and_makes_a_client(tmp_path: Path, text: str) -> None:
    settings = load(written(tmp_path, text))
    connect("one", settings.connections["one"], settings)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (COMMON, ".user is missing: the mail address of the account that the token belongs to."),
        (
            CLOUD + 'url = "https://shop.atlassian.net"\nsign_in = "bearer"',
            ".url is the site's own; tokens of service accounts work only at "
            "https://api.atlassian.com/ex/jira/<cloud id>, with the site as browse_url.",
        ),
        (
            AZURE,
            ".token is missing: the token of the account that the bot uses (or sign in by Entra: see tenant).",
        ),
        (
            ENTRA + SECRET + 'token = { env = "TOKEN" }',
            " has more than one way to sign in (token, tenant); keep one.",
        ),
        (TENANT + SECRET, ".client_id is missing; to sign in by Entra takes both."),
        (AZURE + SECRET + 'client_id = "1"', ".tenant is missing; to sign in by Entra takes both."),
        (ENTRA, " needs either client_secret or sign_in_certificate to sign in by Entra."),
        (SERVER.replace("/Main", ""), ".url lacks the collection, as in https://tfs.example.org/DefaultCollection."),
        (
            SERVER + 'comment_format = "markdown"',
            ".comment_format is a setting of azure-devops only, and this is azure-devops-server.",
        ),
        (SITE + 'token_expires = "soon"', ".token_expires must be a date such as 2026-12-31."),
        (SITE + 'proxy = "socks5://proxy.corp"', ".proxy must be an address that begins with https://."),
        (
            SITE + 'ca_bundle = "gone.pem"',
            ".ca_bundle names the file {}/gone.pem, which cannot be read (No such file or directory).",
        ),
        (
            SITE + 'ca_bundle = "steward.toml"',
            ".ca_bundle names the file {}/steward.toml, which is not PEM (it has no line -----BEGIN ...-----).",
        ),
        (
            SITE + 'ca_bundle = "odd.pem"',
            ".ca_bundle names the file {}/odd.pem, which holds no certificates that can be read.",
        ),
        (SITE + 'client_key = "own.key"', ".client_key is of no use without client_certificate."),
        (
            SITE + 'client_certificate = "own.pem"\nclient_key = "other.key"',
            ".client_certificate names the file {}/own.pem, whose key is not the one given.",
        ),
        (
            SITE + 'client_certificate = "own.pem"',
            ".client_certificate names the file {}/own.pem, which with the key in that file cannot be used.",
        ),
        (
            SITE + 'client_certificate = "own.pem"\nclient_key = "closed.key"',
            ".client_key names the file {}/closed.key, which is protected by a password; give one that is not.",
        ),
    ],
)
def test_what_cannot_be_used_is_told_in_a_sentence(tmp_path: Path, text: str, problem: str) -> None:
    authority = trustme.CA()
    own, other = authority.issue_cert("own.example.org"), authority.issue_cert("other.example.org")
    own.cert_chain_pems[0].write_to_path(tmp_path / "own.pem")
    own.private_key_pem.write_to_path(tmp_path / "own.key")
    other.private_key_pem.write_to_path(tmp_path / "other.key")
    (tmp_path / "odd.pem").write_text("-----BEGIN CERTIFICATE-----\nodd\n-----END CERTIFICATE-----\n")
    (tmp_path / "closed.key").write_text("-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    assert problems_of(tmp_path, text) == ("connections.one" + problem.format(tmp_path),)


def test_files_are_found_beside_the_settings_and_are_handed_to_the_client(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    authority.issue_cert("bot.example.org").private_key_and_cert_chain_pem.write_to_path(tmp_path / "own.pem")
    text = CENTER + 'ca_bundle = "ca.pem"\nclient_certificate = "own.pem"\nproxy = "none"\n'
    way = transport(load(written(tmp_path, text)).connections["one"])
    assert (way.verify, way.cert, way.proxies(CENTER)) == (str(tmp_path / "ca.pem"), str(tmp_path / "own.pem"), {})
    certificate = ENTRA + 'sign_in_certificate = "own.pem"\n'
    settings = load(written(tmp_path, certificate))
    connect("one", settings.connections["one"], settings)


def test_the_extra_that_entra_takes_is_named_where_it_is_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing_in, "find_spec", lambda name: None)
    told = "connections.one signs in by Entra, which takes an extra; install it: pip install backlog-steward[entra]."
    assert problems_of(tmp_path, ENTRA + SECRET) == (told,)
    assert find_spec("requests") is not None
    load(written(tmp_path, ENTRA + SECRET), need_secrets=False)


def test_the_checks_of_files_are_left_out_where_no_secrets_are_needed(tmp_path: Path) -> None:
    load(written(tmp_path, SITE + 'ca_bundle = "gone.pem"'), need_secrets=False)


def test_a_date_is_written_as_toml_has_it_or_as_text(tmp_path: Path) -> None:
    for said in ("2026-12-31", '"2026-12-31"'):
        settings = load(written(tmp_path, SITE + f"token_expires = {said}"))
        assert settings.connections["one"].token_expires == date(2026, 12, 31)


def test_single_settings_of_a_connection_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEWARD__CONNECTIONS__ONE__PROXY", "none")
    monkeypatch.setenv("STEWARD__CONNECTIONS__ONE__TOKEN_EXPIRES", "2027-01-01")
    one = load(written(tmp_path, SITE)).connections["one"]
    assert one.token_expires == date(2027, 1, 1)
    assert transport(one).proxy == "none"


def test_a_server_is_azure_devops_for_webhooks(tmp_path: Path) -> None:
    one = load(written(tmp_path, SERVER)).connections["one"]
    assert isinstance(one, AzureDevOpsServerConnection)
    assert (one.vendor, one.webhook_user) == ("azure-devops", "steward")


def test_fault_50_each_secret_of_a_connection_is_listed_and_none_shows(tmp_path: Path) -> None:
    text = ENTRA + SECRET + 'proxy = { env = "PROXY" }\n' + 'webhook_secret = { env = "TOKEN" }\n'
    settings = load(written(tmp_path, text))
    assert {secret.get_secret_value() for secret in settings.secrets()} == {
        "s3cret-token",
        "http://steward:s3cret%2Dpass@proxy.corp:3128",
        "s3cret%2Dpass",
        "s3cret-pass",
    }
    way = transport(settings.connections["one"])
    assert way.proxy == "http://steward:s3cret%2Dpass@proxy.corp:3128"
    assert "s3cret" not in repr(settings) + str(settings.connections) + settings.model_dump_json() + repr(way)


def test_fault_50_a_proxys_password_is_not_taken_from_the_file(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, SITE + 'proxy = "http://steward:s3cret@proxy.corp:3128"')
    assert problem.startswith("connections.one.proxy holds a name or password and is not written into this file;")
    plain = load(written(tmp_path, SITE + 'proxy = "http://proxy.corp:3128"'))
    assert "http://proxy.corp:3128" not in [secret.get_secret_value() for secret in plain.secrets()]


@pytest.mark.parametrize(
    "proxy", ["http://169.254.169.254", "http://a:b@169.254.169.254:80", "ftp://a:b@proxy", "s3cret"]
)
def test_fault_46_no_proxy_leads_inside(tmp_path: Path, proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODD", proxy)
    (problem,) = problems_of(tmp_path, SITE + 'proxy = { env = "ODD" }')
    assert problem.startswith("connections.one.proxy must hold the address of a proxy")


@pytest.mark.parametrize(
    ("vendor", "page", "site"),
    [
        ("jira", "https://you.atlassian.net", None),
        ("jira", "https://example.org/jira", None),
        ("jira", "https://example.org/issues", None),
        ("jira", "https://api.atlassian.com/ex/jira/1", None),
        ("jira", "https://you.atlassian.net/browse/SHOP-1", "https://you.atlassian.net"),
        ("jira", "https://you.atlassian.net/jira/software/c/projects/SHOP/boards/1", "https://you.atlassian.net"),
        ("jira", "https://example.org/jira/secure/Dashboard.jspa", "https://example.org/jira"),
        ("azure-devops", "https://dev.azure.com/contoso", None),
        ("azure-devops", "https://dev.azure.com/contoso/Shop", "https://dev.azure.com/contoso"),
        ("azure-devops", "https://tfs.example.org/tfs/Main/Shop/_workitems", "https://tfs.example.org/tfs/Main"),
        ("azure-devops", "https://tfs.example.org/tfs/Main", None),
        ("azure-devops", "https://dev.azure.com/contoso/Shop/_boards/board", "https://dev.azure.com/contoso"),
        ("azure-devops", "https://contoso.visualstudio.com", None),
        ("azure-devops", "https://contoso.visualstudio.com/DefaultCollection", None),
        ("azure-devops", "https://contoso.visualstudio.com/Shop", "https://contoso.visualstudio.com"),
        ("azure-devops", "https://contoso.visualstudio.com/Shop/_boards", "https://contoso.visualstudio.com"),
    ],
)
def test_the_address_of_a_page_is_refused_with_that_of_the_site(vendor: str, page: str, site: str | None) -> None:
    assert without_page(page, vendor) == site


def test_a_token_that_was_copied_from_a_document_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "abc\N{EN DASH}def")
    (problem,) = problems_of(tmp_path, SITE)
    assert "was it copied from a document?" in problem
    assert "def" not in problem
