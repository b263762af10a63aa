"""After a backup is restored the bot goes on: what it wrote since is found, not written again; nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.store import audit, backup
from tests.steps import LARGE

STORY = ("Let buyers save their cart", "As a buyer I want to save my cart. The cart must be kept for 30 days.")


def restored(world: Any, file: Path) -> None:
    """Put a backup back into a world: its store, and an engine that knows no job."""
    world.db.close()
    backup.restore(file, world.db.url, force=True)
    world.queue._known.clear()
    world.queue._waiting.clear()
    world.wire()


@pytest.mark.parametrize("flavour", ["jira-cloud", "jira-data-center", "azure-devops"])
def test_what_was_written_since_the_backup_is_not_written_again(
    make_world: Callable[..., Any], flavour: str, tmp_path: Path
) -> None:
    world = make_world(flavour)
    world.poll()
    backup.save(world.db, tmp_path / "early.backup")
    item = world.file(*STORY)
    world.work()
    world.say("rae", item, "steward help")
    world.work()
    comments = world.own_comments(item)
    assert len(comments) == 2
    restored(world, tmp_path / "early.backup")
    world.poll()
    assert world.own_comments(item) == comments
    world.say("dana", item, f"steward accept {world.number(item, 'Acceptance criteria')}")
    world.work()
    assert world.description(item).count("Acceptance criteria") == 1
    assert len(world.own_comments(item)) == 2
    with world.db.read() as session:
        assert list(audit.verify(session)) == []


def test_what_was_accepted_since_the_backup_is_not_made_twice(make_world: Callable[..., Any], tmp_path: Path) -> None:
    world = make_world()
    item = world.file(*STORY)
    world.work()
    backup.save(world.db, tmp_path / "early.backup")
    world.say("dana", item, f"steward accept {world.number(item, 'Acceptance criteria')}")
    world.work()
    described = world.now(item).description
    restored(world, tmp_path / "early.backup")
    world.poll()
    assert world.now(item).description == described
    assert len(world.own_comments(item)) == 1


def test_a_delivery_that_waited_when_the_backup_was_made_is_worked_on(
    make_world: Callable[..., Any], tmp_path: Path
) -> None:
    world = make_world()
    item = world.file(*STORY)
    world.site.drain()
    backup.save(world.db, tmp_path / "early.backup")
    restored(world, tmp_path / "early.backup")
    world.queue.offset += timedelta(minutes=1)
    world.queue.enqueue("sweep", "sweep:1", "tracker", "1")
    world.work()
    assert len(world.own_comments(item)) == 1


@pytest.mark.parametrize("flavour", ["jira-cloud", "jira-data-center", "azure-devops"])
def test_drafts_that_were_made_since_the_backup_are_not_taken_for_peoples_items(
    make_world: Callable[..., Any], flavour: str, tmp_path: Path
) -> None:
    world = make_world(flavour, project="draft_subtasks = true")
    world.poll()
    backup.save(world.db, tmp_path / "early.backup")
    item = world.file(*LARGE)
    world.work()
    drafts = world.tracker.children(item.id)
    assert len(drafts) == 5
    restored(world, tmp_path / "early.backup")
    world.poll()
    assert not any(world.own_comments(draft) for draft in drafts)
    assert len(world.tracker.children(item.id)) == 5
