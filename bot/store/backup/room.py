"""Room for what is restored: the store's tables go, if nothing is lost by it or the person wants it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store import executors
from bot.store.backup.archive import BackupError
from bot.store.backup.saving import OF_THE_MOMENT
from bot.store.database import APPLICATION
from bot.store.schema import migrating
from bot.store.schema.tables import Base

SEEDED = frozenset({"audit_head", "change_counter", "installation"})
"""A new schema has a row in each of these."""
OTHERS = (
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = :name "
    "AND pid <> pg_backend_pid() LIMIT 1"
)
TRIGGERS = sa.text(
    "SELECT 'trigger ' || tgname || ' on table ' || relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
    "WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace AND relname = ANY(:names)"
)
STILL_NEEDED = "2BP01"
"""https://www.postgresql.org/docs/current/errcodes-appendix.html"""
AT_WORK = "Processes of steward are at work on this database. Stop them, and try again in 10 seconds."


def make(connection: Connection, now: datetime, *, force: bool) -> None:
    """Drop the store's tables, a later version's too. Raises BackupError, and NewerSchema without `force`."""
    present = migrating.revision(connection)
    if not force and present is not None and not migrating.is_known(present):
        raise migrating.NewerSchema(
            "The database has the schema of a later version of steward: it is left alone. With --force all that is in "
            "it is replaced."
        )
    if at_work(connection, now):
        raise BackupError(AT_WORK)
    ours = {*Base.metadata.tables, *migrating.marked(connection), "alembic_version"}
    found = sa.MetaData()
    found.reflect(connection, only=lambda name, _: name in ours, resolve_fks=False)
    passed_over = SEEDED | OF_THE_MOMENT | {"alembic_version"}
    told = [table for name, table in found.tables.items() if name not in passed_over]
    if not force and any(connection.execute(sa.select(sa.literal(1)).select_from(t).limit(1)).first() for t in told):
        raise BackupError("The database is not empty. With --force all that is in it is replaced.")
    if connection.dialect.name == "postgresql":
        _drop(connection, sorted(found.tables))
    else:
        found.drop_all(connection)


def at_work(connection: Connection, now: datetime) -> bool:
    """Whether anybody has the database open (PostgreSQL tells), or a worker has beaten just now."""
    if connection.dialect.name == "postgresql":
        others = connection.execute(sa.text(OTHERS), {"name": APPLICATION}).first()
        if others is not None:
            return True
    row, inspected = executors.Executor, sa.inspect(connection)
    if not inspected.has_table(row.__tablename__):
        return False
    if not {"id", "ended", "beat"} <= {column["name"] for column in inspected.get_columns(row.__tablename__)}:
        return False  # a later version's
    alive = sa.select(row.id).where(row.ended.is_(False), row.beat > now - executors.DEAD_AFTER)
    return connection.execute(alive.limit(1)).first() is not None


@contextmanager
def what_others_need_told() -> Iterator[None]:
    """PostgreSQL drops no table that something else depends on, and lists it: that is what a person must know."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != STILL_NEEDED:
            raise
        _refuse(str(getattr(getattr(error.orig, "diag", None), "message_detail", "") or "").splitlines())


def _drop(connection: Connection, names: list[str]) -> None:
    if not names:
        return
    if triggers := connection.execute(TRIGGERS, {"names": names}).scalars().all():
        _refuse(list(triggers))
    quote = connection.dialect.identifier_preparer.quote
    # All in one statement: what they need of each other does not count.
    connection.exec_driver_sql(f"DROP TABLE {', '.join(map(quote, names))}")


def _refuse(needed: list[str]) -> None:
    raise BackupError(
        f"The database has what is not steward's and rests on its tables: {'; '.join(needed)}. It is not dropped for "
        "you, and nothing is changed. Note how it is made, drop it, restore, and make it again."
    )
