"""An item is gone (deleted, moved away, restricted, hidden from the bot): its proposal is closed, its text forgotten.

Deliveries, looks and the nightly run come upon it; what none of them brings, the round in `forgetting` finds.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from bot.flows.desk import Desk
from bot.store import audit, drafts, items, proposals
from bot.store.erasing import retellings, texts
from languages import say, to_say
from rules.model import WorkItem

GONE = to_say("the item was deleted, or the bot may no longer see it")
RESTRICTED = to_say("it is restricted now, and the bot keeps no text of such items")
OUT_OF_SCOPE = to_say("the project's settings leave it out now")
MOVED = to_say("it is in {project} now, which is not in the settings")


def reason_to_leave(desk: Desk, item: WorkItem) -> str | None:
    """Why an item that the bot can read is none of its business; None if it is."""
    project = desk.projects.get(item.project)
    if project is None:
        return MOVED.format(project=item.project)
    if not desk.works_on(item):
        return RESTRICTED
    if project.scope and not desk.reader.is_within(item.id, project.scope):
        return OUT_OF_SCOPE
    return None


def in_words(reason: str) -> str:
    """Why an item was let go of, as it is stored (in English), in the language that is spoken."""
    before, after = MOVED.split("{project}")
    if reason.startswith(before) and reason.endswith(after):
        return say(MOVED, project=reason.removeprefix(before).removesuffix(after))
    return say(reason) if reason in (GONE, RESTRICTED, OUT_OF_SCOPE) else reason


def keep(desk: Desk, session: Session, item: WorkItem, *, backfilled: bool = False) -> bool:
    """Store an item as it was just read; True if it was not known before. See `keep_all`."""
    return keep_all(desk, session, [item], backfilled=backfilled) == 1


def keep_all(desk: Desk, session: Session, read: Sequence[WorkItem], *, backfilled: bool = False) -> int:
    """Store items as they were just read; returns how many were not known before.

    Where one is restricted now, or in another project, nothing of it stays on other items (nor, after a move, of them
    on it): who reads those may not read it.
    """
    known = items.rows(session, read)
    for item in read:
        row = known.get(item.id)
        if row is not None and not row.deleted:
            moved = row.project != item.project
            if moved or (item.restricted and not row.content.get("restricted")):
                texts.unname(session, row, desk.now(), both_ways=moved)
    kept = [item for item in read if desk.works_on(item)]
    return items.save_all(session, kept, backfilled=backfilled, even_restricted=True)


def close(desk: Desk, item_id: str, reason: str) -> None:
    """Close what is open on an item, and forget what it said and what was said about it."""
    now = desk.now()
    with desk.db.write() as session:
        row = items.find(session, desk.connection, item_id)
        if row is None:
            texts.forget_letters(session, desk.connection, item_id, item_id)
        if row is None or row.deleted:
            return
        proposal = proposals.get(session, desk.connection, row.id)
        if proposal is not None and proposal.state != "closed":
            proposal.state, proposal.held_because, proposal.updated = "closed", reason, now
            for change in proposals.changes(session, desk.connection, row.id):
                if change.state in (proposals.OPEN, "accepting"):
                    change.state = "not_applied"
                elif change.state == "undoing":
                    change.state = "accepted"
            audit.record(session, "closed", f"{desk.connection}:{row.id}", {"reason": reason}, now)
        texts.forget(session, row, reason, now)
        if reason == RESTRICTED:
            row.content = {"restricted": True}  # so that no list names it
        drafts.gone(session, desk.connection, row.key, now)


def tell_again(desk: Desk) -> None:
    """Queue the edit of each comment that says more than the store does."""
    with desk.db.read() as session:
        waiting = retellings.waiting(session, desk.connection)
    for each in waiting:
        since = each.since.isoformat()
        name = f"retell:{desk.connection}:{each.item}:{since}"
        desk.enqueue("retell", name, desk.connection, each.item, since, partition=desk.partition(each.item))
