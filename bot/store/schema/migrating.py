"""How a schema is brought up to date: Alembic's versions, one process at a time, all of them or none.

Within a release every change is additive (a new table, a new column that may be empty, an index): workers of the
version before go on while the first of the new one has migrated, and each leaves when it sees that the schema moved on.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import sqlalchemy as sa
import structlog
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

WRITERS = 0x57E3A2D
"""The advisory lock of those who write on PostgreSQL: any number that nobody else in the database uses."""
HOLDERS = sa.text(
    "SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database "
    "WHERE locktype = 'advisory' AND granted AND objid = :key AND datname = current_database()"
)
"""The server's processes that hold it."""
OURS = "backlog-steward"
"""The comment on each table that a version makes: by it an earlier one knows what it may replace."""
MARKED = sa.text(
    "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') "
    "AND obj_description(oid, 'pg_class') = :mark"
)
SILENT_MS = 3000
NOT_AVAILABLE = "55P03"
"""https://www.postgresql.org/docs/current/errcodes-appendix.html"""

log = structlog.get_logger(__name__)


class NewerSchema(Exception):
    """A later version of the program has been here. The message is a sentence for a person."""


def lock(connection: Connection, *, patient: bool = False) -> None:
    """Wait until no other transaction writes, and keep others from it until this one ends (PostgreSQL).

    A `patient` one waits as long as it takes, and soon says so.
    """
    if patient:
        be_patient(connection)
        try:
            with connection.begin_nested():
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {SILENT_MS}")
                _take(connection)
                be_patient(connection)
        except sa.exc.OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != NOT_AVAILABLE:
                raise
            held = connection.execute(HOLDERS, {"key": WRITERS}).scalars().all()
            log.warning("waiting until others have written: a migration or a restore may be under way", held_by=held)
        else:
            return
    _take(connection)


def _take(connection: Connection) -> None:
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS})")


def be_patient(connection: Connection) -> None:
    """Let this transaction take its time (PostgreSQL)."""
    for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
        connection.exec_driver_sql(f"SET LOCAL {name} = 0")


def upgrade(connection: Connection, to: str = "head") -> None:
    """Run the versions up to one, in the transaction that is open. Raises NewerSchema."""
    present = revision(connection)
    if present is not None and not is_known(present):
        raise NewerSchema(
            f"The database has the schema {present}, which is of a later version of steward than this one. "
            "Install that version again, or restore a backup that was made before it (steward restore --force)."
        )
    config = _config()
    config.attributes["connection"] = connection
    before = _tables(connection)
    command.upgrade(config, to)
    for name in sorted(_tables(connection) - before):
        quoted = connection.dialect.identifier_preparer.quote(name)
        connection.exec_driver_sql(f"COMMENT ON TABLE {quoted} IS '{OURS}'")


def marked(connection: Connection) -> set[str]:
    """The tables that any version of steward has made, also a later one (PostgreSQL; none elsewhere)."""
    if connection.dialect.name != "postgresql":
        return set()
    return set(connection.execute(MARKED, {"mark": OURS}).scalars())


def _tables(connection: Connection) -> set[str]:
    """All tables, where there may be somebody else's."""
    return set(sa.inspect(connection).get_table_names()) if connection.dialect.name == "postgresql" else set()


def revision(connection: Connection) -> str | None:
    """The version that the database's schema has; None if it has none."""
    return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """The version of the schema that this code was written for."""
    found = _scripts().get_current_head()
    assert found is not None
    return found


def is_known(version: str) -> bool:
    """Whether a version of the schema is this one's or an earlier one's."""
    return any(script.revision == version for script in _scripts().walk_revisions())


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent.parent / "migrations").replace("%", "%%"))
    return config
