"""The engine's database: made ready, connected to, thrown away."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.store.database import arguments_of


def prepare(url: str) -> None:
    """Write-ahead logging is a property of the file and has to be there before many threads open it."""
    if not url.startswith("sqlite"):
        return
    path = Path(url.removeprefix("sqlite:///"))
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=30)
    try:
        connection.execute("PRAGMA auto_vacuum=incremental")
        connection.execute("PRAGMA journal_mode=wal")
    finally:
        connection.close()


def connect(url: str) -> sa.Engine:
    """The connections of one process. None is made yet."""
    if not url.startswith("sqlite"):
        address = sa.make_url(url).set(drivername="postgresql+psycopg")
        timeouts = arguments_of(url)
        return sa.create_engine(
            address, pool_pre_ping=True, pool_size=5, max_overflow=10, pool_timeout=10, connect_args=timeouts
        )
    # One connection: the engine's own writers are many, and the file takes one at a time.
    engine = sa.create_engine(
        url, pool_size=1, max_overflow=0, pool_timeout=30, connect_args={"check_same_thread": False}
    )

    @sa.event.listens_for(engine, "connect")
    def take_the_lock_at_once(connection: Any, _: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        connection.execute("PRAGMA busy_timeout=30000")
        connection.execute("PRAGMA foreign_keys=ON")

    return engine


def clear(url: str, connection: sa.Connection) -> None:
    """Throw all jobs away: what has yet to be done is queued anew from the store. Nobody may be at work.

    On PostgreSQL it is done in the transaction of `connection`. Raises sqlalchemy.exc.SQLAlchemyError.
    """
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///"))
        for ending in ("", "-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        return
    # The tables first and by themselves: with the schema would go what somebody else has made on them.
    if tables := sa.inspect(connection).get_table_names("dbos"):
        quote = connection.dialect.identifier_preparer.quote
        connection.exec_driver_sql(f"DROP TABLE {', '.join(f'dbos.{quote(name)}' for name in tables)}")
    connection.exec_driver_sql("DROP SCHEMA IF EXISTS dbos CASCADE")
