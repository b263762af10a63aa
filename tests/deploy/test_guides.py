"""The guides of the products: each right and each sentence that they quote is the doctor's own, all settings load."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.doctor import Step, examine, rehearse
from bot.doctor.projects import NEEDS
from bot.settings import ProjectSettings, load
from bot.settings.connections import BESIDE_WEBHOOKS_SECONDS
from bot.settings.tree import ServerSettings
from integrations.azure_devops.trial import rights as azure_devops
from integrations.jira.trial import rights as jira

GUIDES = ("jira-cloud", "jira-data-center", "azure-devops")
ASKING = {"Administer Projects", "View permissions for this node"}
RIGHTS: dict[str, dict[str, str]] = {
    **{guide: {name: NEEDS[deed][1] for deed, _, name in jira.NAMES} for guide in GUIDES[:2]},
    "azure-devops": {name: NEEDS[deed][1] for deed, name, *_ in azure_devops.NAMES},
}
SECRETS = ("JIRA_TOKEN", "AZURE_DEVOPS_TOKEN", "ENTRA_SECRET", "WEBHOOK_SECRET")


def guide(deploy: Path, name: str) -> str:
    return (deploy / f"{name}.md").read_text("utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def rows(text: str) -> dict[str, str]:
    """Right -> what the doctor says without it, by the guide's table."""
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    return {right: said.strip('"') for right, _, said in cells[2:]}


@pytest.mark.parametrize("name", GUIDES)
def test_every_right_is_the_products_own_and_every_sentence_the_doctors(deploy: Path, name: str) -> None:
    told = rows(guide(deploy, name))
    asking = {right: said for right, said in told.items() if right in ASKING}
    assert {right: said for right, said in told.items() if right not in ASKING} == RIGHTS[name]
    assert list(asking.values()) == ["the bot may not ask the tracker for people's rights"]


@pytest.mark.parametrize("name", GUIDES)
def test_every_settings_block_loads(deploy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for secret in SECRETS:
        monkeypatch.setenv(secret, "a-secret-of-nobody")
    monkeypatch.setattr("bot.settings.signing_in.find_spec", lambda _: True)
    found = blocks(guide(deploy, name), "toml")
    assert found
    for number, block in enumerate(found):
        file = tmp_path / f"{number}.toml"
        file.write_text(block)
        settings = load(file)
        (connection,) = settings.connections.values()
        assert connection.kind.startswith(name)
        assert [project.mode for project in settings.projects.values()] == ["shadow"]


@pytest.mark.parametrize("name", GUIDES)
def test_what_the_guide_shows_of_the_doctor_and_of_a_rehearsal_is_what_they_say(
    deploy: Path, make_world: Callable[..., Any], name: str
) -> None:
    world = make_world(name, rights="plain", intake="poll", mode="shadow")
    settings, project = world.settings, next(iter(world.settings.projects.values()))
    text = guide(deploy, name)
    if "token_expires = 2027-11-20" in text:
        connection = settings.connections["tracker"].model_copy(update={"token_expires": date(2027, 11, 20)})
        settings = settings.model_copy(update={"connections": {"tracker": connection}})
    said = [
        line
        for one in examine(settings)
        for line in (f"{'ok' if one.ok else 'FIX':<6}{one.what}", *([f"      {one.remedy}"] if one.remedy else []))
    ]
    steps: list[Step] = []
    assert rehearse(world.wired.client, project, steps.append)
    walked = [
        line
        for one in steps
        for line in (f"{one.state:<8}{one.what} (0.0 s)", *([f"        {one.remedy}"] if one.remedy else []))
    ]
    shown_doctor, shown_walk = (block.splitlines() for block in blocks(text, "text"))
    own = ("jira: ", "azure: ")
    assert [_plain(line, own) for line in shown_doctor] == [
        _plain(line, ("tracker: ",)) for line in said if "tracker" in line or "token_expires" in line
    ]
    assert [_plain(line, ()) for line in shown_walk] == [_plain(line, ()) for line in walked]


@pytest.mark.parametrize("name", GUIDES)
def test_what_lacks_is_a_fault_for_the_rights_that_the_guide_says(deploy: Path, name: str) -> None:
    names = jira.NAMES if name != "azure-devops" else azure_devops.NAMES
    project = ProjectSettings(connection="x")
    needed = {one[2] if name != "azure-devops" else one[1] for one in names if NEEDS[one[0]][0](project)}
    first = {"six": 6, "three": 3}[re.findall(r"^The first (\w+) are what", guide(deploy, name), re.MULTILINE)[0]]
    assert set(list(rows(guide(deploy, name)))[:first]) == needed


def _plain(line: str, connections: tuple[str, ...]) -> str:
    """A line without what differs from tracker to tracker: the connection's name, numbers."""
    for name in connections:
        line = line.replace(f"    {name}", "    NAME: ", 1)
    return re.sub(r"[0-9]+", "N", line)


@pytest.mark.parametrize("name", GUIDES)
def test_the_guide_says_how_often_is_asked_beside_webhooks_which_port_and_which_tickets_get_comments(
    deploy: Path, name: str
) -> None:
    text = guide(deploy, name)
    assert BESIDE_WEBHOOKS_SECONDS == 300
    assert "what has moved every five minutes" in text
    assert "Only tickets that are filed after the first start get comments." in text
    assert 'public_url = "https://steward.example.org"' in text
    assert f"the proxy before port {ServerSettings().port}." in text
