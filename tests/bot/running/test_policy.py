"""A start with other settings or prompts is told in the audit, once, and without a secret."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.running import Bot, policy
from bot.settings import Settings, load
from bot.store import audit
from bot.store.database import Database

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TEXT = """
[connections.jira]
kind = "jira-cloud"
url = "https://shop.atlassian.net"
user = "bot@example.org"
token = { env = "TOKEN" }
[projects.SHOP]
connection = "jira"
"""


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    store = Database(f"sqlite:///{tmp_path / 'steward.db'}")
    store.migrate()
    yield store
    store.close()


@pytest.fixture
def settings_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Settings]:
    monkeypatch.setenv("TOKEN", "s3cret-t0ken")

    def read(text: str) -> Settings:
        (tmp_path / "steward.toml").write_text(text)
        return load(tmp_path / "steward.toml")

    return read


def told(db: Database) -> list[Any]:
    with db.read() as session:
        assert list(audit.verify(session)) == []
        return [audit.contents_of(content) for row, content in audit.rows_after(session, 0) if content is not None]


def test_a_start_with_what_was_there_before_tells_nothing(db: Database, settings_of: Callable[[str], Settings]) -> None:
    assert policy.note(db, settings_of(TEXT), NOON)
    assert policy.note(db, settings_of(TEXT), NOON) == {}
    assert len(told(db)) == 1


def test_the_first_start_tells_all_and_a_later_one_what_has_changed(
    db: Database, settings_of: Callable[[str], Settings]
) -> None:
    policy.note(db, settings_of(TEXT), NOON)
    changed = policy.note(db, settings_of(TEXT + 'mode = "suggest"\ndisabled_rules = ["missing_criteria"]\n'), NOON)
    assert changed == {
        "projects.SHOP.mode": ["shadow", "suggest"],
        "projects.SHOP.disabled_rules": [[], ["missing_criteria"]],
    }
    assert told(db)[1]["changed"] == changed
    assert told(db)[0]["changed"]["projects.SHOP.mode"] == [None, "shadow"]


def test_no_secret_is_told(db: Database, settings_of: Callable[[str], Settings]) -> None:
    policy.note(db, settings_of(TEXT), NOON)
    assert told(db)[0]["now"]["connections.jira.token"] == policy.SECRET
    assert "s3cret" not in repr(told(db))


def test_an_edited_prompt_is_told_by_version_and_hash(
    db: Database, settings_of: Callable[[str], Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(TEXT)
    policy.note(db, settings, NOON)
    library = policy.load_library()
    edited = {name: replace(prompt, sha256="f" * 64) for name, prompt in library.items()}
    monkeypatch.setattr(policy, "load_library", lambda: edited)
    changed = policy.note(db, settings, NOON)
    assert list(changed) == ["prompts.acceptance_criteria"]
    assert changed["prompts.acceptance_criteria"][1].endswith(f"sha256 {'f' * 64}")


def test_of_many_processes_that_start_at_once_one_tells(db: Database, settings_of: Callable[[str], Settings]) -> None:
    settings = settings_of(TEXT)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: policy.note(db, settings, NOON), range(4)))
    assert sum(map(bool, found)) == 1
    assert len(told(db)) == 1


def test_the_bot_tells_when_it_starts(make_world: Callable[..., Any]) -> None:
    world = make_world(intake="poll")
    server = world.settings.server.model_copy(update={"port": 0})
    operations = world.settings.operations.model_copy(update={"port": 0})
    bot = Bot(world.settings.model_copy(update={"server": server, "operations": operations}))
    try:
        bot.start()
    finally:
        bot.stop(1.0, 0.0)
    with world.db.read() as session:
        assert session.scalar(sa.select(sa.func.count()).where(audit.AuditRow.action == audit.POLICY)) == 1
