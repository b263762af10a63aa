"""A write that is made: it is stored, and the item as it is now counts as read."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot.flows.applying.planned import is_change
from bot.flows.desk import AcceptanceDesk
from bot.store import audit, items, proposals, writes
from bot.store.proposals import ProposedChange
from bot.telemetry import metrics
from bot.words.drafted import edited, left, stay
from integrations.tracker import Receipt
from rules.model import Person, WorkItem

log = structlog.get_logger(__name__)


def settle(desk: AcceptanceDesk, item: WorkItem, number: int, state: str, receipt: Receipt, person: Person) -> None:
    """The write is made: store it, and take the item as it is now for read, so that nobody is told of our own edit."""
    done = "accepted" if state == "accepting" else "undone"
    log.info(done, connection=desk.connection, item=item.key, number=number)
    metrics.decisions.labels(desk.connection, done).inc()
    fresh = desk.reader.fetch(item.id)
    now = desk.now()
    values: dict[str, Any] = {"state": done, "note": None, "plan": None}
    if done == "accepted":
        values["receipt"] = asdict(replace(receipt, details=dict(receipt.details)))
    else:
        values |= {"decided_by": person.name, "decided_by_id": person.id, "decided_at": now}
        stays = ((stay, "stay"), (left, "left"), (edited, "edited"))
        told = [in_words(receipt.details.get(why, ())) for in_words, why in stays]
        values["note"] = "; ".join(filter(None, told)) or None
    with desk.db.write() as session:
        row = session.get_one(ProposedChange, (desk.connection, item.id, number))
        if row.cause is not None:
            values["carried_out"] = [*row.carried_out, row.cause]
        session.execute(sa.update(ProposedChange).where(*is_change(desk, item, number)).values(**values))
        known = items.find(session, desk.connection, item.id)
        untouched = known is not None and known.first_touch is None
        items.save(session, fresh)
        if known is not None and untouched:
            known.triaged_digest = items.content_digest(fresh)
        _follow(session, item, fresh, number, receipt.field)
        if receipt.kind in ("subtasks", "children"):
            writes.add_own_items(session, desk.connection, receipt.writes)
        audit.record(
            session,
            done,
            f"{desk.connection}:{item.id}",
            {"key": item.key, "number": number, "by": person.id, "name": person.name, "writes": list(receipt.writes)},
            now,
        )


def _follow(session: Session, before: WorkItem, after: WorkItem, number: int, written: str) -> None:
    """Our own write moved the field that other open changes were shown against: they still stand, on the new value."""
    for row in proposals.changes(session, before.connection, before.id):
        if row.state == proposals.OPEN and row.number != number:
            row.expected = {
                name: after.digests.get(name, "") if name == written and before.digests.get(name) == seen else seen
                for name, seen in row.expected.items()
            }
