"""What leaves the tracker leaves the bot within a day, webhook or not; ids and decisions stay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.flows import closing
from bot.store import audit, decisions, inbox, items, proposals, spending, writes
from bot.store.erasing import retellings
from bot.store.schema.tables import Base
from integrations.azure_devops import reader as azure_reader
from integrations.jira import search as jira_search
from integrations.sandbox.records import Item
from integrations.tracker import Invalid, Missing, Throttled, Unreachable
from rules.model import WorkItem
from tests.flavours import MOST
from tests.steps import proposed, tell

World = Callable[..., Any]
CANARY = "zanzibar"
STORY = ("Let buyers save a zanzibar cart", "As a buyer I want to save my zanzibar cart. It must be kept for 30 days.")


def recheck(world: Any, name: str = "1") -> None:
    """One round, with all that follows."""
    world.queue.enqueue("recheck", f"recheck:tracker:{name}", "tracker", name)
    world.work()
    world.queue.enqueue("sweep", f"sweep:tracker:{name}", "tracker", name)
    world.work()


def backfilled(world: Any) -> None:
    world.poll()
    with world.db.read() as session:
        assert session.scalar(sa.select(items.Progress.backfilled)) is not None


def texts(world: Any, word: str = CANARY) -> list[str]:
    """Every table and column in which a word still stands."""
    found = []
    with world.db.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for row in connection.execute(sa.select(table)).mappings():
                found += [f"{table.name}.{name}" for name, value in row.items() if word in _seen(value)]
    return sorted(set(found))


def _seen(value: Any) -> str:
    return (value.decode(errors="replace") if isinstance(value, bytes) else str(value)).lower()


def index_bytes(world: Any) -> bytes:
    return b"".join(path.read_bytes() for path in Path(world.settings.data).rglob("index/**/*") if path.is_file())


def log_of(world: Any) -> bytes:
    return Path(f"{world.db.engine.url.database}-wal").read_bytes()


def changes_of(world: Any, item: Item) -> list[proposals.ProposedChange]:
    with world.db.read() as session:
        return list(proposals.changes(session, "tracker", str(item.id)))


def quietly_gone(world: Any, item: Item) -> None:
    """The item is deleted, and no webhook tells."""
    world.tracker.delete_item(None, item.id)


def test_a_round_over_items_that_are_all_there_changes_nothing(make_world: World) -> None:
    world = make_world(intake="poll")
    backfilled(world)
    item = world.file(*STORY)
    world.poll()
    with world.db.read() as session:
        before = audit.length(session)
    world.mounted.faults.forget()
    recheck(world)
    assert CANARY in world.proposal(item).lower() or world.proposal(item)
    with world.db.read() as session:
        assert audit.length(session) == before
        assert items.find(session, "tracker", str(item.id)).confirmed is not None
    assert log_of(world), "which is begun anew only where something was forgotten"
    assert len(world.requests()) <= 3, [entry.path for entry in world.requests()]


@pytest.mark.parametrize("flavour", MOST)
def test_fault_27_what_was_deleted_without_a_webhook_is_forgotten_by_the_next_round(
    make_world: World, flavour: str
) -> None:
    world = make_world(flavour, intake="poll")
    backfilled(world)
    item = world.file(*STORY)
    other = world.file("Print the invoice", "As a buyer I want to print the invoice.")
    world.poll()
    tell(world, "dana", item, f"steward reject 1 because of {CANARY}")
    world.poll()
    with world.db.write() as session:
        spending.keep_reply(
            session, "hash", "p 1", {"text": CANARY}, 1, world.queue.now(), about=("tracker", str(item.id))
        )
        body = f'{{"issue": {{"id": "{item.id}", "fields": "{CANARY}"}}}}'.encode()
        inbox.bury(session, "tracker", "unreadable", world.queue.now(), body=body, headers={"a": "b"})
    world.wired.index.forget_gone()
    assert {"items.content", "audit_contents.content", "dead_letters.body"} <= set(texts(world))
    assert CANARY.encode()[:6] in index_bytes(world)

    assert CANARY.encode() in log_of(world)

    quietly_gone(world, item)
    recheck(world)
    assert texts(world) == []
    assert CANARY.encode() not in log_of(world)
    world.wired.index.forget_gone()
    assert CANARY.encode()[:6] not in index_bytes(world)
    with world.db.read() as session:
        row = items.find(session, "tracker", str(item.id))
        assert (row.deleted, row.key) == (True, item.key)
        assert proposals.get(session, "tracker", row.id).held_because == closing.GONE
        assert "rejected" in {change.state for change in proposals.changes(session, "tracker", row.id)}
        handled = session.scalars(sa.select(decisions.HandledComment)).all()
        assert {one.state for one in handled} == {"done"}
        assert items.load(session, "tracker", str(other.id)) is not None
        assert list(audit.verify(session)) == []


def test_fault_27_an_item_that_was_moved_away_is_forgotten_and_takes_up_its_numbers_when_it_is_back(
    make_world: World,
) -> None:
    world = make_world("azure-devops", intake="poll")
    backfilled(world)
    item = world.file(*STORY)
    world.poll()
    tell(world, "dana", item, "steward accept 1")
    world.poll()
    assert "accepted" in world.proposal(item)
    numbers = len(changes_of(world, item))
    world.tracker.add_project("Elsewhere", "Elsewhere")
    world.tracker.move_item(item.id, "Elsewhere")
    recheck(world)
    assert texts(world) == []

    world.tracker.move_item(item.id, world.project)
    world.edit("dana", item, summary="A zanzibar cart")
    world.poll()
    assert len(world.own_comments(item)) == 1
    assert "accepted" in {row.state for row in changes_of(world, item)[:numbers]}
    assert all(row.number > numbers for row in changes_of(world, item) if row.state == "open")


class Hiding:
    """A tracker that lets the bot see nothing of a project any longer."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    def fetch(self, key: str) -> WorkItem:
        raise Missing("not to be seen")

    def listed(self, *given: Any, **more: Any) -> Any:
        raise Invalid("no such project")


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_fault_27_items_that_the_bot_may_no_longer_see_are_forgotten(make_world: World, database: str) -> None:
    world = make_world(intake="poll", database=database)
    backfilled(world)
    item = world.file(*STORY)
    world.poll()
    body = f'{{"issue": {{"key": "{item.key}"}}, "text": "{CANARY}"}}'.encode()
    with world.db.write() as session:
        inbox.bury(session, "tracker", "unreadable", world.queue.now(), body=body)
    world.rewire("acceptance", reader=Hiding(world.wired.acceptance.reader))
    recheck(world)
    assert texts(world) == []
    with world.db.read() as session:
        assert proposals.get(session, "tracker", str(item.id)).held_because == closing.GONE
        assert inbox.dead_letters(session)[0].body is None


