"""A backup takes the place of what cannot be used: a later version's tables, a damaged file. It drops nobody else's."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.engine import EngineClient, clear
from bot.store import backup, inbox
from bot.store.backup import BackupError
from bot.store.database import Database
from tests.bot.store.conftest import NOON

Opens = Callable[..., Database]


@pytest.fixture
def file(open_store: Opens, tmp_path: Path) -> Path:
    """A backup with one dead letter."""
    store = open_store()
    bury(store, "of the backup")
    backup.save(store, tmp_path / "steward.backup")
    return tmp_path / "steward.backup"


def bury(store: Database, reason: str) -> None:
    with store.write() as session:
        inbox.bury(session, "tracker", reason, NOON)


def reasons(store: Database) -> list[str]:
    with store.read() as session:
        return [letter.reason for letter in inbox.dead_letters(session)]


def path_of(store: Database) -> Path:
    return Path(store.url.removeprefix("sqlite:///"))


def of_a_later_version(store: Database) -> None:
    """As an upgrade leaves it that went wrong: a new table that refers to an old one, a new column, another name."""
    with store.engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE of_tomorrow (id INTEGER PRIMARY KEY, letter INTEGER)"))
        connection.execute(sa.text("ALTER TABLE executors RENAME COLUMN beat TO pulse"))
        connection.execute(sa.text("ALTER TABLE writes RENAME TO writes_of_tomorrow"))
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        if not store.is_sqlite:
            connection.execute(sa.text("COMMENT ON TABLE of_tomorrow IS 'backlog-steward'"))
            key = "FOREIGN KEY (letter) REFERENCES dead_letters (id)"
            connection.execute(sa.text(f"ALTER TABLE of_tomorrow ADD {key}"))
    store.engine.dispose()


def test_a_later_versions_tables_are_left_alone_without_a_word_from_the_person(store: Database, file: Path) -> None:
    bury(store, "there before")
    of_a_later_version(store)
    with pytest.raises(BackupError, match=r"left alone\. With --force"):
        backup.restore(file, store.url)
    assert reasons(store) == ["there before"]


def test_fault_53_after_an_upgrade_that_failed_the_backup_is_the_way_back(store: Database, file: Path) -> None:
    bury(store, "there before")
    of_a_later_version(store)
    backup.restore(file, store.url, force=True)
    assert store.is_current()
    assert reasons(store) == ["of the backup"]
    tables = sa.inspect(store.engine).get_table_names()
    assert "of_tomorrow" not in tables
    assert "writes_of_tomorrow" not in tables


@pytest.mark.parametrize("harm", ["head", "middle", "empty"])
def test_fault_53_a_file_that_broke_is_replaced_and_kept(harm: str, open_store: Opens, file: Path) -> None:
    store = open_store()
    bury(store, "there before")
    store.close()
    path = path_of(store)
    path.chmod(0o640)
    whole = path.read_bytes()
    start, end = {"head": (0, 8192), "middle": (4096, len(whole)), "empty": (0, 0)}[harm]
    broken = whole[:start] + b"\xa5" * (end - start) + whole[end:] if harm != "empty" else b""
    path.write_bytes(broken)
    restored = backup.restore(file, store.url, force=True)
    assert reasons(open_store(url=store.url)) == ["of the backup"]
    assert path.stat().st_mode & 0o777 == 0o640
    assert restored.kept is not None
    assert restored.kept.name.startswith(f"{path.name}.before-restore-")
    if harm == "head":
        assert restored.kept.read_bytes() == broken


def test_what_was_there_before_is_whole_in_the_file_that_is_kept(open_store: Opens, file: Path) -> None:
    store, killed = open_store(), file.with_name("killed.db")
    bury(store, "there before")
    for ending in ("", "-wal"):  # as a process leaves them that is killed
        shutil.copy(f"{path_of(store)}{ending}", f"{killed}{ending}")
    restored = backup.restore(file, f"sqlite:///{killed}", force=True)
    assert reasons(open_store(url=f"sqlite:///{restored.kept}")) == ["there before"]
    assert reasons(open_store(url=f"sqlite:///{killed}")) == ["of the backup"]


def test_the_log_of_a_damaged_file_goes_with_it(open_store: Opens, file: Path) -> None:
    store = open_store()
    store.close()
    path = path_of(store)
    path.write_bytes(b"\xa5" * 8192)
    Path(f"{path}-wal").write_bytes(b"\x5a" * 8192)
    restored = backup.restore(file, store.url, force=True)
    assert restored.kept is not None
    assert reasons(open_store(url=store.url)) == ["of the backup"]
    beside = {each.name for each in path.parent.glob(f"{path.name}*")}
    assert not {name for name in beside if "restoring" in name}


def test_a_file_that_another_process_has_open_is_left_alone(
    open_store: Opens, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.backup.beside.PATIENCE_SECONDS", 0.1)
    store = open_store()
    bury(store, "there before")
    with pytest.raises(BackupError, match=r"has .* open"):
        backup.restore(file, store.url, force=True)
    assert reasons(store) == ["there before"]
    store.engine.dispose()
    backup.restore(file, store.url, force=True)
    assert reasons(store) == ["of the backup"]


def test_a_backup_that_cannot_be_put_back_leaves_file_and_folder_as_they_were(open_store: Opens, file: Path) -> None:
    store = open_store()
    bury(store, "there before")
    store.engine.dispose()
    before = sorted(path.name for path in file.parent.iterdir())

    def fail(connection: sa.Connection) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        backup.restore(file, store.url, force=True, before_commit=fail)
    assert sorted(path.name for path in file.parent.iterdir()) == before
    assert reasons(store) == ["there before"]


THEIRS = {
    "CREATE VIEW theirs AS SELECT id FROM inbox": "view theirs depends on table inbox",
    "CREATE TABLE theirs (letter INTEGER REFERENCES dead_letters)": "on table theirs depends on",
    "CREATE VIEW theirs AS SELECT workflow_uuid FROM dbos.workflow_status": "view theirs depends on table",
    "CREATE FUNCTION theirs() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
    "CREATE TRIGGER theirs AFTER INSERT ON inbox EXECUTE FUNCTION theirs()": "trigger theirs on table inbox",
}


@pytest.mark.parametrize("made", THEIRS, ids=["view", "foreign key", "view of the engine", "trigger"])
def test_what_somebody_else_has_made_on_the_tables_is_named_and_not_dropped(
    made: str, open_store: Opens, file: Path
) -> None:
    store = open_store("postgresql")
    bury(store, "there before")
    client = EngineClient(store.url)
    client.open()
    client.close()
    with store.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE also_theirs (id INTEGER)")
        connection.exec_driver_sql(made)
    store.engine.dispose()

    def put_back() -> Any:
        return backup.restore(file, store.url, force=True, before_commit=lambda it: clear(store.url, it))

    with pytest.raises(BackupError) as told:
        put_back()
    assert THEIRS[made] in str(told.value)
    assert "nothing is changed" in str(told.value)
    assert reasons(store) == ["there before"]
    assert sa.inspect(store.engine).get_table_names("dbos")
    with store.engine.begin() as connection:
        kind = made.split()[1]
        connection.exec_driver_sql(f"DROP {kind} theirs CASCADE")
    store.engine.dispose()
    put_back()
    assert reasons(store) == ["of the backup"]
    assert sa.inspect(store.engine).has_table("also_theirs")
    assert not sa.inspect(store.engine).get_table_names("dbos")
