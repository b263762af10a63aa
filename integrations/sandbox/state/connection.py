"""The connection of one tracker: its lock, its transactions, and what it remembers until the next write."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Executable, create_engine, event
from sqlalchemy.engine import CursorResult
from sqlalchemy.pool import StaticPool

from integrations.sandbox import tables as t

Known = TypeVar("Known")


class Connection:
    """One database of one tracker, used by one thread at a time."""

    def __init__(self, path: str | Path | None) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._remembered: dict[tuple[str, str], Any] = {}
        self._remembered_at = -1
        url = "sqlite://" if path is None else f"sqlite:///{path}"
        self._engine = create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})
        event.listen(self._engine, "connect", _prefer_speed)
        self._connection = self._engine.connect()
        t.metadata.create_all(self._connection)
        self._connection.commit()

    def now(self) -> datetime:
        """The tracker's clock (UTC, whole milliseconds)."""
        return t.from_ms(t.to_ms(datetime.now(UTC)))

    def _run(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        result = self._connection.execute(statement, parameters)
        assert isinstance(result, CursorResult)
        return result

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens at once or not at all, and no other thread comes between. May be nested."""
        with self._lock:
            self._depth += 1
            try:
                yield
            except BaseException:
                if self._depth == 1:
                    self._connection.rollback()
                    self._remembered.clear()
                    self._forget()
                raise
            else:
                if self._depth == 1:
                    self._connection.commit()
                    self._tell()
            finally:
                self._depth -= 1

    def _remember(self, what: str, of: str, read: Callable[[], Known]) -> Known:
        """What is read for every item and changes seldom: read anew after any write. To be called in a transaction."""
        writes = self._connection.connection.driver_connection.total_changes  # type: ignore[union-attr]  # it is open
        if writes != self._remembered_at:
            self._remembered.clear()
            self._remembered_at = writes
        if (what, of) not in self._remembered:
            self._remembered[what, of] = read()
        known: Known = self._remembered[what, of]
        return known

    def rows(self, statement: Executable) -> list[Any]:
        """The rows of a select over `tables`."""
        with self.transaction():
            return list(self._run(statement).all())

    def _forget(self) -> None:
        """Drops what was to be told."""

    def _tell(self) -> None:
        """Tells what has happened."""


def _prefer_speed(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=OFF")
