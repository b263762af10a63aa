"""A schema is brought up to date with its rows, once, whoever else tries; a later one is left alone."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from bot.store import audit, items, proposals, writes
from bot.store.database import Database
from bot.store.schema import migrating
from bot.store.schema.migrating import NewerSchema
from bot.store.schema.tables import Base
from tests.bot.store.conftest import contents, fill


def at_revision(store: Database, revision: str) -> sa.MetaData:
    """Give an empty store an older schema; returns its tables."""
    with store.engine.begin() as connection:
        migrating.upgrade(connection, revision)
    return reflected(store)


def reflected(store: Database) -> sa.MetaData:
    tables = sa.MetaData()
    tables.reflect(store.engine)
    return tables


def test_models_and_migrations_agree(store: Database) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_a_new_store_has_the_rows_of_which_there_is_one(store: Database) -> None:
    with store.read() as session:
        assert session.get_one(audit.AuditHead, 1).hash == audit.GENESIS
        assert session.get_one(items.ChangeCounter, 1).last == 0
        assert len(session.get_one(writes.Installation, 1).marker_key) == 64
        assert list(audit.verify(session)) == []


def test_fault_53_an_old_schema_migrates_with_its_rows(kind: str, open_store: Callable[..., Database]) -> None:
    store = open_store(kind, migrated=False)
    tables = at_revision(store, "0001")
    with store.engine.begin() as connection:
        fill(connection, tables)
        connection.execute(tables.tables["change_counter"].insert(), {"id": 1, "last": 40})
        before = contents(connection, tables)
    store.migrate()
    with store.engine.connect() as connection:
        after = contents(connection, reflected(store))
    assert store.is_current()
    assert after["installation"]
    for name, rows in before.items():
        if name not in ("alembic_version", "audit_head"):
            kept = [
                {column: row[column] for column in old if column in row}
                for old, row in zip(rows, after[name], strict=True)
            ]
            assert kept == [{column: row[column] for column in row if column != "last_touch"} for row in rows]
    with store.read() as session:
        assert [row.deleted for row in session.scalars(sa.select(items.Item)) if row.gone_since] == [True, True]


def test_fault_53_questions_of_an_old_schema_are_kept_without_their_rule(open_store: Callable[..., Database]) -> None:
    store = open_store("sqlite", migrated=False)
    tables = at_revision(store, "0001")
    with store.engine.begin() as connection:
        fill(connection, tables)
        connection.execute(tables.tables["proposals"].update().values(questions=["Which version?"]))
    store.migrate()
    with store.read() as session:
        asked = [row.questions for row in session.scalars(sa.select(proposals.Proposal))]
    assert asked
    assert all(one == [{"rule": "", "subject": "", "text": "Which version?"}] for one in asked)


def test_migrating_twice_changes_nothing(store: Database) -> None:
    with store.read() as session:
        key = session.get_one(writes.Installation, 1).marker_key
    store.migrate()
    with store.read() as session:
        assert session.get_one(writes.Installation, 1).marker_key == key


def test_of_many_that_migrate_at_once_one_does(
    kind: str, make_url: Callable[[str], str], open_store: Callable[..., Database]
) -> None:
    url = make_url(kind)
    stores = [open_store(url=url, migrated=False) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(Database.migrate, stores))
    assert all(store.is_current() for store in stores)
    with stores[0].read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(writes.Installation)) == 1


def test_a_schema_of_a_later_version_is_left_alone(store: Database) -> None:
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    assert not store.is_current()
    with pytest.raises(NewerSchema, match=r"later version of steward"):
        store.migrate()


def test_a_schema_of_an_earlier_version_is_not_current(kind: str, open_store: Callable[..., Database]) -> None:
    store = open_store(kind, migrated=False)
    assert not store.is_current()
    at_revision(store, "0001")
    assert not store.is_current()
