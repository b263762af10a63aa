"""The nightly run: the rules over a project's open items, a batch a step, within the noise budget.

Items that were there before the bot was connected are recorded for the report, never commented.
"""

from __future__ import annotations

from bot.flows import guards, speaking, triage
from bot.flows.desk import Project, Silent, TriageDesk
from bot.flows.proposing import anything_open, propose
from bot.jobs import Run
from bot.store import audit, items, proposals
from rules.model import WorkItem

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
        batch = [(row.muted, item) for row in rows if (item := items.work_item(row)) is not None]
        last = rows[-1].id if rows else ""
    for muted, item in batch:
        if not muted and _look(desk, project, item):
            speaking.show(desk, item.id)
    return last


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
        if known is None or held is None:
            proposal.held_because = held or (None if project.suggests else "found by the nightly run")
            proposal.state = "shown" if project.suggests and not held else "recorded"
        return proposal.state == "shown"
