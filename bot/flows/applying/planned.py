"""The plan of a write: worked out, stored before it is sent, and waited for where it may still land."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.flows.applying.drafted import plan_of_drafts
from bot.flows.desk import AcceptanceDesk, TryAgain
from bot.store import proposals
from bot.store.database import changed
from bot.store.proposals import ProposedChange
from integrations.tracker import Conflict, Invalid, Missing, Plan, Receipt, Refused
from rules.model import WorkItem


def load(desk: AcceptanceDesk, item: WorkItem, number: int) -> ProposedChange:
    """The stored change. Raises LookupError where there is none."""
    with desk.db.read() as session:
        row = session.get(ProposedChange, (desk.connection, item.id, number))
    if row is None:
        raise LookupError(f"change {number} does not exist")
    return row


def may_have_landed(desk: AcceptanceDesk, item: WorkItem, row: ProposedChange, state: str) -> bool:
    """Whether a write that was sent before has changed the item, as a person's edit may have: `perform` tells them."""
    if row.plan is None or row.begun is None:
        return False
    try:
        if state == "accepting":
            desk.applier.plan(item.key, proposals.change_of(row), row.expected, proposals.marker_of(row))
        else:
            desk.applier.plan_undo(_receipt(row), proposals.marker_of(row))
    except Conflict:
        return True
    except (Invalid, Refused, Missing, proposals.AlteredError):
        return False
    return False


class Beginning:
    """When the write of a change may have begun to land; each attempt tells with it that the change is in its hands."""

    def __init__(self, desk: AcceptanceDesk, item: WorkItem, number: int, seen: datetime | None) -> None:
        self._desk, self._where, self._seen = desk, is_change(desk, item, number), seen

    def now(self) -> None:
        """It may land from now on. Raises TryAgain if another attempt has taken the change up meanwhile."""
        now = self._desk.now()
        unchanged = ProposedChange.begun.is_(None) if self._seen is None else ProposedChange.begun == self._seen
        with self._desk.db.write() as session:
            if not changed(session, sa.update(ProposedChange).where(*self._where, unchanged).values(begun=now)):
                raise TryAgain(self._desk.settle)
        self._seen = now


def plan_of(desk: AcceptanceDesk, item: WorkItem, number: int, state: str) -> tuple[Plan, Beginning]:
    """The plan of a write: the stored one of an interrupted attempt, once it can no longer land, or a new one.

    Raises TryAgain while an earlier one may land, or where another attempt is at it.
    """
    row = load(desk, item, number)
    beginning = Beginning(desk, item, number, row.begun)
    if row.plan is not None:
        waited = (desk.now() - row.begun).total_seconds() if row.begun else desk.settle
        if waited < 0:
            beginning.now()  # the clock was set back: the wait begins anew
            raise TryAgain(desk.settle)
        if waited < desk.settle:
            raise TryAgain(desk.settle - waited)  # what was sent before may still land
        beginning.now()
        return Plan(**row.plan), beginning
    marker = proposals.marker_of(row)
    if (drafted := plan_of_drafts(desk, item, row, state)) is not None:
        plan = drafted
    elif state == "accepting":
        plan = desk.applier.plan(item.key, proposals.change_of(row), row.expected, marker)
    else:
        plan = desk.applier.plan_undo(_receipt(row), marker)
    beginning.now()
    with desk.db.write() as session:
        session.execute(sa.update(ProposedChange).where(*is_change(desk, item, number)).values(plan=asdict(plan)))
    return plan, beginning


def _receipt(row: ProposedChange) -> Receipt:
    if row.receipt is None:
        raise Missing("the record of the write is no longer kept")
    stored = dict(row.receipt)
    return Receipt(**(stored | {"writes": tuple(stored.get("writes", ()))}))


def set_state(desk: AcceptanceDesk, item: WorkItem, number: int, state: str, note: str | None) -> None:
    """Put a change into a state; its plan is done with."""
    with desk.db.write() as session:
        query = sa.update(ProposedChange).where(*is_change(desk, item, number))
        session.execute(query.values(state=state, note=note, plan=None))


def is_change(desk: AcceptanceDesk, item: WorkItem, number: int) -> tuple[Any, ...]:
    """What picks one change out of the table."""
    return (
        ProposedChange.connection == desk.connection,
        ProposedChange.item == item.id,
        ProposedChange.number == number,
    )
