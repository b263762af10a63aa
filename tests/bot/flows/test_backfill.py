"""A project is read whole in few requests, once, by one job, whatever comes between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.store import items
from integrations.sandbox.records import Seed
from integrations.tracker import Page, Throttled
from rules.model import Child

ITEMS = 450
PAGES = {"jira-cloud": 5, "jira-data-center": 5, "azure-devops": 3}
BESIDE = {
    "jira-cloud": ["GET /rest/api/3/field"],
    "jira-data-center": ["GET /rest/api/2/field", "GET /rest/pat/latest/tokens"],
    "azure-devops": [
        "GET /Shop/_apis/wit/workItemTypeCategories/Microsoft.TaskCategory",
        "GET /Shop/_apis/wit/workItemTypes",
        "GET /_apis/ResourceAreas",
        "OPTIONS /_apis",
        "POST /Shop/_apis/wit/wiql",
    ],
}
"""What is asked beside the pages, each once: one list of all numbers, and the tracker's own words."""
PAGE = r"/search|(?i:/workitemsbatch)$"


class Killed(BaseException):
    """The process has ended."""


class Interrupted:
    """Reads as the reader does; before the page of some number, counted over all readers, something happens first."""

    def __init__(self, reader: Any, read: list[str], before: dict[int, Callable[[], None]]) -> None:
        self._reader, self._read, self._before = reader, read, before
        self.pages = 0

    def moved(self, *args: Any) -> Page:
        self.pages += 1
        self._before.pop(self.pages, lambda: None)()
        found: Page = self._reader.moved(*args)
        self._read += [item.id for item in found.items]
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)


def fill(world: Any) -> None:
    """Old items; in Azure DevOps every other one is a child of the one before it."""
    then = world.queue.now() - timedelta(days=400)
    azure = world.flavour == "azure-devops"
    world.tracker.seed(
        Seed(
            f"Cart number {number}",
            type="Task" if azure and number % 2 else "Bug",
            key=f"{world.project}-{number + 1}",
            parent=f"{world.project}-{number}" if azure and number % 2 else None,
            created=then,
            updated=then + timedelta(minutes=(number * 7919) % ITEMS),
        )
        for number in range(ITEMS)
    )


def stored(world: Any) -> int:
    """How many items are known; the project must have been read whole."""
    with world.db.read() as session:
        assert session.scalar(sa.select(items.Progress.backfilled)) is not None
        return int(session.scalar(sa.select(sa.func.count()).select_from(items.Item)))


@pytest.mark.parametrize("flavour", PAGES)
def test_a_project_is_read_whole_in_few_requests_whatever_comes_between(
    make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour, intake="poll", project="nightly = 'off'")
    fill(world)
    world.poll()
    assert stored(world) == ITEMS
    assert len(world.requests(path=PAGE)) == PAGES[flavour]
    paged = world.requests(path=PAGE)
    assert sorted(f"{one.method} {one.path}" for one in world.requests() if one not in paged) == BESIDE[flavour]
    assert world.wired.index._index.change_number == ITEMS, "the first ticket does not wait for the index"
    if flavour == "azure-devops":
        with world.db.read() as session:
            parent = items.load(session, "tracker", "1")
            assert parent is not None
            assert items.with_titles(session, [parent])[0].children == (Child("2", "Cart number 1"),)

    world.queue.offset += timedelta(hours=1)
    world.reconnect()
    world.mounted.faults.forget()
    read: list[str] = []

    def wait() -> None:
        world.queue.enqueue("backfill", "another", "tracker", world.project)
        raise Throttled("not now", 7200.0)

    def die() -> None:
        raise Killed

    world.rewire("acceptance", reader=Interrupted(world.wired.acceptance.reader, read, {2: wait, 4: die}))
    with pytest.raises(Killed):
        world.poll()
    world.queue.give_back()
    world.wire()
    world.rewire("acceptance", reader=Interrupted(world.wired.acceptance.reader, read, {}))
    world.work()
    assert stored(world) == ITEMS
    assert len(world.requests(path=PAGE)) == PAGES[flavour], "no page is read twice"
    assert len(set(read)) == ITEMS
    if flavour != "jira-data-center":  # whose pages overlap
        assert set(Counter(read).values()) == {1}


def test_a_backfill_whose_job_is_lost_is_gone_on_with_by_another_once_its_turn_is_over(
    make_world: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.jira.search.PAGE", 4)
    world = make_world(intake="poll")
    for number in range(10):
        world.tracker.seed([world.seed(f"Cart {number}", "It is empty.")])
    world.reconnect()
    read: list[str] = []

    def die() -> None:
        raise Killed

    world.rewire("acceptance", reader=Interrupted(world.wired.acceptance.reader, read, {2: die}))
    with pytest.raises(Killed):
        world.poll()
    assert len(read) == 4
    for minutes, known in ((29, 4), (2, 10)):
        world.queue.offset += timedelta(minutes=minutes)
        world.queue.enqueue("backfill", f"backfill after {minutes}", "tracker", world.project)
        world.work()
        assert len(read) == known
    assert stored(world) == 10
