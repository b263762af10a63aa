"""The systemd units: systemd finds no fault in them, and they give no right that the bot does not need."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

MAX_EXPOSURE = 20
"""In tenths, as `systemd-analyze security` counts: below 2.0 it calls a unit well confined."""
RUNNING = ("steward-run.service", "steward-web.service", "steward-clock.service", "steward-worker@.service")
UNITS = (*RUNNING, "steward-backup.service", "steward-backup.timer")


def entries(path: Path) -> list[tuple[str, str]]:
    pairs = re.findall(r"^([A-Za-z]+)=(.*)$", path.read_text("utf-8"), re.MULTILINE)
    return [(name, value) for name, value in pairs]


def instance(unit: str) -> str:
    return unit.replace("@.", "@1.")


@pytest.fixture
def machine(deploy: Path, tmp_path: Path) -> Path:
    """A folder that looks like the root of a machine on which the guide was followed."""
    shutil.copytree(deploy / "systemd", tmp_path / "etc/systemd/system")
    targets = tmp_path / "usr/lib/systemd/system"
    targets.mkdir(parents=True)
    for name in ("sysinit", "basic", "network-online", "multi-user", "timers", "shutdown", "time-set", "time-sync"):
        (targets / f"{name}.target").write_text("[Unit]\nDescription=A target\n", "utf-8")
    for program in ("opt/steward/bin/steward", "bin/sh", "usr/bin/find"):
        (tmp_path / program).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / program).touch(mode=0o755)
    return tmp_path


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_finds_no_fault(machine: Path, tool: Callable[[str], str], unit: str) -> None:
    words = [tool("systemd-analyze"), "verify", "--man=no", f"--root={machine}", instance(unit)]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    told = [line for line in ended.stderr.splitlines() if "steward" in line]
    assert (ended.returncode, told) == (0, []), ended.stderr


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.endswith(".service")])
def test_a_unit_is_well_confined(machine: Path, tool: Callable[[str], str], unit: str) -> None:
    options = ["--offline=true", "--no-pager", f"--threshold={MAX_EXPOSURE}", f"--root={machine}"]
    words = [tool("systemd-analyze"), "security", *options, instance(unit)]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize("unit", RUNNING)
def test_a_unit_that_ends_is_started_again(deploy: Path, unit: str) -> None:
    written = entries(deploy / "systemd" / unit)
    assert ("Restart", "always") in written
    assert ("StartLimitIntervalSec", "0") in written, "or systemd gives up after five quick ends"


def test_every_unit_is_confined_and_given_time_to_drain(deploy: Path) -> None:
    assert all(unit.startswith("steward-") for unit in UNITS), "the folder steward-.service.d counts for these"
    assert {path.name for path in (deploy / "systemd").iterdir()} == {*UNITS, "steward-.service.d"}
    shared = entries(deploy / "systemd/steward-.service.d/10-hardening.conf")
    assert {
        ("User", "steward"),
        ("StateDirectory", "steward"),
        ("ProtectSystem", "strict"),
        ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", ""),
        ("TimeoutStopSec", "30"),
        ("KillMode", "mixed"),
    } <= set(shared)


def test_every_secret_is_a_credential(deploy: Path) -> None:
    names = set()
    for path in (deploy / "systemd").rglob("*.*"):
        for name, value in entries(path) if path.is_file() else ():
            if name.startswith("LoadCredential"):
                named, _, source = value.partition(":")
                assert source == f"/etc/steward/{named}"
                names.add(named)
            assert name != "EnvironmentFile"
            if name == "Environment":
                assert value.split("=")[0] in {"STEWARD__DATA", "PYTHONDONTWRITEBYTECODE"}
    assert {"steward.toml", "jira_token"} <= names


def test_processes_of_one_machine_share_neither_ports_nor_folders(deploy: Path) -> None:
    folder = deploy / "systemd"
    split = [dict(entries(folder / unit)) for unit in RUNNING[1:]]
    ports = [re.findall(r"--operations-port (\S+)", unit["ExecStart"]) or ["8789"] for unit in split]
    assert ports == [["8789"], ["8790"], ["880%i"]]
    folders = [unit["StateDirectory"] for unit in split]
    assert folders == ["steward/web", "steward/clock", "steward/worker-%i"]
    assert [unit["Environment"] for unit in split] == [f"STEWARD__DATA=%S/{name}" for name in folders]
