"""The poll: what moved since the cursor goes into the same inbox as webhooks; before the first one, see `backfill`.

It needs one token, no administrator and no open port. It runs beside webhooks too, and finds what they did not bring.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import structlog

from bot.flows.desk import Desk, Project
from bot.jobs import Run
from bot.store import inbox, items
from bot.telemetry import watched
from integrations.tracker import Event, Invalid, Missing, Refused, TrackerError
from rules.model import WorkItem

log = structlog.get_logger(__name__)

OVERLAP = timedelta(minutes=2)
"""Searches are eventually consistent, and clocks differ: what was read is read again, and recognised."""


def connect(desk: Desk) -> None:
    """Note when each project was connected, before anything of it is taken in: what is older is not triaged."""
    with desk.db.write() as session:
        for project in desk.projects.values():
            if session.get(items.Progress, (desk.connection, project.key)) is None:
                session.add(items.Progress(connection=desk.connection, project=project.key, connected=desk.now()))


def poll(run: Run, desk: Desk) -> None:
    """Arguments: connection, tick. Reads what moved in every project; one not read whole yet is read whole first.

    What is wrong with one project keeps none of the others waiting; it is raised when they have been read.
    """
    amiss: list[TrackerError] = []
    for project in desk.projects.values():
        if _backfilled(desk, project):
            try:
                _poll(desk, project)
            except (Missing, Invalid, Refused) as error:
                log.warning("not polled", connection=desk.connection, project=project.key, error=type(error).__name__)
                amiss.append(error)
        else:
            # Named by the hour, so that one that was given up is begun again; of two that run one goes home.
            job = f"backfill:{desk.connection}:{project.key}:{desk.now():%Y-%m-%dT%H}"
            desk.enqueue("backfill", job, desk.connection, project.key)
    if amiss:
        raise amiss[0]


def _backfilled(desk: Desk, project: Project) -> bool:
    with desk.db.read() as session:
        progress = session.get(items.Progress, (desk.connection, project.key))
        return progress is not None and progress.backfilled is not None


def _poll(desk: Desk, project: Project) -> None:
    with desk.db.read() as session:
        progress = session.get(items.Progress, (desk.connection, project.key))
        cursor = progress.cursor or progress.connected if progress else desk.now()
        page, began = _under_way(progress.page if progress else None, cursor, desk.now())
    latest = cursor
    while True:
        try:
            batch = desk.reader.moved(project.key, cursor - OVERLAP, page, project.scope)
        except Invalid:
            if page is None:
                raise
            page, began = None, desk.now()  # the token of an interrupted poll has expired
            continue
        for item in batch.items:
            hand_in(desk, item)
            latest = max(latest, item.updated)
        page = batch.next
        with desk.db.write() as session:
            progress = session.get(items.Progress, (desk.connection, project.key))
            if progress is not None:
                told = {"page": page, "began": began.isoformat(), "cursor": cursor.isoformat()}
                progress.page = json.dumps(told) if page else None
                if not page:
                    # What moved while the pages were read may not be in them, so the cursor stays before it.
                    progress.cursor = max(progress.cursor or cursor, min(latest, began))
        if page is None:
            return


def _under_way(kept: str | None, cursor: datetime, now: datetime) -> tuple[str | None, datetime]:
    """The next page of a poll that was cut short and when that began, or a poll from the start.

    A page belongs to one cursor: where a poll beside it has moved that on, the page would be one of another list.
    """
    told = json.loads(kept) if kept is not None else {}
    if told.get("cursor") != cursor.isoformat():
        return None, now
    return str(told["page"]), datetime.fromisoformat(told["began"])


def hand_in(desk: Desk, item: WorkItem) -> bool:
    """Give an item that was met to the inbox, unless it is known as it is; whether it was new to that."""
    with desk.db.read() as session:
        row = items.find(session, desk.connection, item.id)
        known = row is not None and not row.deleted
        read = row.updated if row is not None else datetime.min.replace(tzinfo=UTC)
        attended = row.attended if row is not None and row.attended is not None else None
        if row is not None and known and item.updated <= read and _attended(row, attended, item):
            return False
    event = Event(
        kind="updated" if known else "created",
        delivery=f"poll:{item.id}:{item.updated.isoformat()}",
        item=item.id,
        name="poll",
        project=item.project,
        actor=None if known else item.reporter,
    )
    with desk.db.write() as session:
        new = inbox.add(session, desk.connection, event, "poll", desk.now())
    watched.took_in(desk.connection, inbox.delivery_id(desk.connection, event), "poll", new)
    if new:
        hand_over(desk, inbox.delivery_id(desk.connection, event), item.id)
    return new


def _attended(row: items.Item, attended: datetime | None, item: WorkItem) -> bool:
    """Whether its comments have been read since it last moved; an item that has not moved since the backfill has."""
    if attended is None:
        return row.backfilled and item.updated <= row.updated
    return attended >= item.updated


def hand_over(desk: Desk, delivery: str, item: str) -> None:
    """Give a kept delivery to the queue; again, if need be: its id runs once."""
    desk.enqueue("delivery", delivery, desk.connection, delivery, partition=desk.partition(item))
    with desk.db.write() as session:
        row = session.get(inbox.Delivery, delivery)
        if row is not None and row.state == "received":
            row.state = "queued"
