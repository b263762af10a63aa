"""A backup holds one moment of the whole store, and goes from each database into the other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.store import backup, executors, inbox, items, spending, writes
from bot.store.backup import BackupError, archive
from bot.store.backup.restoring import UNSEEN_CHANGES
from bot.store.database import Database
from bot.store.schema.tables import Base
from integrations.tracker import Event
from tests.bot.store.conftest import BOTH, NOON, contents, fill
from tests.bot.store.test_migrations import at_revision, reflected

Opens = Callable[..., Database]


def filled(open_store: Opens, kind: str) -> Database:
    store = open_store(kind)
    with store.engine.begin() as connection:
        fill(connection, Base.metadata)
    return store


def rows_of(store: Database) -> dict[str, list[dict[str, Any]]]:
    with store.engine.connect() as connection:
        return contents(connection, Base.metadata)


def saved(store: Database, folder: Path) -> Path:
    backup.save(store, folder / "steward.backup")
    return folder / "steward.backup"


@pytest.mark.parametrize("source", BOTH)
@pytest.mark.parametrize("target", BOTH)
def test_fault_53_a_backup_brings_every_row_back_on_either_database(
    source: str, target: str, open_store: Opens, make_url: Callable[[str], str], tmp_path: Path
) -> None:
    before = filled(open_store, source)
    url = make_url(target)
    manifest = backup.restore(saved(before, tmp_path), url).manifest
    after = open_store(url=url, migrated=False)
    assert after.is_current()
    was, now = rows_of(before), rows_of(after)
    assert sum(table.rows for table in manifest.tables) > 40
    for of_the_moment in ("executors", "ticks", "connections_heard", "tracker_pace"):
        assert now.pop(of_the_moment) == []
    (installation,) = now.pop("installation")
    assert installation["marker_key"] == was["installation"][0]["marker_key"]
    assert installation["restored"] is not None
    for row in [*was["items"], *now["items"]]:
        row["change_number"] %= UNSEEN_CHANGES
    assert now.pop("change_counter")[0]["last"] == was["change_counter"][0]["last"] + UNSEEN_CHANGES
    assert now == {name: was[name] for name in now}


def test_new_rows_after_a_restore_get_new_ids(
    kind: str, open_store: Opens, make_url: Callable[[str], str], tmp_path: Path
) -> None:
    url = make_url(kind)
    backup.restore(saved(filled(open_store, "sqlite"), tmp_path), url)
    store = open_store(url=url)
    with store.write() as session:
        inbox.bury(session, "tracker", "another", NOON)
    with store.read() as session:
        assert [letter.id for letter in inbox.dead_letters(session)] == [4, 3, 2, 1]


def test_what_was_not_finished_waits_to_be_queued(open_store: Opens, make_url: Any, tmp_path: Path) -> None:
    store = open_store()
    with store.write() as session:
        for state in ("received", "queued", "finished", "dead"):
            event = Event(kind="created", delivery=state, item="1", name="x")
            inbox.add(session, "tracker", event, "webhook", NOON)
            inbox.set_state(session, f"tracker:{state}", state, NOON)
    url = make_url("sqlite")
    backup.restore(saved(store, tmp_path), url)
    with open_store(url=url).read() as session:
        waiting = inbox.not_queued(session, "tracker", NOON)
    assert {key for key, _ in waiting} == {"tracker:received", "tracker:queued"}


def test_a_backup_is_for_its_owner_alone_and_leaves_nothing_beside_it(open_store: Opens, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    file = saved(open_store(), folder)
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(folder.iterdir()) == [file]


def test_a_backup_takes_the_place_of_a_file_and_of_nothing_else(open_store: Opens, tmp_path: Path) -> None:
    store, file = open_store(), tmp_path / "kept"
    file.write_text("the backup of yesterday")
    backup.save(store, file)
    assert zipfile.is_zipfile(file)
    pipe, link, astray = tmp_path / "pipe", tmp_path / "link", tmp_path / "astray"
    os.mkfifo(pipe)
    link.symlink_to(file)
    astray.symlink_to(tmp_path / "nowhere")
    before = file.read_bytes()
    for path in (pipe, link, astray, tmp_path, Path("")):
        with pytest.raises(BackupError, match="no plain file"):
            backup.save(store, path)
    assert pipe.is_fifo()
    assert link.is_symlink()
    assert astray.is_symlink()
    assert file.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir() if ".db" not in path.name) == [
        "astray",
        "kept",
        "link",
        "pipe",
    ]


def test_a_database_with_rows_is_replaced_only_on_demand(kind: str, open_store: Opens, tmp_path: Path) -> None:
    file = saved(open_store(), tmp_path)
    store = open_store(kind)
    with store.write() as session:
        inbox.bury(session, "tracker", "there before", NOON)
    with pytest.raises(BackupError, match="not empty"):
        put_back(file, store)
    assert len(rows_of(store)["dead_letters"]) == 1
    put_back(file, store, force=True)
    assert rows_of(store)["dead_letters"] == []


def test_an_engine_that_cannot_be_emptied_leaves_the_store_as_it_was(
    kind: str, open_store: Opens, tmp_path: Path
) -> None:
    store = filled(open_store, kind)
    file = saved(store, tmp_path)
    with store.write() as session:
        session.execute(sa.delete(inbox.Delivery))

    def fail(connection: sa.Connection) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        put_back(file, store, force=True, before_commit=fail)
    with store.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(inbox.Delivery)) == 0


def test_a_database_on_which_workers_are_at_work_is_left_alone(open_store: Opens, tmp_path: Path) -> None:
    store = open_store()
    file = saved(store, tmp_path)
    with store.write() as session:
        now = store.now()
        slot = {"id": "a", "token": "t", "host": "h", "pid": 1, "version": "1", "started": now, "ended": False}
        session.add(executors.Executor(**slot, beat=now))
    with pytest.raises(BackupError, match="at work"):
        put_back(file, store, force=True)
    with store.write() as session:
        session.get_one(executors.Executor, "a").beat = now - timedelta(minutes=1)
    put_back(file, store, force=True)


def test_a_database_that_a_web_server_or_a_clock_has_open_is_left_alone(open_store: Opens, tmp_path: Path) -> None:
    file = saved(open_store(), tmp_path)
    store = open_store("postgresql")
    named = open_store("postgresql", url=f"{store.url}?application_name=ours")
    store.engine.dispose()
    with pytest.raises(BackupError, match="at work"):
        backup.restore(file, store.url, force=True)
    named.close()
    backup.restore(file, store.url, force=True)


def put_back(file: Path, store: Database, **values: Any) -> None:
    """Restore into the database of a store that nobody else has open."""
    store.engine.dispose()
    backup.restore(file, store.url, **values)


def altered(file: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    """The same zip, with one of its files changed."""
    other = file.with_name(f"altered-{file.name}")
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(other, "w") as target:
        for each in source.namelist():
            text = source.read(each)
            target.writestr(each, change(text) if each == name else text)
    return other


def manifest_with(**values: Any) -> Callable[[bytes], bytes]:
    return lambda text: json.dumps(json.loads(text) | values).encode()


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (
            lambda file: altered(file, "tables/inbox.jsonl", lambda text: text.replace(b"actor 1", b"actor 2")),
            "inbox",
        ),
        (lambda file: altered(file, "tables/audit.jsonl", lambda text: text[: text.rindex(b"[")]), "audit"),
        (lambda file: altered(file, "manifest.json", manifest_with(revision="9999")), "later version"),
        (lambda file: altered(file, "manifest.json", manifest_with(format=2)), "differently"),
        (lambda file: altered(file, "manifest.json", manifest_with(product="another")), "no backup of steward"),
        (lambda file: altered(file, "manifest.json", lambda text: b"[" * 100), "no backup of steward"),
        (lambda file: file.with_suffix(".absent"), "no file"),
        (lambda file: file.parent, "cannot be read"),
    ],
    ids=["altered", "cut", "newer schema", "newer format", "foreign", "no manifest", "absent", "a folder"],
)
def test_a_file_that_is_not_right_is_refused_and_nothing_is_touched(
    harm: Callable[[Path], Path], told: str, open_store: Opens, tmp_path: Path
) -> None:
    store = filled(open_store, "sqlite")
    harmed = harm(saved(store, tmp_path))
    before = rows_of(store)
    with pytest.raises(BackupError, match=told):
        put_back(harmed, store, force=True)
    assert rows_of(store) == before


def test_every_cut_file_is_refused(open_store: Opens, make_url: Any, tmp_path: Path) -> None:
    whole = saved(open_store(), tmp_path).read_bytes()
    cut, url = tmp_path / "cut.backup", make_url("sqlite")
    for size in (0, 10, len(whole) // 2, len(whole) - 1):
        cut.write_bytes(whole[:size])
        with pytest.raises(BackupError):
            backup.restore(cut, url)


def test_a_row_that_cannot_be_loaded_leaves_the_database_as_it_was(
    kind: str, open_store: Opens, tmp_path: Path
) -> None:
    file = saved(filled(open_store, "sqlite"), tmp_path)

    def twice(text: bytes) -> bytes:
        return text + text

    def with_the_sum(text: bytes) -> bytes:
        manifest = json.loads(text)
        with zipfile.ZipFile(file) as source:
            doubled = twice(source.read("tables/writes.jsonl"))
        table = next(table for table in manifest["tables"] if table["name"] == "writes")
        table["sha256"], table["rows"] = archive.hashlib.sha256(doubled).hexdigest(), doubled.count(b"\n")
        return json.dumps(manifest).encode()

    harmed = altered(altered(file, "manifest.json", with_the_sum), "tables/writes.jsonl", twice)
    store = open_store(kind)
    with store.write() as session:
        inbox.bury(session, "tracker", "there before", NOON)
    before = rows_of(store)
    with pytest.raises(BackupError, match="do not fit"):
        put_back(harmed, store, force=True)
    assert rows_of(store) == before


def test_fault_53_a_backup_of_an_older_schema_is_restored_and_migrated(
    kind: str, open_store: Opens, make_url: Callable[[str], str], tmp_path: Path
) -> None:
    old = open_store("sqlite", migrated=False)
    tables = at_revision(old, "0001")
    with old.engine.begin() as connection:
        fill(connection, tables)
        before = contents(connection, tables)
    told, file = [], tmp_path / "old.backup"
    with zipfile.ZipFile(file, "w") as made:
        for table in [table for table in tables.sorted_tables if table.name != "alembic_version"]:
            kinds = [archive.kind_of(column) for column in table.columns]
            lines = b"".join(archive.line(list(row.values()), kinds) for row in before[table.name])
            made.writestr(archive.member(table.name), lines)
            columns = list(zip(table.columns.keys(), kinds, strict=True))
            sha256 = archive.hashlib.sha256(lines).hexdigest()
            told.append({"name": table.name, "columns": columns, "rows": len(before[table.name]), "sha256": sha256})
        manifest = {"format": 1, "product": "backlog-steward", "version": "0.0.1", "revision": "0001"}
        made.writestr("manifest.json", json.dumps(manifest | {"made": NOON.isoformat(), "tables": told}))
    url = make_url(kind)
    backup.restore(file, url)
    store = open_store(url=url, migrated=False)
    assert store.is_current()
    with store.engine.connect() as connection:
        after = contents(connection, reflected(store))
    assert [row["id"] for row in after["inbox"]] == [row["id"] for row in before["inbox"]]
    assert after["changes"] == [{**row, "carried_out": []} for row in before["changes"]]


WRITER = """
import sys
from datetime import UTC, datetime
from bot.store import inbox, spending
from bot.store.database import Database
from integrations.tracker import Event
store = Database(sys.argv[1])
for number in range(100_000):
    name = f"process {number}"
    with store.write() as session:
        spending.take_comment(session, "tracker", "SHOP", datetime.now(UTC).date(), name, 1_000_000)
        inbox.add(session, "tracker", Event("created", name, "1", "x"), "webhook", datetime.now(UTC))
    print(name, flush=True)
