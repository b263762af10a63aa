"""The nightly run: the rules over a project's open items, a batch a step, within the noise budget.

Items that were there before the bot was connected are recorded for the report, never commented.
"""

from __future__ import annotations

import structlog

from bot.flows import closing, guards, speaking, triage
from bot.flows.desk import Project, Silent, TriageDesk
from bot.flows.proposing import anything_open, propose
from bot.jobs import Run
from bot.store import audit, items, proposals, writes
from bot.telemetry import metrics
from integrations.tracker import Conflict, Invalid, Missing, Refused
from rules.model import WorkItem

log = structlog.get_logger(__name__)

BATCH = 100


def hygiene(run: Run, desk: TriageDesk) -> None:
    """Arguments: connection, project, local date."""
    project = desk.projects.get(run.args[1])
    if project is None:
        raise Silent("the project is not in the settings")
    after, number = "", 0
    while True:
        last = run.step(f"batch {number}", lambda after=after: _batch(desk, project, after))  # type: ignore[misc]  # bound now, on purpose
        if not last:
            break
        after, number = last, number + 1
    with desk.db.write() as session:
        content = {"project": project.key, "batches": number, "date": run.args[2]}
        audit.record(session, "hygiene", f"{desk.connection}:{project.key}", content, desk.now())


def _batch(desk: TriageDesk, project: Project, after: str) -> str:
    """Look at the next items; returns the id of the last, or nothing at the end."""
    with desk.db.read() as session:
        rows = items.open_items(session, desk.connection, project.key, after, BATCH)
        last = rows[-1].id if rows else ""
        # Somebody is at work on what was touched just now: triage will look at it when they are done.
        quiet = [row for row in rows if not row.muted and row.first_touch is None]
        batch = [item for row in quiet if (item := items.work_item(row)) is not None]
    for item in batch:
        try:
            _see_to(desk, project, item)
        except Missing:
            closing.close(desk, item.id, "the item was deleted, or the bot may no longer see it")
        except (Invalid, Refused, Conflict) as error:
            log.warning("item passed over", item=item.id, error=type(error).__name__)
    return last


def _see_to(desk: TriageDesk, project: Project, item: WorkItem) -> None:
    with desk.db.read() as session:
        proposal = proposals.get(session, desk.connection, item.id)
        own = session.get(writes.OwnItem, (desk.connection, item.key)) is not None
        said = proposal is not None and proposal.comment is not None and anything_open(session, proposal)
    if own:
        return
    if said:
        # What people are asked about is read again: no event tells that an item was deleted or moved away.
        item = desk.reader.fetch(item.id)
        if item.project != project.key:
            closing.close(desk, item.id, f"it is in {item.project} now")
            return
    if _look(desk, project, item):
        speaking.show(desk, item.id)


def _look(desk: TriageDesk, project: Project, item: WorkItem) -> bool:
    """Record what is found. True if the bot may speak about it."""
    now = desk.now()
    findings = triage.find(desk, project, item, now)
    with desk.db.write() as session:
        known = proposals.get(session, desk.connection, item.id)
        proposal = propose(session, item, findings, now)
        if proposal is None or proposal.state == "closed" or not anything_open(session, proposal):
            return False
        if proposal.comment is not None:
            return True
        held = guards.held_because(session, desk, project, item)
        if held is not None and known is not None:
            return False
        if known is None or held is None:
            proposal.held_because = held or (None if project.suggests else "found by the nightly run")
            proposal.state = "shown" if project.suggests and not held else "recorded"
            if proposal.state == "recorded":
                metrics.proposals.labels(desk.connection, "recorded").inc()
        return proposal.state == "shown"
