"""Draft sub-tasks, made beforehand where a project's policy says so: labelled, without sprint and assignee.

They carry the marker that accepting the change would give them, so that accepting finds them and makes none twice.
"""

from __future__ import annotations

import structlog

from bot.comments import draft_subtask
from bot.flows.desk import TriageDesk
from bot.flows.once import write_once
from bot.store import drafts, proposals, writes
from integrations.tracker import Incomplete, NotToSet
from rules.changes import AddSubtasks
from rules.model import WorkItem

log = structlog.get_logger(__name__)


def draft(desk: TriageDesk, item: WorkItem) -> int:
    """Create what a proposal that is shown would add; returns how many drafts the item has."""
    if desk.drafter is None:
        return 0
    with desk.db.read() as session:
        proposal = proposals.get(session, desk.connection, item.id)
        rows = proposals.changes(session, desk.connection, item.id)
    if proposal is None or proposal.state != "shown" or proposal.comment is None:
        return 0
    try:
        return sum(_draft(desk, item, row) for row in rows if row.state == proposals.OPEN and row.kind == "subtasks")
    except Incomplete as error:  # who accepts is asked for the values; the settings may name them
        log.warning("not drafted", connection=desk.connection, item=item.key, requires=list(error.fields))
        return 0
    except NotToSet as error:
        log.warning("not drafted", connection=desk.connection, item=item.key, not_to_set=error.field)
        return 0


def _draft(desk: TriageDesk, item: WorkItem, row: proposals.ProposedChange) -> int:
    if not proposals.is_intact(row):
        return 0
    change, drafter = proposals.change_of(row), desk.drafter
    if not isinstance(change, AddSubtasks) or drafter is None:
        return 0
    blocks = draft_subtask(item.key, row.reason, row.source, row.number)
    keys: list[str] = []
    for index, summary in enumerate(change.summaries):
        marker = f"{proposals.marker_of(row)}:{index}"
        key, _ = write_once(
            desk,
            f"draft:{desk.connection}:{item.id}:{row.number}:{index}",
            item.id,
            send=lambda marker, summary=summary: drafter.create(item.key, summary, blocks, marker, change.fields),  # type: ignore[misc]  # bound now
            find=lambda marker: drafter.find(item.key, marker),
            marker=marker,
        )
        keys.append(key)
        with desk.db.write() as session:
            writes.add_own_items(session, desk.connection, [key])
            drafts.add(session, row, key, marker, desk.now())
    with desk.db.write() as session:
        stored = session.get(proposals.ProposedChange, (desk.connection, item.id, row.number))
        if stored is not None:
            stored.drafts = keys
            # People may have decided on the first ones while the last ones were made.
            drafts.conclude(session, drafts.of_change(session, desk.connection, item.id, row.number)[0], desk.now())
    return len(keys)
