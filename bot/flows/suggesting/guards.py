"""What keeps the bot quiet: imports, clones, started items, bulk edits. Held proposals go to the report only."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from bot.flows.desk import Desk, Project, TriageDesk
from bot.store import inbox, items, writes
from integrations.tracker import DRAFT_LABEL, SCRATCH_LABEL
from rules.model import WorkItem


def made_by_bot(desk: TriageDesk, item: WorkItem) -> bool:
    """Whether the bot created an item, as the record says, or a label where that is missing: on an item of its own."""
    with desk.db.read() as session:
        if writes.is_own_item(session, desk.connection, item):
            return True
    if item.reporter is None or not {DRAFT_LABEL, SCRATCH_LABEL} & set(item.labels):
        return False
    return item.reporter.id.casefold() == desk.own_id().casefold()


def held_because(session: Session, desk: Desk, project: Project, item: WorkItem) -> str | None:
    """Why nothing is said aloud about an item; None if the bot may speak."""
    row = items.find(session, desk.connection, item.id)
    if row is not None and row.backfilled:
        return "it was there before the bot was connected"
    if row is not None and row.imported:
        return "it was imported"
    if item.status_category != "todo":
        return "work on it has started"
    if any(link.kind == "clone" for link in item.links):
        return "it is a clone"
    return _bulk(session, desk, project, item)


def _bulk(session: Session, desk: Desk, project: Project, item: WorkItem) -> str | None:
    touches = inbox.touches(session, desk.connection, (item.id, item.key))
    window = timedelta(seconds=project.bulk_window)
    for actor, received in touches:
        if (
            inbox.items_touched_by(session, desk.connection, actor, received - window, received + window)
            > project.bulk_items
        ):
            return (
                f"one person touched more than {project.bulk_items} items within {project.bulk_window / 60:.0f} minutes"
            )
    return None
