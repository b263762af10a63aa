"""What is on record, by command: dead letters, backups, the audit; and what a person reads where it cannot be."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.running import Bot
from bot.store import inbox
from bot.store.database import Database
from bot.store.folder import FolderLock
from bot.store.schema import migrating
from tests.commands import Told, config_of
from tests.steps import proposed

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
STORY = ("Let buyers save their cart", "As a buyer I want to save my cart. The cart must be kept for 30 days.")
Steward = Callable[..., Told]


def bury(world: Any, reason: str, **values: Any) -> int:
    with world.db.write() as session:
        inbox.bury(session, "tracker", reason, NOON, **values)
        return inbox.dead_letters(session)[0].id


def test_without_dead_letters_the_list_says_so(steward: Steward, make_world: Callable[..., Any]) -> None:
    config = config_of(make_world())
    assert steward("dead-letters", "list", "-c", config) == Told(0, "There are no dead letters.\n", "")
    assert json.loads(steward("dead-letters", "list", "--json", "-c", config).out) == []


def test_who_only_looks_leaves_a_database_of_an_older_release_as_it_is(
    steward: Steward, make_world: Callable[..., Any]
) -> None:
    world = make_world()
    config = config_of(world)
    world.db.close()
    store = Path(world.settings.data) / "steward.db"
    store.unlink()
    db = Database(f"sqlite:///{store}")
    with db.engine.begin() as connection:
        migrating.upgrade(connection, "0001")
    for command in (["proposals"], ["dead-letters", "list"], ["audit", "verify"], ["backup", store.with_name("file")]):
        told = steward(*command, "-c", config)
        assert told.code == 1
        assert "steward migrate" in told.err
    assert db.is_older()
    assert steward("migrate", "-c", config).code == 0
    assert steward("proposals", "-c", config).code == 0
    db.close()


def test_a_dead_letter_is_listed_shown_asked_for_again_and_dropped(
    steward: Steward, make_world: Callable[..., Any]
) -> None:
    world = make_world()
    config = config_of(world)
    job = bury(world, "Invalid: no", job="tracker:d-1", kind="delivery", args=("tracker", "tracker:d-1"))
    note = bury(world, "unknown event 'x'", headers={"content-type": "application/json"}, body=b'{"a": "\x1b[31m"}')

    lines = steward("dead-letters", "list", "-c", config).out.splitlines()
    assert lines == [
        f"{note:>5}  2026-11-21T12:00  tracker  open  a delivery: unknown event 'x'",
        f"{job:>5}  2026-11-21T12:00  tracker  open  tracker:d-1: Invalid: no",
    ]
    shown = steward("dead-letters", "show", str(note), "-c", config).out
    assert "body:" in shown
    assert "\x1b" not in shown, "a terminal must not obey a stranger"
    assert json.loads(steward("dead-letters", "show", str(job), "--json", "-c", config).out)["kind"] == "delivery"

    assert steward("dead-letters", "replay", str(job), "-c", config).out == f"To be worked on again: {job}.\n"
    assert "to be replayed" in steward("dead-letters", "list", "-c", config).out
    assert steward("dead-letters", "drop", str(note), "-c", config).out == "Dropped: 1.\n"
    assert len(steward("dead-letters", "list", "-c", config).out.splitlines()) == 1


def test_open_letters_are_listed_behind_hundreds_that_were_dealt_with(
    steward: Steward, make_world: Callable[..., Any]
) -> None:
    world = make_world()
    config = config_of(world)
    with world.db.write() as session:
        for number in range(205):
            inbox.bury(session, "tracker", f"reason {number}", NOON)
        for number in range(4, 206):
            inbox.replayed(session, number, NOON)
    lines = steward("dead-letters", "list", "-c", config).out.splitlines()
    assert [line.split()[0] for line in lines] == ["3", "2", "1"]


def test_letters_beyond_the_limit_are_counted_and_how_to_see_them_is_said(
    steward: Steward, make_world: Callable[..., Any]
) -> None:
    world = make_world()
    config = config_of(world)
    with world.db.write() as session:
        for number in range(203):
            inbox.bury(session, "tracker", f"reason {number}", NOON)
    told = steward("dead-letters", "list", "-c", config)
    assert len(told.out.splitlines()) == 201
    assert told.out.endswith("and 3 more: see them with --limit 203\n")
    assert len(steward("dead-letters", "list", "--limit", "203", "-c", config).out.splitlines()) == 203
    assert len(json.loads(steward("dead-letters", "list", "--json", "-c", config).out)) == 203
    some = steward("dead-letters", "list", "--json", "--limit", "2", "-c", config)
    assert len(json.loads(some.out)) == 2
    assert "201 more" in some.err
    assert steward("dead-letters", "drop", "--all", "-c", config).out == "Dropped: 203.\n"


def test_a_body_that_is_not_whole_is_said_to_be_and_is_not_replayed(
    steward: Steward, make_world: Callable[..., Any]
) -> None:
    world = make_world()
    config = config_of(world)
    cut = bury(world, "unknown event 'x'", body=b"{".ljust(64 * 1024, b"x"))
    absent = bury(world, "larger than 5000000 bytes", body=b"")
    assert "only its beginning is kept" in steward("dead-letters", "show", str(cut), "-c", config).out
    assert "none is kept" in steward("dead-letters", "show", str(absent), "-c", config).out
    told = steward("dead-letters", "replay", "--all", "-c", config)
    assert told.code == 1
    assert f"nothing to work on again, or done already: {absent}." in told.err
    assert f"cannot be read again: {cut}." in told.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("show", "7"), "steward: there is no dead letter 7. See: steward dead-letters list\n"),
        (("replay", "7"), "steward: nothing to work on again, or done already: 7.\n"),
        (("replay",), "steward: name the letters by their numbers, or say --all. See: steward dead-letters list\n"),
        (("drop",), "steward: name the letters by their numbers, or say --all. See: steward dead-letters list\n"),
    ],
)
def test_a_letter_that_is_not_there_is_told(
    steward: Steward, make_world: Callable[..., Any], arguments: tuple[str, ...], told: str
) -> None:
    config = config_of(make_world())
    assert steward("dead-letters", *arguments, "-c", config) == Told(1, "", told)


def test_all_letters_are_replayed_or_dropped_by_one_word(steward: Steward, make_world: Callable[..., Any]) -> None:
    world = make_world()
    config = config_of(world)
    numbers = [
        bury(world, f"reason {number}", job=f"j-{number}", kind="poll", args=("tracker",)) for number in range(3)
    ]
    told = steward("dead-letters", "replay", "--all", "-c", config).out
    assert sorted(map(int, re.findall(r"\d+", told))) == numbers
    assert steward("dead-letters", "drop", "--all", "-c", config).out == "Dropped: 3.\n"


def test_a_backup_is_put_back_and_the_bot_goes_on_from_it(
    steward: Steward, make_world: Callable[..., Any], tmp_path: Path
) -> None:
    world = make_world()
    config, file = config_of(world), tmp_path / "steward.backup"
    item = proposed(world, STORY)

    told = steward("backup", file, "-c", config)
    assert told.code == 0
    assert re.match(rf"Wrote {re.escape(str(file))}: \d+ rows of \d+ tables\. It holds ticket text", told.out)
    assert file.stat().st_mode & 0o077 == 0

    refused = steward("restore", file, "-c", config)
    assert refused.code == 1
    assert "--force" in refused.err
    number = world.number(item, "Acceptance criteria")
    world.say("dana", item, f"steward reject {number}")
    world.work()
    assert "rejected" in world.proposal(item)

    world.db.close()
    assert steward("restore", file, "--force", "-c", config).out.startswith("Restored what was kept on 20")
    world.poll()
    world.work()
    assert len(world.own_comments(item)) == 1
    assert "rejected" in world.proposal(item), "the word is still there, and is obeyed again"


def test_fault_53_with_force_a_database_that_is_damaged_is_replaced_and_kept(
    steward: Steward, make_world: Callable[..., Any], tmp_path: Path
) -> None:
    world = make_world()
    config, file = config_of(world), tmp_path / "steward.backup"
    item = proposed(world, STORY)
    steward("backup", file, "-c", config)
    world.db.close()
    store = Path(world.settings.data) / "steward.db"
    store.write_bytes(b"\xa5" * 8192)
    assert steward("restore", file, "-c", config).code == 1
    told = steward("restore", file, "--force", "-c", config)
    assert told.code == 0
    kept = re.search(r"What was there before is (\S+)\. It holds ticket text", told.out)
    assert kept
    assert Path(kept[1]).read_bytes() == b"\xa5" * 8192
    assert not (Path(world.settings.data) / "engine.db").exists()
    world.poll()
    world.work()
    assert len(world.own_comments(item)) == 1


def test_a_file_that_is_no_backup_is_refused_before_anything_is_touched(
    steward: Steward, make_world: Callable[..., Any], tmp_path: Path
) -> None:
    world = make_world()
    item = proposed(world, STORY)
    file = tmp_path / "holiday.jpg"
    file.write_bytes(b"no backup")
    told = steward("restore", file, "--force", "-c", config_of(world))
    assert told.code == 1
    assert str(file) in told.err
    world.poll()
    assert len(world.own_comments(item)) == 1


def test_a_restore_beside_a_running_bot_is_refused(
    steward: Steward, make_world: Callable[..., Any], tmp_path: Path
) -> None:
    world = make_world()
    file = tmp_path / "steward.backup"
    steward("backup", file, "-c", config_of(world))
    lock = FolderLock(world.settings.data)
    try:
        told = steward("restore", file, "--force", "-c", config_of(world))
    finally:
        lock.close()
    assert told.code == 1
    assert "works on the data folder" in told.err


def test_the_database_is_brought_up_and_said_so(steward: Steward, make_world: Callable[..., Any]) -> None:
    assert steward("migrate", "-c", config_of(make_world())) == Told(0, "The database is of this version.\n", "")


def test_a_private_port_that_is_taken_is_named(make_world: Callable[..., Any]) -> None:
    world = make_world()
    operations = world.settings.operations.model_copy(update={"port": world.server.port})
    server = world.settings.server.model_copy(update={"port": 0})
    with pytest.raises(Exception, match=rf"127\.0\.0\.1:{world.server.port} .*\[operations\]"):
        Bot(world.settings.model_copy(update={"operations": operations, "server": server}))
