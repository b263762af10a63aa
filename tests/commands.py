"""The `steward` command as tests give it, and how it ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple


class Told(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


def config_of(world: Any) -> Path:
    return Path(world.settings.data).parent / "steward.toml"


def rewrite(config: Path, old: str, new: str) -> Path:
    text = config.read_text()
    assert old in text
    config.write_text(text.replace(old, new, 1))
    return config