"""


class Writers:
    """A thread and a process that commit pairs of rows, and what they have been told is kept."""

    def __init__(self, store: Database) -> None:
        self.store = store
        self.kept: list[str] = []
        self._over = threading.Event()
        self._process = subprocess.Popen([sys.executable, "-c", WRITER, store.url], stdout=subprocess.PIPE, text=True)
        self._threads = [threading.Thread(target=self._listen), threading.Thread(target=self._write)]
        for thread in self._threads:
            thread.start()

    def wait_for(self, number: int) -> None:
        while len([name for name in self.kept if name.startswith("process")]) < number:
            assert self._process.poll() is None
            self._over.wait(0.01)

    def end(self) -> None:
        self._over.set()
        self._process.kill()
        self._process.wait()
        for thread in self._threads:
            thread.join()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as told:
            self.kept.extend(line.strip() for line in told)

    def _write(self) -> None:
        number = 0
        while not self._over.is_set():
            name = f"thread {number}"
            with self.store.write() as session:
                spending.take_comment(session, "tracker", "SHOP", NOON.date(), name, 1_000_000)
                inbox.add(session, "tracker", Event("created", name, "1", "x"), "webhook", NOON)
            self.kept.append(name)
            number += 1


@pytest.mark.parametrize(("source", "target"), [BOTH, BOTH[::-1]])
def test_fault_53_a_backup_under_load_has_every_row_that_was_kept_and_no_half_transaction(
    source: str, target: str, open_store: Opens, make_url: Callable[[str], str], tmp_path: Path
) -> None:
    store = open_store(source)
    writers = Writers(store)
    try:
        writers.wait_for(20)
        kept = set(writers.kept)
        file = saved(store, tmp_path)
        writers.wait_for(25)
    finally:
        writers.end()
    url = make_url(target)
    backup.restore(file, url)
    with open_store(url=url).read() as session:
        delivered = {key.removeprefix("tracker:") for key in session.scalars(sa.select(inbox.Delivery.id))}
        budgeted = set(session.scalars(sa.select(spending.CommentBudget.name)))
    assert kept <= delivered
    assert delivered == budgeted


def test_a_restored_store_looks_for_a_write_before_it_is_made(open_store: Opens, make_url: Any, tmp_path: Path) -> None:
    store, url = open_store(), make_url("sqlite")
    file = saved(store, tmp_path)
    name = writes.comment_name("tracker", "1", 0)
    with store.write() as session:
        made = writes.intend(session, name, "tracker", "1", NOON)
    assert made.sent is None
    backup.restore(file, url)
    with open_store(url=url).write() as session:
        assert writes.is_ours(session, "tracker", "1", "700", made.marker)
        assert not writes.is_ours(session, "tracker", "2", "700", made.marker)
        again = writes.intend(session, name, "tracker", "1", NOON)
        assert (again.marker, again.sent is not None) == (made.marker, True)
        writes.mark_done(session, name, {"id": "700"}, NOON)
        assert not writes.is_ours(session, "tracker", "1", "701", made.marker)


def test_an_item_that_is_not_restored_is_known_to_no_index(open_store: Opens, make_url: Any, tmp_path: Path) -> None:
    store, url = filled(open_store, "sqlite"), make_url("sqlite")
    backup.restore(saved(store, tmp_path), url)
    with open_store(url=url).read() as session:
        assert min(session.scalars(sa.select(items.Item.change_number))) > UNSEEN_CHANGES
