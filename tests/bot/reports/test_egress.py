"""Where the bot would connect to: all of it is listed, and nothing else is contacted."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.reports.egress import addresses
from bot.settings import load
from tests.commands import Told, config_of
from tests.steps import tell

STORY = ("Let buyers save their cart", "As a buyer I want to save my cart. The cart must be kept for 30 days.")
BASE = """
[connections.jira]
kind = "jira-cloud"
url = "https://api.atlassian.com/ex/jira/1"
browse_url = "https://shop.atlassian.net"
user = "bot@example.org"
token = { env = "TOKEN" }
[projects.SHOP]
connection = "jira"
"""
MORE = """
[connections.azure]
kind = "azure-devops"
url = "https://dev.azure.com/contoso"
token = { env = "TOKEN" }
[server]
public_url = "https://steward.example.org"
[model]
base_url = "http://localhost:8080/v1"
name = "m"
[telemetry]
traces = "https://otel.example.org:4318/v1/traces"
[engine]
database_url = { env = "DATABASE" }
"""


def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> list[tuple[str, str, bool]]:
    monkeypatch.setenv("TOKEN", "t0ken")
    monkeypatch.setenv("DATABASE", "postgresql://steward:s3cret@db.example.org:6432/steward")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    file = tmp_path / "steward.toml"
    file.write_text(text)
    found = addresses(load(file, need_secrets=False))
    assert "s3cret" not in repr(found)
    assert "t0ken" not in repr(found)
    return [(f"{one.scheme}://{one.host}:{one.port}", one.setting, one.contacted) for one in found]


def test_without_a_model_only_the_trackers_are_contacted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert listed(tmp_path, monkeypatch, BASE) == [
        ("https://api.atlassian.com:443", "connections.jira.url", True),
        ("https://shop.atlassian.net:443", "connections.jira.browse_url", False),
    ]


def test_all_that_the_settings_name_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(listed(tmp_path, monkeypatch, BASE + MORE)) == {
        ("https://api.atlassian.com:443", "connections.jira.url", True),
        ("https://shop.atlassian.net:443", "connections.jira.browse_url", False),
        ("https://dev.azure.com:443", "connections.azure.url", True),
        ("https://vssps.dev.azure.com:443", "connections.azure.url", True),
        ("https://steward.example.org:443", "server.public_url", False),
        ("http://localhost:8080", "model.base_url", True),
        ("https://otel.example.org:4318", "telemetry.traces", True),
        ("postgresql://db.example.org:6432", "engine.database_url", True),
    }


def test_the_environments_proxy_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed(tmp_path, monkeypatch, BASE)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.org:3128")
    found = addresses(load(tmp_path / "steward.toml", need_secrets=False))
    assert ("proxy.example.org", 3128, "the environment") in {(one.host, one.port, one.setting) for one in found}


def test_a_connections_own_proxy_is_listed_without_who_signs_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def through(proxy: str) -> list[str]:
        text = BASE.replace('user = "bot', f'proxy = {proxy}\nuser = "bot')
        found = listed(tmp_path, monkeypatch, text)
        assert "proxyuser" not in repr(found)
        monkeypatch.setenv("HTTPS_PROXY", "http://other.example.org:3128")
        assert addresses(load(tmp_path / "steward.toml", need_secrets=False))[1].host != "other.example.org"
        return [address for address, setting, _ in found if setting == "connections.jira.proxy"]

    monkeypatch.setenv("XP", "http://proxyuser:s3cret@proxy.example.org:8080")
    assert through('"http://plain.example.org:3128"') == ["http://plain.example.org:3128"]
    assert through('{ env = "XP" }') == ["http://proxy.example.org:8080"]
    assert through('"none"') == []
    monkeypatch.delenv("XP")
    assert through('{ env = "XP" }') == [], "as on a machine that does not have the secrets"


def test_by_command_the_list_is_for_people_and_for_programs(
    steward: Callable[..., Told], make_world: Callable[..., Any]
) -> None:
    world = make_world()
    told = steward("egress", "-c", config_of(world))
    assert told.out.splitlines()[0].startswith("http://127.0.0.1:")
    assert [entry["setting"] for entry in json.loads(steward("egress", "--json", "-c", config_of(world)).out)] == [
        "connections.tracker.url"
    ]


@pytest.mark.parametrize("flavour", ["jira-cloud", "jira-data-center", "azure-devops"])
def test_the_main_job_contacts_nothing_that_is_not_listed(
    make_world: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, flavour: str
) -> None:
    world = make_world(flavour, intake="poll")
    connect, contacted = socket.socket.connect, set()

    def watched(self: socket.socket, address: Any) -> Any:
        contacted.add(address[:2] if isinstance(address, tuple) else address)
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", watched)
    world.wire()
    world.poll()
    item = world.file(*STORY)
    world.poll()
    tell(world, "dana", item, "steward accept 1")
    world.poll()
    tell(world, "dana", item, "steward undo 1")
    world.poll()
    assert world.proposal(item)
    allowed = {(one.host, one.port) for one in addresses(world.settings) if one.contacted}
    assert contacted
    assert contacted <= allowed
