"""The nightly run: the rules over a project's open items, a batch a job, within the noise budget.

Items that were there before the bot was connected are recorded for the report, never commented.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TypedDict

import structlog

from bot.flows import closing, leaving, speaking
from bot.flows.desk import Project, Silent, TriageDesk
from bot.flows.suggesting import guards, triage, withdrawing
from bot.flows.suggesting.proposing import anything_open, propose
from bot.jobs import Run
from bot.store import audit, items, proposals
from bot.telemetry import metrics
from integrations.tracker import Conflict, Invalid, Missing, Refused, Throttled
from rules.model import WorkItem

log = structlog.get_logger(__name__)

BATCH = 100
SHORTEST_WAIT = 1.0
LONGEST_NIGHT = timedelta(days=2)
"""From the midnight before it: where a tracker lets so little be asked, one night's run would end in the next one's."""


class Reached(TypedDict):
    """How far a batch came: the id of its last item (empty: none was looked at), for how many seconds the next has to
    wait, and whether there is none."""

    last: str
    wait: float
    done: bool


def hygiene(run: Run, desk: TriageDesk) -> None:
    """Arguments: connection, project, local date; for all batches but the first also the last item before it and the
    batch's number.

    A batch is a job of its own, so that a tracker that asks to wait puts off what is left of the night, not all of it.
    """
    connection, key, night, *going_on = run.args
    after, number = going_on or ("", "0")
    project = desk.projects.get(key)
    if project is None:
        raise Silent("the project is not in the settings")
    if desk.now() - datetime.fromisoformat(night).replace(tzinfo=project.zone) > LONGEST_NIGHT:
        raise Silent("the nights after it go on with it")
    with desk.speaking(key):
        told: Reached = json.loads(run.step("batch", lambda: json.dumps(_batch(desk, project, after))))
    if not told["done"]:
        following = str(int(number) + 1)
        name = f"hygiene:{connection}:{key}:{night}:{following}"
        desk.enqueue("hygiene", name, connection, key, night, told["last"] or after, following, delay=told["wait"])
        return
    run.step("drafts", lambda: withdrawing.withdraw(desk, project))
    with desk.db.write() as session:
        content = {"project": project.key, "batches": int(number), "date": night}
        audit.record(session, "hygiene", f"{desk.connection}:{project.key}", content, desk.now())


def _batch(desk: TriageDesk, project: Project, after: str) -> Reached:
    """Look at the next items."""
    with desk.db.read() as session:
        rows = items.open_items(session, desk.connection, project.key, after, BATCH)
        last = rows[-1].id if rows else ""
        # Somebody is at work on what was touched just now: triage will look at it when they are done.
        quiet = [row for row in rows if not row.muted and row.first_touch is None]
        open_to_us = [item for row in quiet if (item := items.work_item(row)) is not None and desk.works_on(item)]
        batch = items.with_titles(session, open_to_us)
    seen = ""
    for item in batch:
        try:
            _see_to(desk, project, item)
        except Throttled as error:
            return {"last": seen, "wait": max(error.retry_after, SHORTEST_WAIT), "done": False}
        except Missing:
            closing.close(desk, item.id, closing.GONE)
        except (Invalid, Refused, Conflict) as error:
            log.warning("item passed over", item=item.id, error=type(error).__name__)
        seen = item.id
    return {"last": last, "wait": 0.0, "done": not last}


def _see_to(desk: TriageDesk, project: Project, item: WorkItem) -> None:
    with desk.db.read() as session:
        proposal = proposals.get(session, desk.connection, item.id)
        said = proposal is not None and proposal.comment is not None and anything_open(session, proposal)
    if guards.made_by_bot(desk, item):
        return
    if said:
        # What people are asked about is read again: no event tells that an item was deleted or moved away.
        item = desk.reader.fetch(item.id)
        if (reason := closing.reason_to_leave(desk, item)) is not None:
            leaving.leave(desk, item, reason)
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
