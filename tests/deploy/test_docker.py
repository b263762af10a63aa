"""The image and the compose file: they fit their specifications, and give no right that the bot does not need."""

from __future__ import annotations

import http.server
import json
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
COMPOSE_SCHEMA = "vendor.compose-spec"


def written(dockerfile: list[tuple[str, str]], name: str) -> str:
    return [words for instruction, words in dockerfile if instruction == name][-1]


def health_check(dockerfile: list[tuple[str, str]]) -> list[str]:
    return list(json.loads(written(dockerfile, "HEALTHCHECK").split(" CMD ")[1]))


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ]+)", (REPOSITORY / lock).read_text("utf-8"), re.MULTILINE))


def passed(*words: str | Path) -> None:
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_hadolint_finds_no_fault_in_the_dockerfile(deploy: Path, tool: Callable[[str], str]) -> None:
    passed(tool("hadolint"), "--no-color", deploy / "docker/Dockerfile")


def test_the_compose_file_fits_the_compose_specification(deploy: Path, tool: Callable[[str], str]) -> None:
    passed(tool("check-jsonschema"), "--builtin-schema", COMPOSE_SCHEMA, deploy / "docker/compose.yaml")


def test_the_image_runs_as_a_numbered_user_and_hears_signals_itself(dockerfile: list[tuple[str, str]]) -> None:
    assert written(dockerfile, "USER") == "10001:10001"
    assert json.loads(written(dockerfile, "ENTRYPOINT")) == ["steward"]
    assert json.loads(written(dockerfile, "CMD")) == ["run"]


@pytest.mark.parametrize(("answer", "healthy"), [(200, True), (503, False), (None, False)])
def test_the_health_check_knows_a_living_process(
    dockerfile: list[tuple[str, str]], answer: int | None, healthy: bool
) -> None:
    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(answer or 500)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    python, flag, code = health_check(dockerfile)
    assert (python, flag) == ("python", "-c")
    with http.server.HTTPServer(("127.0.0.1", 0), Answers) as server:
        if answer is None:
            server.server_close()
        else:
            threading.Thread(target=server.serve_forever, daemon=True).start()
        code = code.replace("8789", str(server.server_port))
        ended = subprocess.run([sys.executable, flag, code], capture_output=True, check=False)
        if answer is not None:
            server.shutdown()
    assert (ended.returncode == 0) == healthy


def test_only_what_is_installed_is_sent_to_the_build(deploy: Path) -> None:
    ignored = (deploy / "docker/Dockerfile.dockerignore").read_text("utf-8").splitlines()
    sent = {line[1:] for line in ignored if line.startswith("!")}
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    packages = {name.rstrip("*") for name in project["tool"]["setuptools"]["packages"]["find"]["include"]}
    assert "*" in ignored
    assert sent == packages | {"pyproject.toml", "requirements-run.lock", "README.md", "LICENSE"}
    assert [name for name in sent if not (REPOSITORY / name).exists()] == []


def test_the_lock_of_the_image_pins_what_was_tested_and_nothing_of_development() -> None:
    tested, run = pins("requirements.lock"), pins("requirements-run.lock")
    assert [name for name, version in run.items() if tested.get(name) != version] == []
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    named = {re.split(r"[=<>~!\[; ]", line, maxsplit=1)[0].lower() for line in project["dependencies"]}
    assert named <= set(run)
    assert {"pytest", "mypy", "ruff", "playwright"}.isdisjoint(run)


@pytest.mark.parametrize("lock", ["requirements-run.lock", "requirements-validators.lock"])
def test_every_pin_has_hashes_and_names_no_index(lock: str) -> None:
    text = (REPOSITORY / lock).read_text("utf-8")
    assert "://" not in text
    entries = re.findall(r"^[a-z0-9-]+==.*(?:\n    .*)*", text, re.MULTILINE)
    assert entries
    assert all("--hash=sha256:" in entry for entry in entries)


def test_every_container_is_confined_watched_and_given_time_to_drain(compose: dict[str, Any]) -> None:
    for name, container in compose["services"].items():
        assert int(container["user"].split(":")[0]) > 0, name
        assert container["read_only"] is True, name
        assert container["cap_drop"] == ["ALL"], name
        assert container["security_opt"] == ["no-new-privileges:true"], name
        assert container["healthcheck"]["test"][0] == "CMD", name
        assert int(container["stop_grace_period"].rstrip("s")) >= 30, name
        assert not {"privileged", "cap_add", "network_mode", "pid", "devices"} & set(container), name


def test_compose_asks_for_health_as_the_image_does(compose: dict[str, Any], dockerfile: list[tuple[str, str]]) -> None:
    assert compose["services"]["steward"]["healthcheck"]["test"][1:] == health_check(dockerfile)


def test_only_the_web_port_is_published_and_only_to_this_machine(compose: dict[str, Any]) -> None:
    published = [port for container in compose["services"].values() for port in container.get("ports", [])]
    assert published == ["127.0.0.1:8788:8788"]
    assert compose["networks"]["inside"]["internal"] is True
    assert compose["services"]["postgres"]["networks"] == ["inside"]


def test_numbers_may_be_asked_for_by_the_name_of_each_service_of_the_bot(deploy: Path, compose: dict[str, Any]) -> None:
    settings = tomllib.loads((deploy / "docker/steward.toml").read_text("utf-8"))
    assert set(settings["operations"]["names"]) == set(compose["services"]) - {"postgres"}


def test_every_secret_of_compose_is_a_file_that_git_does_not_keep(deploy: Path, compose: dict[str, Any]) -> None:
    assert all(list(secret) == ["file"] for secret in compose["secrets"].values())
    assert {Path(secret["file"]).parent.name for secret in compose["secrets"].values()} == {"secrets"}
    assert "secrets/" in (deploy / "docker/.gitignore").read_text("utf-8").splitlines()
    for container in compose["services"].values():
        variables = container.get("environment", {})
        assert [key for key in variables if "PASSWORD" in key and not key.endswith("_FILE")] == []


def test_what_is_built_has_the_version_that_it_says(deploy: Path, compose: dict[str, Any]) -> None:
    version = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert compose["services"]["steward"]["image"] == f"backlog-steward:{version}"
    assert f"backlog-steward:{version} " in (deploy / "docker/Dockerfile").read_text("utf-8")
    assert f"newTag: {version}\n" in (deploy / "kubernetes/kustomization.yaml").read_text("utf-8")
