"""A backup is made while the bot runs: all tables of one moment, a row at a time."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import tempfile
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store import executors, inbox, pacing, ticks
from bot.store.backup.archive import (
    FORMAT,
    MANIFEST,
    PRODUCT,
    BackupError,
    Manifest,
    TableInside,
    kind_of,
    line,
    member,
)
from bot.store.database import Database
from bot.store.schema import migrating
from bot.store.schema.tables import Base

OF_THE_MOMENT = frozenset(
    table.__tablename__ for table in (executors.Executor, inbox.ConnectionHeard, pacing.ClosedGate, ticks.Tick)
)
"""Who works now, what was heard and fired last, who asked to wait: it means nothing elsewhere or later."""
ROWS_AT_ONCE = 500


def save(db: Database, file: Path) -> Manifest:
    """Write a backup, in place of a file that is there once the new one is whole. Only its owner may read it.

    What is there and is no file of its own (a symbolic link, a device, a pipe) is left as it is. Raises BackupError.
    """
    try:
        _refuse_what_is_no_file(file)
        handle, beside = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    except OSError as error:
        raise BackupError(f"{file} cannot be written ({error.strerror}).") from None
    try:
        with os.fdopen(handle, "wb") as held:
            manifest = _write(db, held)
            held.flush()
            os.fsync(held.fileno())
        os.replace(beside, file)
        sync_folder(file.parent)
    except OSError as error:
        raise BackupError(f"{file} cannot be written ({error.strerror}).") from None
    finally:
        Path(beside).unlink(missing_ok=True)
    return manifest


def _write(db: Database, held: Any) -> Manifest:
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive, db.read() as session:
        connection = session.connection()
        if not db.is_sqlite:
            migrating.be_patient(connection)
        revision = migrating.revision(connection)
        if revision != migrating.head():
            raise BackupError("The database has another schema than this version of steward. Run: steward migrate")
        tables = [table for table in Base.metadata.sorted_tables if table.name not in OF_THE_MOMENT]
        manifest = Manifest(
            format=FORMAT,
            product=PRODUCT,
            version=version(PRODUCT),
            revision=revision,
            made=db.now(),
            tables=[_write_table(connection, archive, table) for table in tables],
        )
        archive.writestr(MANIFEST, json.dumps(manifest.model_dump(mode="json"), indent=1))
    return manifest


def _write_table(connection: Connection, archive: zipfile.ZipFile, table: sa.Table) -> TableInside:
    kinds = [kind_of(column) for column in table.columns]
    query = sa.select(table).order_by(*table.primary_key.columns)
    total, rows = hashlib.sha256(), 0
    with archive.open(member(table.name), "w", force_zip64=True) as lines:
        for row in connection.execute(query, execution_options={"stream_results": True, "yield_per": ROWS_AT_ONCE}):
            text = line(row, kinds)
            total.update(text)
            rows += 1
            lines.write(text)
    columns = list(zip(table.columns.keys(), kinds, strict=True))
    return TableInside(name=table.name, columns=columns, rows=rows, sha256=total.hexdigest())


def _refuse_what_is_no_file(file: Path) -> None:
    try:
        mode = file.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        raise BackupError(f"{file} is there already and is no plain file: it is left alone. Name another.")


def sync_folder(folder: Path) -> None:
    """Make the new name durable; Windows cannot open folders, and needs it not."""
    if os.name != "nt":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
