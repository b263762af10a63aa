"""A delivery, however it came: read the item anew, note the touch, attend to people's words, schedule triage."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from bot.flows import acceptance, applying, closing, leaving, looking, speaking
from bot.flows.desk import AcceptanceDesk, Project, Silent
from bot.jobs import Run
from bot.store import inbox, items, proposals, writes
from integrations.tracker import Missing
from rules.model import WorkItem


def deliver(run: Run, desk: AcceptanceDesk) -> None:
    """Arguments: connection, delivery id."""
    delivery = run.args[-1]
    with desk.db.read() as session:
        row = session.get(inbox.Delivery, delivery)
    if row is None:
        raise Silent("the delivery is no longer known")
    if row.kind == "commented" and _is_own(desk, row.comment):
        raise Silent("the bot's own comment")
    try:
        item = desk.reader.fetch(row.item)
    except Missing:
        acceptance.draft_deleted(desk, row)
        closing.close(desk, row.item, closing.GONE)
        closing.tell_again(desk)
        return
    if row.kind == "deleted":
        raise Silent("the item exists: the delivery was late")
    acceptance.attend_draft(desk, item)  # also of one that the project's scope leaves out
    if (reason := closing.reason_to_leave(desk, item)) is not None:
        leaving.leave(desk, item, reason)
        raise Silent(reason)
    try:
        with desk.speaking(item.project):
            _work_on(run, desk, desk.projects[item.project], item, row)
    except Missing:
        if not _is_gone(desk, item):
            raise
        closing.close(desk, item.id, closing.GONE)


def _work_on(run: Run, desk: AcceptanceDesk, project: Project, item: WorkItem, row: inbox.Delivery) -> None:
    if row.kind == "asked":
        run.step("ask", lambda: _ask(desk, item, row.id))
        return
    if row.kind in ("created", "updated"):
        run.step("touch", lambda: _touch(desk, project, item, _name(run)))
    if not project.suggests:
        raise Silent("shadow mode")
    applying.finish_stranded(desk, item)
    applying.clear_drafts(desk, item)
    speaking.finish_interrupted(desk, item.id)
    touched = row.kind in ("created", "updated")
    if touched and _has_open_proposal(desk, item) and acceptance.attend_label(desk, item):
        return
    if row.kind == "commented" or row.source == "poll":
        acceptance.attend(desk, item)


def _ask(desk: AcceptanceDesk, item: WorkItem, cause: str) -> str:
    with desk.db.write() as session:
        closing.keep(desk, session, item)
        row = items.find(session, desk.connection, item.id)
        if row is not None:
            row.asked = cause
    looking.ask(desk, item.id, cause)
    return "asked"


def _is_gone(desk: AcceptanceDesk, item: WorkItem) -> bool:
    try:
        desk.reader.fetch(item.id)
    except Missing:
        return True
    return False


def _is_own(desk: AcceptanceDesk, comment: str | None) -> bool:
    with desk.db.read() as session:
        return comment is not None and writes.own_comment(session, desk.connection, comment) is not None


def _name(run: Run) -> str:
    """Each attempt is a touch of its own: its look must not be taken for one that has long ended."""
    return f"{run.id}#{run.attempt}" if run.attempt else run.id


def _touch(desk: AcceptanceDesk, project: Project, item: WorkItem, name: str) -> str:
    """Store the item; if what the rules read has changed, begin the quiet wait."""
    now = desk.now()
    with desk.db.write() as session:
        new = closing.keep(desk, session, item)
        row = items.find(session, desk.connection, item.id)
        if row is not None and _says_restricted(session, desk, item):
            row.triaged_digest = None  # open to all again: its comment is to say so
        progress = session.get(items.Progress, (desk.connection, item.project))
        if row is None or row.triaged_digest == items.content_digest(item):
            return "unchanged"
        row.backfilled = False
        row.imported = row.imported or (new and progress is not None and item.created < progress.connected)
        items.touch(session, desk.connection, item.id, name, now)
        first = row.first_touch or now
        longest = project.quiet_wait_max - (now - first).total_seconds()
        wait = max(0.0, min(project.quiet_wait, longest))
        row.due = now + timedelta(seconds=wait)
    looking.schedule(desk, item.id, name, wait)
    return "waiting"


def _says_restricted(session: Session, desk: AcceptanceDesk, item: WorkItem) -> bool:
    proposal = proposals.get(session, desk.connection, item.id)
    return proposal is not None and proposal.state == "closed" and proposal.held_because == closing.RESTRICTED


def _has_open_proposal(desk: AcceptanceDesk, item: WorkItem) -> bool:
    with desk.db.read() as session:
        proposal = proposals.get(session, desk.connection, item.id)
        return proposal is not None and proposal.comment is not None