@pytest.mark.parametrize("flavour", MOST)
def test_ids_that_come_in_many_pages_are_all_seen(
    make_world: World, monkeypatch: pytest.MonkeyPatch, flavour: str
) -> None:
    monkeypatch.setattr(jira_search, "IDS_AT_ONCE", {True: 2, False: 2})
    monkeypatch.setattr(azure_reader, "_IDS_AT_ONCE", 2)
    world = make_world(flavour)
    filed = {str(world.file(f"Story number {number}").id) for number in range(5)}
    reader, page, found = world.wired.acceptance.reader, None, list[str]()
    for _ in range(10):
        listing = reader.listed(world.project, page)
        found += listing.ids
        if (page := listing.next) is None:
            break
    assert sorted(found) == sorted(filed)


class Restricting:
    """A tracker in which somebody restricts items."""

    def __init__(self, reader: Any) -> None:
        self._reader, self.restricted = reader, set[str]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    def fetch(self, key: str) -> WorkItem:
        item: WorkItem = self._reader.fetch(key)
        return replace(item, restricted=item.id in self.restricted)

    def listed(self, *given: Any, **more: Any) -> Any:
        listing = self._reader.listed(*given, **more)
        return replace(listing, ids=tuple(one for one in listing.ids if one not in self.restricted))


@pytest.mark.parametrize("told", [True, False], ids=["told by a webhook", "found by the round"])
def test_a_restricted_item_is_forgotten_and_no_longer_named_on_another_one(make_world: World, told: bool) -> None:
    world = make_world(project="disabled_rules = ['missing_criteria', 'vague_description']")
    backfilled(world)
    first = proposed(world, STORY)
    second = proposed(world, STORY)
    assert CANARY in world.proposal(second)
    assert first.key in world.proposal(second)

    reader = Restricting(world.wired.acceptance.reader)
    reader.restricted.add(str(first.id))
    for desk in ("acceptance", "triage"):
        world.rewire(desk, reader=reader)
    if told:
        world.edit("dana", first, description="The zanzibar is a secret now.")
        world.work()
    recheck(world)

    assert CANARY not in world.proposal(second)
    assert first.key not in world.proposal(second)
    with world.db.read() as session:
        assert items.load(session, "tracker", str(first.id)) is None
        assert session.scalars(sa.select(retellings.Retelling)).all() == []
    third = proposed(world, STORY)
    assert first.key not in world.proposal(third), "a restricted item is nobody's duplicate"


