"""Stores on both databases, empty ones and ones with rows of every kind."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from bot.store.database import Database

NOON = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
ODD = "Käse 🧀 \u05d0\u0301 'quoted' \\n\n"
BOTH = ("sqlite", "postgresql")


@pytest.fixture
def make_url(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Makes the address of a new and empty database."""

    def make(kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path / uuid4().hex}.db"
        address: str = request.getfixturevalue("postgres").create(uuid4().hex)
        return address

    return make


@pytest.fixture(params=BOTH)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make_empty(
    make_url: Callable[[str], str], request: pytest.FixtureRequest, empty_store: Path
) -> Callable[[str], str]:
    """Makes the address of a new database with the newest schema and nothing in it."""

    def make(kind: str) -> str:
        if kind == "sqlite":
            url = make_url(kind)
            shutil.copyfile(empty_store, sa.make_url(url).database or "")
            return url
        like = request.getfixturevalue("empty_database")
        address: str = request.getfixturevalue("postgres").create(uuid4().hex, like=like)
        return address

    return make


@pytest.fixture
def open_store(make_url: Callable[[str], str], make_empty: Callable[[str], str]) -> Iterator[Callable[..., Database]]:
    """Opens stores, migrated unless said otherwise; each is closed at the end of the test."""
    opened: list[Database] = []

    def open_one(kind: str = "sqlite", *, url: str | None = None, migrated: bool = True) -> Database:
        opened.append(Database(url or (make_empty if migrated else make_url)(kind)))
        if migrated and url is not None:
            opened[-1].migrate()
        return opened[-1]

    yield open_one
    for database in opened:
        database.close()


@pytest.fixture
def store(kind: str, open_store: Callable[..., Database]) -> Database:
    """An empty store, once on each database."""
    return open_store(kind)


def fill(connection: sa.Connection, tables: sa.MetaData, rows: int = 3) -> None:
    """Put rows into every table, whatever its columns: every kind of value, and nothing where that is allowed."""
    for table in tables.sorted_tables:
        if table.name not in ("alembic_version", "installation", "audit_head", "change_counter"):
            values = [{column.name: _value(column, row) for column in table.columns} for row in range(rows)]
            connection.execute(table.insert(), values)


def contents(connection: sa.Connection, tables: sa.MetaData) -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables, in order, with times in UTC."""
    found = {}
    for table in tables.sorted_tables:
        rows = connection.execute(sa.select(table).order_by(*table.primary_key.columns)).mappings()
        found[table.name] = [{name: _plain(value) for name, value in row.items()} for row in rows]
    return found


def _value(column: sa.Column[Any], row: int) -> Any:
    if column.nullable and row == 0:
        return sa.null() if isinstance(column.type, sa.JSON) else None
    plain = column.type.impl if isinstance(column.type, sa.types.TypeDecorator) else column.type
    match plain:
        case sa.Boolean():
            return row % 2 == 0
        case sa.Integer():
            return row + 1
        case sa.DateTime():
            return NOON + timedelta(hours=row)
        case sa.LargeBinary():
            return bytes(range(256))
        case sa.JSON():
            return {"text": ODD, "numbers": [1, 2.5, None], "row": row}
        case _:
            return f"{column.name} {row} {ODD}"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return value
