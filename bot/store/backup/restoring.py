"""A backup is restored in one transaction: all of it is there afterwards, or the database is as it was.

In place of a SQLite file that holds something, a new one is moved: the old one may be of a later version, or damaged.
"""

from __future__ import annotations

import itertools
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store.backup import archive, beside, room
from bot.store.backup.archive import BackupError, Manifest, TableInside
from bot.store.database import AWAY, Database
from bot.store.inbox import Delivery
from bot.store.items import ChangeCounter, Item
from bot.store.schema import migrating
from bot.store.writes import Installation

ROWS_AT_ONCE = 500
UNSEEN_CHANGES = 10_000_000
"""More than any index can have seen since the backup was made."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a backup said of itself, and as what the SQLite file is kept that was there before."""

    manifest: Manifest
    kept: Path | None = None


def restore(
    file: Path, url: str, *, force: bool = False, before_commit: Callable[[Connection], None] = lambda connection: None
) -> Restored:
    """Put a backup into a database that is empty, or with `force` in place of what is there, whatever that is.

    Afterwards deliveries that were not finished wait to be queued, and the store knows that it was restored: writes
    that were made since the backup are looked for before they are made again. The engine's own tables must be emptied
    by `before_commit`, on PostgreSQL in the transaction that it is given: they would take those deliveries for done.
    If all ends between the two, the store is as it was, and its sweep queues what the engine has lost. Raises
    BackupError.
    """
    with archive.opened(file) as (inside, manifest):
        if not migrating.is_known(manifest.revision):
            raise BackupError(
                f"{file} was made by steward {manifest.version}, a later version than this one. "
                "Install that version to restore it."
            )
        fill = partial(_fill, inside=inside, manifest=manifest, force=force, before_commit=before_commit)
        if not force or not url.startswith(beside.PREFIX):
            fill(url)
            return Restored(manifest)
        _refuse_at_work(url)
        with beside.in_place_of(url) as (new, kept):
            fill(new)
        return Restored(manifest, kept)


def _fill(
    url: str,
    *,
    inside: zipfile.ZipFile,
    manifest: Manifest,
    force: bool,
    before_commit: Callable[[Connection], None],
) -> None:
    db = Database(url)
    try:
        now = db.now()
        with db.engine.connect().execution_options(steward_write=True) as connection, connection.begin():
            if not db.is_sqlite:
                migrating.lock(connection, patient=True)
            with room.what_others_need_told():
                room.make(connection, now, force=force)
            migrating.upgrade(connection, manifest.revision)
            _load(connection, inside, manifest)
            migrating.upgrade(connection)
            _begin_anew(connection, now)
            with room.what_others_need_told():
                before_commit(connection)
    except migrating.NewerSchema as error:
        raise BackupError(str(error)) from None
    finally:
        db.close()


def _refuse_at_work(url: str) -> None:
    """Of a file that cannot be read nothing is known: nobody can be at work on it."""
    db = Database(url)
    try:
        with db.engine.connect() as connection:
            busy = room.at_work(connection, db.now())
    except sa.exc.DatabaseError:
        return
    finally:
        db.close()
    if busy:
        raise BackupError(room.AT_WORK)


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
