"""The backfill: a project is read whole once, a page at a time, and nothing that was there before is triaged.

It goes on where it was interrupted: a page's items and the place of the next page are kept in one transaction. One job
reads a project at a time: beside the place stands whose turn it is, and until when that job may be silent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.flows import closing
from bot.flows.desk import Desk, Project, Silent
from bot.flows.intake import polling
from bot.jobs import Run
from bot.store import items
from integrations.tracker import Invalid, Page, Throttled
from rules.model import WorkItem

log = structlog.get_logger(__name__)

TURN = timedelta(minutes=30)
"""After this long without a word a job has lost its turn: longer than a page takes, or the pause between attempts."""

ANOTHERS = "another job reads the project"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a backfill is: the token of its next page, the job whose turn it is, and until when (ISO)."""

    page: str | None = None
    job: str = ""
    until: str = ""

    @classmethod
    def read(cls, kept: str | None) -> _Place:
        try:
            return cls(**json.loads(kept)) if kept is not None else cls()
        except (ValueError, TypeError):  # a former release kept something else: begin again
            return cls()

    def written(self) -> str:
        return json.dumps(asdict(self))

    def of(self, job: str, until: datetime) -> _Place:
        return replace(self, job=job, until=until.isoformat())

    def is_anothers(self, job: str, now: datetime) -> bool:
        return self.job not in ("", job) and datetime.fromisoformat(self.until) > now


def backfill(run: Run, desk: Desk) -> None:
    """Arguments: connection, project. Raises Silent where it is read already, or by another job at this time."""
    project = desk.projects.get(run.args[1])
    if project is None:
        raise Silent("the project is not in the settings")
    _hold(desk, project, run.id, TURN)
    number = 0
    try:
        while run.step(f"page {number}", lambda: _read_page(desk, project, run.id)):
            number += 1
    except Throttled as error:
        _hold(desk, project, run.id, TURN + timedelta(seconds=error.retry_after))
        raise


def _hold(desk: Desk, project: Project, job: str, longest: timedelta) -> None:
    """Take or keep the turn. Raises Silent."""
    now = desk.now()
    with desk.db.write() as session:
        progress = session.get(items.Progress, (desk.connection, project.key))
        if progress is None or progress.backfilled is not None:
            raise Silent("the project has been read")
        place = _Place.read(progress.page)
        if place.is_anothers(job, now):
            raise Silent(ANOTHERS)
        progress.page = place.of(job, now + longest).written()


def _read_page(desk: Desk, project: Project, job: str) -> bool:
    """Read and keep the next page; whether there is another. Raises Silent where the turn is another's by now."""
    with desk.db.read() as session:
        progress = session.get(items.Progress, (desk.connection, project.key))
    if progress is None or progress.backfilled is not None:
        return False
    place = _Place.read(progress.page)
    if place.job != job:
        raise Silent(ANOTHERS)
    try:
        found = desk.reader.moved(project.key, None, place.page, project.scope)
    except Invalid as error:
        if place.page is None:
            if project.scope:
                log.warning("scope is not understood", project=project.key, scope=project.scope, error=str(error))
            raise
        # The token of an interrupted backfill has expired: begin again, nothing is lost by it.
        found = desk.reader.moved(project.key, None, None, project.scope)
    for item in _keep_page(desk, project, job, place, found):
        polling.hand_in(desk, item)
    return found.next is not None


def _keep_page(desk: Desk, project: Project, job: str, place: _Place, found: Page) -> list[WorkItem]:
    """Store what was there before; returns what was filed since the project was connected, to be handed in."""
    now = desk.now()
    with desk.db.write() as session:
        progress = session.get(items.Progress, (desk.connection, project.key))
        if progress is None or _Place.read(progress.page) != place:
            raise Silent(ANOTHERS)
        known = items.rows(session, found.items)
        new = [item for item in found.items if _is_new(known, item, progress.connected)]
        handed_in = {item.id for item in new}
        closing.keep_all(desk, session, [item for item in found.items if item.id not in handed_in], backfilled=True)
        latest = max((item.updated for item in found.items), default=None)
        progress.page = replace(place, page=found.next).of(job, now + TURN).written() if found.next else None
        if latest is not None:
            # What moved while the project was read may not be in its pages: the first poll begins before it.
            progress.cursor = min(max(progress.cursor or latest, latest), progress.connected)
        if found.next is None:
            progress.backfilled = now
    return new


def _is_new(known: Mapping[str, items.Item], item: WorkItem, connected: datetime) -> bool:
    """Filed since the project was connected, or edited since an earlier page had it."""
    if item.created >= connected:
        return True
    row = known.get(item.id)
    return row is not None and item.updated >= connected and row.triaged_digest != items.content_digest(item)
