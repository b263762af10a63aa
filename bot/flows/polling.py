"""The poll: what moved since the cursor goes into the same inbox as webhooks; before the first one, the backfill.

It needs one token, no administrator and no open port. It runs beside webhooks too, and finds what they did not bring.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.flows.desk import Desk, Project
from bot.jobs import Run
from bot.store import inbox, items
from integrations.tracker import Event, Invalid
from rules.model import WorkItem

OVERLAP = timedelta(minutes=2)
"""Searches are eventually consistent, and clocks differ: what was read is read again, and recognised."""


def poll(run: Run, desk: Desk) -> None:
    """Arguments: connection, tick. Reads every project of the connection."""
    for project in desk.projects.values():
        if not _backfilled(desk, project):
            backfill(desk, project)
        else:
            run.step(f"poll {project.key}", lambda project=project: _poll(desk, project))  # type: ignore[misc]  # bound now, on purpose


def backfill(desk: Desk, project: Project) -> int:
    """Read a project whole, a page at a time; it goes on where it was interrupted. Nothing read here is triaged."""
    with desk.db.write() as session:
        progress = session.get(items.Progress, (desk.connection, project.key))
        if progress is None:
            progress = items.Progress(connection=desk.connection, project=project.key, connected=desk.now())
            session.add(progress)
        page = progress.page
    count = 0
    while True:
        try:
            found = desk.reader.moved(project.key, None, page)
        except Invalid:
            if page is None:
                raise
            page = None  # the token of an interrupted backfill has expired: begin again, nothing is lost by it
            continue
        page, count = found.next, count + len(found.items)
        with desk.db.write() as session:
            for item in found.items:
                items.save(session, item, backfilled=item.created < progress.connected)
            stored = session.get(items.Progress, (desk.connection, project.key))
            if stored is not None:
                latest = max((item.updated for item in found.items), default=None)
                stored.page = page
                if latest is not None and (stored.cursor is None or stored.cursor < latest):
                    stored.cursor = latest
                if page is None:
                    stored.backfilled = desk.now()
        if page is None:
            return count


def _backfilled(desk: Desk, project: Project) -> bool:
    with desk.db.read() as session:
        progress = session.get(items.Progress, (desk.connection, project.key))
        return progress is not None and progress.backfilled is not None


def _poll(desk: Desk, project: Project) -> int:
    with desk.db.read() as session:
        progress = session.get(items.Progress, (desk.connection, project.key))
        cursor = progress.cursor or progress.connected if progress else desk.now()
    page, found, latest = None, 0, cursor
    while True:
        batch = desk.reader.moved(project.key, cursor - OVERLAP, page)
        for item in batch.items:
            found += _hand_in(desk, item)
            latest = max(latest, item.updated)
        page = batch.next
        if page is None:
            break
    with desk.db.write() as session:
        progress = session.get(items.Progress, (desk.connection, project.key))
        if progress is not None:
            progress.cursor = latest
    return found


def _hand_in(desk: Desk, item: WorkItem) -> bool:
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


def sweep(run: Run, desk: Desk) -> None:
    """Deliveries that were kept and never queued, because the process died in between, are queued now."""
    with desk.db.read() as session:
        waiting = [
            (row.id, row.item)
            for key in inbox.not_queued(session, desk.now() - timedelta(seconds=10))
            if (row := session.get(inbox.Delivery, key)) is not None and row.connection == desk.connection
        ]
    for delivery, item in waiting:
        hand_over(desk, delivery, item)
