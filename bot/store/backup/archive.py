"""The file: a zip of a manifest and, for each table, its rows as lines of JSON (a list in the order of the columns)."""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, ValidationError

FORMAT = 1
MANIFEST = "manifest.json"
PRODUCT: Final = "backlog-steward"
LONGEST_MANIFEST = 1_000_000
CHUNK = 1 << 20

Kind = Literal["plain", "json", "time", "bytes"]


class BackupError(Exception):
    """A backup cannot be made or restored. The message is a sentence for a person."""


class _Told(BaseModel):
    """What every format of a backup says."""

    format: int
    product: str


class TableInside(BaseModel):
    """One table: its columns with their kinds, how many rows it has, and the SHA-256 of its lines."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str
    columns: list[tuple[str, Kind]]
    rows: int
    sha256: str


class Manifest(BaseModel):
    """What a backup says of itself. `version` is the product's, `revision` the schema's."""

    model_config = ConfigDict(extra="forbid")

    format: int
    product: Literal["backlog-steward"]
    version: str
    revision: str
    made: datetime
    tables: list[TableInside]


def member(table: str) -> str:
    """The name of a table's file inside."""
    return f"tables/{table}.jsonl"


def kind_of(column: sa.Column[Any]) -> Kind:
    """How a column's values are written."""
    plain = column.type.impl if isinstance(column.type, sa.types.TypeDecorator) else column.type
    if isinstance(plain, sa.DateTime):
        return "time"
    if isinstance(plain, sa.LargeBinary):
        return "bytes"
    return "json" if isinstance(plain, sa.JSON) else "plain"


def line(row: Sequence[Any], kinds: Sequence[Kind]) -> bytes:
    """One row, written."""
    return json.dumps([_written(value, kind) for value, kind in zip(row, kinds, strict=True)]).encode() + b"\n"


def values(text: bytes, kinds: Sequence[Kind]) -> list[Any]:
    """One row, read again."""
    return [_read(value, kind) for value, kind in zip(json.loads(text), kinds, strict=True)]


def _written(value: Any, kind: Kind) -> Any:
    if value is None:
        return None
    if kind == "time":
        return value.isoformat()
    return base64.b64encode(value).decode() if kind == "bytes" else value


def _read(value: Any, kind: Kind) -> Any:
    if value is None:
        return None
    if kind == "time":
        return datetime.fromisoformat(value)
    return base64.b64decode(value, validate=True) if kind == "bytes" else value


@contextmanager
def opened(file: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """A backup that is whole: its manifest is understood and each sum is right. Raises BackupError."""
    with ExitStack() as held:
        with _damage_told(file):
            archive = held.enter_context(zipfile.ZipFile(file))
            manifest = _manifest(file, archive)
            for table in manifest.tables:
                _verify(file, archive, table)
        yield archive, manifest


@contextmanager
def _damage_told(file: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise BackupError(f"There is no file {file}.") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError):
        raise BackupError(f"{file} is no backup of steward, or it is damaged.") from None
    except OSError as error:
        raise BackupError(f"{file} cannot be read ({error.strerror}).") from None


def _manifest(file: Path, archive: zipfile.ZipFile) -> Manifest:
    try:
        with archive.open(MANIFEST) as text:
            read = text.read(LONGEST_MANIFEST)
        told = _Told.model_validate_json(read)
        if told.product == PRODUCT and told.format != FORMAT:
            raise BackupError(f"{file} was made by a version of steward that writes backups differently.")
        return Manifest.model_validate_json(read)
    except ValidationError:
        raise BackupError(f"{file} is no backup of steward, or it is damaged.") from None


def _verify(file: Path, archive: zipfile.ZipFile, table: TableInside) -> None:
    total, rows = hashlib.sha256(), 0
    with archive.open(member(table.name)) as lines:
        while part := lines.read(CHUNK):
            total.update(part)
            rows += part.count(b"\n")
    if total.hexdigest() != table.sha256 or rows != table.rows:
        raise BackupError(f"{file} is damaged: the table {table.name} in it is not what was saved.")
