"""What the files of deploy/ say to the bot: commands that it knows, settings that it reads, ports that it has."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from bot.cli import app
from bot.settings import Settings, load

EXAMPLES = ("docker", "kubernetes")
ENGINE_ADDRESS = "postgresql://steward:secret@postgres/steward"


def in_systemd(deploy: Path) -> list[list[str]]:
    texts = [path.read_text("utf-8") for path in sorted((deploy / "systemd").glob("*.service"))]
    lines = [line for text in texts for line in re.findall(r"/opt/steward/bin/steward (.+)$", text, re.MULTILINE)]
    return [shlex.split(line.replace("%i", "1").replace("%", "x").rstrip("'")) for line in lines]


def in_compose(compose: dict[str, Any]) -> list[list[str]]:
    ours = [entry["command"] for entry in compose["services"].values() if "backlog-steward" in entry["image"]]
    chosen = [[re.sub(r"\$\{\w+:-(\w+)\}", r"\1", word) for word in words] for words in ours]
    return [*chosen, ["web"]]  # what the split's STEWARD_COMMAND makes of the first


def in_manifests(manifests: list[dict[str, Any]]) -> list[list[str]]:
    pods = [entry["spec"]["template"]["spec"] for entry in manifests if "template" in entry.get("spec", {})]
    return [container["args"] for pod in pods for container in pod["initContainers"] + pod["containers"]]


def in_the_guide(deploy: Path) -> list[list[str]]:
    text = (deploy / "README.md").read_text("utf-8")
    blocks = [line for block in text.split("```")[1::2] for line in block.splitlines()[1:]]
    spans = re.findall(r"`(steward [^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    said = [re.search(r"(?<!namespace)(?:^| |/)steward ([a-z][^#|>]*)", line) for line in [*blocks, *spans]]
    return [shlex.split(found[1]) for found in said if found]


def complaint(words: list[str]) -> str | None:
    """What the command line has against these words, or None; nothing is run."""
    command: Any = get_command(app)
    words = list(words)
    while hasattr(command, "commands"):
        name = words.pop(0) if words else ""
        if name not in command.commands:
            return f"there is no command {name!r}"
        command = command.commands[name]
    try:
        command.make_context("steward", words)
    except Exception as error:  # noqa: BLE001 - the class is that of whichever click typer carries
        return str(error)
    return None


def test_a_command_that_is_unknown_or_misused_is_noticed() -> None:
    assert complaint(["run", "--config", "steward.toml"]) is None
    assert complaint(["jump"]) is not None
    assert complaint(["run", "--colour", "blue"]) is not None
    assert complaint(["audit", "falsify"]) is not None


def test_every_command_of_the_files_is_one_that_the_bot_knows(
    deploy: Path, compose: dict[str, Any], manifests: list[dict[str, Any]], dockerfile: list[tuple[str, str]]
) -> None:
    image = [json.loads(words) for instruction, words in dockerfile if instruction == "CMD"]
    said = image + in_compose(compose) + in_manifests(manifests) + in_systemd(deploy)
    assert len(said) == 1 + 4 + 6 + 5
    assert {" ".join(words): told for words in said if (told := complaint(words))} == {}


def test_every_command_of_the_guide_is_one_that_the_bot_knows(deploy: Path) -> None:
    said = in_the_guide(deploy)
    assert len(said) > 5
    assert {" ".join(words): told for words in said if (told := complaint(words))} == {}


def test_every_file_that_the_guide_names_is_there(deploy: Path) -> None:
    text = (deploy / "README.md").read_text("utf-8")
    named = set(re.findall(r"`((?:docker|kubernetes|systemd)/[^`]+)`", text))
    assert named
    assert [name for name in named if not (deploy / name).exists()] == []


def test_every_metric_of_the_guide_is_one_that_the_bot_tells(deploy: Path) -> None:
    told = (deploy.parent / "bot/telemetry/metrics.py").read_text("utf-8")
    named = set(re.findall(r"steward_([a-z_]+?)(?:_bucket)?\b", (deploy / "README.md").read_text("utf-8")))
    assert len(named) > 5
    assert [name for name in named if f'"{name}"' not in told and f'"steward_{name}"' not in told] == []


def loaded(deploy: Path, kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The example's settings, with a secret in each file that they name and what the image says about them."""
    text = (deploy / kind / "steward.toml").read_text("utf-8")
    for name in re.findall(r'file = "(\w+)"', text):
        (folder / name).write_text(
            ENGINE_ADDRESS if name == "database_url" else "a-long-random-secret-of-a-test", "utf-8"
        )
    (folder / "steward.toml").write_text(text, "utf-8")
    for name, value in re.findall(r"(STEWARD__\w+)=(\S+)", (deploy / "docker/Dockerfile").read_text("utf-8")):
        monkeypatch.setenv(name, value)
    return load(folder / "steward.toml")


@pytest.mark.parametrize("kind", EXAMPLES)
def test_the_example_settings_are_read_with_the_address_of_postgresql(
    deploy: Path, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = loaded(deploy, kind, tmp_path, monkeypatch)
    assert settings.data == Path("/var/lib/steward")
    assert settings.server.host == "0.0.0.0"  # noqa: S104 - inside a container
    assert settings.operations.host == "0.0.0.0"  # noqa: S104 - probes and Prometheus come from outside the pod
    assert settings.engine.database_url is not None


def test_ports_agree_with_the_settings(
    deploy: Path,
    compose: dict[str, Any],
    manifests: list[dict[str, Any]],
    dockerfile: list[tuple[str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = loaded(deploy, "kubernetes", tmp_path, monkeypatch)
    web, operations = settings.server.port, settings.operations.port
    assert dict(dockerfile)["EXPOSE"] == str(web)
    assert f"'127.0.0.1', {operations}," in dict(dockerfile)["HEALTHCHECK"]
    assert compose["services"]["steward"]["ports"] == [f"127.0.0.1:{web}:{web}"]
    pods = [entry["spec"]["template"]["spec"] for entry in manifests if "template" in entry.get("spec", {})]
    named = {port["name"]: port["containerPort"] for pod in pods for port in pod["containers"][0]["ports"]}
    assert named == {"web": web, "operations": operations}


def test_every_secret_that_settings_name_is_handed_over(deploy: Path, compose: dict[str, Any]) -> None:
    for kind in EXAMPLES:
        text = (deploy / kind / "steward.toml").read_text("utf-8")
        named = {f"/etc/steward/{name}" for name in re.findall(r'file = "(\w+)"', text)}
        for service in ("steward", "worker", "clock"):
            assert {secret["target"] for secret in compose["services"][service]["secrets"]} == named
    guide = (deploy / "README.md").read_text("utf-8")
    assert [name for name in compose["secrets"] if name not in guide] == []
