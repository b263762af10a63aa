"""The database: SQLite in the data folder by default, PostgreSQL by one setting.

Writers on SQLite take the write lock when they begin (BEGIN IMMEDIATE), so two of them can never deadlock half way, and
every commit is synchronous: what was answered with 2xx is on the disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.orm import DeclarativeBase, Session

BUSY_TIMEOUT_MS = 30_000


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An aware time, kept as UTC; naive values are refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """All tables of the store."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads this attribute by name
        datetime: UtcDateTime,
        dict[str, Any]: sa.JSON,
        list[str]: sa.JSON,
    }


class Database:
    """Sessions on one database. `write` is a transaction that may write; `read` sees one moment and writes nothing."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction: committed at the end of the block, rolled back by any error."""
        with self.engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.execution_options(steward_write=True)
            with connection.begin(), Session(connection, expire_on_commit=False) as session:
                yield session
                session.flush()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that is never committed; rows stay readable after it."""
        with self.engine.connect() as connection, Session(connection, expire_on_commit=False) as session:
            yield session

    def migrate(self) -> None:
        """Bring the schema up to this version, keeping the rows."""
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def answers(self) -> bool:
        """Whether the database can be asked."""
        try:
            with self.engine.connect() as connection:
                connection.execute(sa.text("SELECT 1"))
        except sa.exc.SQLAlchemyError:
            return False
        return True

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20)
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}, pool_size=10, max_overflow=30)

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        # pysqlite would begin transactions on its own, and only before the first write: too late to take the lock.
        connection.isolation_level = None
        for pragma in ("journal_mode=wal", "synchronous=full", f"busy_timeout={BUSY_TIMEOUT_MS}", "foreign_keys=on"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("steward_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def upsert(session: Session, table: type[Base], key: dict[str, Any], values: dict[str, Any]) -> None:
    """Insert a row or set the values of the one with this key."""
    row = session.get(table, tuple(key.values()) if len(key) > 1 else next(iter(key.values())))
    if row is None:
        session.add(table(**key, **values))
    else:
        for name, value in values.items():
            setattr(row, name, value)
    session.flush()


def changed(session: Session, statement: sa.Update | sa.Delete) -> int:
    """Run an update or delete and return how many rows it touched."""
    result = session.execute(statement)
    return result.rowcount if isinstance(result, sa.CursorResult) else 0
