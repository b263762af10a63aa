"""The audit for other systems: whole, chained, resumable, and without a word of a ticket."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.reports import audit_export
from bot.reports.audit_export import ExportError, export
from bot.store import audit
from bot.store.database import Database
from tests.commands import Told, config_of
from tests.steps import proposed, tell

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
STORY = ("Let buyers save a zanzibar cart", "As a buyer I want to save my zanzibar cart. It must be kept for 30 days.")
SYSLOG = re.compile(
    rb'<110>1 \S+T\S+(?:Z|[+-]\d\d:\d\d) \S+ steward - (\S+) \[steward@32473((?: [a-z]+="(?:\\.|[^"\]\\])*")+)\] '
    rb"\xef\xbb\xbf(.*)",
    re.DOTALL,
)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    store = Database(f"sqlite:///{tmp_path / 'steward.db'}")
    store.migrate()
    with store.write() as session:
        for number in range(5):
            content = {"by": "dana", "number": number, "reason": "zanzibar", "key": "KÄSE-1"}
            audit.record(session, 'odd "]\\', f"tracker:{number}", content, NOON + timedelta(days=number))
    yield store
    store.close()


def exported(db: Database, tmp_path: Path, *given: Any) -> list[dict[str, Any]]:
    file = tmp_path / "out"
    export(db, str(file), "jsonl", *given)
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_an_empty_audit_is_exported_as_nothing(tmp_path: Path) -> None:
    store = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    store.migrate()
    assert export(store, str(tmp_path / "out"), "jsonl") == (0, 0)
    assert (tmp_path / "out").read_bytes() == b""
    store.close()


def test_each_row_has_the_hashes_of_the_chain_and_no_words_of_people(db: Database, tmp_path: Path) -> None:
    rows = exported(db, tmp_path)
    assert [row["number"] for row in rows] == [1, 2, 3, 4, 5]
    assert [row["previous"] for row in rows[1:]] == [row["hash"] for row in rows[:-1]]
    assert rows[0]["details"] == {"by": "dana", "number": 0, "key": "KÄSE-1"}
    assert "zanzibar" not in (tmp_path / "out").read_text()
    assert (tmp_path / "out").stat().st_mode & 0o077 == 0


def test_an_export_goes_on_where_the_last_one_ended(db: Database, tmp_path: Path) -> None:
    assert exported(db, tmp_path, NOON + timedelta(days=3))[0]["number"] == 4
    file = tmp_path / "more"
    assert export(db, str(file), "jsonl", None, 3) == (2, 5)
    assert export(db, str(file), "jsonl", None, 5) == (0, 5)
    assert len(file.read_text().splitlines()) == 2


def test_more_rows_than_are_read_at_once_are_all_there(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = exported(db, tmp_path)
    once = audit.rows_after
    monkeypatch.setattr(audit, "rows_after", lambda session, number, since: once(session, number, since, 2))
    assert exported(db, tmp_path) == whole


@contextmanager
def listening(kind: socket.SocketKind) -> Iterator[tuple[int, list[bytes], threading.Thread]]:
    """A receiver on this machine: its port, what it has got, and the thread that ends when the sender does."""
    with socket.socket(socket.AF_INET, kind) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(30)
        got: list[bytes] = []

        def receive() -> None:
            if kind == socket.SOCK_DGRAM:
                got.extend(server.recv(65_535) for _ in range(5))
                return
            connection, _ = server.accept()
            with connection:
                while part := connection.recv(65_535):
                    got.append(part)

        if kind == socket.SOCK_STREAM:
            server.listen()
        thread = threading.Thread(target=receive, daemon=True)
        thread.start()
        yield server.getsockname()[1], got, thread
        thread.join(30)


def test_over_tcp_each_message_goes_with_its_length(db: Database) -> None:
    with listening(socket.SOCK_STREAM) as (port, got, thread):
        assert export(db, f"tcp://127.0.0.1:{port}", "syslog") == (5, 5)
        thread.join(30)
    stream, messages = b"".join(got), []
    while stream:
        length, _, rest = stream.partition(b" ")
        messages.append(rest[: int(length)])
        stream = rest[int(length) :]
    assert len(messages) == 5
    for message in messages:
        read = SYSLOG.fullmatch(message)
        assert read, message
        assert json.loads(read[3].decode())["key"] == "KÄSE-1"
        assert b"\n" not in message


def test_over_udp_each_message_is_a_datagram(db: Database) -> None:
    with listening(socket.SOCK_DGRAM) as (port, got, thread):
        export(db, f"udp://127.0.0.1:{port}", "syslog")
        thread.join(30)
    assert len(got) == 5
    assert all(SYSLOG.fullmatch(message) for message in got)


def test_what_ends_structured_data_is_escaped(db: Database) -> None:
    row = next(audit_export.rows(db, None, 0)) | {"subject": 'a"b]c\\d'}
    assert b'subject="a\\"b\\]c\\\\d"' in audit_export.syslog_message(row, "host")
    assert SYSLOG.fullmatch(audit_export.syslog_message(row, "host"))


@pytest.mark.parametrize("to", ["tcp://", "tcp://host", "udp://:514", "tcp://host:x", "https://host:1"])
def test_an_address_that_is_none_is_told(db: Database, to: str) -> None:
    with pytest.raises(ExportError):
        export(db, to, "syslog")


def test_a_receiver_that_is_not_there_is_told_with_where_to_go_on(db: Database) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ExportError, match=r"Go on with: --after 2"):
        export(db, f"tcp://127.0.0.1:{port}", "syslog", None, 2)


def test_by_command_the_audit_of_a_day_has_no_ticket_text(
    steward: Callable[..., Told], make_world: Callable[..., Any]
) -> None:
    world = make_world()
    item = proposed(world, STORY)
    tell(world, "dana", item, "steward reject 1 zanzibar")
    config = config_of(world)
    told = steward("audit", "export", "--since", "2020-01-01", "-c", config)
    rows = [json.loads(line) for line in told.out.splitlines()]
    assert told.code == 0, told
    assert {"proposed", "rejected"} <= {row["action"] for row in rows}
    assert "zanzibar" not in told.out
    assert f"--after {rows[-1]['number']}" in told.err
    assert steward("audit", "export", "--after", str(rows[-1]["number"]), "-c", config).out == ""
