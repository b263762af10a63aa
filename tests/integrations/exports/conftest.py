"""Files to read: samples beside this, and such as a test writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from integrations.exports.recognising import exported_items
from integrations.exports.records import ExportedItem, Unread

SAMPLES = Path(__file__).parent / "samples"


@dataclass(frozen=True)
class Read:
    items: list[ExportedItem]
    unread: list[str]


def read(path: Path) -> Read:
    found = list(exported_items(path))
    items = [one for one in found if isinstance(one, ExportedItem)]
    return Read(items, [str(one) for one in found if isinstance(one, Unread)])


@pytest.fixture
def sample() -> Callable[[str], Read]:
    return lambda name: read(SAMPLES / name)


@pytest.fixture
def reading(tmp_path: Path) -> Callable[..., Read]:
    """Writes a text (or bytes) to a file and reads it."""

    def write_and_read(content: str | bytes, encoding: str = "utf-8") -> Read:
        path = tmp_path / "export"
        path.write_bytes(content.encode(encoding) if isinstance(content, str) else content)
        return read(path)

    return write_and_read