def test_a_restricted_item_is_left_alone_from_the_start(make_world: World) -> None:
    world = make_world()
    reader = Restricting(world.wired.acceptance.reader)
    for desk in ("acceptance", "triage"):
        world.rewire(desk, reader=reader)
    item = world.file(*STORY)
    reader.restricted.add(str(item.id))
    world.work()
    assert world.own_comments(item) == []
    assert texts(world) == []


def test_fault_27_items_of_a_project_that_the_settings_no_longer_name_are_forgotten(make_world: World) -> None:
    world = make_world(intake="poll")
    backfilled(world)
    world.file(*STORY)
    world.poll()
    assert texts(world)
    for desk in ("acceptance", "triage"):
        world.rewire(desk, projects={})
    world.mounted.faults.forget()
    recheck(world)
    assert texts(world) == []
    assert world.requests() == []
    world.wire()
    world.queue.offset += timedelta(hours=1)
    world.poll()
    assert "items.content" in texts(world), "named again, it is read whole again"


class Busy:
    """A tracker that asks to wait ten minutes, once."""

    def __init__(self, reader: Any) -> None:
        self._reader, self.asked = reader, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    def listed(self, *given: Any, **more: Any) -> Any:
        self.asked += 1
        if self.asked == 1:
            raise Throttled("later", 600)
        return self._reader.listed(*given, **more)


def test_a_round_stands_back_where_the_tracker_asks_to_wait(make_world: World) -> None:
    world = make_world(intake="poll")
    backfilled(world)
    world.file(*STORY)
    world.poll()
    reader = Busy(world.wired.acceptance.reader)
    world.rewire("acceptance", reader=reader)
    began = world.queue.now()
    recheck(world)
    assert reader.asked == 2
    assert (world.queue.now() - began).total_seconds() >= 600
    with world.db.read() as session:
        assert session.scalar(sa.select(items.Item.confirmed)) is not None


def test_what_a_former_release_left_of_an_item_that_is_gone_goes_too(make_world: World) -> None:
    world = make_world(intake="poll")
    backfilled(world)
    item = world.file(*STORY)
    world.poll()
    with world.db.write() as session:
        items.forget(session, "tracker", str(item.id), world.queue.now())
    assert texts(world)
    recheck(world)
    assert "changes.payload" not in texts(world)


def test_an_undo_of_what_is_no_longer_known_is_told_so(make_world: World) -> None:
    world = make_world()
    item = proposed(world, STORY)
    tell(world, "dana", item, "steward accept 1")
    with world.db.write() as session:
        session.execute(sa.update(proposals.ProposedChange).values(receipt=sa.null()))
    tell(world, "dana", item, "steward undo 1")
    assert "no longer there" in world.answer(item)
    with world.db.read() as session:
        assert inbox.dead_letters(session) == []
        assert session.scalar(sa.select(sa.func.count()).select_from(writes.Write)) is not None


class Mute:
    """A commenter whose edits fail."""

    def edit(self, *given: Any, **more: Any) -> None:
        raise Unreachable("no answer")


def test_fault_27_a_restricted_item_is_forgotten_though_its_comment_can_only_be_closed_later(make_world: World) -> None:
    world = make_world(intake="poll")
    backfilled(world)
    item, other = (world.file(*STORY) for _ in range(2))
    world.poll()
    assert CANARY in world.proposal(item)
    reader = Restricting(world.wired.acceptance.reader)
    reader.restricted |= {str(item.id), str(other.id)}
    commenter = world.wired.acceptance.commenter
    world.rewire("acceptance", reader=reader, commenter=Mute())
    recheck(world)
    assert texts(world) == []
    assert CANARY in world.proposal(item)

    world.rewire("acceptance", commenter=commenter)
    recheck(world, "2")
    assert CANARY not in world.proposal(item) + world.proposal(other)
    assert closing.RESTRICTED in world.proposal(item)
    with world.db.read() as session:
        assert session.scalars(sa.select(retellings.Retelling)).all() == []
