"""Drafts that nobody has taken up within a project's time are withdrawn by the nightly run, and so is their change.

So are those whose change is open no more without a word on them. A draft that anybody has touched is left alone.
"""

from __future__ import annotations

from datetime import timedelta

import structlog

from bot.flows import closing
from bot.flows.desk import Project, TriageDesk
from bot.store import drafts
from bot.store.drafts import Draft
from integrations.tracker import Conflict, Drafter, Invalid, Refused

log = structlog.get_logger(__name__)

AT_ONCE = 200
"""Drafts in one night; the next goes on."""


def withdraw(desk: TriageDesk, project: Project) -> int:
    """Withdraw what is due; returns how many drafts were. Can be repeated at any time."""
    if desk.drafter is None:
        return 0
    before = desk.now() - timedelta(days=project.draft_days) if project.draft_days else None
    with desk.db.read() as session:
        due = drafts.to_withdraw(session, desk.connection, project.key, before, AT_ONCE)
    withdrawn = sum(_withdraw(desk, desk.drafter, draft) for draft in due)
    closing.tell_again(desk)
    return withdrawn


def _withdraw(desk: TriageDesk, drafter: Drafter, draft: Draft) -> bool:
    with desk.db.write() as session:
        drafts.note(session, draft, leaving=True)
    try:
        drafter.withdraw(draft.key, draft.marker)
    except Conflict:
        _leave_alone(desk, draft, touched=True)
        return False
    except (Refused, Invalid) as error:
        log.warning("draft not withdrawn", connection=desk.connection, item=draft.key, error=type(error).__name__)
        _leave_alone(desk, draft, touched=False)
        return False
    with desk.db.write() as session:
        drafts.note(session, draft, leaving=False)
        if drafts.decide(session, draft, drafts.WITHDRAWN, None, None, desk.now()):
            drafts.conclude(session, draft, desk.now())
    return True


def _leave_alone(desk: TriageDesk, draft: Draft, *, touched: bool) -> None:
    with desk.db.write() as session:
        drafts.note(session, draft, leaving=False, touched=touched)
