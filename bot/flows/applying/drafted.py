"""A change whose sub-tasks were drafted beforehand: accepting keeps the drafts, undoing and rejecting deletes them.

What a person has worked on is never deleted. Everything here can be repeated at any time.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot import answers
from bot.flows import speaking
from bot.flows.desk import AcceptanceDesk
from bot.store import drafts, proposals
from bot.store.drafts import Draft
from bot.store.proposals import ProposedChange
from integrations.tracker import DRAFT_LABEL, Conflict, Missing, Plan, Receipt, Refused
from rules.model import Person, WorkItem

KEEP, TAKE_BACK = "keep_drafts", "undo_drafts"


def plan_of_drafts(desk: AcceptanceDesk, item: WorkItem, row: ProposedChange, state: str) -> Plan | None:
    """How to keep or take back what was drafted; None for a change that its write makes or has made."""
    with desk.db.read() as session:
        known = {draft.key for draft in drafts.of_change(session, desk.connection, item.id, row.number)}
    if state == "accepting":
        drafted = bool(row.drafts) and known.issuperset(row.drafts)
        kind = KEEP
    else:
        drafted = row.receipt is not None and row.receipt.get("kind") == drafts.RECEIPT
        kind = TAKE_BACK
    return Plan(item.key, kind, "subtasks", proposals.marker_of(row)) if drafted else None


def perform(desk: AcceptanceDesk, item: WorkItem, row: ProposedChange, plan: Plan, person: Person) -> Receipt:
    """Keep the drafts on which nobody has decided, or delete those that were kept. Raises Missing if none is there."""
    if plan.kind == TAKE_BACK:
        return _take_back(desk, item, row, plan)
    found = keep(desk, item, row, person)
    there = [draft.key for draft in found if draft.state == drafts.KEPT and _unlabel(desk, draft)]
    if not there:
        raise Missing("none of the drafts is there any longer")
    return Receipt(plan.item, drafts.RECEIPT, plan.field, tuple(there))


def keep(desk: AcceptanceDesk, item: WorkItem, row: ProposedChange, person: Person) -> Sequence[Draft]:
    """A person's yes covers the drafts on which nobody has decided. Returns all drafts of the change."""
    with desk.db.write() as session:
        drafts.decide_rest(session, row, drafts.KEPT, person, row.cause or "", desk.now())
        return drafts.of_change(session, desk.connection, item.id, row.number)


def clear_drafts(desk: AcceptanceDesk, item: WorkItem) -> None:
    """Delete the drafts that a word has turned down, and say of which somebody had worked on."""
    with desk.db.read() as session:
        leaving = drafts.leaving(session, desk.connection, item.id)
    stay: dict[str, list[Draft]] = {}
    for draft in leaving:
        if not _discard(desk, draft):
            stay.setdefault(draft.cause or "", []).append(draft)
    for cause, kept in stay.items():
        person = Person(kept[0].by_id or "", kept[0].by or "")
        told = answers.drafts_stay([draft.key for draft in kept])
        speaking.answer(desk, item, f"{cause}:drafts {kept[0].number}", person, told)
    with desk.db.write() as session:
        for draft in leaving:
            drafts.note(session, draft, leaving=False)


def _take_back(desk: AcceptanceDesk, item: WorkItem, row: ProposedChange, plan: Plan) -> Receipt:
    with desk.db.read() as session:
        found = drafts.of_change(session, desk.connection, item.id, row.number)
    stay = [draft.key for draft in found if draft.state == drafts.KEPT and not _discard(desk, draft)]
    for draft in found:
        if draft.state != drafts.KEPT:
            _unlabel(desk, draft)
    return Receipt(plan.item, plan.kind, plan.field, (), {"stay": stay})


def _discard(desk: AcceptanceDesk, draft: Draft) -> bool:
    """False if it stays, without the label: somebody has worked on it, or the bot may not delete it."""
    try:
        desk.applier.discard(draft.key, draft.marker)
    except (Conflict, Refused):
        return not _unlabel(desk, draft)
    return True


def _unlabel(desk: AcceptanceDesk, draft: Draft) -> bool:
    """Whether it is there."""
    try:
        desk.applier.remove_label(draft.key, DRAFT_LABEL)
    except Missing:
        return False
    return True
