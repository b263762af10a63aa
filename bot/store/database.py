"""The database: SQLite in the data folder by default, PostgreSQL by one setting. Transactions mean the same on both.

A `write` is the only one of its time: on SQLite it takes the write lock when it begins (BEGIN IMMEDIATE), on PostgreSQL
an advisory lock first of all. So whatever a flow reads in it is still so when it writes, and two can never deadlock
half way. The ceiling: writes of all processes go one after the other, each as long as its statements and one flush to
the disk take (a few hundred a second). What comes in through the door is kept by `append`, which waits for nobody on
PostgreSQL. Every commit is synchronous: what was answered with 2xx is on the disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from bot.store.schema import migrating
from bot.store.schema.types import Base, UtcDateTime, dump_json
from bot.store.turns import Turns

__all__ = ["AWAY", "Base", "Database", "UtcDateTime", "changed", "forgotten", "insert_new"]

AWAY = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.InternalError, sa.exc.TimeoutError)
"""What is raised while the database is away, full, too slow, or has cut a transaction: nothing of it was kept."""

BUSY_TIMEOUT_MS = 30_000
_FORGOTTEN = "forgotten"
POOL_SECONDS = 10.0

_SERVER_SETTINGS = {
    "statement_timeout": "30s",
    "lock_timeout": "20s",
    # No transaction waits for anything but the database: one that is idle is of a process that was paused, and every
    # other writer waits for it.
    "idle_in_transaction_session_timeout": "10s",
    # A host that vanished must not hold the write lock for the two hours that are usual.
    "tcp_keepalives_idle": "20",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
APPLICATION = "steward"
"""By which name PostgreSQL shows our connections."""
_POSTGRESQL: dict[str, Any] = {
    "application_name": APPLICATION,
    "connect_timeout": 4,
    "keepalives": 1,
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    "options": " ".join(f"-c {name}={value}" for name, value in _SERVER_SETTINGS.items()),
}
"""As libpq reads them; each but the name may be said otherwise in the address."""


class Database:
    """Sessions on one database, by its address (`sqlite:///PATH`, `postgresql://...` or `postgres://...`).

    All raise one of AWAY where the database cannot do it now.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._turns = Turns()
        self.log_holds_forgotten = False
        """Whether something was forgotten (see `forgotten`) since the log was begun anew."""

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction, the only one of its time: committed at the end of the block, rolled back by any error."""
        with self._written() as session:
            if not self.is_sqlite:
                migrating.lock(session.connection())
            yield session

    @contextmanager
    def _written(self, *, urgent: bool = False) -> Iterator[Session]:
        with self._turns.turn(urgent=urgent) if self.is_sqlite else nullcontext(), self.engine.connect() as connection:
            connection.execution_options(steward_write=True)
            with connection.begin(), Session(connection, expire_on_commit=False) as session:
                yield session
                session.flush()
        self.log_holds_forgotten |= session.info.get(_FORGOTTEN, False)

    @contextmanager
    def append(self) -> Iterator[Session]:
        """As `write`, for rows that are new (`insert_new`): on PostgreSQL it waits neither for the writer nor its like.

        On SQLite it is the next to write. Add the rows of one block in order of their keys, so that two blocks cannot
        wait for each other.
        """
        with self._written(urgent=True) as session:
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that sees one moment and is never committed; rows stay readable after it."""
        with self.engine.connect() as connection:
            if not self.is_sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with Session(connection, expire_on_commit=False) as session:
                yield session

    def now(self) -> datetime:
        """The time by the clock that all processes on this database share: the server's, on SQLite the machine's."""
        if self.is_sqlite:
            return datetime.now(UTC)
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            now: datetime = connection.execute(sa.select(sa.func.clock_timestamp(type_=UtcDateTime()))).scalar_one()
        return now

    def migrate(self) -> None:
        """Bring the schema up to this version, keeping the rows. One at a time; all of it or nothing.

        Raises NewerSchema where a later version of the program has been here.
        """
        with self.engine.connect() as connection:
            connection.execution_options(steward_write=True)
            with connection.begin():
                if not self.is_sqlite:
                    migrating.lock(connection, patient=True)
                migrating.upgrade(connection)

    def is_current(self) -> bool:
        """Whether the schema is the one this version was written for."""
        with self.engine.connect() as connection:
            return migrating.revision(connection) == migrating.head()

    def is_older(self) -> bool:
        """Whether an earlier version has made the schema; a database without one is not."""
        with self.engine.connect() as connection:
            present = migrating.revision(connection)
        return present is not None and present != migrating.head() and migrating.is_known(present)

    def answers(self) -> bool:
        """Whether the database can be asked; known within a few seconds, also where its host is gone or paused."""
        # A connection of the pool might wait for an answer that never comes; making a new one has a deadline.
        asked = self.engine if self.is_sqlite else sa.create_engine(self.engine.url, **_asked_once(self.engine))
        try:
            with asked.connect() as connection:
                connection.execute(sa.text("SELECT 1"))
        except sa.exc.SQLAlchemyError:
            return False
        return True

    def begin_log_anew(self, patience_ms: int = BUSY_TIMEOUT_MS) -> None:
        """On SQLite, write the log into the file and empty it: it still holds what has been overwritten since.

        Where somebody else reads or writes for longer, it is left as it is. Who wants to write waits meanwhile.
        """
        self.log_holds_forgotten = False
        if self.is_sqlite:
            with closing(self.engine.raw_connection()) as connection:
                cursor = connection.cursor()
                cursor.execute(f"PRAGMA busy_timeout={patience_ms}")
                try:
                    is_busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
                finally:
                    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
            self.log_holds_forgotten |= bool(is_busy)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def forgotten(session: Session) -> None:
    """Note that a transaction drops what nobody may find any more, not in the log either: see `begin_log_anew`."""
    session.info[_FORGOTTEN] = True


