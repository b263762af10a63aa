"""A backup is restored in one transaction: all of it is there afterwards, or the database is as it was."""

from __future__ import annotations

import itertools
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store import executors
from bot.store.backup import archive
from bot.store.backup.archive import BackupError, Manifest, TableInside
from bot.store.backup.saving import OF_THE_MOMENT
from bot.store.database import APPLICATION, AWAY, Database
from bot.store.inbox import Delivery
from bot.store.items import ChangeCounter, Item
from bot.store.schema import migrating
from bot.store.schema.tables import Base
from bot.store.writes import Installation

SEEDED = frozenset({"audit_head", "change_counter", "installation"})
"""A new schema has a row in each of these."""
ROWS_AT_ONCE = 500
OTHERS = (
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = :name "
    "AND pid <> pg_backend_pid() LIMIT 1"
)
UNSEEN_CHANGES = 10_000_000
"""More than any index can have seen since the backup was made."""


def restore(file: Path, url: str, *, force: bool = False, before_commit: Callable[[], None] = lambda: None) -> Manifest:
    """Put a backup into a database that is empty, or with `force` in place of what is there.

    Afterwards deliveries that were not finished wait to be queued, and the store knows that it was restored: writes
    that were made since the backup are looked for before they are made again. The engine's own tables must be emptied
    by `before_commit`: they would take those deliveries for done. If all ends between the two, the store is as it was,
    and its sweep queues what the engine has lost. Raises BackupError.
    """
    db = Database(url)
    try:
        with archive.opened(file) as (inside, manifest):
            if not migrating.is_known(manifest.revision):
                raise BackupError(
                    f"{file} was made by steward {manifest.version}, a later version than this one. "
                    "Install that version to restore it."
                )
            now = db.now()
            with db.engine.connect().execution_options(steward_write=True) as connection, connection.begin():
                if not db.is_sqlite:
                    migrating.lock(connection, patient=True)
                _make_room(connection, now, force=force)
                migrating.upgrade(connection, manifest.revision)
                _load(connection, inside, manifest)
                migrating.upgrade(connection)
                _begin_anew(connection, now)
                before_commit()
    except migrating.NewerSchema as error:
        raise BackupError(str(error)) from None
    finally:
        db.close()
    return manifest


def _make_room(connection: Connection, now: datetime, *, force: bool) -> None:
    """Drop the store's tables, if nothing is lost by it or the person wants it."""
    present = migrating.revision(connection)
    if present is not None and not migrating.is_known(present):
        raise migrating.NewerSchema("The database has the schema of a later version of steward: it is left alone.")
    found = sa.MetaData()
    found.reflect(connection, only=lambda name, _: name in Base.metadata.tables or name == "alembic_version")
    if executors.Executor.__tablename__ in found.tables and _at_work(connection, now):
        raise BackupError("Processes of steward are at work on this database. Stop them, and try again in 10 seconds.")
    passed_over = SEEDED | OF_THE_MOMENT | {"alembic_version"}
    told = [table for name, table in found.tables.items() if name not in passed_over]
    if not force and any(connection.execute(sa.select(sa.literal(1)).select_from(t).limit(1)).first() for t in told):
        raise BackupError("The database is not empty. With --force all that is in it is replaced.")
    found.drop_all(connection)


def _at_work(connection: Connection, now: datetime) -> bool:
    """Whether anybody has the database open (PostgreSQL tells), or a worker has beaten just now."""
    row = executors.Executor
    if connection.dialect.name == "postgresql":
        others = connection.execute(sa.text(OTHERS), {"name": APPLICATION}).first()
        if others is not None:
            return True
    alive = sa.select(row.id).where(row.ended.is_(False), row.beat > now - executors.DEAD_AFTER)
    return connection.execute(alive.limit(1)).first() is not None


def _load(connection: Connection, inside: zipfile.ZipFile, manifest: Manifest) -> None:
    """Fill the tables of the manifest's schema, which may be an older one than the code knows: as they are there."""
    there = sa.MetaData()
    there.reflect(connection)
    for told in manifest.tables:
        table = there.tables.get(told.name)
        if table is None or {name for name, _ in told.columns} != set(table.columns.keys()):
            raise BackupError(f"The table {told.name} in the backup does not fit the schema that the backup names.")
        for column in table.columns:
            if isinstance(column.type, sa.JSON):
                column.type = sa.JSON(none_as_null=bool(column.nullable))
        connection.execute(table.delete())
        try:
            for rows in _batches(inside, told):
                connection.execute(table.insert(), rows)
        except (sa.exc.StatementError, ValueError, TypeError) as error:
            if isinstance(error, AWAY):
                raise
            raise BackupError(f"Rows of the table {told.name} in the backup do not fit its schema.") from None
        _count_on(connection, table)


def _batches(inside: zipfile.ZipFile, told: TableInside) -> Iterator[list[dict[str, Any]]]:
    names, kinds = [name for name, _ in told.columns], [kind for _, kind in told.columns]
    with inside.open(archive.member(told.name)) as lines:
        rows = (dict(zip(names, archive.values(line, kinds), strict=True)) for line in lines)
        while batch := list(itertools.islice(rows, ROWS_AT_ONCE)):
            yield batch


def _count_on(connection: Connection, table: sa.Table) -> None:
    """PostgreSQL counts ids apart from the rows: it goes on after the highest."""
    key = list(table.primary_key.columns)
    if connection.dialect.name != "postgresql" or len(key) != 1 or not isinstance(key[0].type, sa.Integer):
        return
    sequence = connection.scalar(sa.select(sa.func.pg_get_serial_sequence(table.name, key[0].name)))
    highest = connection.scalar(sa.select(sa.func.max(key[0])))
    if sequence is not None and highest is not None:
        connection.execute(sa.select(sa.func.setval(sequence, highest)))


def _begin_anew(connection: Connection, now: datetime) -> None:
    unfinished = Delivery.state.in_(("received", "queued"))
    connection.execute(sa.update(Delivery).where(unfinished).values(state="received"))
    connection.execute(sa.update(Installation).values(restored=now))
    # Indexes remember the last change they have seen, which may lie ahead of the backup: to them all is new.
    connection.execute(sa.update(Item).values(change_number=Item.change_number + UNSEEN_CHANGES))
    connection.execute(sa.update(ChangeCounter).values(last=ChangeCounter.last + UNSEEN_CHANGES))
