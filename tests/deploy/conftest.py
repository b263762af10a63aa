"""The files of deploy/, and the tools that check them: absent ones skip a test, or fail it where they are required."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def deploy() -> Path:
    return REPOSITORY / "deploy"


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """The path of a program, beside this Python or anywhere on the path."""

    def find(name: str) -> str:
        beside = str(Path(sys.executable).parent)
        path = shutil.which(name, path=os.pathsep.join((beside, os.environ.get("PATH", ""))))
        if path is None:
            absent = pytest.fail if os.environ.get("STEWARD_REQUIRE_VALIDATORS") else pytest.skip
            absent(f"{name} is not installed; .ci/run says where it comes from")
        return str(path)

    return find


@pytest.fixture(scope="session")
def compose(deploy: Path) -> dict[str, Any]:
    return dict(yaml.safe_load((deploy / "docker/compose.yaml").read_text("utf-8")))


@pytest.fixture(scope="session")
def manifests(deploy: Path) -> list[dict[str, Any]]:
    """The objects of the Kubernetes manifests, as they are written."""
    folder = deploy / "kubernetes"
    files = yaml.safe_load((folder / "kustomization.yaml").read_text("utf-8"))["resources"]
    return [entry for name in files for entry in yaml.safe_load_all((folder / name).read_text("utf-8"))]


@pytest.fixture(scope="session")
def dockerfile(deploy: Path) -> list[tuple[str, str]]:
    """The instructions of the image's last stage, each with its words."""
    text = (deploy / "docker/Dockerfile").read_text("utf-8").replace("\\\n", " ")
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]
    last = max(number for number, line in enumerate(lines) if line[0] == "FROM")
    return [(name, words) for name, words in lines[last:]]
