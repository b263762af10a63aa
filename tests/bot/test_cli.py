"""What the command line says: each mistake a clear sentence on standard error and exit code 1, never a traceback."""

from __future__ import annotations

import gzip
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.cli import serving
from bot.reports.proposals import as_lines
from bot.settings import load
from bot.store.database import Database
from integrations.tracker import Refused, Right
from tests.commands import Told, config_of, rewrite
from tests.flavours import EVERY

VAGUE = ("Search is broken", "It does not work. Please fix it.")


def test_help_names_every_command_and_comes_from_a_real_process_without_the_heavy_parts() -> None:
    heavy = "flask sqlalchemy dbos jira azure openai tantivy apscheduler pydantic waitress"
    script = (
        "import sys; from bot import cli\n"
        "try: cli.main(['--help'])\n"
        f"finally: print('loaded:', [name for name in {heavy.split()!r} if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30)
    for command in ("init", "doctor", "run", "demo", "proposals", "audit"):
        assert command in ended.stdout
    assert "loaded: []" in ended.stdout


def test_the_version_is_printed(steward: Callable[..., Told]) -> None:
    told = steward("--version")
    assert (told.code, told.err) == (0, "")
    assert told.out.strip().count(".") == 2


def test_an_unknown_command_is_a_mistake_of_usage(steward: Callable[..., Told]) -> None:
    told = steward("propsals")
    assert told.code == 2
    assert "propsals" in told.err


# settings


def test_init_writes_a_file_and_does_not_overwrite_one(steward: Callable[..., Told], tmp_path: Path) -> None:
    path = tmp_path / "steward.toml"
    told = steward("init", path)
    assert (told.code, told.err) == (0, "")
    assert "steward doctor" in told.out

    path.write_text("mine")
    told = steward("init", path)
    assert told.code == 1
    assert told.err == f"steward: {path} is there already. Use --force to overwrite it, or name another path.\n"
    assert path.read_text() == "mine"

    assert steward("init", path, "--force").code == 0
    assert "[connections.jira]" in path.read_text()


def test_init_into_a_folder_that_is_not_there_says_so(steward: Callable[..., Told], tmp_path: Path) -> None:
    told = steward("init", tmp_path / "nowhere" / "steward.toml")
    assert told.code == 1
    assert "cannot be written (No such file or directory)" in told.err


@pytest.mark.parametrize("command", [("doctor",), ("run",), ("proposals",), ("audit", "verify")])
def test_without_a_settings_file_every_command_points_to_init(
    steward: Callable[..., Told], tmp_path: Path, command: tuple[str, ...]
) -> None:
    told = steward(*command, "--config", tmp_path / "none.toml")
    assert told.code == 1
    assert "steward init" in told.err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "there is no connection"),
        (b"data = [", "this is not TOML"),
        (b"\xff\xfe", "not UTF-8"),
        (b"conections = {}", "did you mean connections?"),
        (b"[server]\nprot = 1", "did you mean port?"),
    ],
)
def test_settings_that_cannot_be_used_are_named(
    steward: Callable[..., Told], tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "steward.toml"
    path.write_bytes(content)
    told = steward("doctor", "-c", path)
    assert told.code == 1
    assert said in told.err


def test_a_folder_in_the_place_of_the_settings_file_is_named(steward: Callable[..., Told], tmp_path: Path) -> None:
    told = steward("doctor", "-c", tmp_path)
    assert told.code == 1
    assert "cannot be read" in told.err


def test_a_worker_that_may_not_give_way_works_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def refused(by: int) -> int:
        asked.append(by)
        raise PermissionError

    monkeypatch.setattr("os.nice", refused)
    serving.give_way()
    assert asked == [serving.WORKERS_NICENESS]


# doctor


@pytest.mark.parametrize("flavour", EVERY)
def test_the_doctor_finds_nothing_wrong_with_what_works(
    steward: Callable[..., Told], make_world: Callable[..., Any], flavour: str
) -> None:
    told = steward("doctor", "-c", config_of(make_world(flavour)))
    assert told.code == 0, told.out + told.err
    assert "FIX" not in told.out
    assert "signed in as" in told.out


def test_the_doctor_compares_the_clocks_of_machine_and_database(
    steward: Callable[..., Told], make_world: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = config_of(make_world(database="postgresql"))
    assert "clock and the database server's agree" in steward("doctor", "-c", config).out
    real = Database.now
    monkeypatch.setattr(Database, "now", lambda db: real(db) + timedelta(minutes=2))
    told = steward("doctor", "-c", config)
    assert told.code == 1
    assert "120 s apart" in told.out
    assert "NTP" in told.out


def test_the_doctor_looks_at_the_disk_where_deliveries_are_kept_on_it(
    steward: Callable[..., Told], make_world: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = config_of(make_world())
    assert "free on the data folder's disk" in steward("doctor", "-c", config).out
    monkeypatch.setattr("bot.web.disk._free", lambda folder: 150_000_000)
    told = steward("doctor", "-c", config)
    assert told.code == 1
    assert "FIX   150 MB are free on the data folder's disk" in told.out
    assert "turns every delivery away" in told.out


@pytest.mark.parametrize("flavour", EVERY)
def test_the_doctor_names_a_token_that_is_refused(
    steward: Callable[..., Told], make_world: Callable[..., Any], flavour: str
) -> None:
    config = config_of(make_world(flavour))
    (config.parent / "token").write_text("not-this-one")
    told = steward("doctor", "-c", config)
    assert told.code == 1
    assert "FIX   tracker: the tracker refuses: a valid " in told.out, told.out
    assert told.out.count("FIX") == 1
    assert "not-this-one" not in told.out + told.err


@pytest.mark.parametrize("flavour", EVERY)
def test_the_doctor_names_a_project_that_is_not_there(
    steward: Callable[..., Told], make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour)
    config = rewrite(config_of(world), f'key = "{world.project}"', 'key = "NOSUCH"')
    told = steward("doctor", "-c", config)
    assert told.code == 1
    assert "FIX   tracker: project NOSUCH: " in told.out
    assert "signed in as" in told.out


@pytest.mark.parametrize("flavour", EVERY)
def test_the_doctor_names_an_address_that_is_another_sites(
    steward: Callable[..., Told], make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour)
    config = rewrite(config_of(world), world.mounted.url, f"{world.served.url}/elsewhere")
    told = steward("doctor", "-c", config)
    assert told.code == 1
    assert "FIX   tracker: " in told.out


def test_the_doctor_says_that_nobody_answers(steward: Callable[..., Told], make_world: Callable[..., Any]) -> None:
    world = make_world()
    world.served.close()
    told = steward("doctor", "-c", config_of(world))
    assert told.code == 1
    assert "the tracker does not answer" in told.out
    assert "refuses that port" in told.out


def test_a_secret_that_is_not_in_the_environment_is_named(
    steward: Callable[..., Told], make_world: Callable[..., Any]
) -> None:
    config = config_of(make_world())
    rewrite(config, f'token = {{ file = "{config.parent / "token"}" }}', 'token = { env = "STEWARD_TEST_NO_TOKEN" }')
    told = steward("doctor", "-c", config)
    assert told.code == 1
    assert "STEWARD_TEST_NO_TOKEN, which is not set" in told.err


@pytest.mark.parametrize("flavour", EVERY)
def test_the_doctor_says_that_a_project_without_items_tells_nothing_of_rights(
    steward: Callable[..., Told], make_world: Callable[..., Any], flavour: str
) -> None:
    told = steward("doctor", "-c", config_of(make_world(flavour)))
    assert "no item to try on, so whether the bot may ask for people's rights is not known" in told.out
    assert told.code == 0


@pytest.mark.parametrize("flavour", EVERY)
def test_the_doctor_says_whether_the_bot_may_ask_for_peoples_rights(
    steward: Callable[..., Told], make_world: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, flavour: str
) -> None:
    world = make_world(flavour)
    item = world.file(*VAGUE, type="Bug")
    before = len(world.tracker.comments(item.id))

    told = steward("doctor", "-c", config_of(world))
    assert "the bot may ask the tracker for people's rights; who may edit an item decides" in told.out
    assert told.code == 0

    people = type(world.wired.client.people)
    monkeypatch.setattr(people, "may_edit", lambda *_: Right(None, "Administer Projects on it"))
    told = steward("doctor", "-c", config_of(world))
    assert "nobody can decide by a comment, only by the label steward-accept" in told.out
    assert "What stands in the way: Administer Projects on it." in told.out

    def refuse(*_: object) -> Right:
        raise Refused("no", "a valid token")

    monkeypatch.setattr(people, "may_edit", refuse)
    told = steward("doctor", "-c", config_of(world))
    assert "FIX   tracker: project" in told.out
    assert told.code == 1
    assert len(world.tracker.comments(item.id)) == before


# proposals


@pytest.mark.parametrize("command", [("proposals",), ("proposals", "--json"), ("audit", "verify")])
def test_what_only_looks_into_the_store_needs_no_secret_of_a_tracker(
    steward: Callable[..., Told], make_world: Callable[..., Any], command: tuple[str, ...]
) -> None:
    config = config_of(make_world())
    rewrite(config, f'{{ file = "{config.parent / "token"}" }}', '{ env = "STEWARD_TEST_NO_TOKEN" }')
    rewrite(config, f'{{ file = "{config.parent / "secret"}" }}', '{ file = "/nowhere/at/all" }')
    told = steward(*command, "-c", config)
    assert (told.code, told.err) == (0, "")
    assert "STEWARD_TEST_NO_TOKEN" in steward("doctor", "-c", config).err


def test_a_secret_written_into_the_file_is_refused_even_where_none_is_needed(
    steward: Callable[..., Told], make_world: Callable[..., Any]
) -> None:
    config = config_of(make_world())
    rewrite(config, f'{{ file = "{config.parent / "token"}" }}', '"hunter2"')
    told = steward("proposals", "-c", config)
    assert told.code == 1
    assert "never written into this file" in told.err
    assert "hunter2" not in told.out + told.err


def test_a_secrets_file_may_lie_beside_the_settings(
    steward: Callable[..., Told], make_world: Callable[..., Any]
) -> None:
    config = config_of(make_world())
    rewrite(config, f'{{ file = "{config.parent / "token"}" }}', '{ file = "token" }')
    assert steward("doctor", "-c", config).code == 0

    rewrite(config, '{ file = "token" }', '{ file = "hunter2" }')
    told = steward("doctor", "-c", config)
    assert told.code == 1
    assert "must name a file that is there: by its whole path" in told.err
    assert "hunter2" not in told.err


def test_proposals_are_listed_by_connection_and_counted() -> None:
    def entry(connection: str, key: str, state: str, because: str | None = None) -> dict[str, Any]:
        return {
            "connection": connection,
            "project": "SHOP",
            "key": key,
            "state": state,
            "held_because": because,
            "updated": datetime(2026, 11, 21, 13, 2, tzinfo=UTC),
            "questions": [],
            "changes": [],
        }

    lines = [line.plain for line in as_lines([entry("a", "A-2", "held", "too much"), entry("b", "B-1", "shown")])]
    assert lines == [
        "a  A-2  held (too much)  2026-11-21 13:02",
        "b  B-1  shown  2026-11-21 13:02",
        "1 shown, 1 held",
    ]
    assert [line.plain for line in as_lines([])] == ["Nothing has been proposed yet."]


def test_proposals_of_an_empty_store_say_so(steward: Callable[..., Told], make_world: Callable[..., Any]) -> None:
    config = config_of(make_world())
    assert steward("proposals", "-c", config).out == "Nothing has been proposed yet.\n"
    assert steward("proposals", "--json", "-c", config).out == "[]\n"


def test_proposals_of_shadow_mode_are_recorded_and_listed(
    steward: Callable[..., Told], make_world: Callable[..., Any]
) -> None:
    world = make_world()
    config = rewrite(config_of(world), 'mode = "suggest"', 'mode = "shadow"')
    world.settings = load(config)
    world.wire()
    item = world.file(*VAGUE, type="Bug")
    world.work()

    entries = json.loads(steward("proposals", "--json", "-c", config).out)

    assert [(entry["key"], entry["state"]) for entry in entries] == [(item.key, "recorded")]
    assert world.own_comments(item) == []
    assert f"{item.key}  recorded" in steward("proposals", "-c", config).out
    assert steward("proposals", "--project", "OTHER", "-c", config).out == "Nothing has been proposed yet.\n"


def test_proposals_that_a_guard_holds_back_say_why(
    steward: Callable[..., Told], make_world: Callable[..., Any]
) -> None:
    world = make_world(project="daily_budget = 0")
    item = world.file(*VAGUE, type="Bug")
    world.work()

    (entry,) = json.loads(steward("proposals", "--json", "-c", config_of(world)).out)

    assert (entry["key"], entry["state"]) == (item.key, "held")
    assert entry["held_because"]
    assert entry["held_because"] in steward("proposals", "-c", config_of(world)).out


def test_a_database_that_is_damaged_is_a_sentence(steward: Callable[..., Told], make_world: Callable[..., Any]) -> None:
    config = config_of(make_world())
    rewrite(config, 'data = "', 'data = "/dev/null/')
    told = steward("proposals", "-c", config)
    assert told.code == 1
    assert "cannot be made (Not a directory)" in told.err

    folder = config.parent / "damaged"
    folder.mkdir()
    (folder / "steward.db").write_bytes(b"this is no database, whatever its name says" * 100)
    rewrite(config, f'data = "/dev/null/{config.parent / "data"}"', f'data = "{folder}"')
    told = steward("proposals", "-c", config)
    assert told.code == 1
    assert f"the database in {folder} cannot be used" in told.err
    assert steward("run", "-c", config).code == 1


# audit


def test_fault_51_an_audit_that_is_whole_says_so_and_an_altered_row_is_named(
    steward: Callable[..., Told], make_world: Callable[..., Any]
) -> None:
    world = make_world()
    world.file(*VAGUE, type="Bug")
    world.work()
    told = steward("audit", "verify", "-c", config_of(world))
    assert told.code == 0
    assert told.out.startswith("The audit is whole: ")

    with sqlite3.connect(world.settings.data / "steward.db") as connection:
        connection.execute("UPDATE audit SET subject = 'somebody else' WHERE number = 1")
    told = steward("audit", "verify", "-c", config_of(world))
    assert told.code == 1
    assert "Row 1 was altered." in told.out
    assert told.err.startswith("steward: the audit is not whole")


# demo


def test_json_without_check_is_a_mistake_of_usage(steward: Callable[..., Told]) -> None:
    told = steward("demo", "--json")
    assert told.code == 2
    assert "--check" in told.err


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing.jsonl", None, "There is no file"),
        ("empty.jsonl", b"", "is empty"),
        ("export.csv", b"Name,Size\nBroken,1\n", "Taken are CSV exports of Jira and Azure DevOps"),
        ("garbage.bin", bytes(range(256)) * 20, "is not a backlog"),
        ("broken.jsonl.gz", gzip.compress(b'{"a": 1}\n' * 1000, mtime=0)[:40], "is not a backlog"),
        ("book.xlsx", b"PK\x03\x04rest", "zip archive"),
    ],
)
def test_a_file_that_is_no_backlog_is_a_sentence(
    steward: Callable[..., Told], tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    told = steward("demo", "--check", "--from", path)
    assert told.code == 1
    assert told.err.startswith("steward: ")
    assert said in told.err


def test_a_folder_is_no_backlog(steward: Callable[..., Told], tmp_path: Path) -> None:
    told = steward("demo", "--check", "--from", tmp_path)
    assert told.code == 1
    assert "is a folder. Name the file in it." in told.err


def test_a_file_that_is_refused_leaves_no_folder_behind(
    steward: Callable[..., Told], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    steward("demo", "--check", "--from", tmp_path / "missing.jsonl")
    assert list(tmp_path.iterdir()) == []
