"""An item is gone (deleted, moved away, hidden from the bot): its proposal is closed, with the reason."""

from __future__ import annotations

from bot.flows.desk import Desk
from bot.store import audit, items, proposals


def close(desk: Desk, item_id: str, reason: str) -> None:
    """Close what is open on an item and forget what it said."""
    now = desk.now()
    with desk.db.write() as session:
        row = items.find(session, desk.connection, item_id)
        if row is None:
            return
        proposal = proposals.get(session, desk.connection, row.id)
        if proposal is not None and proposal.state != "closed":
            proposal.state, proposal.held_because, proposal.updated = "closed", reason, now
            for change in proposals.changes(session, desk.connection, row.id):
                if change.state in (proposals.OPEN, "accepting"):
                    change.state, change.note = "not_applied", reason
                elif change.state == "undoing":
                    change.state = "accepted"
            audit.record(session, "closed", f"{desk.connection}:{row.id}", {"reason": reason}, now)
        items.forget(session, desk.connection, row.id, now)
