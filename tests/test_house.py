"""The house itself: sizes, words, the lock file, and that what the README says exists."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
import warnings
from pathlib import Path

import pytest
from typer.main import get_command

from bot.cli import app

REPOSITORY = Path(__file__).resolve().parent.parent
ROOMS = ("bot", "integrations", "languages", "prompts", "rules")
WORDS_NEVER_USED = re.compile(r"(^|_)(manager|helpers?|utils?|common|services?)(_|$)")


def modules() -> list[Path]:
    return [path for room in ROOMS for path in sorted((REPOSITORY / room).rglob("*.py"))]


def test_no_module_is_named_for_nothing() -> None:
    named = [path.stem for path in modules()] + [path.parent.name for path in modules()]
    assert [name for name in named if WORDS_NEVER_USED.search(name)] == []


def test_sizes_that_are_over_are_told() -> None:
    over = [
        f"{path.relative_to(REPOSITORY)}: {lines} lines"
        for path in modules()
        if (lines := len(path.read_text("utf-8").splitlines())) > (120 if path.parent.name == "rules" else 250)
        and "versions" not in path.parts
    ]
    if over:
        warnings.warn("over the size of a room: " + ", ".join(over), stacklevel=1)


def test_functions_that_are_over_are_told() -> None:
    over = [
        f"{path.relative_to(REPOSITORY)}: {node.name}, {lines} lines"
        for path in modules()
        if "versions" not in path.parts
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and (lines := (node.end_lineno or 0) - node.lineno + 1) > 40
    ]
    if over:
        warnings.warn("over the size of a function: " + ", ".join(over), stacklevel=1)


def test_the_lock_names_every_dependency_with_hashes_and_no_index() -> None:
    lock = (REPOSITORY / "requirements.lock").read_text("utf-8")
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    names = [re.split(r"[=<>~!\[; ]", line, maxsplit=1)[0].lower() for line in wanted]
    assert [name for name in names if not re.search(rf"^{re.escape(name)}==", lock, re.MULTILINE)] == []
    assert "http://" not in lock
    assert "https://" not in lock
    assert "--index-url" not in lock
    pins = re.findall(r"^[a-z0-9-]+==.*(?:\n    .*)*", lock, re.MULTILINE)
    assert all("--hash=sha256:" in pin for pin in pins)


def test_every_command_is_in_the_readme() -> None:
    readme = (REPOSITORY / "README.md").read_text("utf-8")
    group = get_command(app)
    commands = getattr(group, "commands", {})
    for name, command in commands.items():
        for words in [f"{name} {inner}" for inner in getattr(command, "commands", {})] or [name]:
            assert f"`steward {words}`" in readme, f"steward {words} is not documented"


def test_every_room_on_the_map_exists() -> None:
    readme = (REPOSITORY / "README.md").read_text("utf-8")
    house = readme.split("## The house")[1].split("```")[1]
    for room in re.findall(r"^(\w+/)", house, re.MULTILINE):
        assert (REPOSITORY / room).is_dir(), room


def test_nothing_names_this_machine_or_an_index() -> None:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, check=False).stdout
    if not tracked:
        pytest.skip("not a git checkout")
    paths = [REPOSITORY / name for name in tracked.decode().split("\0") if name]
    forbidden = ("/" + "work/main", "pypi" + ".org", "python" + "hosted")
    texts = ((path, path.read_bytes()) for path in paths if path.is_file())
    assert [path.name for path, text in texts if any(word.encode() in text for word in forbidden)] == []
