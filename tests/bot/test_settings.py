"""One file of settings: what a good one holds, and what a person is told about a bad one."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

import bot.settings
from bot.settings import (
    AzureDevOpsConnection,
    JiraCloudConnection,
    JiraDataCenterConnection,
    ModelSettings,
    ProjectSettings,
    Settings,
    SettingsError,
    load,
    nearest,
)
from bot.settings.sentences import KINDS
from bot.settings.tree import (
    EngineSettings,
    OperationsSettings,
    RetentionSettings,
    ServerSettings,
    TelemetrySettings,
)
from rules import RULES
from rules.model import Policy

SAMPLE = Path(bot.settings.__file__).parents[1] / "samples" / "steward.toml"
CONNECTION = (
    '[connections.jira]\nkind = "jira-data-center"\nurl = "https://jira.example.org"\ntoken = { env = "JIRA_TOKEN" }\n'
)
PROJECT = '[projects.SHOP]\nconnection = "jira"\n'
CLOUD = '[connections.jira]\nkind = "jira-cloud"\nuser = "bot@example.org"\ntoken = { env = "JIRA_TOKEN" }\n'
AZURE = '[connections.azure]\nkind = "azure-devops"\ntoken = { env = "JIRA_TOKEN" }\n'


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIRA_TOKEN", "s3cret-of-jira")
    monkeypatch.delenv("STEWARD_CONFIG", raising=False)


def written(folder: Path, text: str) -> Path:
    path = folder / "steward.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problems_of(folder: Path, text: str, **options: tuple[str, ...]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as raised:
        load(written(folder, text), known_rules=options.get("known_rules"))
    return raised.value.problems


def test_the_sample_loads_as_it_is() -> None:
    settings = load(SAMPLE)
    assert settings.projects["SHOP"].mode == "shadow"
    assert isinstance(settings.connections["jira"], JiraCloudConnection)
    assert settings.model is None


def test_the_sample_loads_with_every_line_taken_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = SAMPLE.read_text(encoding="utf-8")
    taken = re.sub(r"^# (?=[a-z_]+ = |\[)", "", text, flags=re.MULTILINE)
    taken = taken.replace("/run/secrets/jira_pat", str(written(tmp_path, "s3cret")))
    taken = re.sub(r"^sign_in_certificate = .*\n", "", taken, flags=re.MULTILINE)  # the secret goes before it
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authorities.pem")
    shown = authority.issue_cert("steward.example.org")
    shown.cert_chain_pems[0].write_to_path(tmp_path / "steward.pem")
    shown.private_key_pem.write_to_path(tmp_path / "steward.key")
    for name in re.findall(r'env = "(\w+)"', taken):
        monkeypatch.setenv(name, "postgresql:///steward" if name == "STEWARD_DATABASE_URL" else "s3cret")
    path = tmp_path / "all.toml"
    path.write_text(taken.replace('intake = "poll"\n', ""), encoding="utf-8")  # the other way follows it
    settings = load(path)
    assert set(settings.connections) == {"jira", "onprem", "azure", "entra", "server"}
    assert settings.connections["onprem"].ca_bundle == tmp_path / "authorities.pem"
    assert settings.model is not None


def every_setting() -> Iterator[tuple[str, str]]:
    """Name in the file and meaning of each."""
    yield "data", Settings.model_fields["data"].description or ""
    general = (ServerSettings, EngineSettings, OperationsSettings, RetentionSettings, TelemetrySettings)
    for table in (*general, *KINDS.values(), ProjectSettings, ModelSettings):
        for name, field in table.model_fields.items():
            yield field.alias or name, field.description or ""


def test_every_setting_is_in_the_sample() -> None:
    text = SAMPLE.read_text(encoding="utf-8")
    for name, _ in every_setting():
        assert re.search(rf"^(# )?{name} = ", text, flags=re.MULTILINE), name


def test_the_defaults_in_the_sample_are_the_defaults() -> None:
    project = ProjectSettings(connection="jira")
    text = SAMPLE.read_text(encoding="utf-8")
    for name in ("quiet_wait", "quiet_wait_max", "bulk_window", "nightly", "daily_budget"):
        (shown,) = re.findall(rf"^# {name} = (\S+)", text, flags=re.MULTILINE)
        again = ProjectSettings.model_validate({"connection": "jira", name: tomllib.loads(f"v = {shown}")["v"]})
        assert getattr(again, name) == getattr(project, name)


def test_the_sample_names_every_rule() -> None:
    text = SAMPLE.read_text(encoding="utf-8")
    assert [rule.NAME for rule in RULES if rule.NAME not in text] == []


def test_every_setting_has_a_meaning() -> None:
    assert [name for name, meaning in every_setting() if not meaning.endswith(".")] == []


def test_a_small_file_is_enough(tmp_path: Path) -> None:
    settings = load(written(tmp_path, CONNECTION + PROJECT))
    project = settings.projects["SHOP"]
    assert (project.key, project.mode, project.quiet_wait, project.quiet_wait_max) == ("SHOP", "shadow", 300.0, 1800.0)
    assert (project.daily_budget, project.bulk_items, project.bulk_window) == (10, 20, 600.0)
    assert (project.zone, project.nightly) == (ZoneInfo("UTC"), time(2, 0))
    assert project.policy() == Policy()
    assert isinstance(settings.connections["jira"], JiraDataCenterConnection)
    assert (settings.server.host, settings.server.port, settings.server.max_body_bytes) == (
        "127.0.0.1",
        8788,
        5_000_000,
    )
    assert settings.data == tmp_path / "steward-data"
    assert settings.projects_of("jira") == {"SHOP": project}


def test_two_trackers_may_have_a_project_of_the_same_key(tmp_path: Path) -> None:
    text = CONNECTION + CONNECTION.replace(".jira]", ".other]") + PROJECT
    text += '[projects.SHOP-other]\nkey = "SHOP"\nconnection = "other"\n'
    assert list(load(written(tmp_path, text)).projects_of("other")) == ["SHOP"]


def test_the_same_project_twice_is_refused(tmp_path: Path) -> None:
    text = CONNECTION + PROJECT + '[projects.Again]\nkey = "SHOP"\nconnection = "jira"\n'
    assert problems_of(tmp_path, text) == (
        "projects.Again and projects.SHOP are the same project of the same connection.",
    )


def test_the_file_is_found_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEWARD_CONFIG", str(written(tmp_path, CONNECTION)))
    assert set(load().connections) == {"jira"}


def test_the_environment_overrides_single_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEWARD__SERVER__PORT", "9000")
    monkeypatch.setenv("STEWARD__PROJECTS__SHOP__MODE", "suggest")
    settings = load(written(tmp_path, CONNECTION + PROJECT))
    assert settings.server.port == 9000
    assert {name: project.mode for name, project in settings.projects.items()} == {"SHOP": "suggest"}


def test_an_environment_variable_that_overrides_nothing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEWARD__SERVR__PORT", "9000")
    (problem,) = problems_of(tmp_path, CONNECTION)
    assert problem == "STEWARD__SERVR__PORT overrides nothing; did you mean server?"


def test_an_environment_variable_that_is_no_table_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEWARD__SERVER", "s3cret not json")
    with pytest.raises(SettingsError, match="not JSON") as raised:
        load(written(tmp_path, CONNECTION))
    assert "s3cret" not in str(raised.value)


MISSPELT = {
    CONNECTION + PROJECT + 'mod = "shadow"': "projects.SHOP.mod is not a setting; did you mean mode?",
    CONNECTION + "webhook_secrt = 1": "connections.jira.webhook_secrt is not a setting; did you mean webhook_secret?",
    CONNECTION + "[server]\nhots = 1": "server.hots is not a setting; did you mean host?",
    CONNECTION + "[sever]\nhost = 1": "sever is not a setting; did you mean server?",
    CONNECTION + "[engine]\nworker = 1": "engine.worker is not a setting; did you mean workers?",
    CONNECTION + '[projcts.SHOP]\nconnection = "jira"': "projcts is not a setting; did you mean projects?",
    CONNECTION + '[model]\nbase_url = "https://m.example.org/v1"\nname = "m"\nreply_schema = "strict"': (
        "model.reply_schema is not a setting; did you mean schema?"
    ),
    CONNECTION + 'user = "x"': "connections.jira.user is a setting of jira-cloud only, and this is jira-data-center.",
    CONNECTION + PROJECT.replace('"jira"', '"jria"'): (
        "projects.SHOP.connection names 'jria', which is not a connection; did you mean jira?"
    ),
}


@pytest.mark.parametrize(("text", "problem"), MISSPELT.items(), ids=MISSPELT.values())
def test_an_unknown_name_is_refused_with_the_nearest_known_one(tmp_path: Path, text: str, problem: str) -> None:
    assert problems_of(tmp_path, text) == (problem,)


def test_an_unknown_rule_is_refused_with_the_nearest_known_one(tmp_path: Path) -> None:
    text = CONNECTION + PROJECT + 'disabled_rules = ["vauge_description"]'
    good = written(tmp_path, text.replace("vauge", "vague"))
    assert load(good).projects["SHOP"].disabled_rules == ("vague_description",)
    assert problems_of(tmp_path, text)[0].endswith("did you mean vague_description?")
    assert problems_of(tmp_path, text, known_rules=("vague_description", "oversized")) == (
        "projects.SHOP.disabled_rules names 'vauge_description', which is not a rule; did you mean vague_description?",
    )


WRONG = {
    "": "there is no connection; add a table such as [connections.jira].",
    CONNECTION
    + "[projects.SHOP]": "projects.SHOP.connection is missing: the name of the connection that the project lives in.",
    CONNECTION + "[projects]\nSHOP = 3": "projects.SHOP must be a table.",
    CONNECTION + PROJECT + 'mode = "suggestt"': 'projects.SHOP.mode must be one of "shadow", "suggest".',
    CONNECTION + PROJECT + 'zone = "Mars"': (
        'projects.SHOP.zone is not a known time zone; write one such as "Europe/Berlin" or "UTC".'
    ),
    CONNECTION + PROJECT + 'quiet_wait = "soon"': (
        'projects.SHOP.quiet_wait must be a duration such as "5m", "30s", "1h 30m" or a number of seconds.'
    ),
    CONNECTION + PROJECT + 'quiet_wait = "1h"': "projects.SHOP.quiet_wait is longer than quiet_wait_max.",
    CONNECTION
    + PROJECT
    + 'nightly = "0 2 * * *"': 'projects.SHOP.nightly must be a time of day such as "02:00", or "off".',
    CONNECTION + PROJECT + 'daily_budget = "many"': "projects.SHOP.daily_budget must be a whole number.",
    CONNECTION + '[operations]\nnames = ["steward", "http://steward:8789"]': (
        'operations.names.1 must be a host name such as "steward" or "steward.example.org", without scheme and port.'
    ),
    CONNECTION + '[operations]\nnames = ["*.example.org"]': (
        'operations.names.0 must be a host name such as "steward" or "steward.example.org", without scheme and port.'
    ),
    CONNECTION + "poll_every = 0": "connections.jira.poll_every must be at least 1.",
    CONNECTION + 'intake = "webhook"': (
        'connections.jira.webhook_secret is missing; intake = "webhook" needs it to know real deliveries from others.'
    ),
    CONNECTION + 'webhook_secret_old = { env = "JIRA_TOKEN" }': (
        "connections.jira.webhook_secret_old and webhook_secret_old_until are only of use together."
    ),
    '[connections.jira]\nurl = "https://x.example.org"\n': (
        'connections.jira.kind is missing; it is one of "jira-cloud", "jira-data-center", "azure-devops", '
        '"azure-devops-server".'
    ),
    AZURE + 'url = "https://dev.azure.com"': (
        "connections.azure.url lacks the organisation, as in https://dev.azure.com/contoso."
    ),
    CONNECTION + PROJECT + 'restricted_areas = ["Shop"]': (
        "projects.SHOP.restricted_areas is for Azure DevOps; in Jira an item's security level says it."
    ),
    CLOUD + 'url = "https://api.atlassian.com/ex/jira/1"': (
        "connections.jira.browse_url is missing; with this url it must name your site, as in https://you.atlassian.net."
    ),
}


@pytest.mark.parametrize(("text", "problem"), WRONG.items(), ids=WRONG.values())
def test_a_wrong_value_is_told_in_a_sentence(tmp_path: Path, text: str, problem: str) -> None:
    assert problems_of(tmp_path, text) == (problem,)


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = PROJECT + 'mod = 1\nzone = "Mars"\n[server]\nport = 99999\n[connections.jira]\nkind = "jira"\n'
    problems = problems_of(tmp_path, text)
    assert [problem.split(" ")[0] for problem in problems] == [
        "server.port",
        "connections.jira.kind",
        "projects.SHOP.zone",
        "projects.SHOP.mod",
    ]
    with pytest.raises(SettingsError, match=r"^steward.toml has 4 problems:\n- "):
        load(tmp_path / "steward.toml")


def test_a_file_that_is_not_toml_is_told_with_its_line(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, "[server]\nport = \n")
    assert problem.startswith("this is not TOML: ")
    assert "line 2" in problem
    (problem,) = problems_of(tmp_path, "[projects.Web Shop]\nmode = 'shadow'\n")
    assert problem.endswith('stands in quotation marks: [projects."Web Shop"]')


def test_a_missing_or_unreadable_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="steward init"):
        load(tmp_path / "none.toml")
    with pytest.raises(SettingsError, match="cannot be read"):
        load(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b'data = "\xff"')
    with pytest.raises(SettingsError, match="not UTF-8"):
        load(tmp_path / "latin.toml")


def test_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("s3cret\n", encoding="utf-8")
    settings = load(written(tmp_path, CONNECTION.replace('env = "JIRA_TOKEN"', f'file = "{secret}"')))
    assert settings.connections["jira"].token.get_secret_value() == "s3cret"


SECRETS = {
    '"hunter2-literal"': "never written into this file",
    '{ env = "NOT_THERE_AT_ALL" }': "needs the environment variable NOT_THERE_AT_ALL, which is not set",
    '{ env = "hunter2-literal" }': "must name an environment variable",
    '{ file = "hunter2-literal" }': "by its whole path",
    '{ file = "/nowhere/at/all" }': "cannot be read",
    '{ file = "/dev/null" }': "empty",
    '{ environ = "X" }': "did you mean env?",
    '{ env = "A", file = "/b" }': "is a secret; write",
    "3": "is a secret; write",
}


@pytest.mark.parametrize(("value", "told"), SECRETS.items(), ids=SECRETS.keys())
def test_a_secret_that_cannot_be_had_is_told_without_showing_it(tmp_path: Path, value: str, told: str) -> None:
    (problem,) = problems_of(tmp_path, CONNECTION.replace('{ env = "JIRA_TOKEN" }', value))
    assert problem.startswith("connections.jira.token ")
    assert told in problem
    assert "hunter2" not in problem


def test_fault_50_no_secret_shows_in_the_settings_or_in_what_is_said_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://steward:s3cret-db@localhost/steward")
    text = CONNECTION.replace("token", 'webhook_secret = { env = "JIRA_TOKEN" }\ntoken') + PROJECT
    text += '[model]\nbase_url = "https://m.example.org/v1"\nname = "m"\nkey = { env = "JIRA_TOKEN" }\n'
    text += '[engine]\ndatabase_url = { env = "DATABASE_URL" }\n'
    settings = load(written(tmp_path, text))
    shown = repr(settings) + str(settings) + str(settings.connections) + settings.model_dump_json()
    assert "s3cret" not in shown
    assert (
        sorted(secret.get_secret_value()[:10] for secret in settings.secrets())
        == ["postgresql"] + ["s3cret-of-"[:10]] * 3
    )
    with pytest.raises(SettingsError) as raised:
        load(written(tmp_path, text + '[server]\nport = "s3cret"\n[projects.B]\nmode = "s3cret"\nzone = "s3cret"\n'))
    assert "s3cret" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_fault_50_a_database_password_is_not_taken_from_the_file(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, CONNECTION + '[engine]\ndatabase_url = "postgresql://u:hunter2@db/x"')
    assert "hunter2" not in problem
    plain = load(written(tmp_path, CONNECTION + '[engine]\ndatabase_url = "postgresql:///steward"'))
    assert plain.engine.database_url == SecretStr("postgresql:///steward")


@pytest.mark.parametrize(
    "url",
    [
        "postgres://steward:hunter2@db/x",
        "postgresql+psycopg://steward:hunt/er2@db:5432/x?sslmode=verify-full&application_name=ours",
        "postgresql:///x?host=one:5432&host=two:5432",
    ],
)
def test_the_address_of_a_postgresql_database_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    settings = load(written(tmp_path, CONNECTION + '[engine]\ndatabase_url = { env = "DATABASE_URL" }\n'))
    assert settings.engine.database_url == SecretStr(url)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql//steward:hunter2@db/x", "is not an address that can be read"),
        ("postgresql://steward:hunter2@db:54x2/x", "is not an address that can be read (is the port a number?)"),
        ("postgresql://steward:hunter2@db:99999/x", "has no port that can be"),
        ("hunter2", "is not an address that can be read"),
        ("mysql://steward:hunter2@db/x", "is not the address of a PostgreSQL database"),
        ("sqlite:////var/lib/hunter2.db", "For SQLite leave it out"),
        ("postgresql://steward:s@db/x?hunter2=1", "has an option after the ? that PostgreSQL does not know"),
    ],
)
@pytest.mark.parametrize("need_secrets", [True, False])
def test_fault_50_a_mistyped_address_of_the_database_is_told_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, told: str, need_secrets: bool
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    text = CONNECTION + '[engine]\ndatabase_url = { env = "DATABASE_URL" }\n'
    with pytest.raises(SettingsError) as error:
        load(written(tmp_path, text), need_secrets=need_secrets)
    (problem,) = error.value.problems
    assert problem.startswith("engine.database_url ")
    assert told in problem
    assert "hunter2" not in problem


INSIDE = [
    "http://169.254.169.254/latest",
    "https://169.254.10.1",
    "http://[fe80::1]",
    "http://[::ffff:169.254.169.254]",
    "http://2852039166",
    "http://0xa9fea9fe/",
    "http://0251.0376.0251.0376/",
    "http://metadata.google.internal",
    "http://METADATA.google.internal./",
    "http://100.100.100.200",
    "http://[fd00:ec2::254]",
    "http://0.0.0.0:8080",
]


@pytest.mark.parametrize("url", INSIDE)
def test_fault_46_link_local_and_metadata_addresses_are_refused(tmp_path: Path, url: str) -> None:
    (problem,) = problems_of(tmp_path, CONNECTION.replace("https://jira.example.org", url))
    assert problem == "connections.jira.url is a link-local or metadata address, which is never called."


REFUSED_ADDRESSES = {
    "https://u:hunter2@jira.example.org": "holds a name or password",
    "https://u@jira.example.org": "holds a name or password",
    "ftp://jira.example.org": "begins with https://",
    "jira.example.org": "begins with https://",
    "https://": "begins with https://",
    "https://jira.example.org/?token=hunter2": "plain address",
    "https://jira.example.org/#hunter2": "plain address",
    "https://jira.example.org/a b": "plain address",
    "https://[hunter2": "not an address",
    "https://jira.example.org:hunter2": "not an address",
    "http://jira.example.org": "unencrypted",
    "http://10.0.0.1": "unencrypted",
}


@pytest.mark.parametrize(("url", "told"), REFUSED_ADDRESSES.items(), ids=REFUSED_ADDRESSES.keys())
def test_an_address_that_is_not_safe_or_not_one_is_refused(tmp_path: Path, url: str, told: str) -> None:
    (problem,) = problems_of(tmp_path, CONNECTION.replace("https://jira.example.org", url))
    assert told in problem
    assert "hunter2" not in problem


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8787/dc", "http://localhost:8787", "http://[::1]:1", "https://10.0.0.1/jira/"]
)
def test_this_machine_and_the_administrators_own_hosts_are_taken(tmp_path: Path, url: str) -> None:
    settings = load(written(tmp_path, CONNECTION.replace("https://jira.example.org", url)))
    assert settings.connections["jira"].url == url.rstrip("/")


def test_plain_http_is_taken_where_the_administrator_says_so(tmp_path: Path) -> None:
    text = CONNECTION.replace("https://jira", "http://jira") + "plain_http = true\n"
    assert load(written(tmp_path, text)).connections["jira"].url == "http://jira.example.org"


def test_azure_devops_has_its_own_settings(tmp_path: Path) -> None:
    text = AZURE + 'url = "https://dev.azure.com/contoso"\ncomment_format = "markdown"\n'
    connection = load(written(tmp_path, text)).connections["azure"]
    assert isinstance(connection, AzureDevOpsConnection)
    assert (connection.comment_format, connection.webhook_user) == ("markdown", "steward")


DURATIONS = {"5m": 300.0, "30s": 30.0, "1h 30m": 5400.0, "1d": 86_400.0, "0.5s": 0.5, "45 s": 45.0}


@pytest.mark.parametrize(
    ("text", "seconds"), [(repr(text), seconds) for text, seconds in DURATIONS.items()] + [("90", 90.0), ("0.2", 0.2)]
)
def test_a_duration_is_text_or_seconds(tmp_path: Path, text: str, seconds: float) -> None:
    settings = load(written(tmp_path, CONNECTION + PROJECT + f'quiet_wait_max = "2d"\nquiet_wait = {text}\n'))
    assert settings.projects["SHOP"].quiet_wait == seconds


def test_settings_made_in_code_take_no_file_and_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEWARD__SERVER__PORT", "9000")
    connection = JiraDataCenterConnection(kind="jira-data-center", url="http://127.0.0.1:1", token=SecretStr("x"))
    settings = Settings(connections={"dc": connection}, projects={"SHOP": ProjectSettings(connection="dc", key="SHOP")})
    assert settings.server.port == 8788
    assert settings.projects_of("dc")["SHOP"].mode == "shadow"


def test_settings_cannot_be_changed() -> None:
    for table in (Settings, ProjectSettings, ModelSettings, JiraCloudConnection):
        assert issubclass(table, BaseModel)
        assert table.model_config.get("frozen")
        assert table.model_config.get("extra") == "forbid"


def test_nearest_names_nothing_where_nothing_is_near() -> None:
    assert nearest("xyz", ["mode", "zone"]) is None
    assert nearest("mod", ["mode", "zone"]) == "mode"


@given(st.text(), st.lists(st.text(max_size=20)))
def test_nearest_never_raises(word: str, known: list[str]) -> None:
    assert nearest(word, known) in {None, *known}
