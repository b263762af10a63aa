"""Installing without internet, and what is in the product: the commands are of the form that works."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

LOCK = "requirements-run.lock"


def locked(deploy: Path) -> list[Requirement]:
    """What the lock pins for this machine."""
    text = (deploy.parent / LOCK).read_text("utf-8")
    pins = [Requirement(line.split(" \\")[0]) for line in re.findall(r"^[a-z0-9].*", text, re.MULTILINE)]
    return [pin for pin in pins if pin.marker is None or pin.marker.evaluate()]


def commands(deploy: Path) -> list[str]:
    page = (deploy / "offline.md").read_text("utf-8")
    return re.findall(r"^/opt/steward/bin/pip install .*$", page, re.MULTILINE)


def test_each_install_command_asks_no_index_and_takes_what_is_locked_by_hash(deploy: Path) -> None:
    of_the_lock, of_the_product = commands(deploy)
    assert "--no-index --find-links wheels" in of_the_lock
    assert of_the_lock.endswith(f"--require-hashes --requirement wheels/{LOCK}")
    assert "--no-index --find-links wheels --no-deps backlog-steward" in of_the_product


def test_the_list_of_contents_is_made_by_the_very_same_commands(deploy: Path) -> None:
    makefile = (deploy.parent / "Makefile").read_text("utf-8")
    for command in commands(deploy):
        asked = command.removeprefix("/opt/steward/bin/pip install ").replace("wheels", "dist/wheels")
        assert asked in makefile


@pytest.mark.thorough
def test_the_list_of_contents_names_every_locked_package_with_its_licence(
    deploy: Path, tool: Callable[[str], str], tmp_path: Path
) -> None:
    file = tmp_path / "sbom.json"
    asked = [tool("cyclonedx-py"), "environment", "--gather-license-texts", "--output-file", str(file), sys.executable]
    subprocess.run(asked, check=True, capture_output=True, timeout=300)
    told: dict[str, Any] = json.loads(file.read_text("utf-8"))
    assert told["bomFormat"] == "CycloneDX"
    parts = {re.sub("[-_.]+", "-", part["name"]).lower(): part for part in told["components"]}
    pins = locked(deploy)
    assert len(pins) > 50
    for pin in pins:
        part = parts[pin.name]
        assert f"=={part['version']}" == str(pin.specifier)
        assert part.get("licenses"), pin.name