def _asked_once(engine: Engine) -> dict[str, Any]:
    return {"poolclass": NullPool, "connect_args": arguments_of(engine.url)}


def arguments_of(url: str | sa.URL) -> dict[str, Any]:
    """How to connect to a PostgreSQL address: deadlines for all that could wait for ever, unless it says otherwise."""
    said = sa.make_url(url).query
    return {name: value for name, value in _POSTGRESQL.items() if name not in said or name == "application_name"}


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        address = sa.make_url(url.replace("postgres://", "postgresql://", 1)).set(drivername="postgresql+psycopg")
        return sa.create_engine(
            address,
            connect_args=arguments_of(address),
            json_serializer=dump_json,
            pool_pre_ping=True,
            pool_size=5,
            max_overflow=15,
            pool_timeout=POOL_SECONDS,
        )
    engine = sa.create_engine(
        url,
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000},
        json_serializer=dump_json,
        pool_size=10,
        max_overflow=30,
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        # pysqlite would begin transactions on its own, and only before the first write: too late to take the lock.
        connection.isolation_level = None
        if connection.execute("PRAGMA page_count").fetchone() == (0,):
            # Only while the file is empty: retention gives pages back by it. Later it would wait for the write lock.
            connection.execute("PRAGMA auto_vacuum=incremental")
        for pragma in (
            "journal_mode=wal",
            "synchronous=full",
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            "foreign_keys=on",
            "secure_delete=on",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("steward_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def insert_new(session: Session, table: type[Base], values: dict[str, Any]) -> bool:
    """Insert a row unless one with its key is there, whoever else does so at this moment. Whether it was inserted."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    insert = dialect.insert(table.__table__).values(**values).on_conflict_do_nothing()
    return session.execute(insert.returning(sa.literal(1))).first() is not None


def changed(session: Session, statement: sa.Update | sa.Delete) -> int:
    """Run an update or delete and return how many rows it touched."""
    result = session.execute(statement)
    return result.rowcount if isinstance(result, sa.CursorResult) else 0
